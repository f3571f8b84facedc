//! What a call meets on arrival. All of it is behind one lock, so that the order of calls, of what
//! the limiter counts and of the scripted faults is one order.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::chaos::{Chaos, Dice};
use crate::fault::Fault;
use crate::limit::Limiter;
use crate::record::Call;

/// The arrivals' side of the emulator.
pub(crate) struct Desk {
    pub(crate) calls: Vec<Call>,
    /// For calls that create leads.
    pub(crate) script: VecDeque<Fault>,
    /// For calls that ask for the account's fields.
    pub(crate) fields_script: VecDeque<Fault>,
    dice: Dice,
    limiter: Option<Box<dyn Limiter>>,
}

/// What a call asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Create,
    Fields,
}

/// What is decided on arrival about a call with the right keys.
pub(crate) enum Admission {
    Admitted(Option<Fault>),
    Throttled { wait: Duration },
}

impl Desk {
    pub(crate) fn new(limiter: Option<Box<dyn Limiter>>, chaos: Chaos) -> Self {
        Self {
            calls: Vec::new(),
            script: VecDeque::new(),
            fields_script: VecDeque::new(),
            dice: Dice::new(chaos),
            limiter,
        }
    }

    pub(crate) fn set_chaos(&mut self, chaos: Chaos) {
        self.dice = Dice::new(chaos);
    }

    /// Numbers and keeps a call.
    pub(crate) fn record(&mut self, mut call: Call) -> usize {
        call.number = self.calls.len() + 1;
        self.calls.push(call);
        self.calls.len()
    }

    /// The call with this number.
    pub(crate) fn call(&mut self, number: usize) -> Option<&mut Call> {
        self.calls.get_mut(number.checked_sub(1)?)
    }

    /// Holds a call against the limit, if it counts, and gives it the fault whose turn it is, if it
    /// passes.
    pub(crate) fn admit(&mut self, now: Instant, kind: Kind, counts: bool) -> Admission {
        let limiter = self.limiter.as_mut().filter(|_| counts);
        if let Some(Err(wait)) = limiter.map(|limiter| limiter.take(now)) {
            return Admission::Throttled { wait };
        }
        Admission::Admitted(match kind {
            Kind::Create => self.script.pop_front().or_else(|| self.dice.roll()),
            Kind::Fields => self.fields_script.pop_front(),
        })
    }
}
