//! The bytes of a source, opened, and not read but for the first ones.

use std::fs::Metadata;
use std::io::{self, Cursor, Seek};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt as _, BufReader};
use tokio::runtime::Handle;

use crate::blocking::blocking;
use crate::compression::Compression;
use crate::detect::{HEAD, is_telling};
use crate::progress::Counted;
use crate::store::{self, Blocks, Object, Opened, Rest};
use crate::{Error, Progress};

/// How much is asked of the system at once.
const BUFFER: usize = 256 * 1024;

pub(crate) type Bytes = Pin<Box<dyn AsyncRead + Send>>;

/// The bytes of a source, for a format to read as it needs them: in order or at random.
pub(crate) struct Content {
    pub(crate) name: Arc<str>,
    /// The size, where it is known.
    pub(crate) size: Option<u64>,
    /// The first bytes.
    pub(crate) head: Vec<u8>,
    pub(crate) progress: Progress,
    body: Body,
}

/// What follows the head.
enum Body {
    File(File),
    Stream(Bytes),
    /// What a compressed source holds. Its bytes are counted before they are decompressed.
    Decoded(Bytes),
    /// Ranges of it can be asked for.
    Object(Object),
}

/// Bytes that can be read at random.
pub(crate) enum Random {
    File(std::fs::File),
    Object(Blocks),
}

impl Content {
    /// Opens the file at `path`; a named pipe or device is a stream.
    pub(crate) async fn file(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let (file, metadata) = open(path).await.map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::NotFound {
                path: path.to_owned(),
            },
            _ => Error::Open {
                name: name.clone(),
                source,
            },
        })?;
        if metadata.is_dir() {
            return Err(Error::IsFolder {
                path: path.to_owned(),
            });
        }
        if metadata.is_file() {
            Self::new(name.into(), Some(metadata.len()), Body::File(file)).await
        } else {
            Self::stream(name.into(), Box::pin(file)).await
        }
    }

    /// Takes what `bytes` gives.
    pub(crate) async fn stream(name: Arc<str>, bytes: Bytes) -> Result<Self, Error> {
        Self::new(name, None, Body::Stream(bytes)).await
    }

    /// Opens an object, or a file behind a web address.
    pub(crate) async fn object(object: &Object) -> Result<Self, Error> {
        let name: Arc<str> = object.to_string().into();
        let Opened { size, start, rest } = object.open().await?;
        match rest {
            Rest::Ranges => Ok(Self {
                name,
                size: Some(size),
                head: start.into(),
                progress: Progress::default(),
                body: Body::Object(object.clone()),
            }),
            Rest::Stream(bytes) => {
                let stream = Body::Stream(store::whole(bytes));
                Self::new(name, Some(size), stream).await
            }
        }
    }

    async fn new(name: Arc<str>, size: Option<u64>, mut body: Body) -> Result<Self, Error> {
        let head = match &mut body {
            Body::File(file) => head(file).await,
            Body::Stream(stream) | Body::Decoded(stream) => head(stream).await,
            // It has its head from where it was opened.
            Body::Object(_) => Ok(Vec::new()),
        };
        let head = head.map_err(|source| Error::reading(&name, 0, source))?;
        Ok(Self {
            name,
            size,
            head,
            progress: Progress::default(),
            body,
        })
    }

    /// What it holds, if it is compressed; itself otherwise.
    pub(crate) async fn decompressed(self) -> Result<Self, Error> {
        let Some(compression) = Compression::of(&self.head) else {
            return Ok(self);
        };
        let (name, size, progress) = (Arc::clone(&self.name), self.size, self.progress.clone());
        let bytes = compression.decode(self.bytes());
        let content = Self::new(name, size, Body::Decoded(bytes)).await?;
        Ok(Self {
            progress,
            ..content
        })
    }

    /// The bytes in order, counted.
    pub(crate) fn into_reader(self) -> BufReader<Counted<Bytes>> {
        let bytes = self.bytes();
        BufReader::with_capacity(BUFFER, bytes)
    }

    /// The bytes at random; a stream is kept in a temporary file that is gone with the last handle.
    pub(crate) async fn into_file(self) -> Result<std::fs::File, Error> {
        match self.body {
            Body::File(file) => Ok(file.into_std().await),
            Body::Stream(_) | Body::Decoded(_) | Body::Object(_) => {
                let name = self.name.to_string();
                // What counts is reading the file, later; or compressed bytes, which are counted below.
                let uncounted = Self {
                    progress: Progress::default(),
                    ..self
                };
                spool(uncounted.bytes())
                    .await
                    .map_err(|source| Error::spooling(&name, source))
            }
        }
    }

    /// What counts when the [file](Self::into_file) is read: nothing, if its bytes were counted before
    /// they were decompressed.
    pub(crate) fn file_progress(&self) -> Progress {
        match self.body {
            Body::Decoded(_) => Progress::default(),
            _ => self.progress.clone(),
        }
    }

    /// As [`into_file`](Self::into_file), but an object is read where it is.
    pub(crate) async fn into_random(self) -> Result<Random, Error> {
        match (self.body, self.size) {
            (Body::Object(object), Some(size)) => Ok(Random::Object(Blocks::new(
                object,
                size,
                self.head.into(),
                Handle::current(),
                self.progress,
            ))),
            (body, size) => {
                let content = Self { size, body, ..self };
                content.into_file().await.map(Random::File)
            }
        }
    }

    fn bytes(self) -> Counted<Bytes> {
        let start = self.head.len() as u64;
        let head = Cursor::new(self.head);
        let all: Bytes = match self.body {
            Body::File(file) => Box::pin(head.chain(file)),
            Body::Stream(stream) => Box::pin(head.chain(stream)),
            Body::Decoded(stream) => {
                return Counted::new(Box::pin(head.chain(stream)), Progress::default());
            }
            Body::Object(object) => {
                let end = self.size.unwrap_or(start);
                Box::pin(head.chain(store::ranges(object, start..end)))
            }
        };
        Counted::new(all, self.progress)
    }
}

async fn open(path: &Path) -> io::Result<(File, Metadata)> {
    let file = File::open(path).await?;
    let metadata = file.metadata().await?;
    Ok((file, metadata))
}

/// Reads up to [`HEAD`] bytes: enough to tell what this is, without waiting for more of a stream
/// than that takes.
async fn head(bytes: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    while head.len() < HEAD && !is_telling(&head) {
        let room = (HEAD - head.len()) as u64;
        if (&mut *bytes).take(room).read_buf(&mut head).await? == 0 {
            break;
        }
    }
    Ok(head)
}

async fn spool(mut bytes: impl AsyncRead + Unpin) -> io::Result<std::fs::File> {
    let file = blocking(tempfile::tempfile)
        .await
        .map_err(io::Error::other)??;
    let mut file = File::from_std(file);
    tokio::io::copy(&mut bytes, &mut file).await?;
    let mut file = {
        use tokio::io::AsyncWriteExt as _;
        file.flush().await?;
        file.into_std().await
    };
    file.rewind()?;
    Ok(file)
}
