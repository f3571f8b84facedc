//! What went wrong with a store, and what to do about it.

use std::error::Error as StdError;
use std::io;
use std::iter;

use object_store::client::{HttpError, HttpErrorKind};

use crate::Error;

use super::url::{ObjectUrl, Scheme};

/// Where the machines of each cloud ask for their credentials.
const METADATA: [&str; 3] = [
    "169.254.169.254",
    "169.254.170.2",
    "metadata.google.internal",
];
/// The most that is shown of what a store says.
const LONGEST: usize = 300;

/// What went wrong with an object or its store; each message ends with what to do.
///
/// Nothing that a request was signed with is in it: no key, no token, and of an address no query.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such object.
    #[error("there is no {what}; check the name")]
    NotFound {
        /// The object and its bucket, or the bucket.
        what: String,
    },

    /// The store knows who asks, and says no; or doesn't know the keys.
    #[error("access to the {what} was denied ({why}); {remedy}")]
    Denied {
        /// The object and its bucket.
        what: String,
        /// What the store says.
        why: String,
        /// Which keys were used, and what to do.
        remedy: &'static str,
    },

    /// The environment has no keys for the store.
    #[error("there are no credentials for {store}; {remedy}")]
    NoCredentials {
        /// The store.
        store: &'static str,
        /// The variables that it takes.
        remedy: &'static str,
    },

    /// The environment has something that can't be used.
    #[error("the environment doesn't fit {store}: {why}; {remedy}")]
    Settings {
        /// The store.
        store: &'static str,
        /// What is missing or wrong.
        why: String,
        /// The variables that it takes.
        remedy: &'static str,
    },

    /// The bucket is in another region than requests were made for.
    #[error(
        "the bucket {bucket:?} is in another region than asked ({why}); set AWS_REGION to the bucket's"
    )]
    Region {
        /// The bucket.
        bucket: String,
        /// What the store says.
        why: String,
    },

    /// The server can't be reached, or breaks off whatever is tried.
    #[error("{host} can't be reached ({why}); check the network and the address, and run it again")]
    Unreachable {
        /// The server, or the store where it has one address.
        host: String,
        /// What the system says.
        why: String,
    },

    /// The object is not the one that was opened any more.
    #[error(
        "the object was replaced while it was being read; load it anew when nobody writes to it"
    )]
    Changed,

    /// The answer leads elsewhere.
    #[error(
        "the server says that it is elsewhere, and redirects are not followed; give the address that it leads to"
    )]
    Redirected,

    /// A web server that doesn't say how long the file is.
    #[error(
        "the server doesn't say how long the file is, which reading it takes; download it first"
    )]
    NoLength,

    /// The store said something else than the object.
    #[error(
        "the store could not give it ({why}); check it with the store's own tools, or run it again"
    )]
    Failed {
        /// What the store says.
        why: String,
    },
}

impl StoreError {
    /// What an error of the store's client means for this object.
    pub(super) fn of(error: &object_store::Error, url: &ObjectUrl) -> Self {
        if let Some(own) = find::<Self>(error) {
            return own.clone();
        }
        let text = whole(error);
        let has = |words: &str| text.contains(words);
        let status = status(&text);
        let has_status = |starts: &[&str]| {
            let starts = |status: &str| starts.iter().any(|start| status.starts_with(start));
            status.is_some_and(starts)
        };
        let why = said(url.scheme, &text);
        if METADATA.iter().any(|address| has(address)) {
            return Self::NoCredentials {
                store: url.scheme.store(),
                remedy: url.scheme.variables(),
            };
        }
        if let Some(failure) = find::<HttpError>(error)
            && status.is_none()
        {
            let why = innermost(failure);
            return match failure.kind() {
                HttpErrorKind::Unknown | HttpErrorKind::Decode => Self::Failed { why },
                _ => Self::Unreachable {
                    host: url.host(),
                    why,
                },
            };
        }
        match error {
            _ if has("AuthorizationHeaderMalformed")
                || has("PermanentRedirect")
                || has("incorrectly configured region") =>
            {
                match url.scheme {
                    Scheme::S3 => Self::Region {
                        bucket: url.place.clone(),
                        why,
                    },
                    _ => Self::Redirected,
                }
            }
            _ if has_status(&["404"]) || matches!(error, object_store::Error::NotFound { .. }) => {
                Self::NotFound {
                    what: if has("NoSuchBucket") || has("ContainerNotFound") {
                        format!("bucket {:?}", url.place)
                    } else {
                        url.words()
                    },
                }
            }
            _ if has_status(&["401", "403"])
                || has("<Code>ExpiredToken")
                || has("<Code>InvalidToken") =>
            {
                Self::denied(url, why)
            }
            _ if has_status(&["412"]) => Self::Changed,
            _ if has_status(&["3"]) => Self::Redirected,
            _ if has("Content-Length Header missing") => Self::NoLength,
            _ => Self::Failed { why },
        }
    }

    /// Whether it may go well if it is tried again.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Failed { .. })
    }

    /// The environment that a store can't be made with.
    pub(super) fn unfit(error: &object_store::Error, url: &ObjectUrl) -> Self {
        Self::Settings {
            store: url.scheme.store(),
            why: without_queries(&innermost(error)),
            remedy: url.scheme.variables(),
        }
    }

    fn denied(url: &ObjectUrl, why: String) -> Self {
        Self::Denied {
            what: url.words(),
            why,
            remedy: match url.scheme {
                Scheme::Web => {
                    "a signed URL is good for a time, and only with all that follows its ?"
                }
                _ => "check the keys in the environment, and what they may read",
            },
        }
    }
}

impl Scheme {
    pub(super) fn store(self) -> &'static str {
        match self {
            Self::S3 => "S3",
            Self::Google => "Google Cloud Storage",
            Self::Azure => "Azure Blob Storage",
            Self::Web => "the server",
        }
    }

    /// What the environment can have for it.
    pub(super) fn variables(self) -> &'static str {
        match self {
            Self::S3 => {
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN if they came \
                 with one (profiles in ~/.aws are not read: `aws configure export-credentials \
                 --format env` writes theirs), or AWS_SKIP_SIGNATURE=true for a public bucket"
            }
            Self::Google => {
                "set GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_SERVICE_ACCOUNT to a key file, or run \
                 `gcloud auth application-default login`, or set GOOGLE_SKIP_SIGNATURE=true for a \
                 public bucket"
            }
            Self::Azure => {
                "set AZURE_STORAGE_ACCOUNT_NAME, and AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_KEY \
                 or AZURE_CLIENT_ID with AZURE_CLIENT_SECRET and AZURE_TENANT_ID, or \
                 AZURE_SKIP_SIGNATURE=true for a public container"
            }
            Self::Web => "check the address",
        }
    }
}

impl ObjectUrl {
    /// The object in words: `object "a.parquet" in the bucket "exports"`.
    pub(super) fn words(&self) -> String {
        match self.scheme {
            Scheme::Web => format!("file at {self}"),
            _ if self.key.is_empty() => format!("bucket {:?}", self.place),
            _ => format!("object {:?} in the bucket {:?}", self.key, self.place),
        }
    }

    fn host(&self) -> String {
        match self.scheme {
            Scheme::Web => {
                let url = ::url::Url::parse(&self.place).ok();
                let host = url.and_then(|url| {
                    let host = url.host_str()?.to_owned();
                    Some(
                        url.port()
                            .map_or(host.clone(), |port| format!("{host}:{port}")),
                    )
                });
                host.unwrap_or_else(|| self.to_string())
            }
            scheme => scheme.store().to_owned(),
        }
    }
}

/// An error that reading gave, told as the store's if it is one.
///
/// What reads bytes knows no stores, and calls what it meets an error of reading.
pub(crate) fn told(error: Error) -> Error {
    match error {
        Error::Read {
            name,
            after_row,
            source,
        } => match source.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(inner) => Error::Store {
                name,
                after_row: Some(after_row).filter(|row| *row > 0),
                source: StoreError::clone(inner),
            },
            None => Error::Read {
                name,
                after_row,
                source,
            },
        },
        Error::Spool { name, source } => {
            match source.get_ref().and_then(|inner| inner.downcast_ref()) {
                Some(inner) => Error::Store {
                    name,
                    after_row: None,
                    source: StoreError::clone(inner),
                },
                None => Error::Spool { name, source },
            }
        }
        error => error,
    }
}

impl From<StoreError> for io::Error {
    fn from(error: StoreError) -> Self {
        Self::other(error)
    }
}

/// The error, then what is behind it, one after the other.
fn chain<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| error.source())
}

/// The error with all that is behind it.
fn whole(error: &(dyn StdError + 'static)) -> String {
    let texts: Vec<String> = chain(error).map(ToString::to_string).collect();
    texts.join(": ")
}

fn find<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    chain(error).find_map(<dyn StdError>::downcast_ref)
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    short(
        &chain(error)
            .last()
            .map(ToString::to_string)
            .unwrap_or_default(),
    )
}

/// `403 Forbidden`, where an answer had it.
fn status(text: &str) -> Option<&str> {
    let (_, status) = text.split_once("status code: ")?;
    Some(status.split([':', '\n']).next().unwrap_or(status).trim())
}

/// What the store says: its code and message, else the status, else the client's own words.
///
/// Never a whole answer: one to a wrong signature has the signature in it.
fn said(scheme: Scheme, text: &str) -> String {
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (inner, _) = rest.split_once(&format!("</{name}>"))?;
        inner.lines().next()
    };
    let answer = match (element("Code"), element("Message")) {
        (Some(code), Some(message)) if scheme != Scheme::Web => Some(format!("{code}: {message}")),
        (Some(code), None) if scheme != Scheme::Web => Some(code.to_owned()),
        _ => status(text).map(str::to_owned),
    };
    short(&answer.unwrap_or_else(|| without_queries(text)))
}

/// The text, with nothing of an address that comes after its `?`.
fn without_queries(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('?') {
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ')' | '>');
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        rest = after.find(is_end).map_or("", |end| &after[end..]);
    }
    out.push_str(rest);
    out
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_by_its_code_and_message_alone() {
        let body = "Error performing GET https://h/b?X-Amz-Signature=SECRET in 1ms - Server returned \
            non-2xx status code: 403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code>\
            <Message>The request signature we calculated does not match</Message>\
            <StringToSign>SECRET</StringToSign></Error>";
        assert_eq!(
            said(Scheme::S3, body),
            "SignatureDoesNotMatch: The request signature we calculated does not match"
        );
        assert_eq!(said(Scheme::Web, body), "403 Forbidden");
    }

    #[test]
    fn of_an_address_no_query_is_shown() {
        assert_eq!(
            said(
                Scheme::S3,
                "GET https://h/b?sig=SECRET&x=SECRET (then \"?SECRET\") failed"
            ),
            "GET https://h/b (then \"\") failed"
        );
        assert_eq!(without_queries("why?SECRET"), "why");
        assert_eq!(short(&"é".repeat(400)).chars().count(), LONGEST + 1);
    }
}
