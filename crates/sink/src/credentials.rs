//! The account's keys, and how they travel.

use std::fmt;
use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

/// An account's access key and secret key.
///
/// Both are wiped from memory when dropped and never shown, not even by `Debug`.
///
/// ```
/// use leadsquared_sink::Credentials;
///
/// let credentials = Credentials::new("u$r123", "s3cret");
/// assert!(!format!("{credentials:?}").contains("s3cret"));
/// ```
#[derive(Clone, Debug)]
pub struct Credentials {
    access_key: SecretString,
    secret_key: SecretString,
}

impl Credentials {
    /// The two keys as the account's settings show them.
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        let (access_key, secret_key): (String, String) = (access_key.into(), secret_key.into());
        Self {
            access_key: access_key.into(),
            secret_key: secret_key.into(),
        }
    }

    pub(crate) fn access_key(&self) -> &str {
        self.access_key.expose_secret()
    }

    pub(crate) fn secret_key(&self) -> &str {
        self.secret_key.expose_secret()
    }

    pub(crate) fn are_complete(&self) -> bool {
        !self.access_key().trim().is_empty() && !self.secret_key().trim().is_empty()
    }
}

/// How the keys travel with each call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// In the query, `?accessKey=…&secretKey=…`: the contract page's way, and the default.
    #[default]
    Query,
    /// In the headers `x-LSQ-AccessKey` and `x-LSQ-SecretKey`, which stay out of access logs.
    Header,
}

impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Query => "query",
            Self::Header => "header",
        })
    }
}

impl FromStr for Auth {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "query" => Ok(Self::Query),
            "header" => Ok(Self::Header),
            _ => Err("the keys travel by `query` or by `header`"),
        }
    }
}
