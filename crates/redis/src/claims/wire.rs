//! The script's operations on claims, as this side of the wire spells them.

use leadsquared_core::LeadKey;
use leadsquared_sink::{Arrival, ClaimKey, ClaimState, Recalled, SettledClaim};
use redis::{FromRedisValue, Script, ScriptInvocation};

use super::end;

const FREE: u8 = 0;
const CLAIMED: u8 = 1;
const SETTLED: u8 = 2;
/// Settled, and the lead may be there by it.
const THERE: u8 = 3;

pub(crate) fn load() -> Script {
    Script::new(include_str!("claims.lua"))
}

/// What the script is asked to do.
#[derive(Clone, Copy)]
pub(crate) enum Operation<'a> {
    /// Take the delivery over, with this number for its opening if it is the first.
    Open(u32),
    /// Give rows claims; repeated under its number it does the same.
    Recall(u64, &'a [Arrival]),
    Claim(&'a [ClaimKey]),
    Release(&'a [ClaimKey]),
    Settle(&'a [SettledClaim]),
    /// Nothing: is the opening still ours?
    Look,
}

/// Who asks.
pub(crate) struct Caller<'a> {
    pub(crate) key: &'a str,
    pub(crate) owner: &'a str,
    pub(crate) connection: u64,
    pub(crate) steps: u64,
    pub(crate) kept_ms: u64,
}

/// What the script replied.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Done {
        steps: u64,
        recalled: Vec<u8>,
    },
    Taken,
    /// A later connection of ours is in use.
    Late,
    Forgotten,
    /// A claim can't be changed so.
    Refused,
}

/// The script with its key and arguments, ready to be sent.
pub(crate) fn invocation<'a>(
    script: &'a Script,
    caller: &Caller<'_>,
    operation: Operation<'_>,
) -> ScriptInvocation<'a> {
    let mut call = script.prepare_invoke();
    call.key(caller.key);
    call.arg(match operation {
        Operation::Open(_) => "open",
        Operation::Recall(..) => "recall",
        Operation::Claim(_) => "claim",
        Operation::Release(_) => "release",
        Operation::Settle(_) => "settle",
        Operation::Look => "look",
    });
    call.arg(caller.owner)
        .arg(caller.connection)
        .arg(caller.steps)
        .arg(caller.kept_ms);
    match operation {
        Operation::Open(first) => {
            call.arg(first);
        }
        Operation::Recall(number, arrivals) => {
            call.arg(number);
            for arrival in arrivals {
                call.arg(lead(arrival.lead))
                    .arg(&arrival.content.to_be_bytes());
            }
        }
        Operation::Claim(claims) | Operation::Release(claims) => {
            for claim in claims {
                call.arg(lead(claim.lead)).arg(claim.occurrence);
            }
        }
        Operation::Settle(claims) => {
            for claim in claims {
                let kind = if claim.end.may_be_there() {
                    THERE
                } else {
                    SETTLED
                };
                call.arg(lead(claim.key.lead))
                    .arg(claim.key.occurrence)
                    .arg(kind)
                    .arg(end::pack(&claim.end));
            }
        }
        Operation::Look => {}
    }
    call
}

fn lead(key: LeadKey) -> Vec<u8> {
    key.as_bytes().to_vec()
}

impl FromRedisValue for Reply {
    fn from_redis_value(value: redis::Value) -> Result<Self, redis::ParsingError> {
        let (word, steps, recalled): (String, u64, Vec<u8>) = redis::from_redis_value(value)?;
        match word.as_str() {
            "ok" => Ok(Self::Done { steps, recalled }),
            "taken" => Ok(Self::Taken),
            "late" => Ok(Self::Late),
            "forgotten" => Ok(Self::Forgotten),
            "refused" => Ok(Self::Refused),
            _ => Err(format!("no reply of this script: {word}").into()),
        }
    }
}

/// What a recall replied about these rows; none if it can't be read.
pub(crate) fn recalled(arrivals: &[Arrival], mut packed: &[u8]) -> Option<Vec<Recalled>> {
    let recalled = arrivals
        .iter()
        .map(|arrival| pull(arrival.lead, &mut packed));
    let recalled = recalled.collect::<Option<Vec<Recalled>>>()?;
    packed.is_empty().then_some(recalled)
}

fn pull(lead: LeadKey, rest: &mut &[u8]) -> Option<Recalled> {
    let (occurrence, behind) = rest.split_first_chunk()?;
    let (&kind, behind) = behind.split_first()?;
    let (length, behind) = behind.split_first_chunk()?;
    let (text, behind) = behind.split_at_checked(u16::from_be_bytes(*length).into())?;
    *rest = behind;
    let state = match kind {
        FREE => ClaimState::New,
        CLAIMED => ClaimState::InDoubt,
        SETTLED | THERE => ClaimState::Settled(end::unpack(text)?),
        _ => return None,
    };
    Some(Recalled {
        key: ClaimKey {
            lead,
            occurrence: u32::from_be_bytes(*occurrence),
        },
        state,
    })
}
