//! Why there is no limiter, or no claims.

/// Why a [`RedisLimiter`](crate::RedisLimiter) or [`RedisClaims`](crate::RedisClaims) can't be had.
///
/// A limiter that has been connected gives no errors: while Redis is gone it counts by itself. No
/// message has the address's password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedisError {
    /// The address can't be read.
    ///
    /// It is not repeated, since it may hold a password.
    #[error(
        "the address of Redis can't be read; write it as redis://:PASSWORD@HOST:PORT, or rediss:// for TLS"
    )]
    Address,

    /// The name of the account can't be part of a key.
    #[error(
        "\"{account}\" is no name for an account's keys; take one to 200 letters, digits, and any of .-_@"
    )]
    Account {
        /// What was given.
        account: String,
    },

    /// The limit is too small to be divided among so many processes.
    #[error(
        "a limit of {calls} calls can't be divided among {processes} processes: one's share would be less than a call a day"
    )]
    Indivisible {
        /// How many calls the limit has, without the reserve.
        calls: u32,
        /// How many processes share it.
        processes: u32,
    },

    /// Redis can't be reached, or refuses.
    #[error("Redis at {address} can't be used: {cause}")]
    Unusable {
        /// The host and port, or the path of the socket.
        address: String,
        /// What it said.
        cause: String,
    },

    /// It was asked for outside a tokio runtime.
    #[error("a limiter looks after Redis from a task of a tokio runtime; connect inside one")]
    NoRuntime,
}
