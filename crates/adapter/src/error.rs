//! What ends a source, named so that a person knows where to look and what to do.

use std::io;
use std::path::PathBuf;

use arrow::error::ArrowError;

use crate::compression::Damaged;
use crate::{Delimiter, Format, StoreError};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A source that can't be opened, or can't be read to its end.
///
/// Every message names the source and ends with what to do. It describes one level; the causes are
/// behind [`source`](std::error::Error::source).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument names a file that isn't there.
    #[error("{}: no such file; check the path", path.display())]
    NotFound {
        /// The argument.
        path: PathBuf,
    },

    /// A folder where a file should be.
    ///
    /// [`Input::resolve`](crate::Input::resolve) puts the files of a folder in its place; an
    /// [`Input::file`](crate::Input::file) is one file, and so is a path that became a folder since.
    #[error("{0} is a folder, where one file was to be read; name a file in it, or list the inputs anew to read all files below it", path.display())]
    IsFolder {
        /// The path.
        path: PathBuf,
    },

    /// A folder without files.
    #[error(
        "{}: there is no file to read in this folder; check the path (names that start with . or _ are left out)", path.display()
    )]
    EmptyFolder {
        /// The argument.
        path: PathBuf,
    },

    /// A glob pattern that no file matches.
    #[error(
        "{pattern}: no file matches this pattern; check it, and quote it if the shell should leave it alone"
    )]
    NoMatch {
        /// The pattern.
        pattern: String,
    },

    /// A glob pattern that isn't one.
    #[error("{pattern}: neither a file nor a valid pattern; check the path")]
    BadPattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        #[source]
        source: glob::PatternError,
    },

    /// An argument that is a URL, and not one that can be read.
    #[error("{url}: {why}")]
    BadUrl {
        /// The URL, without its query.
        url: String,
        /// What is wrong with it, and what can be read.
        why: String,
    },

    /// A folder of a store without an object in it.
    #[error(
        "{url}: there is no object in this folder; check it, or list it with the store's tools"
    )]
    NoObjects {
        /// The folder.
        url: String,
    },

    /// A store that doesn't give an object, or not all of it.
    #[error("{name}: can't be read{}", after(*after_row))]
    Store {
        /// The object.
        name: String,
        /// The last row that was read, if any was.
        after_row: Option<u64>,
        /// What went wrong, and what to do.
        #[source]
        source: StoreError,
    },

    /// A file or folder that can't be opened.
    #[error("{name}: can't be opened; check that it is there and may be read")]
    Open {
        /// The source.
        name: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },

    /// A source of no bytes at all.
    #[error("{name} is empty (0 bytes); check the export that wrote it")]
    Empty {
        /// The source.
        name: String,
    },

    /// NDJSON or CSV of nothing but blank lines.
    #[error("{name} has only blank lines; check the export that wrote it")]
    OnlyBlank {
        /// The source.
        name: String,
    },

    /// A compressed file.
    #[error("{name} is compressed ({method}); decompress it first, for example: {}", .command.replace("FILE", name))]
    Compressed {
        /// The source.
        name: String,
        /// The kind of compression.
        method: &'static str,
        /// A command that decompresses `FILE`.
        command: &'static str,
    },

    /// The file of a spreadsheet program.
    #[error("{name} is a spreadsheet; save it as CSV in UTF-8, and load that")]
    Spreadsheet {
        /// The source.
        name: String,
    },

    /// Text in an encoding other than UTF-8.
    #[error(
        "{name} is {encoding} text; convert it to UTF-8, for example: iconv -f {encoding} -t UTF-8 {name}"
    )]
    Encoding {
        /// The source.
        name: String,
        /// The encoding, as `iconv` calls it.
        encoding: &'static str,
    },

    /// One JSON array instead of one object a line.
    #[error(
        "{name} is a JSON array, not NDJSON (one object a line); convert it, for example: jq -c '.[]' {name}"
    )]
    JsonArray {
        /// The source.
        name: String,
    },

    /// Content that is none of the formats that can be read.
    #[error(
        "{name} is neither Parquet nor NDJSON, CSV, TSV or Arrow IPC: it starts with {start:?}; convert it, or name the format if it is one of them"
    )]
    UnknownFormat {
        /// The source.
        name: String,
        /// Its first bytes.
        start: String,
    },

    /// A format was asked for, and this is another.
    #[error("{name} is a {found} file, not {asked}; leave the format to be told from the content")]
    OtherFormat {
        /// The source.
        name: String,
        /// What was asked for.
        asked: Format,
        /// What it is.
        found: Format,
    },

    /// A name that promises Parquet, and other content.
    #[error(
        "{name} is not a Parquet file: it starts with {start:?} instead of \"PAR1\"; check the export, or name it for what it is"
    )]
    NotParquet {
        /// The source.
        name: String,
        /// Its first bytes.
        start: String,
    },

    /// A Parquet file with an encrypted footer.
    #[error(
        "{name} is an encrypted Parquet file, which can't be read; export it without encryption"
    )]
    EncryptedParquet {
        /// The source.
        name: String,
    },

    /// A Parquet file without its end.
    #[error(
        "{name} is a Parquet file that was cut short ({bytes} bytes, and no footer at the end); copy or export it again"
    )]
    TruncatedParquet {
        /// The source.
        name: String,
        /// Its size.
        bytes: u64,
    },

    /// A Parquet file whose footer can't be read.
    #[error("{name} is a Parquet file whose footer can't be read; copy or export it again")]
    ParquetFooter {
        /// The source.
        name: String,
        /// What the decoder says.
        #[source]
        source: Cause,
    },

    /// A Parquet file that breaks off in the middle.
    #[error("{name} is damaged: it can't be read after row {after_row}; copy or export it again")]
    ParquetData {
        /// The source.
        name: String,
        /// The last row that was read; 0 for none.
        after_row: u64,
        /// What the decoder says.
        #[source]
        source: Cause,
    },

    /// A Parquet file with another number of rows than its footer says.
    #[error(
        "{name} is damaged: its footer says {expected} rows, but {found} could be read; copy or export it again"
    )]
    RowCount {
        /// The source.
        name: String,
        /// What the footer says.
        expected: u64,
        /// What was there.
        found: u64,
    },

    /// A name that promises Arrow IPC, and other content.
    #[error(
        "{name} is no Arrow IPC file or stream: it starts with {start:?}; check the export, or name it for what it is"
    )]
    NotArrow {
        /// The source.
        name: String,
        /// Its first bytes.
        start: String,
    },

    /// An Arrow IPC file without its end.
    #[error(
        "{name} is an Arrow file that was cut short ({bytes} bytes, and no footer at the end); copy or export it again"
    )]
    TruncatedArrow {
        /// The source.
        name: String,
        /// Its size.
        bytes: u64,
    },

    /// Arrow IPC whose footer or schema can't be read.
    #[error("{name} is Arrow IPC whose schema can't be read; copy or export it again")]
    ArrowSchema {
        /// The source.
        name: String,
        /// What is wrong with it.
        #[source]
        source: Cause,
    },

    /// Arrow IPC that breaks off in the middle.
    #[error("{name} is damaged: it can't be read after row {after_row}; copy or export it again")]
    ArrowData {
        /// The source.
        name: String,
        /// The last row that was read; 0 for none.
        after_row: u64,
        /// What is wrong with it.
        #[source]
        source: Cause,
    },

    /// A batch of Arrow IPC that is larger than what is held in memory.
    #[error(
        "{name}: the batch after row {after_row} has {bytes} bytes, and at most 2 GiB are read at once; write it in smaller batches"
    )]
    ArrowBatch {
        /// The source.
        name: String,
        /// The last row that was read; 0 for none.
        after_row: u64,
        /// The batch's size.
        bytes: u64,
    },

    /// The mapping and the source's columns don't go together.
    #[error("{name} doesn't fit the mapping")]
    Mapping {
        /// The source.
        name: String,
        /// What doesn't fit.
        #[source]
        source: leadsquared_core::Error,
    },

    /// A schema that NDJSON can't be read into.
    #[error("{name}: JSON can't be read into the given schema; use other types there")]
    Schema {
        /// The source.
        name: String,
        /// Which type, and why.
        #[source]
        source: ArrowError,
    },

    /// NDJSON without one readable line where the schema is inferred.
    #[error(
        "{name}: none of the first {lines} lines can be read; line {line}: {reason}; \
         write one object a line, for example with jq -c ."
    )]
    NoReadableLine {
        /// The source.
        name: String,
        /// How many lines were looked at.
        lines: usize,
        /// The number of the first of them.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },

    /// Compressed data that can't be decompressed to its end.
    #[error(
        "{name} is damaged: its {method} data can't be read after row {after_row}; copy or export it again"
    )]
    CompressedData {
        /// The source.
        name: String,
        /// The kind of compression.
        method: String,
        /// The last row that was read; 0 for none.
        after_row: u64,
        /// What is wrong with it.
        #[source]
        source: io::Error,
    },

    /// Compressed data that takes too much memory to decompress.
    #[error(
        "{name} was compressed for more memory than the 128 MiB that are given to it; compress it again, without --long"
    )]
    CompressedWide {
        /// The source.
        name: String,
        /// What the decoder says.
        #[source]
        source: io::Error,
    },

    /// Reading failed in the middle.
    #[error(
        "{name}: reading failed after row {after_row}; check the disk or the program that writes to it, and run it again"
    )]
    Read {
        /// The source.
        name: String,
        /// The last row that was read; 0 for none.
        after_row: u64,
        /// What the system says.
        #[source]
        source: io::Error,
    },

    /// A stream, or what a compressed file holds, of a format that takes seeking could not be kept in
    /// a temporary file.
    #[error(
        "{name}: can't be kept in a temporary file, which Parquet and Arrow files from a stream take, or compressed ones; make room there (TMPDIR), or name a plain file"
    )]
    Spool {
        /// The source.
        name: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },

    /// A header row that names no columns.
    #[error(
        "{name}: the header in line {line} can't be read (fields end with {delimiter:?}): {reason}; the first line must name \
         each column once", delimiter = .delimiter.to_string()
    )]
    Header {
        /// The source.
        name: String,
        /// The line of the header.
        line: u64,
        /// What its fields are taken to be separated by.
        delimiter: Delimiter,
        /// What is wrong with it.
        reason: String,
    },

    /// A header row that isn't UTF-8.
    #[error(
        "{name}: the header in line {line} can't be read: {reason}; convert the text to UTF-8: what \
         programs on Windows write is mostly WINDOWS-1252, for example: \
         iconv -f WINDOWS-1252 -t UTF-8 {name}"
    )]
    HeaderEncoding {
        /// The source.
        name: String,
        /// The line of the header.
        line: u64,
        /// Where it isn't.
        reason: String,
    },

    /// Records could not be made a batch: a mistake in this program.
    #[error("{name}: the rows after row {after_row} could not be decoded; please report this")]
    Records {
        /// The source.
        name: String,
        /// The last row that was read; 0 for none.
        after_row: u64,
        /// What went wrong.
        #[source]
        source: Cause,
    },

    /// The decoder failed on lines that it should take: a mistake in this program.
    #[error("{name}: lines {first_line} to {last_line} could not be decoded; please report this")]
    Decoder {
        /// The source.
        name: String,
        /// The first line of the batch.
        first_line: u64,
        /// Its last line.
        last_line: u64,
        /// What went wrong.
        #[source]
        source: Cause,
    },
}

impl Error {
    /// Reading `name` failed after this row: the compression of it, or the system.
    pub(crate) fn reading(name: &str, after_row: u64, source: io::Error) -> Self {
        let name = name.to_owned();
        match source.get_ref().and_then(|error| error.downcast_ref()) {
            Some(damaged @ Damaged { .. }) if damaged.is_too_wide() => {
                Self::CompressedWide { name, source }
            }
            Some(damaged) => Self::CompressedData {
                name,
                method: damaged.compression.to_string(),
                after_row,
                source,
            },
            None => Self::Read {
                name,
                after_row,
                source,
            },
        }
    }

    /// Keeping `name` in a temporary file failed.
    pub(crate) fn spooling(name: &str, source: io::Error) -> Self {
        match Self::reading(name, 0, source) {
            Self::Read { name, source, .. } => Self::Spool { name, source },
            compression => compression,
        }
    }
}

fn after(row: Option<u64>) -> String {
    row.map_or_else(String::new, |row| format!(" after row {row}"))
}
