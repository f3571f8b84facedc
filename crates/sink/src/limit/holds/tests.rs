use super::*;

const WINDOW: Duration = Duration::from_secs(5);
const STRICT: Terms = Terms {
    window: WINDOW,
    floor: Duration::ZERO,
};

/// A book, and the moment from which its times are told in milliseconds.
struct Book {
    holds: Holds,
    start: Instant,
}

impl Book {
    fn new() -> Self {
        Self {
            holds: Holds::default(),
            start: Instant::now(),
        }
    }

    fn at(&self, millis: u64) -> Instant {
        self.start + Duration::from_millis(millis)
    }

    fn send(&mut self, sent: u64) -> Ticket {
        self.holds.send(self.at(sent), Duration::from_secs(2))
    }

    fn call(&mut self, sent: u64, answered: u64, ending: CallEnding) {
        let ticket = self.send(sent);
        assert_eq!(
            self.holds.end(ticket, self.at(answered), ending),
            self.at(sent)
        );
    }

    fn taken(&self, millis: u64, terms: Terms) -> usize {
        self.holds.taken(self.at(millis), terms)
    }

    fn possible(&self, sent: u64, answered: u64) -> Option<usize> {
        self.holds
            .possible(self.at(sent), self.at(answered), WINDOW)
    }
}

const THROTTLED: CallEnding = CallEnding::Throttled { limit: None };

#[test]
fn each_end_holds_as_long_as_it_must() {
    for (ending, free_at) in [
        (CallEnding::Accepted, 5_100 - 40),
        (CallEnding::Ended, 5_100),
        (THROTTLED, 5_100),
    ] {
        let mut book = Book::new();
        book.call(0, 100, ending);
        let floor = Duration::from_millis(40);
        let terms = Terms { floor, ..STRICT };
        assert_eq!(book.taken(free_at - 1, terms), 1, "{ending:?}");
        assert_eq!(book.taken(free_at, terms), 0, "{ending:?}");
    }
    let mut book = Book::new();
    book.call(0, 100, CallEnding::NeverSent);
    assert_eq!(book.taken(100, STRICT), 0);
    book.send(0);
    assert_eq!(
        (book.taken(6_999, STRICT), book.taken(7_000, STRICT)),
        (1, 0)
    );
}

#[test]
fn room_is_there_when_enough_slots_are_free() {
    let mut book = Book::new();
    for sent in [0, 100, 200, 300] {
        book.call(sent, sent + 50, CallEnding::Accepted);
    }
    let mut room = |share, now| {
        let now = book.at(now);
        let room = book.holds.room(now, share, STRICT);
        room.map_err(|at| (at - book.start).as_millis())
    };
    assert_eq!(room(5, 400), Ok(()));
    assert_eq!(room(4, 400), Err(5_050));
    assert_eq!(room(2, 400), Err(5_250));
    assert_eq!(room(2, 5_249), Err(5_250));
    assert_eq!(room(2, 5_250), Ok(()));
}

#[test]
fn a_longer_window_acts_on_calls_that_ended_before() {
    let mut book = Book::new();
    book.call(0, 100, CallEnding::Accepted);
    let window = Duration::from_mins(1);
    book.holds.forget(book.at(30_000), WINDOW, 1);
    assert_eq!(book.taken(30_000, STRICT), 0);
    assert_eq!(book.taken(30_000, Terms { window, ..STRICT }), 1);
}

#[test]
fn a_throttle_is_explained_by_what_can_have_been_counted_in_one_window() {
    let mut book = Book::new();
    book.call(0, 100, CallEnding::Accepted);
    book.call(1_000, 1_100, CallEnding::Ended);
    book.call(2_000, 2_100, THROTTLED);
    book.call(3_000, 3_100, CallEnding::NeverSent);
    book.send(4_000);
    assert_eq!(book.possible(4_500, 4_600), Some(3));
    // The first call's counting lies at 100 at the latest: out of any window that ends from 5100 on.
    assert_eq!(book.possible(5_099, 5_200), Some(3));
    assert_eq!(book.possible(5_100, 5_200), Some(2));
    // A call that was sent meanwhile may have come first, though not in one window with the oldest.
    book.send(5_300);
    assert_eq!(book.possible(5_200, 5_400), Some(3));
    assert_eq!(book.possible(5_050, 5_400), Some(3));
    assert_eq!(book.holds.accepted(book.at(5_099), WINDOW), 1);
    assert_eq!(book.holds.accepted(book.at(5_100), WINDOW), 0);
}

#[test]
fn what_is_forgotten_proves_nothing() {
    let mut book = Book::new();
    book.call(0, 100, CallEnding::Accepted);
    book.holds.forget(book.at(65_099), WINDOW, 1);
    assert_eq!(book.possible(1_000, 1_100), Some(1));
    book.holds.forget(book.at(65_100), WINDOW, 1);
    assert_eq!(book.possible(1_000, 1_100), None);
    assert_eq!(book.possible(5_100, 5_200), Some(0));
}

#[test]
fn memory_is_bounded() {
    let mut book = Book::new();
    for call in 0..10_000 {
        book.call(call, call, CallEnding::Accepted);
        book.holds
            .forget(book.at(call), Duration::from_millis(10), 25);
    }
    assert!(book.holds.calls.len() <= FEWEST + 25);
}

#[test]
fn a_call_that_ends_long_after_its_time_out_holds_a_slot_all_the_same() {
    let mut book = Book::new();
    let ticket = book.send(0);
    book.holds.forget(book.at(70_000), WINDOW, 1);
    assert!(book.holds.calls.is_empty());
    book.holds
        .end(ticket, book.at(70_000), CallEnding::Accepted);
    assert_eq!(book.taken(74_999, STRICT), 1);
}
