//! URLs of objects, as they are written.

use std::fmt;
use std::hash::{Hash, Hasher};

use object_store::path::Path;
use url::Url;

use crate::Error;

/// What is behind the `://`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    S3,
    Google,
    Azure,
    Web,
}

/// Where an object is, or several: a key may be a pattern, or end as a folder does.
///
/// Two that lead to the same are equal, however they are written.
#[derive(Clone)]
pub(crate) struct ObjectUrl {
    pub(crate) scheme: Scheme,
    /// The bucket, or what Azure has in its place; of a web address all of it, its query included.
    pub(crate) place: String,
    /// The key, as it is in the store: not encoded. Empty for a web address.
    pub(crate) key: String,
    /// What may be shown.
    shown: String,
}

/// Whether an argument is a URL and not a path.
pub(crate) fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

impl ObjectUrl {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        // A query may be a signature, and what is before an @ or after a : a password.
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        let bad = |why: &str| Error::BadUrl {
            url: format!("{scheme}://{}", harmless(rest)),
            why: why.to_owned(),
        };
        let lower = scheme.to_ascii_lowercase();
        let scheme = match lower.as_str() {
            "s3" | "s3a" => Scheme::S3,
            "gs" => Scheme::Google,
            "az" | "azure" | "abfs" | "abfss" => Scheme::Azure,
            "https" | "http" => return Self::web(text, bad),
            "file" => return Err(bad("name a file by its path")),
            _ => {
                return Err(bad(
                    "what can be read is a path, s3://, gs://, az://, abfss:// or https://",
                ));
            }
        };
        let (place, key) = rest.split_once('/').unwrap_or((rest, ""));
        let is_account = scheme == Scheme::Azure && lower.starts_with("abfs");
        if place.is_empty() || place.contains(':') || (place.contains('@') && !is_account) {
            return Err(bad(
                "after the :// comes the bucket alone; keys belong into the environment",
            ));
        }
        if key.starts_with('/') {
            return Err(bad(
                "a key that starts with a slash can't be read; copy the object to another key",
            ));
        }
        Ok(Self {
            scheme,
            place: place.to_owned(),
            key: key.to_owned(),
            shown: format!("{lower}://{rest}"),
        })
    }

    fn web(text: &str, bad: impl Fn(&str) -> Error) -> Result<Self, Error> {
        let mut url = Url::parse(text).map_err(|error| bad(&error.to_string()))?;
        url.set_fragment(None);
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("a name and a password can't be given in a URL"));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(bad(
                "http is not encrypted, and only read from this machine; use https",
            ));
        }
        let mut shown = url.clone();
        shown.set_query(None);
        Ok(Self {
            scheme: Scheme::Web,
            place: url.into(),
            key: String::new(),
            shown: shown.into(),
        })
    }

    /// The URL of another object in the same place.
    pub(crate) fn of_key(&self, key: &Path) -> Self {
        let key = key.as_ref();
        let place = self.shown.len() - self.key.len();
        let start = self.shown[..place].trim_end_matches('/');
        Self {
            shown: format!("{start}/{key}"),
            key: key.to_owned(),
            ..self.clone()
        }
    }

    /// The key as the store's client has it.
    pub(crate) fn path(&self) -> Result<Path, Error> {
        Path::parse(&self.key).map_err(|error| Error::BadUrl {
            url: self.to_string(),
            why: format!("such a key can't be read: {error}"),
        })
    }
}

/// What may be shown of a URL that can't be read.
fn harmless(rest: &str) -> &str {
    let before_query = rest.split('?').next().unwrap_or_default();
    let without_keys = before_query.rsplit('@').next().unwrap_or_default();
    without_keys.split(':').next().unwrap_or_default()
}

/// Whether requests stay on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

impl ObjectUrl {
    fn identity(&self) -> (Scheme, &str, &str) {
        (self.scheme, &self.place, &self.key)
    }
}

impl PartialEq for ObjectUrl {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for ObjectUrl {}

impl Hash for ObjectUrl {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

/// Without the query.
impl fmt::Display for ObjectUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for ObjectUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Scheme, String, String, String) {
        let url = ObjectUrl::parse(text).unwrap();
        assert_eq!(format!("{url:?}"), format!("{:?}", url.to_string()));
        let shown = url.to_string();
        (url.scheme, url.place, url.key, shown)
    }

    #[test]
    fn keys_are_taken_as_they_are() {
        let (scheme, place, key, shown) = parsed("S3://exports/2026/a b%20c?.parquet");
        assert_eq!((scheme, place.as_str()), (Scheme::S3, "exports"));
        assert_eq!(key, "2026/a b%20c?.parquet");
        assert_eq!(shown, "s3://exports/2026/a b%20c?.parquet");
        assert_eq!(parsed("gs://exports").2, "");
        let (_, place, key, _) = parsed("abfss://box@account.dfs.core.windows.net/a/b");
        assert_eq!(place, "box@account.dfs.core.windows.net");
        assert_eq!(key, "a/b");
    }

    #[test]
    fn a_web_address_keeps_its_query_to_itself() {
        let (scheme, place, _, shown) = parsed("https://h.example/a%2Fb.parquet?sig=SECRET#x");
        assert_eq!(scheme, Scheme::Web);
        assert_eq!(place, "https://h.example/a%2Fb.parquet?sig=SECRET");
        assert_eq!(shown, "https://h.example/a%2Fb.parquet");
        assert_eq!(parsed("http://127.0.0.1:80/a").3, "http://127.0.0.1/a");
    }

    #[test]
    fn another_key_has_its_own_name() {
        for text in [
            "s3://box/in/*.parquet",
            "s3://box/in/",
            "s3://box",
            "s3://box/",
        ] {
            let url = ObjectUrl::parse(text).unwrap();
            let other = url.of_key(&Path::parse("in/a.parquet").unwrap());
            assert_eq!(other.to_string(), "s3://box/in/a.parquet", "{text}");
            assert_eq!(other.key, "in/a.parquet");
        }
    }

    #[test]
    fn what_can_not_be_read_says_so_without_secrets() {
        for (text, words) in [
            ("ftp://h/a", "s3://, gs://"),
            ("file:///a", "by its path"),
            ("s3://AKID:SECRET@box/a", "the environment"),
            ("s3://AKID:SEC/SECRET@box/a", "s3://box/a"),
            ("s3://AKID:SECRET", "the environment"),
            ("ftp://u:SEC/SECRET@box/a?SECRET", "ftp://box/a"),
            ("s3:///a", "the bucket"),
            ("s3://box//in/a", "starts with a slash"),
            ("https://user:SECRET@h/a", "a password"),
            ("http://h.example/a?sig=SECRET", "use https"),
            ("https://[/a?sig=SECRET", "IPv6"),
        ] {
            let error = ObjectUrl::parse(text).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(words), "{shown}");
            assert!(!shown.contains("SECRET"), "{shown}");
        }
    }

    #[test]
    fn a_path_is_no_url() {
        assert!(is_url("s3://a") && is_url("gopher://a"));
        assert!(!is_url("a/b") && !is_url("://a") && !is_url("a b://c") && !is_url("C:\\a"));
    }
}
