//! An allocator that counts.
#![expect(
    unsafe_code,
    reason = "an allocator is unsafe by its contract; this one passes every call on to the system's"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ops::Sub;

/// What a thread has allocated since it was told from what size on memory is large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) allocations: i64,
    pub(crate) bytes: i64,
    /// How many of the allocations were large.
    pub(crate) large: i64,
    /// How many large ones there are.
    pub(crate) large_alive: i64,
}

// Each thread counts for itself, so that tests side by side don't see each other. Neither value has
// a destructor or a lazy start, which would allocate.
thread_local! {
    static COUNTS: Cell<Counts> = const {
        Cell::new(Counts { allocations: 0, bytes: 0, large: 0, large_alive: 0 })
    };
    static LARGE: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Starts counting from zero on this thread; memory of `large` bytes and more counts as large.
pub(crate) fn start(large: usize) {
    LARGE.set(large);
    COUNTS.set(Counts::default());
}

/// What this thread has allocated since it [started](start) counting.
pub(crate) fn counts() -> Counts {
    COUNTS.get()
}

impl Sub for Counts {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            allocations: self.allocations - earlier.allocations,
            bytes: self.bytes - earlier.bytes,
            large: self.large - earlier.large,
            large_alive: self.large_alive - earlier.large_alive,
        }
    }
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocated(size: usize) {
    let mut counts = COUNTS.get();
    counts.allocations += 1;
    counts.bytes += i64::try_from(size).unwrap_or(i64::MAX);
    counts.large += i64::from(size >= LARGE.get());
    counts.large_alive += i64::from(size >= LARGE.get());
    COUNTS.set(counts);
}

fn freed(size: usize) {
    let mut counts = COUNTS.get();
    counts.large_alive -= i64::from(size >= LARGE.get());
    COUNTS.set(counts);
}

// SAFETY: the system's allocator does the work; what is added neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocated(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        freed(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        freed(layout.size());
        allocated(new_size);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(memory, layout, new_size) }
    }
}
