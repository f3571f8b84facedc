//! How far reading has come.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// How many bytes of a source have been read, for a progress bar.
///
/// Taken from [`Source::progress`](crate::Source::progress) before the stream, and read while the
/// stream runs. Cloning is cheap; all clones show the same count.
///
/// Against [`Source::bytes`](crate::Source::bytes) it tells how far an NDJSON file is. Of a Parquet
/// file only the mapped columns are read, so the count stays below the size; there, rows out of
/// [`Source::rows`](crate::Source::rows) are the measure.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    bytes: Arc<AtomicU64>,
}

impl Progress {
    /// The bytes read so far.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

/// A reader that counts what is read through it.
pub(crate) struct Counted<R> {
    inner: R,
    progress: Progress,
}

impl<R> Counted<R> {
    pub(crate) fn new(inner: R, progress: Progress) -> Self {
        Self { inner, progress }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Counted<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        this.progress.add(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}
