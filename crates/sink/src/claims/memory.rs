//! Claims in the memory of one process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use leadsquared_core::LeadKey;

use super::contract::{Arrival, ClaimKey, ClaimState, Claims, OpenClaims, Recalled, SettledClaim};
use crate::{JournalError, Outcome};

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
    /// Whether a row of the opening has it.
    is_given: bool,
    content: ClaimContent,
}

#[derive(Clone, Debug)]
enum ClaimContent {
    Free,
    Claimed,
    Settled(SettledClaim),
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

    /// Changes the contents of claims that rows of this opening have.
    fn change<T>(
        &self,
        changes: impl IntoIterator<Item = (ClaimKey, T)>,
        change: impl Fn(&mut ClaimContent, T),
    ) -> Result<(), JournalError> {
        self.within(|delivery| {
            for (key, to) in changes {
                let lead = delivery.leads.get_mut(&key.lead);
                let claim = lead.and_then(|lead| lead.claims.get_mut(key.occurrence as usize));
                if let Some(claim) = claim {
                    change(&mut claim.content, to);
                }
            }
        })
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
            .retain(|claim| !matches!(claim.content, ClaimContent::Free));
        for claim in &mut self.claims {
            claim.is_given = false;
        }
    }

    /// Gives a row its claim.
    fn give(&mut self, arrival: &Arrival) -> Recalled {
        let is_free_for = |claim: &Claim| match &claim.content {
            ClaimContent::Settled(settled) => !claim.is_given && settled.fits(arrival.content),
            _ => !claim.is_given,
        };
        let is_rejection = |claim: &Claim| match &claim.content {
            ClaimContent::Settled(settled) => settled.end.outcome == Outcome::Rejected,
            _ => false,
        };
        let mut claims = self.claims.iter();
        let rejection = claims.position(|claim| is_free_for(claim) && is_rejection(claim));
        let found = rejection.or_else(|| self.claims.iter().position(is_free_for));
        let index = found.unwrap_or_else(|| {
            self.claims.push(Claim {
                is_given: true,
                content: ClaimContent::Free,
            });
            self.claims.len() - 1
        });
        let claim = &mut self.claims[index];
        claim.is_given = true;
        Recalled {
            key: ClaimKey {
                lead: arrival.lead,
                occurrence: u32::try_from(index).unwrap_or(u32::MAX),
            },
            state: match &claim.content {
                ClaimContent::Free => ClaimState::New,
                ClaimContent::Claimed => ClaimState::InDoubt,
                ClaimContent::Settled(settled) => ClaimState::Settled(settled.end.clone()),
            },
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
        self.change(claims.iter().map(|key| (*key, ())), |content, ()| {
            if matches!(content, ClaimContent::Free) {
                *content = ClaimContent::Claimed;
            }
        })
    }

    async fn release(&self, claims: &[ClaimKey]) -> Result<(), JournalError> {
        self.change(claims.iter().map(|key| (*key, ())), |content, ()| {
            if matches!(content, ClaimContent::Claimed) {
                *content = ClaimContent::Free;
            }
        })
    }

    async fn settle(&self, claims: Vec<SettledClaim>) -> Result<(), JournalError> {
        let ends = claims.into_iter().map(|settled| (settled.key, settled));
        self.change(ends, |content, settled| {
            *content = ClaimContent::Settled(settled);
        })
    }

    async fn flush(&self) -> Result<(), JournalError> {
        self.within(|_| ())
    }
}
