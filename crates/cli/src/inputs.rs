//! Every input is opened and checked before anything is sent.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use leadsquared_adapter::{Format, Input, Source};
use leadsquared_core::Plan;

use crate::settings::Reading;
use crate::words::shell_word;

/// An input whose columns make leads.
pub(crate) struct Opened {
    input: Input,
    pub(crate) format: Format,
    /// How many rows it has, where that is known.
    pub(crate) rows: Option<u64>,
    /// How large it is, where that is known.
    pub(crate) bytes: Option<u64>,
    /// What its columns become, as far as that is known when it is opened.
    pub(crate) plan: Arc<Plan>,
    /// Kept open, as it can be read only once.
    stream: Option<Source>,
}

/// Opens all inputs, and checks that each can become leads.
///
/// Files are closed again until it is their turn, so that their number doesn't matter.
pub(crate) async fn open_all(reading: &Reading) -> Result<Vec<Opened>> {
    let mut all: Vec<Opened> = Vec::with_capacity(reading.inputs.len());
    for input in &reading.inputs {
        let (source, plan) = open(input, reading).await?;
        tracing::info!(
            %input,
            format = %source.format(),
            rows = source.rows(),
            bytes = source.bytes(),
            "an input is opened"
        );
        // Thousands of files with the same columns have one plan.
        let same = all.last().map(|last| &last.plan);
        let same = same.filter(|last| last.schema() == plan.schema());
        all.push(Opened {
            plan: same.map_or_else(|| Arc::new(plan), Arc::clone),
            input: input.clone(),
            format: source.format(),
            rows: source.rows(),
            bytes: source.bytes(),
            stream: source.bytes().is_none().then_some(source),
        });
    }
    Ok(all)
}

impl Opened {
    /// The input, ready to be read.
    pub(crate) async fn source(&mut self, reading: &Reading) -> Result<Source> {
        match self.stream.take() {
            Some(source) => Ok(source),
            None => Ok(open(&self.input, reading).await?.0),
        }
    }

    /// The input from its start, to be looked at before it is its turn; none if it can be read only
    /// once.
    pub(crate) async fn look(&self, reading: &Reading) -> Result<Option<Source>> {
        match &self.stream {
            Some(_) => Ok(None),
            None => Ok(Some(open(&self.input, reading).await?.0)),
        }
    }

    /// Its name, if it can be read only once.
    pub(crate) fn stream_name(&self) -> Option<&str> {
        self.stream.as_ref().map(|source| source.name().as_ref())
    }
}

async fn open(input: &Input, reading: &Reading) -> Result<(Source, Plan)> {
    let source = Source::open(input, &reading.options)
        .await
        .map_err(|error| reading.mapping.locate(error.into()))?;
    let plan = Plan::try_new(&source.schema(), reading.options.mapping())
        .with_context(|| {
            format!(
                "{input}: its columns can't become leads{}",
                advice(input, reading)
            )
        })
        .map_err(|error| reading.mapping.locate(error))?;
    Ok((source, plan))
}

/// What helps somebody who has no mapping.
fn advice(input: &Input, reading: &Reading) -> String {
    match input.path() {
        Some(path) if reading.mapping.path().is_none() => format!(
            "; to have a mapping to begin with: leadsquared init {}",
            shell_word(&path.to_string_lossy())
        ),
        _ => String::new(),
    }
}
