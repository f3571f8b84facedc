use std::time::Duration;

use crate::throttle::ThrottleShape;

/// Something that goes wrong with one call.
///
/// A fault meets a call that got past the keys and the rate limit, and that counts as any other.
/// Each fault says whether the call's leads are stored all the same;
/// [`stored`](Self::stored) and [`unstored`](Self::unstored) turn that round, and
/// [`after`](Self::after) puts a delay before the answer. Stored are only leads that would be
/// stored without the fault.
///
/// | fault | the caller sees | leads stored |
/// |---|---|---|
/// | [`delay`](Self::delay), [`hang`](Self::hang) | the usual answer, late or never | yes, at once |
/// | [`status`](Self::status), [`exception`](Self::exception), [`answer`](Self::answer), [`redirect`](Self::redirect) | another answer | no |
/// | [`throttle`](Self::throttle), [`throttle_naming`](Self::throttle_naming) | the account's limit was exceeded | no |
/// | [`reset`](Self::reset), [`close`](Self::close) | the connection ends, not a byte of an answer | no |
/// | [`html`](Self::html), [`garbage`](Self::garbage) | 200, and a body that is no answer | yes |
/// | [`truncated`](Self::truncated), [`stalled`](Self::stalled) | the first half of the answer | yes |
/// | [`oversized`](Self::oversized), [`repeated_keys`](Self::repeated_keys) | the answer, written oddly | yes |
/// | [`short_rows`](Self::short_rows), [`reordered_rows`](Self::reordered_rows), [`repeated_row`](Self::repeated_row), [`extra_row`](Self::extra_row), [`rows_without_id`](Self::rows_without_id) | other rows than there should be | yes |
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use std::time::Duration;
/// use leadsquared_emulator::{Emulator, Fault};
///
/// let emulator = Emulator::start().await?;
/// emulator.script_all([
///     Fault::status(503).retry_after(Duration::from_secs(2)),
///     Fault::reset().stored(), // the leads are there, and nobody was told
///     Fault::exception(500, "MXXSSException", "Invalid data").after(Duration::from_millis(50)),
/// ]);
/// assert_eq!(emulator.faults_left(), 3); // the next three calls meet them, in this order
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub(crate) reply: Reply,
    pub(crate) stores: bool,
    pub(crate) delay: Duration,
    pub(crate) headers: Vec<(String, String)>,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    Usual,
    Status(u16),
    Exception {
        status: u16,
        exception: String,
        message: String,
    },
    Page {
        status: u16,
        content_type: String,
        body: String,
    },
    Throttle {
        shape: ThrottleShape,
        naming: Option<(u32, Duration)>,
    },
    Cut(Cut),
    Rows(RowFault),
    Half {
        then: AfterHalf,
    },
    Oversized(usize),
    RepeatedKeys,
}

/// How a connection ends without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Reset,
    Close,
}

/// What follows the first half of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterHalf {
    Close,
    Silence,
}

/// What is wrong with the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowFault {
    Short(usize),
    Reordered,
    Repeated,
    Extra,
    WithoutId,
}

impl Fault {
    fn new(reply: Reply, stores: bool) -> Self {
        Self {
            reply,
            stores,
            delay: Duration::ZERO,
            headers: Vec::new(),
        }
    }

    /// The usual answer, `time` late. The leads are stored at once.
    #[must_use]
    pub fn delay(time: Duration) -> Self {
        Self::new(Reply::Usual, true).after(time)
    }

    /// No answer, ever; the connection stays open. The leads are stored at once.
    #[must_use]
    pub fn hang() -> Self {
        Self::delay(Duration::MAX)
    }

    /// This status, with a body that fits it: an error envelope for 400, 401, 404 and 405, else an
    /// HTML page as a gateway would send it. Nothing is stored.
    ///
    /// A number that is no final status (200 to 599) is answered as 500.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::new(Reply::Status(status), false)
    }

    /// This status with an error envelope that names the exception. Nothing is stored.
    #[must_use]
    pub fn exception(
        status: u16,
        exception: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let (exception, message) = (exception.into(), message.into());
        Self::new(
            Reply::Exception {
                status,
                exception,
                message,
            },
            false,
        )
    }

    /// This status with this body. Nothing is stored.
    #[must_use]
    pub fn answer(status: u16, content_type: impl Into<String>, body: impl Into<String>) -> Self {
        let (content_type, body) = (content_type.into(), body.into());
        Self::new(
            Reply::Page {
                status,
                content_type,
                body,
            },
            false,
        )
    }

    /// 307 to another address, which asks for the same call there. Nothing is stored.
    #[must_use]
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::status(307).header("location", location)
    }

    /// A throttle in this shape that names the account's real limit, or the contract's 25 in 5 s
    /// if the account has none. Nothing is stored.
    #[must_use]
    pub fn throttle(shape: ThrottleShape) -> Self {
        Self::new(
            Reply::Throttle {
                shape,
                naming: None,
            },
            false,
        )
    }

    /// A throttle in this shape that names another limit than the one that is counted. Nothing is
    /// stored.
    #[must_use]
    pub fn throttle_naming(shape: ThrottleShape, calls: u32, window: Duration) -> Self {
        let naming = Some((calls, window));
        Self::new(Reply::Throttle { shape, naming }, false)
    }

    /// The connection is reset (TCP RST) instead of an answer. Nothing is stored, unless
    /// [`stored`](Self::stored) says so.
    #[must_use]
    pub fn reset() -> Self {
        Self::new(Reply::Cut(Cut::Reset), false)
    }

    /// The connection is closed in order (TCP FIN) instead of an answer. Nothing is stored, unless
    /// [`stored`](Self::stored) says so.
    #[must_use]
    pub fn close() -> Self {
        Self::new(Reply::Cut(Cut::Close), false)
    }

    /// 200 with an HTML page instead of rows. The leads are stored.
    #[must_use]
    pub fn html() -> Self {
        Self::answer(
            200,
            "text/html",
            "<html><body><h1>Welcome</h1></body></html>",
        )
        .stored()
    }

    /// 200 with a body that calls itself JSON and is not. The leads are stored.
    #[must_use]
    pub fn garbage() -> Self {
        Self::answer(200, "application/json", r#"[{"RowNumber":1,"LeadId":"}"#).stored()
    }

    /// The headers and the first half of the answer, then the connection closes: `Content-Length`
    /// promises more. The leads are stored.
    #[must_use]
    pub fn truncated() -> Self {
        let then = AfterHalf::Close;
        Self::new(Reply::Half { then }, true)
    }

    /// The headers and the first half of the answer, then nothing; the connection stays open. The
    /// leads are stored.
    #[must_use]
    pub fn stalled() -> Self {
        let then = AfterHalf::Silence;
        Self::new(Reply::Half { then }, true)
    }

    /// The usual answer, blanks added up to this many bytes. The leads are stored.
    #[must_use]
    pub fn oversized(bytes: usize) -> Self {
        Self::new(Reply::Oversized(bytes), true)
    }

    /// Each row says `LeadCreated` twice, false first. The leads are stored.
    #[must_use]
    pub fn repeated_keys() -> Self {
        Self::new(Reply::RepeatedKeys, true)
    }

    /// The last `missing` rows are not in the answer. The leads are stored.
    #[must_use]
    pub fn short_rows(missing: usize) -> Self {
        Self::new(Reply::Rows(RowFault::Short(missing)), true)
    }

    /// The rows come last first, each with its right `RowNumber`. The leads are stored.
    #[must_use]
    pub fn reordered_rows() -> Self {
        Self::new(Reply::Rows(RowFault::Reordered), true)
    }

    /// The last row has the `RowNumber` of the one before it; a single row comes twice. The leads
    /// are stored.
    #[must_use]
    pub fn repeated_row() -> Self {
        Self::new(Reply::Rows(RowFault::Repeated), true)
    }

    /// One more row than there were leads: created, with a `LeadId` that nothing has. The leads
    /// are stored.
    #[must_use]
    pub fn extra_row() -> Self {
        Self::new(Reply::Rows(RowFault::Extra), true)
    }

    /// Rows that were created come without their `LeadId`. The leads are stored.
    #[must_use]
    pub fn rows_without_id() -> Self {
        Self::new(Reply::Rows(RowFault::WithoutId), true)
    }

    /// Adds a delay before the answer, and after the leads are stored if they are.
    #[must_use]
    pub fn after(mut self, time: Duration) -> Self {
        self.delay = self.delay.saturating_add(time);
        self
    }

    /// The leads are stored, whatever the answer.
    #[must_use]
    pub fn stored(mut self) -> Self {
        self.stores = true;
        self
    }

    /// The leads are not stored, whatever the answer.
    #[must_use]
    pub fn unstored(mut self) -> Self {
        self.stores = false;
        self
    }

    /// Adds a header to the answer, in the place of one with this name. What HTTP does not allow as
    /// a header is left out.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds `Retry-After` in whole seconds, rounded up; [`header`](Self::header) can send a date.
    #[must_use]
    pub fn retry_after(self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.header("retry-after", seconds.to_string())
    }
}
