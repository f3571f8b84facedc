//! What every limiter promises, whatever it counts with.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;

use super::RateLimit;

/// One account's rate limit: leave to send, one call at a time.
///
/// [`SlotLimiter`](super::SlotLimiter) keeps it within a process. An implementation that shares it
/// between processes keeps the same promises:
///
/// - No window of the limit holds more calls than the limit allows, at whatever moment between send
///   and answer the server counts each.
/// - A [`Slot`] that is dropped frees nothing before its call can no longer be counted.
/// - Waiting is first come, first served, but for [`Urgency::First`]; a wait can be cancelled.
#[async_trait]
pub trait Limiter: Send + Sync {
    /// The account's limit, as it is believed now.
    fn limit(&self) -> RateLimit;

    /// How many slots are taken now: calls in flight, and those the server may still count.
    fn slots_in_use(&self) -> usize;

    /// Waits for a slot and takes it; send the call at once.
    ///
    /// `timeout` is how long the call may take. A slot that is dropped instead of
    /// [completed](Slot::complete) stays taken until its call can no longer have been counted:
    /// `timeout` and a window from now.
    async fn acquire(&self, urgency: Urgency, timeout: Duration) -> Slot;

    /// Takes the slots of calls that an earlier process made, as its journal has them.
    ///
    /// Without them a restart within a window could exceed the limit. A limiter whose slots outlive
    /// the process need not look at them.
    fn seed(&self, earlier: &[EarlierCall]) {
        let _ = earlier;
    }
}

/// Who gets the next free slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// After everyone who waits already.
    InTurn,
    /// Before everyone in turn: for a call that was throttled.
    First,
}

/// A call that an earlier process made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlierCall {
    /// How long ago the server can have counted it at the latest: since its answer, or, if none is
    /// known, since the end of its time-out. Zero if that is still to come.
    pub since_counted: Duration,
    /// How long until the server can no longer count it, if that is still to come; else zero.
    pub still_counted_for: Duration,
}

/// Leave to send one call, once.
///
/// Dropping it without [`complete`](Self::complete) keeps the slot taken until the call can no
/// longer have been counted by the server.
#[must_use = "a slot is leave to send one call now"]
pub struct Slot {
    lease: Box<dyn Lease>,
}

/// What a limiter gives with a slot, to be told how its call ended.
#[async_trait]
pub trait Lease: Send + Sync {
    /// As [`Slot::complete`].
    async fn complete(self: Box<Self>, ending: CallEnding) -> Lesson;
}

impl Slot {
    /// A slot of an own limiter.
    pub fn new(lease: Box<dyn Lease>) -> Self {
        Self { lease }
    }

    /// Gives the slot back, and lets the limiter learn from how the call ended.
    ///
    /// Call it when the answer has come, or the connection has broken: that is the latest moment at
    /// which the server can have counted the call.
    pub async fn complete(self, ending: CallEnding) -> Lesson {
        self.lease.complete(ending).await
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}

/// How a call ended, as far as the limit is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEnding {
    /// The server did the work: it answered row by row.
    Accepted,
    /// It was answered in another way, or its connection broke.
    Ended,
    /// It was throttled.
    Throttled {
        /// The limit that the server named.
        limit: Option<RateLimit>,
    },
    /// It never got to the server: there was no connection.
    NeverSent,
}

/// What a limiter learned from the end of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lesson {
    /// The account's limit, if it is lower than what was believed.
    pub limit: Option<RateLimit>,
    /// Our share from now on, if others were found to use the account: so many calls in a window.
    pub share: Option<NonZeroU32>,
}
