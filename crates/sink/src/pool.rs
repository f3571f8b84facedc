//! The memory of calls that are over, for payloads to come.
//!
//! Memory goes round: the builder fills it, the queue and the delivery carry it, and when every row
//! of the call is in the books it waits here until the builder needs some. New memory is made only
//! when none waits here, that is when all there is stands in the queue (at most `queue` payloads), is
//! on its way (at most `concurrency`), or is being filled (one). So no more than
//! `queue + concurrency + 1` payloads ever exist, and no more than that can wait here.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use leadsquared_core::PayloadRows;

/// Memory up to this is kept however little of it a payload filled: ordinary payloads fit in it.
const ORDINARY: usize = 64 * 1024;
/// Larger memory is kept while payloads fill at least one part in so many; growing leaves half empty.
const LEAST_FILLED: usize = 4;

/// Payload memory that waits to be filled again.
///
/// First in, first out, so that all of it gets its turn. Memory that grew for a giant lead is seen in
/// the hands of an ordinary payload then, and let go; on a stack it might stay at the bottom for ever.
#[derive(Default)]
pub(crate) struct BufferPool {
    waiting: Mutex<VecDeque<(Vec<u8>, PayloadRows)>>,
}

impl BufferPool {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<(Vec<u8>, PayloadRows)>> {
        // Nothing panics while it is held, so a poisoned lock still guards whole data.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the memory of a call that is over, unless a transport still holds the body, or it is
    /// much larger than it need be.
    pub(crate) fn put_back(&self, body: Bytes, mut rows: PayloadRows) {
        let filled = body.len();
        // Nothing is copied: the body is nobody else's, and is emptied before it is a Vec again.
        let Ok(mut body) = body.try_into_mut() else {
            return;
        };
        body.clear();
        let body = Vec::from(body);
        if body.capacity() <= ORDINARY.max(filled.saturating_mul(LEAST_FILLED)) {
            rows.clear();
            self.waiting().push_back((body, rows));
        }
    }

    /// Memory for a payload, if any waits.
    pub(crate) fn take(&self) -> Option<(Vec<u8>, PayloadRows)> {
        self.waiting().pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body of `filled` bytes in memory for `capacity`, and where that memory is.
    fn body(filled: usize, capacity: usize) -> (Bytes, *const u8) {
        let mut body = Vec::with_capacity(capacity);
        body.resize(filled, b' ');
        let place = body.as_ptr();
        (body.into(), place)
    }

    /// The memory that waits after a body of `filled` bytes in `capacity` was put back.
    fn kept(filled: usize, capacity: usize) -> Option<Vec<u8>> {
        let pool = BufferPool::default();
        pool.put_back(body(filled, capacity).0, PayloadRows::default());
        pool.take().map(|(body, _)| body)
    }

    #[test]
    fn the_same_memory_comes_back_empty_and_whole() {
        for (filled, capacity) in [(40_000, 65_536), (40_000, 40_000)] {
            let pool = BufferPool::default();
            let (body, place) = body(filled, capacity);
            // A transport that has let go of its clone.
            drop(body.clone());
            pool.put_back(body, PayloadRows::default());
            let (memory, _) = pool.take().unwrap();
            assert_eq!((memory.as_ptr(), memory.len()), (place, 0));
            assert_eq!(memory.capacity(), capacity);
        }
    }

    #[test]
    fn what_a_transport_still_holds_is_let_go() {
        let pool = BufferPool::default();
        let (body, _) = body(40_000, 65_536);
        let held = body.clone();
        pool.put_back(body, PayloadRows::default());
        assert!(pool.take().is_none());
        assert_eq!(held.len(), 40_000);
    }

    #[test]
    fn memory_much_larger_than_its_payload_is_let_go() {
        let giant = 4 * 1024 * 1024;
        assert!(kept(giant - 100, giant).is_some(), "filled");
        assert!(kept(giant / LEAST_FILLED, giant).is_some(), "filled enough");
        assert!(kept(giant / LEAST_FILLED - 1, giant).is_none(), "too large");
        assert!(kept(1, ORDINARY).is_some(), "small anyway");
    }

    #[test]
    fn all_of_it_gets_its_turn() {
        let pool = BufferPool::default();
        let places = [1, 2, 3].map(|_| {
            let (body, place) = body(100, 200);
            pool.put_back(body, PayloadRows::default());
            place
        });
        let taken = places.map(|_| pool.take().unwrap());
        assert_eq!(taken.map(|(body, _)| body.as_ptr()), places);
    }
}
