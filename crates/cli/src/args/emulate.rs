//! What `emulate` may be told.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use leadsquared_emulator::{Algorithm, DuplicateAnswer, DuplicateInCall, ThrottleShape};
use leadsquared_sink::RateLimit;

use super::{address, duration};

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch on the command line"
)]
pub(crate) struct EmulateArgs {
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787", value_parser = address)]
    pub(crate) listen: SocketAddr,

    /// The account's limit: so many calls in so much time.
    #[arg(long, value_name = "CALLS/TIME", default_value_t)]
    pub(crate) rate_limit: RateLimit,

    /// Have no limit at all.
    #[arg(long, conflicts_with = "rate_limit")]
    pub(crate) no_rate_limit: bool,

    /// How calls are counted: sliding-window, fixed-window or token-bucket.
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) algorithm: Algorithm,

    /// The status of a throttled call: 429, 403 or 200.
    #[arg(long, value_name = "STATUS", default_value_t)]
    pub(crate) throttle_shape: ThrottleShape,

    /// Tell a throttled call in Retry-After when to come back.
    #[arg(long)]
    pub(crate) retry_after: bool,

    /// Count throttled calls against the limit too.
    #[arg(long)]
    pub(crate) refused_count: bool,

    /// The access key it takes; the secret key is always "secret-key".
    #[arg(long, value_name = "KEY", default_value = "access-key")]
    pub(crate) access_key: String,

    /// A unique field of the account, again for each; by default those of a new account.
    #[arg(long = "unique-field", value_name = "FIELD")]
    pub(crate) unique_fields: Vec<String>,

    /// The account's lead fields, as `fields --save` wrote them; by default those of a new account, and
    /// some custom ones.
    #[arg(long, value_name = "FILE")]
    pub(crate) fields: Option<PathBuf>,

    /// Hold leads against the fields: refuse unknown attributes, fail rows with values that are too long
    /// or no option, or that lack a mandatory one.
    #[arg(long)]
    pub(crate) strict_fields: bool,

    /// How a duplicate is told: row, row-with-lead-id or whole-call.
    #[arg(long, value_name = "WAY", default_value_t)]
    pub(crate) duplicate_answer: DuplicateAnswer,

    /// What becomes of two leads of one call with the same unique value: refuse or create.
    #[arg(long, value_name = "RULE", default_value_t)]
    pub(crate) duplicate_in_call: DuplicateInCall,

    /// Fail the row of a lead whose e-mail address or phone number doesn't look like one.
    #[arg(long)]
    pub(crate) check_formats: bool,

    /// How long the server works at each call.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub(crate) latency: Duration,

    /// Up to this much is added to a call's way there, the work at it, and its way back.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub(crate) jitter: Duration,
}
