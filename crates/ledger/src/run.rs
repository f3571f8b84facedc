//! A run that this process works on.

use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use leadsquared_core::Row;
use leadsquared_sink::{
    CallId, Conclusion, EarlierCall, Intent, Journal, JournalError, Recall, SettledRow,
};

use crate::recollection::Recollection;
use crate::writer::{Write, Writer};
use crate::{Ending, Error, Ledger, RunId, Totals};

/// A run that this process works on: the [`Journal`] to give to its sink.
///
/// A thread writes it. Whatever waits goes into one transaction, and an
/// [intent](Journal::intend) is acknowledged once that is committed, so that it survives even a power
/// cut. Conclusions and settled rows are queued; a full queue holds back whoever fills it. After a
/// write that failed every call returns its error.
///
/// Dropping a run waits for what was queued and leaves the run to be [resumed](Ledger::resume), like
/// the death of the process does; [`finish`](Self::finish) says that it ended.
#[derive(Debug)]
pub struct Run {
    writer: Writer,
    ledger: Ledger,
    id: RunId,
    account: String,
    recollection: Recollection,
}

impl Run {
    pub(crate) fn new(
        writer: Writer,
        ledger: Ledger,
        id: RunId,
        account: String,
        recollection: Recollection,
    ) -> Self {
        Self {
            writer,
            ledger,
            id,
            account,
            recollection,
        }
    }

    /// The run's number.
    #[must_use]
    pub fn id(&self) -> RunId {
        self.id
    }

    /// The rows that are [settled](Recall::Settled) from earlier parts of the run, by outcome.
    ///
    /// Together with the books of this part they are the books of the run.
    #[must_use]
    pub fn earlier(&self) -> Totals {
        self.recollection.totals()
    }

    /// Whether all these rows of a source are [settled](Recall::Settled) from earlier parts of the run, so
    /// that they needn't be read again.
    #[must_use]
    pub fn are_settled(&self, source: &str, rows: &RangeInclusive<u64>) -> bool {
        self.recollection.are_settled(source, rows)
    }

    /// The calls to the run's account that the server may still count within `window`, whichever run
    /// of this ledger made them.
    ///
    /// One that was answered counts until its answer, one without until the end of its time-out. If
    /// the clock went back, they are younger here than they are.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub fn earlier_calls(
        &self,
        now: SystemTime,
        window: Duration,
    ) -> Result<Vec<EarlierCall>, Error> {
        self.ledger.earlier_calls(&self.account, now, window)
    }

    /// How many calls to the run's account were made within `span` before now, whichever run of this
    /// ledger made them: for each minute that has any, the age of its youngest call and their number.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub fn calls_within(
        &self,
        now: SystemTime,
        span: Duration,
    ) -> Result<Vec<(Duration, u64)>, Error> {
        self.ledger.calls_within(&self.account, now, span)
    }

    /// Writes everything that waits, and then that the run ended.
    ///
    /// A [replay](Ledger::replay) of a run that was not finished leaves it
    /// [interrupted](crate::RunState::Interrupted) or abandoned, as it was. Nothing can be written
    /// afterwards.
    ///
    /// # Errors
    /// When it can't be written, or something before it could not.
    pub async fn finish(&self, ending: Ending) -> Result<(), Error> {
        let finished = self.writer.write(|reply| Write::Finish(ending, reply));
        Ok(finished.await?)
    }
}

#[async_trait]
impl Journal for Run {
    fn recall(&self, row: &Row) -> Recall {
        self.recollection.recall(row)
    }

    async fn intend(&self, intent: Intent) -> Result<CallId, JournalError> {
        self.writer
            .write(|reply| Write::Intend(intent, reply))
            .await
    }

    async fn conclude(
        &self,
        call: CallId,
        conclusion: Conclusion,
        rows: Vec<SettledRow>,
    ) -> Result<(), JournalError> {
        let write = Write::Conclude(call, conclusion, rows);
        self.writer.queue(write).await
    }

    async fn settle(&self, rows: Vec<SettledRow>) -> Result<(), JournalError> {
        self.writer.queue(Write::Settle(rows)).await
    }

    async fn flush(&self) -> Result<(), JournalError> {
        self.writer.write(Write::Flush).await
    }
}
