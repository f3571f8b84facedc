//! The script's operations, as this side of the wire spells them.

use std::num::NonZeroU32;
use std::time::Duration;

use leadsquared_sink::{CallEnding, RateLimit};
use redis::{FromRedisValue, Script, ScriptInvocation};

/// How long after a throttle another slot is tried.
const QUIET: Duration = Duration::from_secs(10);
/// The longest that this gets while trials fail.
const LONGEST_QUIET: Duration = Duration::from_secs(160);
/// How long after a throttle calls are a full pace apart.
const WARY: Duration = Duration::from_mins(5);

pub(crate) fn load() -> Script {
    Script::new(include_str!("slots.lua"))
}

/// What the script is asked to do.
pub(crate) enum Operation<'a> {
    /// Take a slot for a call that may take so long.
    Acquire { id: &'a str, timeout: Duration },
    /// Set when a call's slot is free.
    Complete {
        id: &'a str,
        ending: CallEnding,
        /// What of the round trip surely lies after the counting.
        floor: Duration,
        /// How long ago the slot was asked for.
        age: Duration,
    },
    /// Tell what is known.
    Look,
    /// Take the slots of our own calls, which were made while Redis was gone, or which it forgot.
    Resume(&'a [Remembered]),
}

/// A call that the server can have counted within the window, or may count yet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) id: String,
    pub(crate) ended: bool,
    /// How long until its slot is free.
    pub(crate) left: Duration,
}

/// What the script replied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// How long to wait before asking again; zero if a slot was granted.
    pub(crate) wait: Duration,
    /// How many slots are taken, by all processes.
    pub(crate) taken: usize,
    /// The account's limit, as anybody knows it.
    pub(crate) limit: Option<RateLimit>,
    /// All processes' share from now on, if this call proved that others use the account.
    pub(crate) share: Option<NonZeroU32>,
}

/// The script with its keys and arguments, ready to be sent.
pub(crate) fn invocation<'a>(
    script: &'a Script,
    keys: &[String; 2],
    believed: RateLimit,
    reserve: u32,
    operation: &Operation<'_>,
) -> ScriptInvocation<'a> {
    let mut call = script.prepare_invoke();
    call.key(&keys[0]).key(&keys[1]);
    call.arg(match operation {
        Operation::Acquire { .. } => "acquire",
        Operation::Complete { .. } => "complete",
        Operation::Look => "look",
        Operation::Resume(_) => "resume",
    });
    call.arg(believed.calls().get())
        .arg(micros(believed.per()))
        .arg(reserve);
    call.arg(micros(QUIET))
        .arg(micros(LONGEST_QUIET))
        .arg(micros(WARY));
    match operation {
        Operation::Acquire { id, timeout } => {
            call.arg(id).arg(micros(*timeout));
        }
        Operation::Complete {
            id,
            ending,
            floor,
            age,
        } => {
            let (word, named) = match ending {
                CallEnding::Accepted => ("accepted", None),
                CallEnding::Ended => ("ended", None),
                CallEnding::Throttled { limit } => ("throttled", *limit),
                CallEnding::NeverSent => ("never", None),
            };
            call.arg(id).arg(word).arg(micros(*floor)).arg(micros(*age));
            call.arg(named.map_or(0, |limit| limit.calls().get()))
                .arg(named.map_or(0, |limit| micros(limit.per())));
        }
        Operation::Look => {}
        Operation::Resume(calls) => {
            for Remembered { id, ended, left } in *calls {
                call.arg(id)
                    .arg(if *ended { "ended" } else { "sent" })
                    .arg(micros(*left));
            }
        }
    }
    call
}

impl FromRedisValue for Reply {
    fn from_redis_value(value: redis::Value) -> Result<Self, redis::ParsingError> {
        type Fields = (u64, usize, u32, u64, u32, u32);
        let (wait, taken, calls, window, _effective, share): Fields =
            redis::from_redis_value(value)?;
        Ok(Self {
            wait: Duration::from_micros(wait),
            taken,
            limit: NonZeroU32::new(calls)
                .and_then(|calls| RateLimit::new(calls, Duration::from_micros(window))),
            share: NonZeroU32::new(share),
        })
    }
}

/// Rounded up, as a limit must not get shorter on its way.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX)
}
