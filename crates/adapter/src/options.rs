//! How a source is read.

use arrow::datatypes::{FieldRef, SchemaRef};
use leadsquared_core::Mapping;

use crate::{Delimiter, Format};

/// A line may not be longer than this, whatever the options say: Arrow counts in 32 bits.
const LONGEST_LINE: usize = 1 << 30;

/// How a source is read; the defaults suit an export of leads.
///
/// ```
/// use leadsquared_adapter::ReadOptions;
/// use leadsquared_core::Mapping;
///
/// let options = ReadOptions::new()
///     .with_mapping(Mapping::new().drop_column("internal_notes")) // never read
///     .with_batch_rows(1000);
/// assert_eq!(options.mapping().attribute("internal_notes"), None);
/// ```
#[derive(Clone, Debug)]
pub struct ReadOptions {
    mapping: Mapping,
    format: Option<Format>,
    delimiter: Option<Delimiter>,
    schema: Option<SchemaRef>,
    beside: Vec<FieldRef>,
    batch_rows: usize,
    sample_lines: usize,
    sample_bytes: usize,
    max_line_bytes: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            mapping: Mapping::default(),
            format: None,
            delimiter: None,
            schema: None,
            beside: Vec::new(),
            batch_rows: 4096,
            sample_lines: 1000,
            sample_bytes: 1 << 20,
            max_line_bytes: 16 << 20,
        }
    }
}

impl ReadOptions {
    /// The default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the mapping: its columns must be in the source, and what it drops is not read.
    ///
    /// The default drops nothing.
    #[must_use]
    pub fn with_mapping(mut self, mapping: Mapping) -> Self {
        self.mapping = mapping;
        self
    }

    /// Sets the format instead of having it told from content and name.
    ///
    /// Needed only for text that doesn't look like what it is and has a name that doesn't say: CSV of
    /// one column from standard input, or NDJSON whose first line is a list, which is unreadable by
    /// itself then.
    #[must_use]
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets what separates the fields of CSV and TSV.
    ///
    /// By default it is told from the header of CSV, and is a tab in TSV.
    #[must_use]
    pub fn with_delimiter(mut self, delimiter: Delimiter) -> Self {
        self.delimiter = Some(delimiter);
        self
    }

    /// Sets the columns and types of NDJSON instead of having them inferred.
    ///
    /// Keys that are not in `schema` are then ignored, and a line with a value that doesn't fit its
    /// column is unreadable. Other formats have their own schema and
    /// ignore this one.
    #[must_use]
    pub fn with_schema(mut self, schema: SchemaRef) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Sets the most rows in a batch; the default is 4096, and at least 1.
    ///
    /// A batch of NDJSON or CSV also ends at 4 MiB of text, and never has more than 8192 rows.
    #[must_use]
    pub fn with_batch_rows(mut self, rows: usize) -> Self {
        self.batch_rows = rows.max(1);
        self
    }

    /// Sets how much NDJSON is looked at to infer the schema before the first row is given out: up
    /// to `lines` lines or `bytes` bytes, whichever comes first.
    ///
    /// The default is 1,000 lines or 1 MiB. Columns that first appear later are never lost, but the
    /// mapping can't name them: more lines make sparse columns known in time. When standard input
    /// comes slowly, fewer lines make it start sooner.
    #[must_use]
    pub fn with_sample(mut self, lines: usize, bytes: usize) -> Self {
        self.sample_lines = lines.max(1);
        self.sample_bytes = bytes.max(1);
        self
    }

    /// Sets the longest line of NDJSON, or record of CSV, that is read; the default is 16 MiB, and at
    /// most 1 GiB.
    ///
    /// A longer one is unreadable, and is never held in memory whole.
    #[must_use]
    pub fn with_max_line_bytes(mut self, bytes: usize) -> Self {
        self.max_line_bytes = bytes.clamp(1, LONGEST_LINE);
        self
    }

    /// Sets the columns that are added to those of the file, and that the mapping may name.
    #[must_use]
    pub(crate) fn with_beside(mut self, fields: Vec<FieldRef>) -> Self {
        self.beside = fields;
        self
    }

    /// The columns that are added to those of the file.
    pub(crate) fn beside(&self) -> &[FieldRef] {
        &self.beside
    }

    /// The mapping.
    #[must_use]
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// The format, if it is set.
    #[must_use]
    pub fn format(&self) -> Option<Format> {
        self.format
    }

    /// What separates the fields of CSV and TSV, if it is set.
    #[must_use]
    pub fn delimiter(&self) -> Option<Delimiter> {
        self.delimiter
    }

    /// The schema, if it is set.
    #[must_use]
    pub fn schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref()
    }

    /// The most rows in a batch.
    #[must_use]
    pub fn batch_rows(&self) -> usize {
        self.batch_rows
    }

    /// The most lines and bytes that are looked at to infer a schema.
    #[must_use]
    pub fn sample(&self) -> (usize, usize) {
        (self.sample_lines, self.sample_bytes)
    }

    /// The longest line that is read, in bytes.
    #[must_use]
    pub fn max_line_bytes(&self) -> usize {
        self.max_line_bytes
    }
}
