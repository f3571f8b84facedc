//! Asking an account for its fields.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep_until, timeout_at};

use super::AccountFields;
use crate::answer::{Verdict, classify, classify_error};
use crate::transport::Answer;
use crate::{
    CallEnding, Conclusion, DailyBudget, HttpTransport, Intent, Journal, JournalError, Limiter,
    Meaning, Slot, Urgency,
};

/// How long a busy account is waited for: the time of a few windows.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads the lead fields of an account: one call of `LeadsMetaData.Get`.
///
/// The call takes a slot of the limiter, as it counts against the account's limit, and is written down
/// in the journal, as a call without leads. It may take 10 seconds, or the transport's time-out if that
/// is shorter; when it is throttled it goes again, for 30 seconds at most. Nothing else is repeated: to
/// know the fields is a help, and nothing that a run depends on.
///
/// ```no_run
/// # use std::sync::Arc;
/// # use std::time::Duration;
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use leadsquared_sink::{Auth, Credentials, FieldsReader, HttpTransport, SlotLimiter};
///
/// let endpoint = "api-in21.leadsquared.com".parse()?;
/// let keys = Credentials::new("access key", "secret key");
/// let transport = HttpTransport::new(&endpoint, &keys, Auth::Query, Duration::from_secs(30))?;
/// let reader = FieldsReader::new(Arc::new(transport), Arc::new(SlotLimiter::default()));
/// for field in reader.read().await?.iter() {
///     println!("{}: {}", field.schema_name, field.data_type);
/// }
/// # Ok(())
/// # }
/// ```
pub struct FieldsReader {
    transport: Arc<HttpTransport>,
    limiter: Arc<dyn Limiter>,
    journal: Option<Arc<dyn Journal>>,
    daily_budget: Option<DailyBudget>,
    patience: Duration,
}

/// Why an account's fields are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldsError {
    /// The server doesn't take the keys: it won't take leads with them either.
    #[error("the server answered {status}: {message}; check the host and the two keys, then go on")]
    Unauthorized {
        /// The HTTP status.
        status: u16,
        /// The server's own words.
        message: String,
    },
    /// They can't be read, which says nothing about whether leads can be created.
    #[error("{reason}")]
    Unreadable {
        /// What came instead.
        reason: String,
    },
    /// The journal can't be written, and nothing is sent that can't be written down.
    #[error("{0}")]
    Journal(#[from] JournalError),
}

/// How one attempt ended.
enum Attempt {
    Read(AccountFields),
    Throttled { retry_after: Option<Duration> },
    Failed(FieldsError),
}

impl FieldsReader {
    /// Reads over `transport` when `limiter` gives leave: the same ones as the sink's.
    pub fn new(transport: Arc<HttpTransport>, limiter: Arc<dyn Limiter>) -> Self {
        Self {
            transport,
            limiter,
            journal: None,
            daily_budget: None,
            patience: PATIENCE,
        }
    }

    /// Writes each attempt down, before it is made.
    #[must_use]
    pub fn with_journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Counts each attempt against the account's calls of a day.
    #[must_use]
    pub fn with_daily_budget(mut self, budget: DailyBudget) -> Self {
        self.daily_budget = Some(budget);
        self
    }

    /// Sets how long a slot and an account that throttles are waited for; the default is 30 s.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Reads the fields.
    ///
    /// # Errors
    /// A [`FieldsError`]; only [`Unreadable`](FieldsError::Unreadable) leaves hope for the leads.
    pub async fn read(&self) -> Result<AccountFields, FieldsError> {
        let deadline = Instant::now() + self.patience;
        let mut urgency = Urgency::InTurn;
        let mut throttled = false;
        loop {
            let slot = self
                .limiter
                .acquire(urgency, self.transport.fields_timeout());
            let Ok(slot) = timeout_at(deadline, slot).await else {
                return Err(self.busy(throttled));
            };
            match self.attempt(slot).await? {
                Attempt::Read(fields) => return Ok(fields),
                Attempt::Failed(error) => return Err(error),
                Attempt::Throttled { retry_after } => {
                    throttled = true;
                    urgency = Urgency::First;
                    let again = Instant::now() + retry_after.unwrap_or_default().min(self.patience);
                    if again >= deadline {
                        return Err(self.busy(throttled));
                    }
                    sleep_until(again).await;
                }
            }
        }
    }

    async fn attempt(&self, slot: Slot) -> Result<Attempt, FieldsError> {
        let budget = self.daily_budget.as_ref();
        if let Some(budget) = budget.filter(|budget| !budget.take()) {
            slot.complete(CallEnding::NeverSent).await;
            let reason = format!("the daily budget of {} calls is used up", budget.calls());
            return Err(unreadable(reason));
        }
        let call = match &self.journal {
            None => None,
            Some(journal) => {
                let intent = Intent {
                    rows: Vec::new(),
                    at: SystemTime::now(),
                    timeout: self.transport.fields_timeout(),
                };
                match journal.intend(intent).await {
                    Ok(call) => Some((journal, call)),
                    Err(error) => {
                        slot.complete(CallEnding::NeverSent).await;
                        self.call_off();
                        return Err(error.into());
                    }
                }
            }
        };
        let answer = self.transport.get_fields().await;
        let status = answer.as_ref().ok().map(|answer| answer.status);
        let (attempt, meaning, ending) = match answer {
            Ok(answer) => judge(&answer),
            Err(error) => judge_verdict(classify_error(&error)),
        };
        slot.complete(ending).await;
        if ending == CallEnding::NeverSent {
            self.call_off();
        }
        tracing::debug!(status, result = meaning.as_str(), "asked for the fields");
        if let Some((journal, call)) = call {
            let conclusion = Conclusion {
                at: SystemTime::now(),
                status,
                meaning,
            };
            journal.conclude(call, conclusion, Vec::new()).await?;
        }
        Ok(attempt)
    }

    /// A call that was counted against the daily budget did not get to the server.
    fn call_off(&self) {
        if let Some(budget) = &self.daily_budget {
            budget.give_back();
        }
    }

    /// The account had no time for the call.
    fn busy(&self, throttled: bool) -> FieldsError {
        let waited = self.patience.as_secs_f64();
        let why = if throttled {
            "the account throttled the call"
        } else {
            "the rate limit left no call for it"
        };
        unreadable(format!("{why} for {waited} s"))
    }
}

impl fmt::Debug for FieldsReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldsReader")
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// What an answer means: the fields, or what it would mean for any call.
fn judge(answer: &Answer) -> (Attempt, Meaning, CallEnding) {
    if answer.status == 200 {
        match AccountFields::from_json(&answer.body) {
            // How long it took says nothing about calls that create leads.
            Ok(fields) => return (Attempt::Read(fields), Meaning::Rows, CallEnding::Ended),
            Err(what) if answer.body.trim_ascii_start().starts_with(b"[") => {
                let reason = format!("an answer 200 that can't be read: {what}");
                let failed = Attempt::Failed(unreadable(reason));
                return (failed, Meaning::Failed, CallEnding::Ended);
            }
            Err(_) => {}
        }
    }
    judge_verdict(classify(answer, 0))
}

fn judge_verdict(verdict: Verdict) -> (Attempt, Meaning, CallEnding) {
    let (meaning, ending) = (verdict.meaning(), verdict.ending());
    let failed = |error| Attempt::Failed(error);
    let attempt = match verdict {
        Verdict::Throttled { retry_after, .. } => Attempt::Throttled { retry_after },
        Verdict::Unauthorized {
            status: status @ 401,
            message,
        } => failed(FieldsError::Unauthorized { status, message }),
        Verdict::Unauthorized { status, message } => failed(unreadable(format!(
            "the server answered {status}: {message}"
        ))),
        Verdict::Exhausted { limit } => failed(unreadable(format!(
            "the account's {} calls in {} h are used up",
            limit.calls(),
            limit.per().as_secs() / 3600
        ))),
        Verdict::Refused { code, message } => failed(unreadable(format!("{code}: {message}"))),
        Verdict::Failed(setback) => failed(unreadable(setback.cause)),
        Verdict::Rows(_) => failed(unreadable("the server answered with rows".to_owned())),
    };
    (attempt, meaning, ending)
}

fn unreadable(reason: String) -> FieldsError {
    FieldsError::Unreadable { reason }
}
