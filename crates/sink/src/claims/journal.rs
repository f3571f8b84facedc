//! The journal over an opening of claims.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use leadsquared_core::{Mapping, Row};

use super::contract::OpenClaims;
use super::found::Found;
use super::held::HeldRows;
use super::plans::Plans;
use crate::{
    CallId, Conclusion, Intent, Journal, JournalError, LeftOut, Observer, Outcome, Recall,
    SettledRow,
};

/// Keeps a delivery exactly once in the books, though another process may run all of it again.
///
/// It is the [`Journal`] of one sink in one [opening](OpenClaims) of a delivery. Each batch is
/// [admitted](Self::admit) before it is written to the sink: what an earlier opening brought to its end is
/// left out there, reported and [counted](Self::found). Of what an earlier opening had on its way without
/// an answer, a duplicate is [`CreatedEarlier`](crate::Outcome::CreatedEarlier).
///
/// The store knows a row by what it holds: what is left out is equal, byte by byte, to a row that came to
/// its end. If several are equal, as many of them are left out as had. A row that differs from all that
/// was delivered is sent; if its unique fields are those of a lead that may be there by an earlier
/// opening, it may be the same row with something in it that changes whenever it is read, such as the
/// time of day. So a duplicate among these is `CreatedEarlier` too, though it may be another row's lead,
/// and with [`Ambiguous::Hold`](crate::Ambiguous::Hold) they are held. No row is lost by that.
///
/// The memory it takes is bounded by the rows that the sink has on their way.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, RecordBatch, StringArray};
/// use leadsquared_core::{Mapping, Origin, SourceBatch};
/// use leadsquared_sink::{
///     ClaimJournal, Claims, Credentials, LeadSink, MemoryClaims, Sink, SinkConfig,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = leadsquared_emulator::Emulator::builder().start().await?;
/// # let (host, access, secret) = (emulator.url(), emulator.access_key(), emulator.secret_key());
/// let claims = MemoryClaims::default();
/// let phones: ArrayRef = Arc::new(StringArray::from(vec!["8888888888", "9999999999"]));
/// let batch = RecordBatch::try_from_iter([("Phone", phones)])?;
/// let mut created = 0;
/// for _ in 0..2 {
///     let mapping = Mapping::new();
///     let opening = claims.open("statement 1").await?;
///     let journal = Arc::new(ClaimJournal::new(opening, mapping.clone(), Arc::new(())));
///     let config = SinkConfig::new(host.clone(), Credentials::new(access, secret))
///         .with_mapping(mapping)
///         .with_journal(journal.clone())
///         .build()?;
///     let mut sink = LeadSink::start(config)?;
///     let rows = SourceBatch::new(batch.clone(), Origin::new("query", 1));
///     sink.write(journal.admit(rows).await?).await?;
///     sink.close().await?;
///     assert_eq!(sink.summary().read + journal.found().total(), 2);
///     created += sink.summary().created;
/// }
/// assert_eq!(created, 2); // by the first of the two
/// # Ok(())
/// # }
/// ```
pub struct ClaimJournal {
    pub(super) claims: Arc<dyn OpenClaims>,
    pub(super) plans: Plans,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) held: HeldRows,
    pub(super) found: Found,
}

impl ClaimJournal {
    /// A journal for one sink, which has this mapping and this observer too.
    ///
    /// With another mapping than the sink's, leads would be known by other fields than those that are
    /// sent.
    pub fn new(claims: Arc<dyn OpenClaims>, mapping: Mapping, observer: Arc<dyn Observer>) -> Self {
        Self {
            claims,
            plans: Plans::new(mapping),
            observer,
            state: Mutex::default(),
        }
    }

    /// How many rows were left out so far, because an earlier opening had brought them to their end.
    #[must_use]
    pub fn found(&self) -> Found {
        self.state().found
    }

    /// How many rows were admitted and have no end yet.
    #[must_use]
    pub fn rows_on_their_way(&self) -> usize {
        self.state().held.len()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held, so a poisoned lock still guards whole data.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ClaimJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimJournal")
            .field("claims", &self.claims)
            .field("found", &self.found())
            .field("rows_on_their_way", &self.rows_on_their_way())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Journal for ClaimJournal {
    fn recall(&self, row: &Row) -> Recall {
        self.state().held.recall(row)
    }

    fn left_out(&self) -> LeftOut {
        let found = self.found();
        LeftOut {
            rows: found.total(),
            rejected: found.of(Outcome::Rejected),
        }
    }

    async fn intend(&self, intent: Intent) -> Result<CallId, JournalError> {
        let claims = self.state().held.claims(&intent.rows)?;
        self.claims.claim(&claims).await?;
        Ok(self.state().held.sending(intent.rows))
    }

    async fn conclude(
        &self,
        call: CallId,
        conclusion: Conclusion,
        rows: Vec<SettledRow>,
    ) -> Result<(), JournalError> {
        let ends = self.state().held.conclude(call, conclusion.meaning, rows);
        if !ends.released.is_empty() {
            self.claims.release(&ends.released).await?;
        }
        if !ends.settled.is_empty() {
            self.claims.settle(ends.settled).await?;
        }
        Ok(())
    }

    async fn settle(&self, rows: Vec<SettledRow>) -> Result<(), JournalError> {
        let settled = self.state().held.settle(rows);
        if !settled.is_empty() {
            self.claims.settle(settled).await?;
        }
        Ok(())
    }

    async fn flush(&self) -> Result<(), JournalError> {
        self.claims.flush().await
    }
}
