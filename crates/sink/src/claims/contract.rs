//! What a store of claims promises.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use leadsquared_core::LeadKey;

use crate::{JournalError, Outcome};

/// A store that all processes share: what became of each lead of a delivery.
///
/// A *delivery* is one thing that is to be done once, such as a statement, by whatever name all who may
/// do it call it. A process that dies in the middle of it is followed by another, which begins at its
/// first row, and may meet the rows in another order. So the store knows rows by what they hold: by their
/// [`LeadKey`] and by a hash of the rest, and each as often as it occurs.
///
/// `leadsquared-redis` keeps claims in Redis, [`MemoryClaims`](crate::MemoryClaims) in the memory of one
/// process. What is in it for a sink is a [`ClaimJournal`](crate::ClaimJournal).
#[async_trait]
pub trait Claims: Send + Sync + Debug {
    /// Takes the delivery over: begins an *opening* of it, in which no row has arrived yet.
    ///
    /// Whoever held it before is refused from now on: no claim of theirs is made any more, so that
    /// nothing more is sent by them. A call of theirs that is on its way is in doubt.
    ///
    /// # Errors
    /// When the store can't be reached, or the delivery has a name that it can't keep.
    async fn open(&self, delivery: &str) -> Result<Arc<dyn OpenClaims>, JournalError>;
}

/// An opening of a delivery, which is the only one until there is a later one.
///
/// # For implementors
///
/// For each lead there is a list of claims, each of which is *free*, *claimed* or *settled*, and has the
/// [content](Arrival::content) of the row that it was made for. It has its place in the list, its
/// [`occurrence`](ClaimKey::occurrence), for the whole opening.
///
/// - An opening begins without the claims that are free, and with no claim given to a row.
/// - [`recall`](Self::recall) gives each row that arrives a claim of its own, in the order that they
///   arrive: the first that was made for a row with the same lead and the same content, and that no other
///   row of this opening has; else a free one that is new. So rows that are equal come out as a multiset,
///   and no row is left out but one that is the very same as a row that was delivered.
/// - A row with a new claim is [in doubt](ClaimState::InDoubt) if the lead has another claim that no row
///   of this opening has yet, and that is claimed, or settled as one that [may be
///   there](ClaimEnd::may_be_there): the row may be what that one was made for, with something in it that
///   changes whenever it is read.
/// - [`claim`](Self::claim) makes free ones claimed, [`release`](Self::release) makes claimed ones free,
///   and [`settle`](Self::settle) makes either settled. They are refused, with an error, for a claim that
///   no row of this opening has; `claim` also for one that is settled.
///
/// Each operation is done whole or not at all by an opening that is not the last one any more, and it
/// fails with one error for that, and with another if the store has forgotten the delivery. After either
/// nothing may be sent. One that is repeated because its answer was lost must change nothing.
///
/// A future that is dropped may have been done or not; whoever drops one of `recall` must not go on
/// with the opening.
#[async_trait]
pub trait OpenClaims: Send + Sync + Debug {
    /// What earlier openings left of leads; one answer for each, in their order.
    ///
    /// # Errors
    /// When the delivery was taken over or forgotten, or the store can't be reached.
    async fn recall(&self, arrivals: &[Arrival]) -> Result<Vec<Recalled>, JournalError>;

    /// Writes down that leads are about to be sent; returns once that would survive the process.
    ///
    /// # Errors
    /// As [`recall`](Self::recall); nothing may be sent then.
    async fn claim(&self, claims: &[ClaimKey]) -> Result<(), JournalError>;

    /// Takes claims back: an attempt created nothing, so its leads are not in doubt.
    ///
    /// # Errors
    /// As [`recall`](Self::recall).
    async fn release(&self, claims: &[ClaimKey]) -> Result<(), JournalError>;

    /// Writes down the ends of leads.
    ///
    /// # Errors
    /// As [`recall`](Self::recall).
    async fn settle(&self, claims: Vec<SettledClaim>) -> Result<(), JournalError>;

    /// Waits until everything is as safe as the store makes it.
    ///
    /// # Errors
    /// As [`recall`](Self::recall).
    async fn flush(&self) -> Result<(), JournalError>;
}

/// A row that arrives in an opening, and can be a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Arrival {
    /// The lead that it is about.
    pub lead: LeadKey,
    /// A hash of all that it holds, by which it is known from other rows about the same lead: the same
    /// in every process.
    pub content: u64,
}

/// A claim on a lead, for the time of an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimKey {
    /// The lead.
    pub lead: LeadKey,
    /// Which of the claims on it, from 0.
    pub occurrence: u32,
}

/// What earlier openings left of a lead, given to one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// The row's claim.
    pub key: ClaimKey,
    /// What is known by it.
    pub state: ClaimState,
}

/// What is known of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimState {
    /// Nothing was sent for it, or nothing that could have created the lead.
    New,
    /// It was sent, or what may have been the same row, and what came of that is not known.
    InDoubt,
    /// It came to its end.
    Settled(ClaimEnd),
}

/// The end of a lead, to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimEnd {
    /// What became of it.
    pub outcome: Outcome,
    /// Its id, when the server gave one.
    pub lead_id: Option<String>,
    /// A short code for machines, as in [`RowReport`](crate::RowReport).
    pub code: Option<String>,
    /// Why, for people; a store may keep the beginning of a long one only.
    pub reason: Option<String>,
}

impl ClaimEnd {
    /// Whether a lead may be there by what was sent: created, or without a sure answer.
    #[must_use]
    pub fn may_be_there(&self) -> bool {
        match self.outcome {
            Outcome::Created | Outcome::CreatedEarlier | Outcome::Unconfirmed => true,
            Outcome::Duplicate | Outcome::Rejected | Outcome::NotSent => false,
        }
    }
}

/// A claim that comes to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledClaim {
    /// The claim.
    pub key: ClaimKey,
    /// The end.
    pub end: ClaimEnd,
}
