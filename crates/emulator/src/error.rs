use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// Why an emulator did not start, or an option was not understood.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address can't be listened on: it is taken, or not this machine's.
    #[error("can't listen on {addr}")]
    Listen {
        /// The address that was asked for.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },

    /// A limit of no calls or of no time is not a limit: `no_rate_limit` is the way to have none.
    #[error(
        "a rate limit needs at least one call and a window above zero, not {calls} in {window:?}"
    )]
    RateLimit {
        /// The calls that were asked for.
        calls: u32,
        /// The window that was asked for.
        window: Duration,
    },

    /// Text that is no list of lead fields.
    #[error(
        "the fields can't be read: {cause}; they must be as LeadsMetaData.Get answers them, \
         [{{\"SchemaName\":\"mx_City\",\"DataType\":\"Text\",\"MaxLength\":\"50\"}}, …]"
    )]
    Fields {
        /// What is wrong with it.
        cause: String,
    },

    /// A name that no option has.
    #[error("unknown {kind} `{name}`: expected one of {}", expected.join(", "))]
    UnknownName {
        /// Which option was read.
        kind: &'static str,
        /// The name that was given.
        name: String,
        /// The names that the option has.
        expected: &'static [&'static str],
    },
}
