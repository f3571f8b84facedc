//! What an answer means, and what follows.

use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

use crate::transport::{Answer, TransportError};
use crate::{CallEnding, Meaning, Outcome, RateLimit};

/// A limit on so much time or more is a quota: waiting it out is not for a run.
const QUOTA: Duration = Duration::from_hours(1);

/// What an answer, or its absence, means for the call.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    /// An answer for each row of the call.
    Rows(Vec<RowVerdict>),
    /// The rate limit: the call goes first in the next slot.
    Throttled {
        /// The limit that the server named.
        limit: Option<RateLimit>,
        retry_after: Option<Duration>,
    },
    /// The limit of a day or the like is used up: the run stops.
    Exhausted { limit: RateLimit },
    /// The keys or the host are wrong: the run stops.
    Unauthorized { status: u16, message: String },
    /// The call was refused whole, and would be again.
    Refused { code: String, message: String },
    /// It failed in a way that passes.
    Failed(Setback),
}

/// A failure that passes: the call can be sent again.
#[derive(Debug, PartialEq)]
pub(crate) struct Setback {
    pub(crate) cause: String,
    pub(crate) attempt: Failure,
    /// How long the server asks to wait.
    pub(crate) retry_after: Option<Duration>,
}

impl Verdict {
    /// What it means for a journal.
    pub(crate) fn meaning(&self) -> Meaning {
        match self {
            Self::Rows(_) => Meaning::Rows,
            Self::Throttled { .. } | Self::Exhausted { .. } => Meaning::Throttled,
            Self::Unauthorized { .. } => Meaning::Unauthorized,
            Self::Refused { .. } => Meaning::Refused,
            Self::Failed(setback) => setback.meaning(),
        }
    }

    /// How it ended, as far as the limit is concerned.
    pub(crate) fn ending(&self) -> CallEnding {
        match self {
            Self::Rows(_) => CallEnding::Accepted,
            Self::Throttled { limit, .. } => CallEnding::Throttled { limit: *limit },
            Self::Failed(setback) if setback.attempt == Failure::NeverSent => CallEnding::NeverSent,
            _ => CallEnding::Ended,
        }
    }
}

impl Setback {
    fn meaning(&self) -> Meaning {
        match self.attempt {
            Failure::NeverSent => Meaning::NeverSent,
            Failure::Failed => Meaning::Failed,
            Failure::Lost => Meaning::Lost,
        }
    }
}

/// What a failed attempt may have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing: there was no connection.
    NeverSent,
    /// Nothing: the server failed at it.
    Failed,
    /// Its answer never came, or can't be read: the leads may well be there.
    Lost,
}

/// What the server says about one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RowVerdict {
    pub(crate) outcome: Outcome,
    pub(crate) lead_id: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) reason: Option<String>,
}

/// The error envelope: `{"Status":"Error","ExceptionType":"MX…","ExceptionMessage":"…"}`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Envelope {
    status: Option<String>,
    exception_type: Option<String>,
    exception_message: Option<String>,
}

/// One element of a good answer. Values are taken as they come, and judged afterwards.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct AnsweredRow {
    row_number: Value,
    lead_id: Value,
    lead_created: Value,
    error_message: Value,
    exception_type: Value,
}

/// What a call without an answer means.
pub(crate) fn classify_error(error: &TransportError) -> Verdict {
    let attempt = if error.may_have_happened() {
        Failure::Lost
    } else {
        Failure::NeverSent
    };
    Verdict::Failed(Setback {
        cause: error.to_string(),
        attempt,
        retry_after: None,
    })
}

/// What the answer to a call of `leads` leads means.
pub(crate) fn classify(answer: &Answer, leads: usize) -> Verdict {
    let rows = match answer.status {
        200 => serde_json::from_slice::<Vec<Value>>(&answer.body).ok(),
        _ => None,
    };
    if let Some(rows) = rows {
        return Verdict::Rows(judge(rows, leads));
    }

    let retry_after = answer.retry_after;
    let envelope: Envelope = serde_json::from_slice(&answer.body).unwrap_or_default();
    let words = words(answer, &envelope);
    let exception = envelope.exception_type.as_deref().unwrap_or_default();
    let named_limit = parse_limit(&words);
    // Told by the exception or its text, whatever the status: 429, 403 and 200 have been seen.
    if let Some(limit) = named_limit.filter(|limit| limit.per() >= QUOTA) {
        return Verdict::Exhausted { limit };
    }
    if exception.contains("RateLimitExceeded") || named_limit.is_some() {
        return Verdict::Throttled {
            limit: named_limit,
            retry_after,
        };
    }
    match answer.status {
        429 => Verdict::Throttled {
            limit: None,
            retry_after,
        },
        401 | 403 | 404 => Verdict::Unauthorized {
            status: answer.status,
            message: words,
        },
        300..=399 => Verdict::Unauthorized {
            status: answer.status,
            message: format!("a redirect, which would carry the keys elsewhere. {words}"),
        },
        200..300 if envelope.status.is_none() && exception.is_empty() => {
            let cause = format!("an answer {} that can't be read: {words}", answer.status);
            Verdict::Failed(Setback {
                cause,
                attempt: Failure::Lost,
                retry_after,
            })
        }
        status @ (408 | 500..) if !exception.starts_with("MX") => {
            let cause = format!("the server answered {status}: {words}");
            Verdict::Failed(Setback {
                cause,
                attempt: Failure::Failed,
                retry_after,
            })
        }
        status => Verdict::Refused {
            code: if exception.is_empty() {
                format!("http-{status}")
            } else {
                exception.to_owned()
            },
            message: words,
        },
    }
}

/// The server's own words, or the start of whatever it sent instead.
fn words(answer: &Answer, envelope: &Envelope) -> String {
    const LONGEST: usize = 300;
    if let Some(message) = envelope
        .exception_message
        .as_deref()
        .filter(|m| !m.trim().is_empty())
    {
        return message.to_owned();
    }
    let text = String::from_utf8_lossy(&answer.body);
    let mut words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.is_empty() {
        return "(no words)".to_owned();
    }
    if let Some((end, _)) = words.char_indices().nth(LONGEST) {
        words.truncate(end);
        words.push('…');
    }
    words
}

/// The limit in "API calls exceeded the limit of N in S second(s)".
fn parse_limit(words: &str) -> Option<RateLimit> {
    let lower = words.to_ascii_lowercase();
    let (_, rest) = lower.split_once("exceeded the limit of ")?;
    let (calls, rest) = rest.split_once(" in ")?;
    let (seconds, _) = rest.split_once(" second")?;
    RateLimit::new(
        calls.trim().parse().ok()?,
        Duration::from_secs(seconds.trim().parse().ok()?),
    )
}

/// One verdict for each of the call's rows: what is missing or said twice is never success.
fn judge(rows: Vec<Value>, leads: usize) -> Vec<RowVerdict> {
    let mut verdicts: Vec<Option<RowVerdict>> = vec![None; leads];
    let mut strays = false;
    for row in rows {
        let row: AnsweredRow = serde_json::from_value(row).unwrap_or_default();
        let place = row_index(&row.row_number).and_then(|index| verdicts.get_mut(index));
        match place {
            Some(empty @ None) => *empty = Some(row.verdict()),
            Some(Some(verdict)) => {
                *verdict = unconfirmed("row-answered-twice", "the answer has this row twice");
            }
            None => strays = true,
        }
    }
    // Numbers that belong to no row, while some rows have none: the numbering itself is in doubt.
    if strays && verdicts.contains(&None) {
        let doubt = "the answer numbers rows that were not sent, and leaves out some that were";
        return vec![unconfirmed("rows-misnumbered", doubt); leads];
    }
    let missing = || unconfirmed("row-not-answered", "the answer leaves this row out");
    verdicts
        .into_iter()
        .map(|verdict| verdict.unwrap_or_else(missing))
        .collect()
}

/// The index of a row from its `RowNumber`, which counts from 1.
fn row_index(number: &Value) -> Option<usize> {
    usize::try_from(number.as_u64()?).ok()?.checked_sub(1)
}

fn unconfirmed(code: &str, reason: &str) -> RowVerdict {
    RowVerdict {
        outcome: Outcome::Unconfirmed,
        lead_id: None,
        code: Some(code.to_owned()),
        reason: Some(reason.to_owned()),
    }
}

impl AnsweredRow {
    fn verdict(&self) -> RowVerdict {
        let text = |value: &Value| {
            value
                .as_str()
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let lead_id = text(&self.lead_id);
        let (message, exception) = (text(&self.error_message), text(&self.exception_type));
        match self.lead_created.as_bool() {
            Some(true) if lead_id.is_some() => RowVerdict {
                outcome: Outcome::Created,
                lead_id,
                code: None,
                reason: None,
            },
            Some(true) => unconfirmed("no-lead-id", "the answer says created, but gives no LeadId"),
            Some(false) => {
                let says_duplicate =
                    |text: &Option<String>| text.as_ref().is_some_and(|text| is_duplicate(text));
                let duplicate = says_duplicate(&message) || says_duplicate(&exception);
                let (outcome, code) = if duplicate {
                    (Outcome::Duplicate, "duplicate")
                } else {
                    (Outcome::Rejected, "not-created")
                };
                RowVerdict {
                    outcome,
                    lead_id,
                    code: exception.or_else(|| Some(code.to_owned())),
                    reason: message.or_else(|| Some("the server gave no reason".to_owned())),
                }
            }
            None => unconfirmed(
                "no-lead-created",
                "the answer doesn't say whether it was created",
            ),
        }
    }
}

/// Whether the server speaks of a duplicate: "Duplicate …", `MXDuplicateEntryException`.
pub(crate) fn is_duplicate(words: &str) -> bool {
    words.to_ascii_lowercase().contains("duplicate")
}

#[cfg(test)]
mod tests;
