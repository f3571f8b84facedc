//! The preflight of a load.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use leadsquared_adapter::Format;
use leadsquared_sink::{
    AccountFields, AttributeFinding, DailyBudget, FieldsError, FieldsReader, HttpTransport,
    Journal, Limiter, ValueCheck,
};

use super::account::host;
use super::findings::{Findings, attributes};
use super::scan::scan;
use crate::inputs::Opened;
use crate::kept::Kept;
use crate::report::places;
use crate::settings::{DeliverySettings, Reading, Target};
use crate::talk::Talk;
use crate::words;

/// The most findings that are told, a line each.
const MOST_TOLD: usize = 20;

/// What a preflight looks at, and how it asks.
pub(crate) struct Preflight<'a> {
    pub(crate) reading: &'a Reading,
    pub(crate) inputs: &'a [Opened],
    pub(crate) settings: &'a DeliverySettings,
    pub(crate) kept: Option<&'a Kept>,
    pub(crate) transport: &'a Arc<HttpTransport>,
    pub(crate) limiter: &'a Arc<dyn Limiter>,
    pub(crate) budget: Option<&'a DailyBudget>,
    pub(crate) talk: &'a Talk,
}

impl Preflight<'_> {
    /// Holds the leads against the account's fields; an error says that nothing is to be sent.
    pub(crate) async fn run(&self) -> Result<()> {
        if self.is_needless() {
            return Ok(());
        }
        let fields = match self.read().await {
            Ok(fields) => Arc::new(fields),
            Err(FieldsError::Unreadable { reason }) => {
                self.talk.say(format_args!(
                    "the account's fields can't be read, so the leads go out unchecked: {reason}"
                ));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let mut attributes = attributes(&fields, self.inputs, self.reading);
        let mut values = ValueCheck::new(Arc::clone(&fields));
        // The values of a run that goes on were told when it began, and most of its rows may be in.
        let goes_on = self.kept.is_some_and(Kept::goes_on);
        if !goes_on {
            scan(self.inputs, self.reading, &mut values, self.talk).await;
        }
        let may_grow = |input: &Opened| {
            input.format == Format::Ndjson && (goes_on || input.stream_name().is_some())
        };
        if self.inputs.iter().any(may_grow) {
            // Lines further down, which were not looked at, may set what the first ones don't.
            attributes.retain(|finding| !matches!(finding, AttributeFinding::Missing { .. }));
        }
        let account = host(&self.settings.target).to_owned();
        let findings = Findings::new(account, &fields, attributes, values);
        self.tell(&findings)?;
        for name in self.inputs.iter().filter_map(Opened::stream_name) {
            self.talk.say(format_args!(
                "the values of {name} were not checked, as it can be read only once"
            ));
        }
        Ok(())
    }

    /// Whether there is nothing that the account could refuse.
    fn is_needless(&self) -> bool {
        // The emulator of a load takes anything, unless it was given fields.
        let takes_anything = matches!(self.settings.target, Target::Emulator)
            && self.settings.emulated_fields.is_none();
        !self.settings.preflight
            || takes_anything
            || self.inputs.iter().all(|input| input.rows == Some(0))
    }

    async fn read(&self) -> Result<AccountFields, FieldsError> {
        let limiter = Arc::clone(self.limiter);
        let mut reader = FieldsReader::new(Arc::clone(self.transport), limiter);
        if let Some(kept) = self.kept {
            reader = reader.with_journal(Arc::clone(kept.run()) as Arc<dyn Journal>);
        }
        if let Some(budget) = self.budget {
            reader = reader.with_daily_budget(budget.clone());
        }
        reader.read().await
    }

    /// Tells what was found; an error if every row would be rejected.
    ///
    /// An attribute that isn't listed is no such error: a list may lack what the API takes all the same,
    /// and it may be in some rows only. The server has the last word, and where it refuses the first
    /// calls the load ends by itself.
    fn tell(&self, findings: &Findings) -> Result<()> {
        let whole: Vec<String> = findings.whole().collect();
        self.lines(&whole);
        if findings.lacks_mandatory() {
            return Err(anyhow!(
                "the account would reject every row, so none was sent; mend the mapping \
                 (`leadsquared fields` lists what the account has), or send them all the same with \
                 --no-preflight"
            ));
        }
        if !whole.is_empty() {
            self.talk.say(
                "the account would refuse calls with these; if it does, mend the mapping \
                 (`leadsquared fields` lists what the account has)",
            );
        }
        let hints: Vec<String> = findings.hints().collect();
        self.lines(&hints);
        let single = findings.single().map(|found| {
            let rows = words::count(found.rows, "row");
            format!("{rows}: {found}: {}", places(&found.first, found.rows))
        });
        let single: Vec<String> = single.collect();
        if !single.is_empty() {
            self.talk.say(format_args!(
                "the account will likely reject {}; the others go in:",
                words::count(findings.rows_at_fault, "row")
            ));
            self.lines(&single);
        }
        Ok(())
    }

    fn lines(&self, lines: &[String]) {
        for line in lines.iter().take(MOST_TOLD) {
            self.talk.say(words::one_line(line));
        }
        if let Some(rest) = lines.len().checked_sub(MOST_TOLD).filter(|rest| *rest > 0) {
            self.talk.say(format_args!("and {rest} more"));
        }
    }
}
