//! One object, in one version.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore};
use tokio::sync::OnceCell;

use crate::{Error, StoreError};

use super::client;
use super::url::ObjectUrl;

/// How much is asked for to open an object: its kind and, of a small one, everything.
const START: u64 = 64 * 1024;
/// How often reading on may fail without a byte more. With the client's own retries, a store may be away
/// for the better part of a minute before a run ends that may have taken hours.
const BREAKS: u32 = 10;

/// The client of a place, made when it is first needed and shared by the place's objects.
type Client = Arc<OnceCell<Arc<dyn ObjectStore>>>;

/// An object, always of the version that was opened first; clones share it.
#[derive(Clone)]
pub(crate) struct Object {
    url: ObjectUrl,
    client: Client,
    version: Arc<OnceLock<Version>>,
}

/// What tells an object from what it is replaced by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) size: u64,
    e_tag: Option<String>,
    number: Option<String>,
    /// In microseconds; 0 if the server doesn't say.
    modified: i64,
}

/// An object's start, and how it goes on.
pub(crate) struct Opened {
    pub(crate) size: u64,
    pub(crate) start: Bytes,
    pub(crate) rest: Rest,
}

/// What follows an object's start.
pub(crate) enum Rest {
    /// Ranges of it can be asked for.
    Ranges,
    /// The server gives all of it, or nothing.
    Stream(futures::stream::BoxStream<'static, Result<Bytes, StoreError>>),
}

impl Version {
    fn of(meta: &ObjectMeta) -> Self {
        Self {
            size: meta.size,
            // The same in a header and in a listing, and with or without quotation marks.
            e_tag: meta
                .e_tag
                .as_ref()
                .map(|tag| tag.trim_matches('"').to_owned()),
            number: meta.version.clone(),
            modified: meta.last_modified.timestamp_micros(),
        }
    }

    /// What the store says of the version, in one text; none if it says nothing.
    pub(crate) fn text(&self) -> Option<String> {
        match (&self.e_tag, &self.number) {
            (Some(tag), Some(version)) => Some(format!("etag {tag} version {version}")),
            (Some(tag), None) => Some(format!("etag {tag}")),
            (None, Some(version)) => Some(format!("version {version}")),
            (None, None) => (self.modified != 0).then(|| format!("modified {}", self.modified)),
        }
    }

    fn is(&self, other: &Self) -> bool {
        self.size == other.size
            && match (&self.e_tag, &other.e_tag) {
                (Some(this), Some(other)) => this == other,
                _ => self.modified == other.modified,
            }
    }

    /// A tag that a server can be asked to compare.
    fn condition(&self) -> Option<String> {
        let tag = self.e_tag.as_ref().filter(|tag| !tag.starts_with("W/"))?;
        Some(format!("\"{tag}\""))
    }
}

impl Object {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self {
            url: ObjectUrl::parse(text)?,
            client: Client::default(),
            version: Arc::default(),
        })
    }

    /// In a store that the caller made.
    pub(crate) fn in_store(text: &str, store: Arc<dyn ObjectStore>) -> Result<Self, Error> {
        Ok(Self {
            client: Arc::new(OnceCell::new_with(Some(store))),
            ..Self::parse(text)?
        })
    }

    /// Another object in the same place.
    pub(super) fn of_key(&self, key: &Path) -> Self {
        Self {
            url: self.url.of_key(key),
            client: Arc::clone(&self.client),
            version: Arc::default(),
        }
    }

    pub(crate) fn url(&self) -> &ObjectUrl {
        &self.url
    }

    /// The version that was opened; none before that.
    pub(crate) fn version(&self) -> Option<&Version> {
        self.version.get()
    }

    pub(super) fn path(&self) -> Result<Path, Error> {
        self.url.path()
    }

    pub(super) async fn client(&self) -> Result<&Arc<dyn ObjectStore>, StoreError> {
        self.client
            .get_or_try_init(|| client::connect(&self.url))
            .await
    }

    pub(super) fn error(&self, error: &object_store::Error) -> StoreError {
        StoreError::of(error, &self.url)
    }

    /// An error of this object before its first row.
    pub(super) fn failed(&self, source: StoreError) -> Error {
        Error::Store {
            name: self.to_string(),
            after_row: None,
            source,
        }
    }

    /// Reads the start of the object, whose version is the one to read from now on.
    pub(crate) async fn open(&self) -> Result<Opened, Error> {
        let path = self.path()?;
        let opened = self.try_open(&path).await;
        opened.map_err(|error| self.failed(error))
    }

    async fn try_open(&self, path: &Path) -> Result<Opened, StoreError> {
        match self.get(path, Some(0..START)).await {
            Ok(result) => {
                let version = self.pin(&result.meta)?;
                let size = version.size;
                let end = size.min(START);
                let start = self.collect(path, 0..end, Some(result)).await?;
                Ok(Opened {
                    size,
                    start,
                    rest: Rest::Ranges,
                })
            }
            // There is no first byte of nothing, and some servers know no ranges.
            Err(error) if is_empty(&error) || is_without_ranges(&error) => {
                let result = self.get(path, None).await;
                let result = result.map_err(|error| self.error(&error))?;
                let version = self.pin(&result.meta)?;
                let object = self.clone();
                Ok(Opened {
                    size: version.size,
                    start: Bytes::new(),
                    rest: Rest::Stream(Box::pin(
                        result
                            .into_stream()
                            .map_err(move |error| object.error(&error)),
                    )),
                })
            }
            Err(error) => Err(self.error(&error)),
        }
    }

    /// Reads a range, going on where it broke off.
    pub(super) async fn read(&self, range: Range<u64>) -> Result<Bytes, StoreError> {
        let path = self.url.path().map_err(|error| StoreError::Failed {
            why: error.to_string(),
        })?;
        self.collect(&path, range, None).await
    }

    async fn collect(
        &self,
        path: &Path,
        range: Range<u64>,
        mut begun: Option<GetResult>,
    ) -> Result<Bytes, StoreError> {
        let mut bytes = BytesMut::new();
        let mut breaks = 0;
        let length = range.end.saturating_sub(range.start);
        while (bytes.len() as u64) < length {
            let at = range.start + bytes.len() as u64;
            let result = match begun.take() {
                Some(result) => result,
                None => match self.get(path, Some(at..range.end)).await {
                    Ok(result) => result,
                    Err(error) => {
                        breaks += 1;
                        let error = self.error(&error);
                        if breaks < BREAKS && error.may_pass() {
                            continue;
                        }
                        return Err(error);
                    }
                },
            };
            self.pin(&result.meta)?;
            let before = bytes.len();
            let mut stream = result.into_stream();
            let error = loop {
                match stream.try_next().await {
                    Ok(Some(piece)) if bytes.len() as u64 + piece.len() as u64 > length => {
                        return Err(StoreError::Failed {
                            why: "more bytes came than were asked for".to_owned(),
                        });
                    }
                    Ok(Some(piece)) => bytes.extend_from_slice(&piece),
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            };
            breaks = if bytes.len() > before { 0 } else { breaks + 1 };
            if breaks == BREAKS {
                return Err(error.map_or_else(
                    || StoreError::Failed {
                        why: format!("nothing comes after byte {at}"),
                    },
                    |error| self.error(&error),
                ));
            }
        }
        Ok(bytes.freeze())
    }

    async fn get(&self, path: &Path, range: Option<Range<u64>>) -> object_store::Result<GetResult> {
        let client = self
            .client()
            .await
            .map_err(|error| object_store::Error::Generic {
                store: "client",
                source: Box::new(error),
            })?;
        let options = GetOptions {
            if_match: self.version().and_then(Version::condition),
            range: range.map(GetRange::Bounded),
            ..GetOptions::default()
        };
        client.get_opts(path, options).await
    }

    /// Keeps to the version that was opened first, also with a server that doesn't.
    fn pin(&self, meta: &ObjectMeta) -> Result<&Version, StoreError> {
        let found = Version::of(meta);
        let version = self.version.get_or_init(|| found.clone());
        if version.is(&found) {
            Ok(version)
        } else {
            Err(StoreError::Changed)
        }
    }
}

fn is_empty(error: &object_store::Error) -> bool {
    use std::error::Error as _;
    let text = error.source().map(ToString::to_string);
    text.is_some_and(|text| text.contains("416 Range Not Satisfiable"))
}

fn is_without_ranges(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::NotSupported { .. })
        || error.to_string().contains("non-partial response")
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

impl Eq for Object {}

impl Hash for Object {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.url.hash(state);
    }
}

/// As the URL was given, without its query.
impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}
