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
    pub(crate) script: VecDeque<Fault>,
    dice: Dice,
    limiter: Option<Box<dyn Limiter>>,
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

    /// Holds a call against the limit and, if it passes, gives it the fault whose turn it is.
    pub(crate) fn admit(&mut self, now: Instant) -> Admission {
        if let Some(Err(wait)) = self.limiter.as_mut().map(|limiter| limiter.take(now)) {
            return Admission::Throttled { wait };
        }
        Admission::Admitted(self.script.pop_front().or_else(|| self.dice.roll()))
    }
}
