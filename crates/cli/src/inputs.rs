//! Every input is opened and checked before anything is sent.

use anyhow::{Context as _, Result};
use leadsquared_adapter::{Format, Input, Source};
use leadsquared_core::Plan;

use crate::settings::Reading;

/// An input whose columns make leads.
pub(crate) struct Opened {
    input: Input,
    pub(crate) format: Format,
    /// How many rows it has, where that is known.
    pub(crate) rows: Option<u64>,
    /// How large it is, where that is known.
    pub(crate) bytes: Option<u64>,
    /// Kept open, as it can be read only once.
    stream: Option<Source>,
}

/// Opens all inputs, and checks that each can become leads.
///
/// Files are closed again until it is their turn, so that their number doesn't matter.
pub(crate) async fn open_all(reading: &Reading) -> Result<Vec<Opened>> {
    let mut all = Vec::with_capacity(reading.inputs.len());
    for input in &reading.inputs {
        let source = open(input, reading).await?;
        all.push(Opened {
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
            None => open(&self.input, reading).await,
        }
    }
}

async fn open(input: &Input, reading: &Reading) -> Result<Source> {
    let source = Source::open(input, &reading.options)
        .await
        .map_err(|error| reading.mapping.locate(error.into()))?;
    Plan::try_new(&source.schema(), reading.options.mapping())
        .with_context(|| format!("{input}: its columns can't become leads"))
        .map_err(|error| reading.mapping.locate(error))?;
    Ok(source)
}
