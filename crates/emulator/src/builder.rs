use std::net::SocketAddr;
use std::time::Duration;

use crate::chaos::Chaos;
use crate::config::Config;
use crate::emulator::Emulator;
use crate::error::Error;
use crate::field::LeadField;
use crate::keys::Keys;
use crate::latency::Latency;
use crate::limit::Algorithm;
use crate::rules::{DuplicateAnswer, DuplicateInCall, RepeatedAttribute};
use crate::throttle::ThrottleShape;

/// Settings of an [`Emulator`]: the account's, and what the contract leaves open.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use std::time::Duration;
/// use leadsquared_emulator::{Algorithm, Emulator, ThrottleShape};
///
/// // A small account behind a gateway that says 403.
/// let emulator = Emulator::builder()
///     .keys("u$r123", "s3cret")
///     .rate_limit(5, Duration::from_secs(5))
///     .algorithm(Algorithm::TokenBucket)
///     .throttle_shape(ThrottleShape::Status403)
///     .start()
///     .await?;
/// assert_eq!(emulator.access_key(), "u$r123");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until it is started"]
pub struct EmulatorBuilder {
    config: Config,
}

impl EmulatorBuilder {
    /// The address to listen on. Default: a free port of 127.0.0.1.
    pub fn listen(mut self, addr: SocketAddr) -> Self {
        self.config.listen = addr;
        self
    }

    /// The account's keys. Default: `access-key` and `secret-key`.
    pub fn keys(mut self, access: impl Into<String>, secret: impl Into<String>) -> Self {
        self.config.keys = Keys {
            access: access.into(),
            secret: secret.into(),
        };
        self
    }

    /// The account's limit. Default: 25 calls in 5 seconds, as the contract says.
    pub fn rate_limit(mut self, calls: u32, window: Duration) -> Self {
        self.config.quota.calls = calls;
        self.config.quota.window = window;
        self.config.limited = true;
        self
    }

    /// No limit: for measuring something else.
    pub fn no_rate_limit(mut self) -> Self {
        self.config.limited = false;
        self
    }

    /// How calls are counted against the limit. Default: [`Algorithm::SlidingWindow`].
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.config.quota.algorithm = algorithm;
        self
    }

    /// Whether throttled calls count against the limit too, so that retrying at once makes it
    /// worse. Default: no. [`Algorithm::FixedWindow`] is the same either way.
    pub fn refused_count(mut self, count: bool) -> Self {
        self.config.quota.refused_count = count;
        self
    }

    /// The status of a throttled call. Default: 429.
    pub fn throttle_shape(mut self, shape: ThrottleShape) -> Self {
        self.config.throttle_shape = shape;
        self
    }

    /// Whether a throttled call is told in `Retry-After` when to come back, in whole seconds,
    /// rounded up. Default: no, as none is documented.
    pub fn retry_after(mut self, send: bool) -> Self {
        self.config.retry_after = send;
        self
    }

    /// How long calls take. Default: no delay.
    pub fn latency(mut self, latency: Latency) -> Self {
        self.config.latency = latency;
        self
    }

    /// The account's unique fields. Default: `EmailAddress` and `Phone`.
    ///
    /// A lead needs a value for one of them, and no two leads have the same. E-mail addresses are
    /// compared without regard to case, other values as they are.
    pub fn unique_fields<I>(mut self, fields: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        self.config.rules.unique_fields = fields.into_iter().map(Into::into).collect();
        self
    }

    /// The account's attributes: a call that names another one is refused whole, with 500 and
    /// `MXUnknownAttributeException`. Default: any name is an attribute.
    ///
    /// The names inside a field set are not looked at.
    ///
    /// ```json
    /// {"Status":"Error","ExceptionType":"MXUnknownAttributeException","ExceptionMessage":"Attribute(s) does not exist - mx_a, mx_b"}
    /// ```
    pub fn known_attributes<I>(mut self, attributes: I) -> Self
    where
        I: IntoIterator<Item: Into<String>>,
    {
        let attributes = attributes.into_iter().map(Into::into).collect();
        self.config.rules.known_attributes = Some(attributes);
        self
    }

    /// The account's lead fields, as `LeadsMetaData.Get` lists them. Default:
    /// [`LeadField::usual`].
    ///
    /// Those that are unique take the place of the [unique fields](Self::unique_fields), if there
    /// are any. Nothing else is held against the fields, unless [`strict_fields`](Self::strict_fields)
    /// says so.
    pub fn fields(mut self, fields: Vec<LeadField>) -> Self {
        let unique = fields.iter().filter(|field| field.is_unique);
        let unique: Vec<String> = unique.map(|field| field.schema_name.clone()).collect();
        if !unique.is_empty() {
            self.config.rules.unique_fields = unique;
        }
        self.config.rules.fields = fields;
        self
    }

    /// Whether leads are held against the account's [fields](Self::fields). Default: no, any
    /// attribute and any value is taken.
    ///
    /// A call that names an attribute which is no field is refused whole, as with
    /// [`known_attributes`](Self::known_attributes). A lead with a value that is too long or not among
    /// the options, or without a mandatory one, fails in its row:
    ///
    /// ```json
    /// {"RowNumber":1,"LeadCreated":false,"ErrorMessage":"Invalid data: mx_City has 51 characters and may have 50","ExceptionType":"MXInvalidInputException"}
    /// {"RowNumber":2,"LeadCreated":false,"ErrorMessage":"Mandatory attribute(s) missing - LastName","ExceptionType":"MXMandatoryAttributeMissingException"}
    /// ```
    pub fn strict_fields(mut self, strict: bool) -> Self {
        self.config.rules.strict_fields = strict;
        self
    }

    /// Whether `LeadsMetaData.Get` counts against the rate limit. The contract does not say. Default:
    /// yes, as any other call.
    pub fn fields_count(mut self, count: bool) -> Self {
        self.config.fields_count = count;
        self
    }

    /// Refuses whole, with 500 and `MXInvalidInputException`, a call in which a lead has this
    /// value; which lead it is the answer does not say. Each use adds one. Default: none.
    ///
    /// ```json
    /// {"Status":"Error","ExceptionType":"MXInvalidInputException","ExceptionMessage":"Invalid data"}
    /// ```
    pub fn poison(mut self, attribute: impl Into<String>, value: impl Into<String>) -> Self {
        self.config
            .rules
            .poison
            .push((attribute.into(), value.into()));
        self
    }

    /// Whether the row of a lead fails whose `EmailAddress` or `Phone` does not look like one.
    /// Default: no.
    ///
    /// ```json
    /// {"RowNumber":1,"LeadCreated":false,"ErrorMessage":"Invalid Phone format","ExceptionType":"MXInvalidInputException"}
    /// ```
    pub fn check_formats(mut self, check: bool) -> Self {
        self.config.rules.check_formats = check;
        self
    }

    /// What becomes of a lead that names one attribute twice. Default: the call is refused.
    pub fn repeated_attribute(mut self, rule: RepeatedAttribute) -> Self {
        self.config.rules.repeated_attribute = rule;
        self
    }

    /// What becomes of two leads of one call that share a unique value. Default: the second is a
    /// duplicate.
    pub fn duplicate_in_call(mut self, rule: DuplicateInCall) -> Self {
        self.config.rules.duplicate_in_call = rule;
        self
    }

    /// How a duplicate is told. Default: in its row, without a `LeadId`.
    pub fn duplicate_answer(mut self, answer: DuplicateAnswer) -> Self {
        self.config.rules.duplicate_answer = answer;
        self
    }

    /// The largest body in bytes; a larger one gets 413. Default: 10 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.config.memory.body_limit = bytes;
        self
    }

    /// Whether [`Call::body`](crate::Call::body) is kept. Default: no, so that long runs stay
    /// small.
    pub fn record_bodies(mut self, record: bool) -> Self {
        self.config.memory.record_bodies = record;
        self
    }

    /// Whether created leads are kept for [`Emulator::leads`]. Default: yes. Without them their
    /// number and their unique values are kept still.
    pub fn keep_leads(mut self, keep: bool) -> Self {
        self.config.memory.keep_leads = keep;
        self
    }

    /// Faults by chance, from the start. Default: none.
    pub fn chaos(mut self, chaos: Chaos) -> Self {
        self.config.chaos = chaos;
        self
    }

    /// Starts it on the current tokio runtime, whose clock it keeps to.
    ///
    /// # Errors
    /// [`Error::Listen`] when the address can't be had, [`Error::RateLimit`] when the limit is no
    /// calls or no time.
    pub async fn start(self) -> Result<Emulator, Error> {
        Emulator::with(self.config).await
    }
}
