//! An object from a byte on, in order.

use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use tokio::io::AsyncRead;
use tokio::task::JoinHandle;
use tokio_util::io::StreamReader;

use super::error::StoreError;
use super::object::Object;

/// How much is asked for at once: little at first, as many an object is only looked at.
const FIRST: u64 = 512 * 1024;
const MOST: u64 = 8 * 1024 * 1024;
/// How many blocks there are at once: the one that is read, and the next.
const AHEAD: usize = 2;

/// The bytes of this range, in order.
///
/// Blocks are read on their own, however slowly this is read, and no connection waits for it.
pub(crate) fn ranges(object: Object, range: Range<u64>) -> Pin<Box<dyn AsyncRead + Send>> {
    let ranges = stream::unfold((range.start, FIRST), move |(at, length)| async move {
        let end = range.end.min(at.saturating_add(length));
        (at < end).then_some((at..end, (end, MOST.min(length * 2))))
    });
    let blocks = ranges.map(move |range| {
        let object = object.clone();
        Block(tokio::spawn(async move { object.read(range).await }))
    });
    Box::pin(StreamReader::new(blocks.buffered(AHEAD).boxed()))
}

/// The bytes of a body, from a server that gives all or nothing.
pub(crate) fn whole(
    body: BoxStream<'static, Result<Bytes, StoreError>>,
) -> Pin<Box<dyn AsyncRead + Send>> {
    Box::pin(StreamReader::new(body.map_err(std::io::Error::from)))
}

/// A block on its way; nobody who waits for it is nobody who needs it.
struct Block(JoinHandle<Result<Bytes, StoreError>>);

impl Future for Block {
    type Output = std::io::Result<Bytes>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(Pin::new(&mut self.0).poll(cx)) {
            Ok(read) => read.map_err(Into::into),
            Err(died) => Err(std::io::Error::other(died)),
        })
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.0.abort();
    }
}
