//! Processes that run one delivery, one after the other.

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use leadsquared_core::{Mapping, Origin, PayloadLimits, SourceBatch};
use leadsquared_sink::{
    ClaimJournal, Claims, Found, LeadSink, MemoryClaims, Outcome, Sink, SinkConfig, Summary,
};

use super::death::{Death, Mortal};
use super::server::{Server, Way};
use crate::support::{Memory, Seen, hurried};

/// Leads in a call, and calls on their way at once.
pub(crate) const LEADS: usize = 3;
pub(crate) const CALLS: usize = 3;

/// A row: its e-mail address, if it has one, its kind, and what else is in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lead {
    pub(crate) email: Option<String>,
    pub(crate) kind: Option<&'static str>,
    pub(crate) note: Option<String>,
}

impl Lead {
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.note = Some(note.to_owned());
        self
    }
}

pub(crate) fn lead(email: &str) -> Lead {
    Lead {
        email: Some(email.to_owned()),
        ..Lead::default()
    }
}

pub(crate) fn batch(leads: &[Lead]) -> RecordBatch {
    let emails: StringArray = leads.iter().map(|lead| lead.email.as_deref()).collect();
    let kinds: StringArray = leads.iter().map(|lead| lead.kind).collect();
    let notes: StringArray = leads.iter().map(|lead| lead.note.as_deref()).collect();
    RecordBatch::try_from_iter([
        ("EmailAddress", Arc::new(emails) as ArrayRef),
        ("mx_Kind", Arc::new(kinds)),
        ("mx_Note", Arc::new(notes)),
    ])
    .unwrap()
}

/// How a process ended that did not die.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) result: Result<(), String>,
    pub(crate) summary: Summary,
    pub(crate) found: Found,
    pub(crate) seen: Vec<Seen>,
    pub(crate) left: usize,
}

impl Ended {
    /// How many rows have this outcome, found or not.
    pub(crate) fn of(&self, outcome: Outcome) -> usize {
        usize::try_from(self.summary.of(outcome) + self.found.of(outcome)).unwrap()
    }

    /// How many are found with this outcome.
    pub(crate) fn found(&self, outcome: Outcome) -> u64 {
        self.found.of(outcome)
    }
}

/// A process that opens the delivery and runs it from its first row on, in a runtime of its own, which
/// ends with all that is in it when the process dies.
pub(crate) fn process(
    server: &Arc<Server>,
    claims: &MemoryClaims,
    death: &Death,
    faults: Option<u64>,
    leads: &[Lead],
) -> Option<Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        tokio::select! {
            ended = run(server, claims, death, faults, leads) => Some(ended),
            () = death.came() => None,
        }
    })
}

async fn run(
    server: &Arc<Server>,
    claims: &MemoryClaims,
    death: &Death,
    faults: Option<u64>,
    leads: &[Lead],
) -> Ended {
    let mortal = Mortal {
        claims: claims.clone(),
        death: death.clone(),
    };
    let opening = mortal.open("statement").await.unwrap();
    let memory = Arc::new(Memory::default());
    let journal = Arc::new(ClaimJournal::new(
        opening,
        Mapping::new(),
        Arc::clone(&memory) as _,
    ));
    let config = hurried(SinkConfig::over(Way::new(server, death, faults)))
        .with_rate_limit("1000/1s".parse().unwrap())
        .with_concurrency(NonZeroUsize::new(CALLS).unwrap())
        .with_queue(NonZeroUsize::MIN)
        .with_payload_limits(PayloadLimits::default().with_leads(LEADS))
        .with_observer(Arc::clone(&memory) as _)
        .with_journal(Arc::clone(&journal) as _);
    let mut sink = LeadSink::start(config.build().unwrap()).unwrap();
    let mut result = Ok(());
    let mut next = 1;
    for leads in leads.chunks(7) {
        let source = SourceBatch::new(batch(leads), Origin::new("query", next));
        next += leads.len() as u64;
        let admitted = match journal.admit(source).await {
            Ok(admitted) => admitted,
            Err(error) => {
                result = Err(error.to_string());
                break;
            }
        };
        if let Err(error) = sink.write(admitted).await {
            result = Err(error.to_string());
            break;
        }
    }
    let closed = sink.close().await.map_err(|error| format!("{error:?}"));
    Ended {
        result: result.and(closed),
        summary: sink.summary(),
        found: journal.found(),
        seen: memory.rows(),
        left: journal.rows_on_their_way(),
    }
}
