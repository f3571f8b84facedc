//! The page behind `--report`: what came of a run, for people who were not there.
//!
//! - `record` writes down what happens while the run goes on, in bounded memory: `series` over time,
//!   `latency` by logarithm, `sample` a few rows' values.
//! - `setting` is how the run was to go, without a secret.
//! - `part` is the page's text, a section a file; `chart` its pictures. Both are templates of maud,
//!   which escapes whatever is put into them; `visible` shows what hides in text of others.
//! - `file` replaces the file at once, or not at all.

mod chart;
mod file;
mod latency;
mod part;
mod record;
mod sample;
mod series;
mod setting;
mod visible;
mod words;

use std::sync::Arc;

use anyhow::{Error, Result};
use leadsquared_sink::RateLimit;

use crate::kept::Kept;
use crate::report::LoadReport;
use crate::settings::{DeliverySettings, Reading};
use file::PageFile;
use setting::Setting;

pub(crate) use record::Recorder;

/// A page that is written when the run is over.
pub(crate) struct Page {
    file: PageFile,
    recorder: Arc<Recorder>,
    /// Where the leads go.
    account: String,
    inputs: Vec<String>,
    /// A short name of all inputs together.
    subject: String,
    settings: Vec<Setting>,
}

/// How a run ended.
pub(crate) struct Ending<'a> {
    pub(crate) report: &'a LoadReport,
    /// The signal that stopped it, if that is all that kept it from its end.
    pub(crate) stopped_by: Option<&'static str>,
    pub(crate) failures: &'a [Error],
    /// Whether the inputs were read to their end.
    pub(crate) all_was_read: bool,
    /// How to go on with it, if it is not finished.
    pub(crate) unfinished: Option<&'a str>,
}

impl Page {
    /// A page at the path that the settings name, if they do; `limit` is the account's, as far as it is
    /// known before the first call with leads.
    ///
    /// # Errors
    ///
    /// If no file can be made there: that is found before anything is sent.
    pub(crate) fn new(
        reading: &Reading,
        settings: &DeliverySettings,
        limit: RateLimit,
        kept: Option<&Kept>,
    ) -> Result<Option<Self>> {
        let Some(path) = &settings.report else {
            return Ok(None);
        };
        Ok(Some(Self {
            file: PageFile::try_new(path)?,
            recorder: Arc::new(Recorder::new(limit)),
            account: setting::account(&settings.target),
            inputs: reading.inputs.iter().map(ToString::to_string).collect(),
            subject: setting::subject(&reading.inputs),
            settings: setting::all(reading, settings, kept),
        }))
    }

    /// What is to see the run.
    pub(crate) fn recorder(&self) -> Arc<Recorder> {
        Arc::clone(&self.recorder)
    }

    /// Writes the page of a run that is over.
    ///
    /// # Errors
    ///
    /// If it can't be written; what was there before is there still.
    pub(crate) fn write(&self, ending: &Ending<'_>) -> Result<()> {
        let page = part::page(self, &self.recorder.record(), ending).into_string();
        Ok(self.file.replace(page.as_bytes())?)
    }
}
