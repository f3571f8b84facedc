//! `leadsquared results`: what became of each row of a run, for whoever joins it with the source.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use arrow::array::{ArrayRef, RecordBatch, StringBuilder, UInt64Builder};
use arrow::csv;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use leadsquared_ledger::{Ledger, ResultRow, RunId};
use parquet::arrow::ArrowWriter;

use crate::Exit;
use crate::args::{ResultsArgs, ResultsFormat};
use crate::command::{Ended, UsageError};
use crate::outputs::Guarded;
use crate::report::tolerate_closed;
use crate::results::Line;
use crate::settings::Chosen;

/// How many rows are written at once.
const ROWS: usize = 8_192;

pub(crate) fn export(args: &ResultsArgs) -> Ended {
    let path = Chosen::of(&args.profile)?.ledger(args.ledger.ledger.clone());
    let ledger = Ledger::open_read_only(&path)?;
    // A run that isn't there is told before a file is made.
    let run = ledger.run(RunId(args.run))?;
    if let Some(output) = &args.output {
        let inputs = run.inputs.iter().filter_map(|input| input.path.as_deref());
        inputs
            .fold(Guarded::default(), |guarded, input| {
                guarded.with("an input of the run", input)
            })
            .with_ledger(&path)
            .check("--output", output)?;
    }
    let out: Box<dyn Write + Send> = match &args.output {
        Some(path) => Box::new(BufWriter::new(File::create(path).with_context(|| {
            format!(
                "{}: can't be written; see that its folder is there, or name another file",
                path.display()
            )
        })?)),
        None if args.format == ResultsFormat::Parquet && io::stdout().is_terminal() => {
            return Err(UsageError(
                "Parquet is not for a terminal; name a file with --output".to_owned(),
            )
            .into());
        }
        None => Box::new(BufWriter::new(io::stdout())),
    };
    let written = write(&ledger, args, out);
    match written {
        Err(error) if is_closed(&error) => tolerate_closed(Err(io::ErrorKind::BrokenPipe.into()))?,
        written => written?,
    }
    Ok(Exit::Complete)
}

fn write(ledger: &Ledger, args: &ResultsArgs, out: Box<dyn Write + Send>) -> Result<()> {
    let mut writer: Box<dyn Rows> = match args.format {
        ResultsFormat::Ndjson => Box::new(Lines(out)),
        ResultsFormat::Csv => Box::new(Batches::new(Csv(csv::WriterBuilder::new()
            .with_header(true)
            .build(out)))),
        ResultsFormat::Parquet => Box::new(Batches::new(Parquet(ArrowWriter::try_new(
            out,
            schema(),
            None,
        )?))),
    };
    // The ledger looks for one outcome at most by itself.
    let only = match args.outcome.as_slice() {
        [outcome] => Some(*outcome),
        _ => None,
    };
    ledger.results(RunId(args.run), only, |row| {
        if args.outcome.is_empty() || args.outcome.contains(&row.outcome) {
            writer.write(&row)?;
        }
        anyhow::Ok(())
    })?;
    writer.finish()
}

/// Whether whoever read the output has gone, as `head` does.
fn is_closed(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Takes rows in one format.
trait Rows {
    fn write(&mut self, row: &ResultRow<'_>) -> Result<()>;
    fn finish(self: Box<Self>) -> Result<()>;
}

/// A line of JSON for each row.
struct Lines(Box<dyn Write + Send>);

impl Rows for Lines {
    fn write(&mut self, row: &ResultRow<'_>) -> Result<()> {
        let line = Line {
            file: row.source,
            row: row.row,
            outcome: row.outcome.as_str(),
            lead_id: row.lead_id,
            code: row.code,
            reason: row.reason,
        };
        serde_json::to_writer(&mut self.0, &line).map_err(io::Error::from)?;
        Ok(self.0.write_all(b"\n")?)
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        Ok(self.0.flush()?)
    }
}

/// Takes record batches in one format.
trait Format {
    fn write(&mut self, batch: &RecordBatch) -> Result<()>;
    fn finish(self) -> Result<()>;
}

struct Csv(csv::Writer<Box<dyn Write + Send>>);

impl Format for Csv {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        Ok(self.0.write(batch)?)
    }

    fn finish(self) -> Result<()> {
        Ok(self.0.into_inner().flush()?)
    }
}

struct Parquet(ArrowWriter<Box<dyn Write + Send>>);

impl Format for Parquet {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        Ok(self.0.write(batch)?)
    }

    fn finish(self) -> Result<()> {
        Ok(self.0.into_inner()?.flush()?)
    }
}

/// Collects rows in record batches.
struct Batches<F> {
    format: F,
    rows: usize,
    file: StringBuilder,
    row: UInt64Builder,
    outcome: StringBuilder,
    lead_id: StringBuilder,
    code: StringBuilder,
    reason: StringBuilder,
}

fn schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![
        text("file", false),
        Field::new("row", DataType::UInt64, false),
        text("outcome", false),
        text("lead_id", true),
        text("code", true),
        text("reason", true),
    ]))
}

impl<F: Format> Batches<F> {
    fn new(format: F) -> Self {
        Self {
            format,
            rows: 0,
            file: StringBuilder::new(),
            row: UInt64Builder::new(),
            outcome: StringBuilder::new(),
            lead_id: StringBuilder::new(),
            code: StringBuilder::new(),
            reason: StringBuilder::new(),
        }
    }

    fn flush(&mut self) -> Result<()> {
        self.rows = 0;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.file.finish()),
            Arc::new(self.row.finish()),
            Arc::new(self.outcome.finish()),
            Arc::new(self.lead_id.finish()),
            Arc::new(self.code.finish()),
            Arc::new(self.reason.finish()),
        ];
        self.format.write(&RecordBatch::try_new(schema(), columns)?)
    }
}

impl<F: Format> Rows for Batches<F> {
    fn write(&mut self, row: &ResultRow<'_>) -> Result<()> {
        self.file.append_value(row.source);
        self.row.append_value(row.row);
        self.outcome.append_value(row.outcome.as_str());
        self.lead_id.append_option(row.lead_id);
        self.code.append_option(row.code);
        self.reason.append_option(row.reason);
        self.rows += 1;
        if self.rows == ROWS {
            self.flush()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        // Also without a row, so that there is a header.
        self.flush()?;
        self.format.finish()
    }
}
