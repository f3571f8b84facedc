//! CSV and TSV: records of text, one by one.
//!
//! Reading waits for bytes and is asynchronous; finding the records in what was read, checking them
//! and making a batch of them runs on a blocking thread. One read is in memory at a time, and the
//! record that it ends in.

mod fields;
mod header;
mod quotes;
mod records;
mod table;
mod window;

use std::io;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use futures::{StreamExt as _, stream};
use leadsquared_core::SourceBatch;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use self::records::{Found, Records};
use self::table::Table;
use self::window::Window;
use crate::blocking::blocking;
use crate::content::Content;
use crate::detect::UTF8_MARK;
use crate::source::{BatchStream, Reader};
use crate::{Delimiter, Error, ReadOptions};

pub(crate) use self::header::{first_line, is_header, named_delimiter};

/// How much is read at once.
const READ: usize = 256 * 1024;

/// The most rows of a batch, whatever the options say.
const MAX_ROWS: usize = 8192;

type Bytes = Box<dyn AsyncRead + Send + Unpin>;

/// Opens CSV; without a `delimiter` it is told from the header.
pub(crate) async fn open(
    content: Content,
    delimiter: Option<Delimiter>,
    options: &ReadOptions,
) -> Result<CsvReader, Error> {
    let name = Arc::clone(&content.name);
    let longest = options.max_line_bytes();
    let mut bytes: Bytes = Box::new(content.into_reader());
    let first = |source| Error::reading(&name, 0, source);

    let mut window = Window::default();
    fill_line(&mut bytes, &mut window, longest)
        .await
        .map_err(first)?;
    let for_excel = named_delimiter(window.line_text());
    if for_excel.is_some() {
        window.pass(window.line_text().len());
        fill_line(&mut bytes, &mut window, longest)
            .await
            .map_err(first)?;
    }
    let line = window.line_text();
    let delimiter = delimiter
        .or(for_excel)
        .unwrap_or_else(|| header::delimiter(line));
    let is_utf8 = str::from_utf8(line).is_ok();
    let mut records = Records::new(window, delimiter, longest);
    let names = loop {
        match header(&mut records) {
            Some(Ok(names)) => break names,
            Some(Err((line, reason))) if !is_utf8 => {
                return Err(Error::HeaderEncoding {
                    name: name.to_string(),
                    line,
                    reason,
                });
            }
            Some(Err((line, reason))) => {
                return Err(Error::Header {
                    name: name.to_string(),
                    line,
                    delimiter,
                    reason,
                });
            }
            None if records.window.is_ended() => {
                return Err(Error::OnlyBlank {
                    name: name.to_string(),
                });
            }
            None => fill(&mut bytes, &mut records.window).await.map_err(first)?,
        }
    };

    let fields = names
        .iter()
        .map(|name| Field::new(name, DataType::Utf8, true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let table = Table::new(
        Arc::clone(&name),
        &schema,
        options.mapping(),
        options.batch_rows().min(MAX_ROWS),
    );
    records.expect(names);
    Ok(CsvReader {
        schema,
        rest: Rest {
            name,
            bytes,
            work: Work { records, table },
        },
    })
}

/// The names in the header, or its line and what is wrong with it; `None` if it takes more bytes.
fn header(records: &mut Records) -> Option<Result<Vec<String>, (u64, String)>> {
    Some(match records.next()? {
        Found::Record(record) => {
            header::names(record.fields()).map_err(|reason| (record.line, reason))
        }
        Found::Unreadable(row) => Err((row.number, row.reason)),
    })
}

/// Whether the window starts with a whole line that isn't blank, or with one that is too long.
fn has_line(window: &mut Window, longest: usize) -> bool {
    let rest = window.rest();
    if window.line() == 1 && rest.starts_with(UTF8_MARK) {
        window.pass(UTF8_MARK.len());
    }
    window.pass_breaks();
    let rest = window.rest();
    window::line_end(rest).is_some() || rest.len() > longest
}

/// Reads until the window [has a line](has_line), or has ended.
async fn fill_line(bytes: &mut Bytes, window: &mut Window, longest: usize) -> io::Result<()> {
    while !has_line(window, longest) && !window.is_ended() {
        fill(bytes, window).await?;
    }
    Ok(())
}

/// Reads on, or ends the window.
async fn fill(bytes: &mut Bytes, window: &mut Window) -> io::Result<()> {
    loop {
        // No more than that, however much room there is: what follows a stray quote is read again.
        let mut next = (&mut *bytes).take(READ as u64);
        match next.read_buf(window.make_room(READ)).await {
            Ok(0) => window.end(),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        }
        return Ok(());
    }
}

/// An opened source, before its first row.
pub(crate) struct CsvReader {
    schema: SchemaRef,
    rest: Rest,
}

impl Reader for CsvReader {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn into_stream(self: Box<Self>) -> BatchStream {
        stream::try_unfold(self.rest, Rest::next).boxed()
    }
}

/// What is left of a source.
struct Rest {
    name: Arc<str>,
    bytes: Bytes,
    work: Work,
}

impl Rest {
    async fn next(self) -> Result<Option<(SourceBatch, Self)>, Error> {
        let Self {
            name,
            mut bytes,
            mut work,
        } = self;
        loop {
            let after_row = work.table.last_row();
            let done = blocking(move || {
                let batch = work.batch();
                (work, batch)
            });
            let (worked, batch) = done.await.map_err(|died| Error::Records {
                name: name.to_string(),
                after_row,
                source: died.into(),
            })?;
            work = worked;
            let batch = batch.map_err(|source| Error::Records {
                name: name.to_string(),
                after_row,
                source: source.into(),
            })?;
            if let Some(batch) = batch {
                return Ok(Some((batch, Self { name, bytes, work })));
            }
            if work.records.window.is_ended() {
                return Ok(None);
            }
            fill(&mut bytes, &mut work.records.window)
                .await
                .map_err(|source| Error::reading(&name, work.table.last_row(), source))?;
        }
    }
}

/// What turns bytes into batches.
struct Work {
    records: Records,
    table: Table,
}

impl Work {
    /// The rows that are there, up to a full batch of them; `None` if there is none.
    fn batch(&mut self) -> Result<Option<SourceBatch>, arrow::error::ArrowError> {
        while !self.table.is_full() {
            match self.records.next() {
                Some(Found::Record(record)) => self.table.push(&record),
                Some(Found::Unreadable(row)) => self.table.push_unreadable(row),
                None => break,
            }
        }
        self.table.take()
    }
}
