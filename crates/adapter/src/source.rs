//! An opened source: its schema now, its rows as a stream.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use leadsquared_core::SourceBatch;
use tokio::io::AsyncRead;

use crate::content::Content;
use crate::detect::detect;
use crate::hive::Partitions;
use crate::input::Kind;
use crate::{
    Delimiter, Error, Format, Input, Progress, ReadOptions, csv, ipc, ndjson, parquet, store,
};

/// Batches as they are read; an error ends it.
pub type BatchStream = BoxStream<'static, Result<SourceBatch, Error>>;

/// What a format gives for an opened source.
pub(crate) trait Reader: Send {
    /// All columns, those that the mapping drops included.
    fn schema(&self) -> SchemaRef;

    /// The number of rows, where it is known before reading.
    fn rows(&self) -> Option<u64> {
        None
    }

    /// Leaves out what can be told apart and is settled whole, and gives back how many rows those are.
    fn leave_out(&mut self, _is_settled: &dyn Fn(RangeInclusive<u64>) -> bool) -> u64 {
        0
    }

    /// The rows, in order; dropping the stream must end all work.
    fn into_stream(self: Box<Self>) -> BatchStream;
}

/// A file or stream that is open, whose format and schema are known and fit the mapping.
///
/// ```no_run
/// use futures::TryStreamExt;
/// use leadsquared_adapter::{Input, ReadOptions, Source};
///
/// # async fn run() -> Result<(), leadsquared_adapter::Error> {
/// for input in Input::resolve(["exports/*.parquet"])? {
///     let source = Source::open(&input, &ReadOptions::new()).await?;
///     println!("{}: {}, {:?} rows", source.name(), source.format(), source.rows());
///     let mut batches = source.into_stream();
///     while let Some(batch) = batches.try_next().await? {
///         println!("{} rows from {}", batch.num_rows(), batch.origin.row(0));
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Source {
    name: Arc<str>,
    format: Format,
    bytes: Option<u64>,
    progress: Progress,
    reader: Box<dyn Reader>,
}

impl Source {
    /// Opens `input` and reads what it takes to know its schema: the footer of a Parquet or Arrow file, the first
    /// lines of NDJSON (see [`ReadOptions::with_sample`]), or the header of CSV.
    ///
    /// What is compressed with gzip or zstd is decompressed on the way; zstd with a window of up to
    /// 128 MiB. A Parquet or Arrow file from a stream, or compressed, is first kept in a temporary file, because
    /// reading it takes seeking.
    /// Reading standard input can't be interrupted: a runtime that is dropped while it waits for
    /// more input waits too, so such a program should end by leaving its process.
    ///
    /// # Errors
    /// An [`Error`] that names the input: it can't be opened, has none of the formats, is broken so
    /// that no schema can be had, or lacks a column that the mapping names.
    pub async fn open(input: &Input, options: &ReadOptions) -> Result<Self, Error> {
        Self::of(input, options).await.map_err(store::told)
    }

    async fn of(input: &Input, options: &ReadOptions) -> Result<Self, Error> {
        let content = match &input.kind {
            Kind::File(path) => Content::file(path).await?,
            Kind::Object(object) => Content::object(object).await?,
            Kind::Stdin => {
                Content::stream(input.to_string().into(), Box::pin(tokio::io::stdin())).await?
            }
        };
        Self::new(content, options, input.partitions.clone()).await
    }

    /// As [`open`](Self::open), for the bytes that `reader` gives; rows and errors call them `name`.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn from_reader(
        name: impl Into<Arc<str>>,
        reader: impl AsyncRead + Send + 'static,
        options: &ReadOptions,
    ) -> Result<Self, Error> {
        let content = Content::stream(name.into(), Box::pin(reader)).await?;
        Self::new(content, options, Partitions::default()).await
    }

    async fn new(
        content: Content,
        options: &ReadOptions,
        partitions: Partitions,
    ) -> Result<Self, Error> {
        let content = content.decompressed().await?;
        let name = Arc::clone(&content.name);
        let bytes = content.size;
        let progress = content.progress.clone();
        let format = detect(&name, &content.head, options.format())?;
        let options = &options.clone().with_beside(partitions.fields());
        let reader: Box<dyn Reader> = match format {
            Format::Parquet => Box::new(parquet::open(content, options).await?),
            Format::Ndjson => Box::new(ndjson::open(content, options).await?),
            Format::Arrow => Box::new(ipc::open(content, options).await?),
            Format::Csv => Box::new(csv::open(content, options.delimiter(), options).await?),
            Format::Tsv => {
                let delimiter = options.delimiter().unwrap_or(Delimiter::TAB);
                Box::new(csv::open(content, Some(delimiter), options).await?)
            }
        };
        let reader = partitions.add_to(reader, options.mapping());
        options
            .mapping()
            .check(&reader.schema())
            .map_err(|source| Error::Mapping {
                name: name.to_string(),
                source,
            })?;
        Ok(Self {
            name,
            format,
            bytes,
            progress,
            reader,
        })
    }

    /// The name that rows and errors show: the path or URL as given, or `<stdin>`.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// All columns, those that the mapping drops and those of the input's
    /// [partitions](Input::partitioned) included.
    ///
    /// Of NDJSON these are the columns of the sample, and batches may come to have more, or wider
    /// types: each batch has the schema of all lines up to its end.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.reader.schema()
    }

    /// The number of rows: known for Parquet only.
    #[must_use]
    pub fn rows(&self) -> Option<u64> {
        self.reader.rows()
    }

    /// The size in bytes, of what is compressed the compressed one: known for files and objects, not for
    /// streams.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// A handle that tells how many bytes have been read, also while the stream runs.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Leaves out rows that nobody needs any more, where that saves reading them, and gives back how many
    /// those are.
    ///
    /// `is_settled` is asked for ranges of row numbers, both ends included. Parquet's row groups whose
    /// rows are all settled are neither fetched nor decoded; rows keep their numbers, and
    /// [`rows`](Self::rows) is still the number of all. Other formats leave out nothing, so that who asks
    /// must be ready to meet rows that are settled.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    /// use futures::TryStreamExt as _;
    /// use leadsquared_adapter::{ReadOptions, Source};
    /// # use parquet::arrow::ArrowWriter;
    /// # use parquet::file::properties::WriterProperties;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let phones: ArrayRef = Arc::new(Int64Array::from_iter_values(0..30));
    /// # let batch = RecordBatch::try_from_iter([("Phone", phones)])?;
    /// # let by_ten = WriterProperties::builder().set_max_row_group_row_count(Some(10));
    /// # let mut file = Vec::new();
    /// # let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(by_ten.build()))?;
    /// # writer.write(&batch)?;
    /// # writer.close()?;
    /// // A file of three row groups, each of ten rows.
    /// let mut source =
    ///     Source::from_reader("a.parquet", std::io::Cursor::new(file), &ReadOptions::new()).await?;
    /// assert_eq!(source.leave_out(|rows| *rows.end() <= 25), 20);
    /// let batches: Vec<_> = source.into_stream().try_collect().await?;
    /// assert_eq!(batches[0].origin.row(0).number, 21);
    /// # Ok(())
    /// # }
    /// ```
    pub fn leave_out(&mut self, is_settled: impl Fn(RangeInclusive<u64>) -> bool) -> u64 {
        self.reader.leave_out(&is_settled)
    }

    /// The rows, in order and without the top-level columns that the mapping drops.
    ///
    /// Needs a tokio runtime. Dropping the stream ends all work for it.
    ///
    /// # Errors
    /// An error ends the stream; the rows before it have been given out.
    #[must_use]
    pub fn into_stream(self) -> BatchStream {
        self.reader.into_stream().map_err(store::told).boxed()
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("format", &self.format)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
