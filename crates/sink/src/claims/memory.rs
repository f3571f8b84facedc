//! Claims in the memory of one process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use leadsquared_core::LeadKey;

use super::contract::{
    Arrival, ClaimEnd, ClaimKey, ClaimState, Claims, OpenClaims, Recalled, SettledClaim,
};
use crate::JournalError;

/// Claims in the memory of one process: for tests, and for a program that runs a delivery again itself.
///
/// It is the contract in its shortest form. Clones share what they know; it is lost with the last one,
/// and never before.
#[derive(Clone, Debug, Default)]
pub struct MemoryClaims {
    deliveries: Arc<Mutex<HashMap<String, Delivery>>>,
}

/// What is known of a delivery.
#[derive(Debug, Default)]
struct Delivery {
    /// The number of the last opening.
    opening: u64,
    leads: HashMap<LeadKey, Lead>,
}

/// The claims on a lead, as of the opening that last met it.
#[derive(Debug, Default)]
struct Lead {
    opening: u64,
    claims: Vec<Claim>,
}

#[derive(Debug)]
struct Claim {
    /// The content of the row that it was made for.
    content: u64,
    /// Whether a row of the opening has it.
    is_given: bool,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Free,
    Claimed,
    Settled(ClaimEnd),
}

/// One opening.
#[derive(Debug)]
struct MemoryOpening {
    claims: MemoryClaims,
    delivery: String,
    opening: u64,
}

impl MemoryClaims {
    fn deliveries(&self) -> MutexGuard<'_, HashMap<String, Delivery>> {
        // Nothing panics while it is held, so a poisoned lock still guards whole data.
        self.deliveries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Claims for MemoryClaims {
    async fn open(&self, delivery: &str) -> Result<Arc<dyn OpenClaims>, JournalError> {
        let mut deliveries = self.deliveries();
        let known = deliveries.entry(delivery.to_owned()).or_default();
        known.opening += 1;
        Ok(Arc::new(MemoryOpening {
            claims: self.clone(),
            delivery: delivery.to_owned(),
            opening: known.opening,
        }))
    }
}

impl MemoryOpening {
    /// Does something with the delivery, unless it was taken over.
    fn within<T>(&self, act: impl FnOnce(&mut Delivery) -> T) -> Result<T, JournalError> {
        let mut deliveries = self.claims.deliveries();
        match deliveries.get_mut(&self.delivery) {
            Some(delivery) if delivery.opening == self.opening => Ok(act(delivery)),
            _ => Err(JournalError::new(format!(
                "delivery {} was opened again elsewhere, which goes on with it; this one sends nothing \
                 more",
                self.delivery
            ))),
        }
    }

    /// Changes claims that rows of this opening have: all of them, or none if one can't be.
    fn change<T>(
        &self,
        changes: Vec<(ClaimKey, T)>,
        can_be: impl Fn(&State) -> bool,
        change: impl Fn(&mut State, T),
    ) -> Result<(), JournalError> {
        self.within(|delivery| {
            for (key, _) in &changes {
                let claim = delivery.claim(*key);
                if !claim.is_some_and(|claim| claim.is_given && can_be(&claim.state)) {
                    return Err(JournalError::new(format!(
                        "claim {} on the lead {} can't be changed so: it is no row's of this opening of \
                         the delivery {}, or it came to its end before; change what recall gave, once",
                        key.occurrence, key.lead, self.delivery
                    )));
                }
            }
            for (key, to) in changes {
                if let Some(claim) = delivery.claim(key) {
                    change(&mut claim.state, to);
                }
            }
            Ok(())
        })?
    }
}

impl Delivery {
    fn claim(&mut self, key: ClaimKey) -> Option<&mut Claim> {
        let lead = self.leads.get_mut(&key.lead)?;
        // What an earlier opening left of a lead is nobody's before a row about it arrives.
        let is_met = lead.opening == self.opening;
        let claims = is_met.then_some(&mut lead.claims)?;
        claims.get_mut(key.occurrence as usize)
    }
}

impl Lead {
    /// Forgets what the opening before had given away and not used.
    fn enter(&mut self, opening: u64) {
        if self.opening == opening {
            return;
        }
        self.opening = opening;
        self.claims
            .retain(|claim| !matches!(claim.state, State::Free));
        for claim in &mut self.claims {
            claim.is_given = false;
        }
    }

    /// Gives a row its claim.
    fn give(&mut self, arrival: &Arrival) -> Recalled {
        let is_its = |claim: &Claim| !claim.is_given && claim.content == arrival.content;
        let its = self.claims.iter().position(is_its);
        let in_doubt = self.claims.iter().any(Claim::casts_doubt);
        let index = its.unwrap_or_else(|| {
            self.claims.push(Claim {
                content: arrival.content,
                is_given: false,
                state: State::Free,
            });
            self.claims.len() - 1
        });
        let claim = &mut self.claims[index];
        claim.is_given = true;
        let state = match &claim.state {
            State::Free if in_doubt => ClaimState::InDoubt,
            State::Free => ClaimState::New,
            State::Claimed => ClaimState::InDoubt,
            State::Settled(end) => ClaimState::Settled(end.clone()),
        };
        Recalled {
            key: ClaimKey {
                lead: arrival.lead,
                occurrence: u32::try_from(index).unwrap_or(u32::MAX),
            },
            state,
        }
    }
}

impl Claim {
    /// Whether a row about the same lead may be what it was made for, though it holds something else.
    fn casts_doubt(&self) -> bool {
        !self.is_given
            && match &self.state {
                State::Free => false,
                State::Claimed => true,
                State::Settled(end) => end.may_be_there(),
            }
    }
}

#[async_trait]
impl OpenClaims for MemoryOpening {
    async fn recall(&self, arrivals: &[Arrival]) -> Result<Vec<Recalled>, JournalError> {
        self.within(|delivery| {
            let opening = delivery.opening;
            let recall = |arrival: &Arrival| {
                let lead = delivery.leads.entry(arrival.lead).or_default();
                lead.enter(opening);
                lead.give(arrival)
            };
            arrivals.iter().map(recall).collect()
        })
    }

    async fn claim(&self, claims: &[ClaimKey]) -> Result<(), JournalError> {
        let claims = claims.iter().map(|key| (*key, ())).collect();
        let is_open = |state: &State| !matches!(state, State::Settled(_));
        self.change(claims, is_open, |state, ()| *state = State::Claimed)
    }

    async fn release(&self, claims: &[ClaimKey]) -> Result<(), JournalError> {
        let claims = claims.iter().map(|key| (*key, ())).collect();
        self.change(
            claims,
            |_| true,
            |state, ()| {
                if matches!(state, State::Claimed) {
                    *state = State::Free;
                }
            },
        )
    }

    async fn settle(&self, claims: Vec<SettledClaim>) -> Result<(), JournalError> {
        let ends = claims.into_iter().map(|settled| (settled.key, settled.end));
        self.change(
            ends.collect(),
            |_| true,
            |state, end| {
                *state = State::Settled(end);
            },
        )
    }

    async fn flush(&self) -> Result<(), JournalError> {
        self.within(|_| ())
    }
}
