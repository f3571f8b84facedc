//! The account's keys, and whether a request has them.

use std::fmt;

use axum::extract::Query;
use axum::http::request::Parts;

/// The account's keys. They are in no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    pub(crate) access: String,
    pub(crate) secret: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

/// How a call brought its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyPlace {
    /// `accessKey` and `secretKey` in the query. They win when the headers are there too.
    Query,
    /// The headers `x-LSQ-AccessKey` and `x-LSQ-SecretKey`.
    Headers,
    /// Not both keys in either place.
    Missing,
}

impl Keys {
    /// Where a request has keys, and whether they are these.
    pub(crate) fn check(&self, parts: &Parts) -> (KeyPlace, bool) {
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let query = query.map(|Query(pairs)| pairs).unwrap_or_default();
        let in_query = |name: &str| {
            let pair = query.iter().find(|(key, _)| key == name);
            pair.map(|(_, value)| value.as_bytes())
        };
        let in_headers = |name: &str| Some(parts.headers.get(name)?.as_bytes());
        let are_right = |access: &[u8], secret: &[u8]| {
            access == self.access.as_bytes() && secret == self.secret.as_bytes()
        };
        match (
            (in_query("accessKey"), in_query("secretKey")),
            (in_headers("x-lsq-accesskey"), in_headers("x-lsq-secretkey")),
        ) {
            ((Some(access), Some(secret)), _) => (KeyPlace::Query, are_right(access, secret)),
            (_, (Some(access), Some(secret))) => (KeyPlace::Headers, are_right(access, secret)),
            _ => (KeyPlace::Missing, false),
        }
    }
}
