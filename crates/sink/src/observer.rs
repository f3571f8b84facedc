//! Seeing what a sink does.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::{Meaning, RateLimit, RowReport};

/// Sees every row's end and every event of a sink, as they happen.
///
/// Both methods are called from the task that delivers: they should be quick, and must not block.
/// Reports come in the order of the answers, which is not the order of the rows.
pub trait Observer: Send + Sync {
    /// A row has come to its end; called exactly once for each row.
    fn row(&self, report: &RowReport<'_>) {
        let _ = report;
    }

    /// Something happened that is not about one row.
    fn event(&self, event: &Event<'_>) {
        let _ = event;
    }
}

/// Nobody looks.
impl Observer for () {}

/// Something that happened while delivering.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A call was answered, by rows or by a refusal; what follows from it is an event of its own.
    Answered {
        /// The HTTP status.
        status: u16,
        /// What the answer meant for the call; [`Meaning::Lost`] if it can't be read.
        meaning: Meaning,
        /// How many leads the call had.
        leads: usize,
        /// From send to answer.
        elapsed: Duration,
    },
    /// A call was throttled; it goes again in the next slot.
    Throttled {
        /// The limit that the server named, if it is lower than what was believed.
        learned: Option<RateLimit>,
        /// Our share from now on, if others were found to use the account.
        share: Option<NonZeroU32>,
    },
    /// A call failed in a way that passes; it goes again after a while.
    Retrying {
        /// The attempt that failed, from 1.
        attempt: u32,
        /// How long until the next.
        after: Duration,
        /// What went wrong.
        cause: &'a str,
    },
    /// A call was refused whole; one of several leads goes again in parts, to find the row at fault.
    Refused {
        /// How many leads the call had.
        leads: usize,
        /// The server's exception type, or a code of the sink's own.
        code: &'a str,
        /// The server's words.
        reason: &'a str,
    },
    /// The sink stopped: nothing more is sent.
    Stopped {
        /// Why, for people.
        reason: &'a str,
    },
}
