//! Lines to a record batch, with arrow-json.
//!
//! Facts it relies on, which the tests hold: with `coerce_primitive` a text column takes numbers and
//! booleans as they are written; of a key that comes twice the last value counts; keys without a
//! column are skipped. It takes more than JSON (commas, for one), so lines are checked before.

use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow_json::ReaderBuilder;
use arrow_json::reader;
use leadsquared_core::UnreadableRow;

use super::shape;
use crate::rows::excerpt;

/// A line and its number.
pub(super) type Line<'a> = (u64, &'a [u8]);

/// Decodes lines that are known to be JSON objects.
pub(super) struct Decoder {
    rows: usize,
    /// The one for the last schema, which mostly is the next one too.
    ready: Option<(SchemaRef, reader::Decoder)>,
}

/// What became of some lines.
pub(super) struct Decoded {
    pub(super) batch: RecordBatch,
    /// The number of each row's line.
    pub(super) numbers: Vec<u64>,
    /// The lines with a value that doesn't fit its column.
    pub(super) unreadable: Vec<UnreadableRow>,
}

impl Decoder {
    /// A decoder for at most `rows` lines at a time.
    pub(super) fn new(rows: usize) -> Self {
        Self { rows, ready: None }
    }

    /// Whether JSON can be decoded to `schema` at all.
    pub(super) fn check(schema: &SchemaRef) -> Result<(), ArrowError> {
        build(schema, 1).map(drop)
    }

    /// Decodes `lines`. If that fails, finds the lines that are to blame and leaves them out.
    ///
    /// # Errors
    /// If it fails although each line alone can be decoded.
    pub(super) fn decode(
        &mut self,
        schema: &SchemaRef,
        lines: &[Line<'_>],
    ) -> Result<Decoded, ArrowError> {
        let mut unreadable = Vec::new();
        let (batch, good) = if let Ok(batch) = self.batch(schema, lines) {
            (batch, lines.to_vec())
        } else {
            let good = blame(schema, lines, &mut unreadable)?;
            (self.batch(schema, &good)?, good)
        };
        let numbers = good.iter().map(|&(number, _)| number).collect();
        Ok(Decoded {
            batch,
            numbers,
            unreadable,
        })
    }

    fn batch(&mut self, schema: &SchemaRef, lines: &[Line<'_>]) -> Result<RecordBatch, ArrowError> {
        let mut decoder = match self.ready.take() {
            Some((last, decoder)) if last == *schema => decoder,
            _ => build(schema, self.rows)?,
        };
        let batch = run(&mut decoder, schema, lines)?;
        self.ready = Some((schema.clone(), decoder)); // after a failure it would not be empty
        Ok(batch)
    }
}

fn build(schema: &SchemaRef, rows: usize) -> Result<reader::Decoder, ArrowError> {
    ReaderBuilder::new(schema.clone())
        .with_coerce_primitive(true)
        .with_batch_size(rows)
        .build_decoder()
}

fn run(
    decoder: &mut reader::Decoder,
    schema: &SchemaRef,
    lines: &[Line<'_>],
) -> Result<RecordBatch, ArrowError> {
    for (_, line) in lines {
        decoder.decode(line)?;
    }
    let batch = decoder
        .flush()?
        .unwrap_or_else(|| RecordBatch::new_empty(schema.clone()));
    if batch.num_rows() == lines.len() {
        Ok(batch)
    } else {
        let (lines, rows) = (lines.len(), batch.num_rows());
        Err(ArrowError::JsonError(format!(
            "{lines} lines made {rows} rows"
        )))
    }
}

/// Tries each line alone, and gives back the good ones.
fn blame<'a>(
    schema: &SchemaRef,
    lines: &[Line<'a>],
    unreadable: &mut Vec<UnreadableRow>,
) -> Result<Vec<Line<'a>>, ArrowError> {
    let mut good = Vec::new();
    let mut decoder = build(schema, 1)?;
    for &(number, line) in lines {
        match run(&mut decoder, schema, &[(number, line)]) {
            Ok(_) => good.push((number, line)),
            Err(error) => {
                unreadable.push(UnreadableRow {
                    number,
                    reason: reason(&error),
                    raw: excerpt(line, line.len() as u64),
                });
                decoder = build(schema, 1)?;
            }
        }
    }
    Ok(good)
}

/// arrow-json's words, with the column as everyone else names it.
fn reason(error: &ArrowError) -> String {
    let text = match error {
        ArrowError::JsonError(text) => text.clone(),
        error => error.to_string(),
    };
    let mut path = String::new();
    let mut rest = text.as_str();
    while let Some((column, inner)) = rest
        .strip_prefix("whilst decoding field '")
        .and_then(|inside| inside.split_once("': "))
    {
        path = shape::path(&path, column);
        rest = inner;
    }
    if path.is_empty() {
        rest.to_owned()
    } else {
        format!("column \"{path}\": {rest}")
    }
}
