//! `leadsquared check`: everything a load would do, but for sending.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::Result;
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use futures::TryStreamExt as _;
use leadsquared_core::{Payload, PayloadBuilder, Plan};
use leadsquared_sink::{AccountFields, FieldsError, Outcome, RateLimit, ValueCheck};
use serde_json::value::RawValue;

use crate::Exit;
use crate::command::Ended;
use crate::inputs::open_all;
use crate::preflight::{Findings, host, of_account, read_file, together};
use crate::reasons::Reasons;
use crate::report::{self, CheckReport, CheckedFile, Column, Table};
use crate::settings::{Against, CheckSettings, Reading};
use crate::talk::Talk;

pub(crate) async fn check(settings: CheckSettings) -> Ended {
    let CheckSettings {
        reading,
        against,
        rate_limit,
        format,
    } = settings;
    let reading = &reading.listed().await?;
    let mapping = reading.options.mapping();
    let fields = fields(&against, rate_limit).await?;
    let mut packer = Packer::new(reading);
    packer.values = fields
        .as_ref()
        .map(|(_, fields)| ValueCheck::new(Arc::clone(fields)));
    let mut attributes = Vec::new();
    let mut tables: Vec<Table> = Vec::new();
    let mut files = Vec::new();
    for mut input in open_all(reading).await? {
        let source = input.source(reading).await?;
        let name = source.name().to_string();
        let opened = source.schema();
        let mut schema = source.schema();
        let mut rows = 0;
        let mut batches = source.into_stream();
        while let Some(batch) = batches.try_next().await? {
            rows += batch.num_rows() as u64;
            // Of NDJSON, later batches may know more columns.
            schema = batch.batch.schema();
            packer
                .push(batch)
                .map_err(|error| misfit(&name, reading, error))?;
        }
        let plan =
            Plan::try_new(&schema, mapping).map_err(|error| misfit(&name, reading, error))?;
        if let Some((_, fields)) = &fields {
            attributes.push(fields.check(&plan, mapping));
        }
        let columns = Column::all(&whole(&opened, &schema), &plan, mapping);
        match tables.iter_mut().find(|table| table.columns == columns) {
            Some(table) => table.files.push(name.clone()),
            None => tables.push(Table {
                files: vec![name.clone()],
                columns,
            }),
        }
        files.push(CheckedFile {
            name,
            format: input.format,
            rows,
        });
    }
    packer.finish();

    let findings = match (fields, packer.values.take()) {
        (Some((account, fields)), Some(values)) => Some(Findings::new(
            account,
            &fields,
            together(&attributes),
            values,
        )),
        _ => None,
    };
    let is_refused = findings.as_ref().is_some_and(Findings::has_faults);
    let exit = if packer.rejected == 0 && !is_refused {
        Exit::Complete
    } else {
        Exit::Incomplete
    };
    report::check(
        &CheckReport {
            read: files.iter().map(|file| file.rows).sum(),
            files,
            tables,
            unique_fields: mapping.unique(),
            constants: mapping.constants(),
            first_lead: packer.first_lead,
            leads: packer.leads,
            rejected: packer.rejected,
            reasons: packer.reasons.into_groups(),
            calls: packer.calls,
            limit: rate_limit,
            findings,
        },
        format,
    )?;
    Ok(exit)
}

/// The error that what was learned of the columns of `name` doesn't make leads.
fn misfit(name: &str, reading: &Reading, error: leadsquared_core::Error) -> anyhow::Error {
    let error = anyhow::Error::new(error);
    reading
        .mapping
        .locate(error.context(format!("{name}: its columns can't become leads")))
}

/// The fields to hold the leads against, and whose they are; none if nobody asked, or they can't be read.
async fn fields(
    against: &Against,
    rate_limit: RateLimit,
) -> Result<Option<(String, Arc<AccountFields>)>> {
    match against {
        Against::Nothing => Ok(None),
        Against::File(path) => {
            let fields = Arc::new(read_file(path)?);
            Ok(Some((path.display().to_string(), fields)))
        }
        Against::Account(asked) => match of_account(asked, rate_limit).await {
            Ok(fields) => Ok(Some((host(&asked.target).to_owned(), Arc::new(fields)))),
            Err(FieldsError::Unreadable { reason }) => {
                Talk::default().say(format_args!(
                    "the account's fields can't be read, so the leads are checked without: {reason}"
                ));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        },
    }
}

/// All columns as they were opened, those that the mapping drops included, with what was learned
/// of them since.
fn whole(opened: &SchemaRef, read: &SchemaRef) -> Schema {
    let mut names = HashSet::new();
    let mut fields: Vec<FieldRef> = Vec::new();
    for field in opened.fields().iter().chain(read.fields()) {
        if names.insert(field.name()) {
            let known = read.field_with_name(field.name()).ok();
            fields.push(known.map_or_else(|| field.clone(), |known| known.clone().into()));
        }
    }
    Schema::new(fields)
}

/// Packs rows into calls, as a load does, and counts instead of sending.
struct Packer {
    builder: PayloadBuilder,
    leads: u64,
    calls: u64,
    rejected: u64,
    reasons: Reasons,
    first_lead: Option<Box<RawValue>>,
    /// What the account's fields say about the leads.
    values: Option<ValueCheck>,
}

impl Packer {
    fn new(reading: &Reading) -> Self {
        Self {
            builder: PayloadBuilder::new(reading.options.mapping().clone()),
            leads: 0,
            calls: 0,
            rejected: 0,
            reasons: Reasons::default(),
            first_lead: None,
            values: None,
        }
    }

    fn push(
        &mut self,
        batch: leadsquared_core::SourceBatch,
    ) -> Result<(), leadsquared_core::Error> {
        self.builder.push(batch)?;
        self.count(PayloadBuilder::next_payload);
        Ok(())
    }

    fn finish(&mut self) {
        self.count(PayloadBuilder::finish);
    }

    fn count(&mut self, next: impl Fn(&mut PayloadBuilder) -> Option<Payload>) {
        while let Some(payload) = next(&mut self.builder) {
            self.calls += 1;
            self.leads += payload.rows().len() as u64;
            if let Some(values) = &mut self.values {
                values.payload(&payload);
            }
            if self.first_lead.is_none() {
                self.first_lead = payload
                    .rows()
                    .lead(0, payload.body())
                    .and_then(|lead| serde_json::from_slice(lead).ok());
            }
        }
        for rejection in self.builder.take_rejections() {
            self.rejected += 1;
            let reason = rejection.error.to_string();
            self.reasons.add(
                Outcome::Rejected,
                rejection.error.code(),
                &reason,
                &rejection.row,
            );
        }
    }
}
