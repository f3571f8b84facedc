//! gzip and zstd, taken off while the bytes stream by.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use async_compression::tokio::bufread::{GzipDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use tokio::io::{AsyncRead, BufReader, ReadBuf};

use crate::content::Bytes;

/// How much is read at once.
const BUFFER: usize = 256 * 1024;

/// The most that zstd may look back, as a power of two: 128 MiB, as much as the `zstd` command
/// allows by itself. It is what decompressing may take of memory.
const WINDOW_LOG: u32 = 27;

/// A compression that can be taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// Tells it from the first bytes.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // A frame, or one to be skipped, as parallel compressors write.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// What the compressed `bytes` hold: all members or frames, one after the other.
    ///
    /// An error of the compression itself is [`Damaged`].
    pub(crate) fn decode(self, bytes: impl AsyncRead + Send + 'static) -> Bytes {
        let failed = Arc::new(AtomicBool::new(false));
        let bytes = Watched {
            inner: Box::pin(bytes),
            failed: Arc::clone(&failed),
        };
        let bytes = BufReader::with_capacity(BUFFER, bytes);
        let inner: Bytes = match self {
            Self::Gzip => {
                let mut decoder = GzipDecoder::new(bytes);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
            Self::Zstd => {
                let window = DParameter::window_log_max(WINDOW_LOG);
                let mut decoder = ZstdDecoder::with_params(bytes, &[window]);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
        };
        Box::pin(Decoded {
            compression: self,
            inner,
            failed,
        })
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

/// Compressed data that can't be decompressed, inside an [`io::Error`].
#[derive(Debug)]
pub(crate) struct Damaged {
    pub(crate) compression: Compression,
    source: io::Error,
}

impl Damaged {
    /// Whether it is whole, but takes more memory than it may.
    pub(crate) fn is_too_wide(&self) -> bool {
        self.source.to_string().contains("too much memory")
    }
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source.kind() {
            io::ErrorKind::UnexpectedEof => f.write_str("the compressed data was cut short"),
            _ => self.source.fmt(f),
        }
    }
}

impl std::error::Error for Damaged {}

/// Compressed bytes, which remember whether reading them failed.
struct Watched {
    inner: Bytes,
    failed: Arc<AtomicBool>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(self.inner.as_mut().poll_read(cx, buf));
        self.failed.store(read.is_err(), Ordering::Relaxed);
        Poll::Ready(read)
    }
}

/// Decompressed bytes, whose errors tell what failed: the compression, or reading.
struct Decoded {
    compression: Compression,
    inner: Bytes,
    failed: Arc<AtomicBool>,
}

impl AsyncRead for Decoded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let compression = self.compression;
        let read = ready!(self.inner.as_mut().poll_read(cx, buf));
        Poll::Ready(read.map_err(|source| {
            if self.failed.load(Ordering::Relaxed) {
                return source;
            }
            let damaged = Damaged {
                compression,
                source,
            };
            io::Error::new(io::ErrorKind::InvalidData, damaged)
        }))
    }
}
