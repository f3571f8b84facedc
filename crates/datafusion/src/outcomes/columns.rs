//! The columns of an outcome.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, RecordBatch, StringBuilder, UInt64Builder};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use leadsquared_sink::{Content, RowReport};

/// The columns, which the page on SQL lists.
static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![
        text("statement", false),
        text("account", false),
        Field::new("row", DataType::UInt64, false),
        text("outcome", false),
        text("lead_id", true),
        text("code", true),
        text("reason", true),
        text("lead", false),
    ]))
});

pub(super) fn schema() -> &'static SchemaRef {
    &SCHEMA
}

/// Outcomes on their way into a record batch.
#[derive(Default)]
pub(super) struct Columns {
    row: UInt64Builder,
    outcome: StringBuilder,
    lead_id: StringBuilder,
    code: StringBuilder,
    reason: StringBuilder,
    lead: StringBuilder,
    rows: usize,
}

impl Columns {
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    pub(super) fn push(&mut self, report: &RowReport<'_>) {
        self.row.append_value(report.row.number);
        self.outcome.append_value(report.outcome.as_str());
        self.lead_id.append_option(report.lead_id);
        self.code.append_option(report.code);
        self.reason.append_option(report.reason);
        match report.content {
            Content::Lead(lead) => self.lead.append_value(String::from_utf8_lossy(lead)),
            Content::Raw(raw) => self.lead.append_value(raw),
        }
        self.rows += 1;
    }

    /// Takes what was pushed.
    pub(super) fn finish(
        &mut self,
        statement: &str,
        account: &str,
    ) -> Result<RecordBatch, ArrowError> {
        let same = |value: &str| -> ArrayRef {
            let mut builder = StringBuilder::new();
            for _ in 0..self.rows {
                builder.append_value(value);
            }
            Arc::new(builder.finish())
        };
        let columns: Vec<ArrayRef> = vec![
            same(statement),
            same(account),
            Arc::new(self.row.finish()),
            Arc::new(self.outcome.finish()),
            Arc::new(self.lead_id.finish()),
            Arc::new(self.code.finish()),
            Arc::new(self.reason.finish()),
            Arc::new(self.lead.finish()),
        ];
        self.rows = 0;
        RecordBatch::try_new(Arc::clone(schema()), columns)
    }
}
