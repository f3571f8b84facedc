//! What tells an account from others, whatever it is called.

use std::fmt;

use leadsquared_sink::Endpoint;

/// Which account it is: its host, and a mark of its access key.
///
/// Programs may call one account by different names, or have its keys from different places. This is
/// the same for all of them, and can be shown: the mark is four bytes of a digest, far too little to
/// find the key by. It is made by [`Keys::identity`](crate::Keys::identity).
///
/// ```
/// use leadsquared_accounts::Keys;
///
/// let keys = Keys::new("u$r123", "s3cret");
/// let identity = keys.identity(&"api-in21.leadsquared.com".parse()?);
/// assert_eq!(identity.host(), "https://api-in21.leadsquared.com/");
/// assert_eq!(identity.to_string(), "https://api-in21.leadsquared.com/ 273589f3");
/// assert_eq!(identity.key_name(), "https___api-in21.leadsquared.com__273589f3");
/// # Ok::<(), leadsquared_sink::EndpointError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    host: String,
    mark: String,
}

impl Identity {
    pub(crate) fn new(endpoint: &Endpoint, access_key: &str) -> Self {
        Self {
            // One spelling, so that one account has one name.
            host: endpoint.to_string(),
            mark: mark(access_key),
        }
    }

    /// The address of the account's API, in one spelling however it was written.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The account's name where only letters, digits and `.-_@` may be, as in a key of Redis.
    ///
    /// Processes that share the account's limit share it by this name, the `leadsquared` command
    /// among them.
    #[must_use]
    pub fn key_name(&self) -> String {
        let fits = |c: char| c.is_alphanumeric() || ".-_@".contains(c);
        self.to_string()
            .chars()
            .map(|c| if fits(c) { c } else { '_' })
            .collect()
    }
}

impl fmt::Display for Identity {
    /// The host and the mark, as a ledger calls the account.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.host, self.mark)
    }
}

/// Four bytes of a digest of the access key: far too little to find the key by.
fn mark(access_key: &str) -> String {
    let digest = blake3::derive_key("leadsquared 2026 account mark", access_key.as_bytes());
    let mark = digest.iter().take(4).map(|byte| format!("{byte:02x}"));
    mark.collect()
}
