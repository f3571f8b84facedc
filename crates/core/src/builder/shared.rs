//! Leads that share a unique value, kept out of one payload.

use std::collections::VecDeque;
use std::mem;

use super::append::{append_lead, append_run, check_size};
use super::{PayloadBuilder, PayloadLimits, Waiting};
use crate::unique::UniqueKey;
use crate::{Origin, Payload, RowError};

/// A lead that waits for another payload.
pub(super) struct Held {
    pub(super) lead: Vec<u8>,
    pub(super) origin: Origin,
    /// Its row's index in the origin's batch.
    pub(super) index: usize,
    pub(super) keys: Vec<UniqueKey>,
}

/// The unique values in the open payload, and the leads that share one and wait.
#[derive(Default)]
pub(super) struct Apart {
    here: Vec<UniqueKey>,
    held: VecDeque<Held>,
    /// How many bytes their leads have.
    held_bytes: usize,
    /// The keys of the row at hand, and what it takes to have them.
    keys: Vec<UniqueKey>,
    memory: Vec<u8>,
}

impl Apart {
    /// How many leads may wait at most. When so many do, the open payload is closed before it is
    /// full, or an input whose leads all share a value would be held whole.
    const MOST_HELD: usize = 200;
    /// As for [`MOST_HELD`](Self::MOST_HELD), for leads that are large.
    const MOST_HELD_BYTES: usize = 4 * 1024 * 1024;

    /// Whether the next row's lead shares a value with one in the open payload.
    fn shares_next(&mut self, waiting: &Waiting) -> bool {
        self.keys.clear();
        let batch = waiting.leads.batch();
        if waiting.leads.next_row() < batch.num_rows() {
            batch.unique_keys(waiting.leads.next_row(), &mut self.memory, &mut self.keys);
        }
        self.is_shared(&self.keys)
    }

    fn is_shared(&self, keys: &[UniqueKey]) -> bool {
        keys.iter().any(|key| self.here.contains(key))
    }

    /// The row at hand has its lead in the open payload now.
    fn note(&mut self) {
        self.here.append(&mut self.keys);
    }

    /// The open payload was closed, and another one is open; gives the values of the closed one.
    fn next_payload(&mut self) -> Vec<UniqueKey> {
        mem::take(&mut self.here)
    }

    fn hold(&mut self, held: Held) {
        self.held_bytes += held.lead.len();
        self.held.push_back(held);
    }

    /// Whether no more leads should be held before some went out.
    fn is_full(&self) -> bool {
        self.held.len() >= Self::MOST_HELD || self.held_bytes >= Self::MOST_HELD_BYTES
    }

    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// The first lead that waits and shares no value with one in the open payload.
    fn take_fitting(&mut self) -> Option<Held> {
        let fits = |held: &Held| !self.is_shared(&held.keys);
        let index = self.held.iter().position(fits)?;
        let held = self.held.remove(index)?;
        self.held_bytes -= held.lead.len();
        Some(held)
    }

    /// Puts a lead back to the front: it did not go into the open payload after all.
    fn put_back(&mut self, held: Held) {
        self.held_bytes += held.lead.len();
        self.held.push_front(held);
    }
}

impl PayloadBuilder {
    /// As [`next_payload`](Self::next_payload), with leads that share a value kept apart.
    pub(super) fn next_apart(&mut self, apart: &mut Apart) -> Option<Payload> {
        if self.place_held(apart) {
            return Some(self.close_apart(apart));
        }
        while let Some(waiting) = self.waiting.front_mut() {
            if apart.is_full() {
                return Some(self.close_apart(apart));
            }
            let index = waiting.leads.next_row();
            if apart.shares_next(waiting) {
                match waiting.hold_next(self.limits) {
                    Ok(lead) => apart.hold(Held {
                        lead,
                        origin: waiting.origin.clone(),
                        index,
                        keys: apart.keys.clone(),
                    }),
                    Err(error) => {
                        let rejection = waiting.rejection(index, error);
                        self.rejections.push(rejection);
                    }
                }
                continue;
            }
            let before = self.open.rows.len();
            let full = match append_run(&mut self.open, waiting, self.limits, 1) {
                0 => self.append_next(),
                _ => None,
            };
            if let Some(mut full) = full {
                // A lead that would have burst the byte cap is in the next payload now.
                if self.open.rows.is_empty() {
                    apart.note();
                }
                full.unique_values = apart.next_payload();
                if !self.open.rows.is_empty() {
                    apart.note();
                }
                return Some(full);
            }
            if self.open.rows.len() > before {
                apart.note();
            }
            if self.open.rows.len() >= self.limits.leads() {
                return Some(self.close_apart(apart));
            }
        }
        None
    }

    pub(super) fn close_apart(&mut self, apart: &mut Apart) -> Payload {
        let mut payload = self.close_open();
        payload.unique_values = apart.next_payload();
        payload
    }

    /// Puts leads that wait into the open payload; true if it should be closed then.
    fn place_held(&mut self, apart: &mut Apart) -> bool {
        while let Some(held) = apart.take_fitting() {
            if !append_lead(&mut self.open, &held, self.limits) {
                apart.put_back(held);
                return true;
            }
            apart.here.extend(held.keys);
            if self.open.rows.len() >= self.limits.leads() {
                return true;
            }
        }
        false
    }
}

impl Waiting {
    /// The next row's lead, by itself.
    fn hold_next(&mut self, limits: PayloadLimits) -> Result<Vec<u8>, RowError> {
        let mut lead = Vec::new();
        // There is a next row, or it would have no keys to share.
        self.leads.append_next(&mut lead).unwrap_or(Ok(()))?;
        check_size(lead.len(), limits)?;
        Ok(lead)
    }
}
