use std::num::NonZeroU32;

use super::*;

const TIMEOUT: Duration = Duration::from_secs(30);

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn limit(text: &str) -> RateLimit {
    text.parse().unwrap()
}

fn named(text: &str) -> CallEnding {
    CallEnding::Throttled {
        limit: Some(limit(text)),
    }
}

const UNNAMED: CallEnding = CallEnding::Throttled { limit: None };

/// An account whose calls each take 100 ms, one after the other.
struct Client {
    account: Account,
    start: Instant,
    now: Instant,
}

impl Client {
    fn new(options: SlotOptions) -> Self {
        let mut client = Self::beginning(options);
        client.account.past = Past::Over;
        client
    }

    /// A client that knows nothing of the window before its first call.
    fn beginning(options: SlotOptions) -> Self {
        let start = Instant::now();
        Self {
            account: Account::new(options.with_strategy(Strategy::Strict)),
            start,
            now: start,
        }
    }

    fn of(text: &str) -> Self {
        Self::new(SlotOptions::new(limit(text)))
    }

    /// Waits for a slot, and says when that was.
    fn take(&mut self) -> (u128, Ticket) {
        loop {
            match self.account.take(self.now, TIMEOUT) {
                Ok(ticket) => return ((self.now - self.start).as_millis(), ticket),
                Err(at) => self.now = at,
            }
        }
    }

    /// When the call was sent.
    fn call(&mut self) -> u128 {
        let (sent, ticket) = self.take();
        self.end(ticket, CallEnding::Accepted);
        sent
    }

    fn end(&mut self, ticket: Ticket, ending: CallEnding) -> Lesson {
        self.now += ms(100);
        self.account.end(self.now, ticket, ending)
    }

    /// After `accepted` calls, one that ends like this.
    fn lesson(&mut self, accepted: usize, ending: CallEnding) -> Lesson {
        for _ in 0..accepted {
            self.call();
        }
        let (_, ticket) = self.take();
        self.end(ticket, ending)
    }
}

fn share(calls: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(calls)
}

#[test]
fn a_lower_limit_is_taken_over_whole_and_a_higher_one_never() {
    for (believed, said, learned) in [
        ("25/5s", "10/5s", true),
        ("25/5s", "25/10s", true),
        ("25/5s", "4/1s", true),
        // As many a second, and fewer at once.
        ("25/5s", "5/1s", true),
        ("25/5s", "50/10s", false),
        ("25/5s", "25/5s", false),
        ("25/5s", "72/5s", false),
        ("72/5s", "50/5s", true),
    ] {
        let mut client = Client::of(believed);
        let lesson = client.lesson(0, named(said));
        assert_eq!(lesson.limit, learned.then(|| limit(said)), "{said}");
        let now = if learned { said } else { believed };
        assert_eq!(client.account.limit(), limit(now), "{said}");
    }
}

#[test]
fn a_limit_that_our_own_calls_explain_says_nothing_of_others() {
    let mut client = Client::of("25/5s");
    let lesson = client.lesson(10, named("10/5s"));
    assert_eq!(lesson.limit, Some(limit("10/5s")));
    assert_eq!(lesson.share, None);
    // Eleven slots are held; two are free when the first two calls are a window old.
    assert_eq!(client.account.slots_in_use(client.now), 11);
    assert_eq!(client.call(), 100 + 100 + 5_000);
    // From then on at the full pace.
    assert_eq!(client.call(), 5_700);
}

#[test]
fn a_limit_that_our_own_calls_dont_explain_lowers_our_share_of_it_too() {
    let mut client = Client::of("25/5s");
    let lesson = client.lesson(3, named("10/5s"));
    assert_eq!(lesson.limit, Some(limit("10/5s")));
    assert_eq!(lesson.share, share(3));
}

#[test]
fn a_throttle_without_a_limit_is_held_against_the_limit_that_is_believed() {
    let lesson = Client::of("25/5s").lesson(10, UNNAMED);
    assert_eq!((lesson.limit, lesson.share), (None, share(10)));
    // With 24 calls of ours and another one in flight, the server may be right.
    let mut client = Client::of("25/5s");
    let (_, ticket) = client.take();
    client.now += ms(100);
    for _ in 0..23 {
        client.call();
    }
    let (_, throttled) = client.take();
    client.end(ticket, CallEnding::Accepted);
    assert_eq!(client.end(throttled, UNNAMED).share, share(24));
}

#[test]
fn one_event_is_one_lesson() {
    let mut client = Client::of("25/5s");
    for _ in 0..10 {
        client.call();
    }
    let (_, one) = client.take();
    let (_, other) = client.take();
    assert_eq!(client.end(one, named("10/5s")).limit, Some(limit("10/5s")));
    assert_eq!(client.end(other, named("10/5s")), Lesson::default());
}

#[test]
fn the_second_of_two_throttled_calls_can_prove_what_the_first_could_not() {
    let mut client = Client::of("25/5s");
    for _ in 0..9 {
        client.call();
    }
    let (_, one) = client.take();
    let (_, other) = client.take();
    // The other one may have been the tenth, until it is throttled too.
    let lesson = client.end(one, named("10/5s"));
    assert_eq!((lesson.limit, lesson.share), (Some(limit("10/5s")), None));
    let lesson = client.end(other, named("10/5s"));
    assert_eq!((lesson.limit, lesson.share), (None, share(9)));
}

#[test]
fn only_accepted_calls_are_samples_of_the_floor() {
    let mut client = Client::of("25/5s");
    for _ in 0..5 {
        client.call();
    }
    assert_eq!(client.account.floor.get(), ms(100));
    for ending in [UNNAMED, CallEnding::Ended, CallEnding::NeverSent] {
        // As quick as an answer without any work.
        let (_, ticket) = client.take();
        client.account.end(client.now, ticket, ending);
        assert_eq!(client.account.floor.get(), ms(100), "{ending:?}");
    }
}

#[test]
fn a_longer_window_keeps_the_slots_of_calls_that_ended_before() {
    let mut client = Client::of("2/1s");
    let times: Vec<u128> = (0..4).map(|_| client.call()).collect();
    assert_eq!(times, [0, 250, 1_100, 1_350]);
    let lesson = client.lesson(0, named("4/60s"));
    assert_eq!(lesson.limit, Some(limit("4/60s")));
    assert_eq!(lesson.share, None);
    // Five calls hold the four slots: the second one's is the first that helps.
    assert_eq!(client.call(), 350 + 60_000);
}

#[test]
fn what_is_reserved_is_left_to_others_and_one_call_is_ours() {
    let options = SlotOptions::new(limit("10/5s"));
    let mut client = Client::new(options.with_reserve(8));
    let times: Vec<u128> = (0..4).map(|_| client.call()).collect();
    assert_eq!(times, [0, 1_250, 5_100, 6_350]);
    let mut client = Client::new(options.with_reserve(99));
    let times: Vec<u128> = (0..2).map(|_| client.call()).collect();
    assert_eq!(times, [0, 5_100]);
    // It is kept of a limit that is learned, and probes stay below it.
    let mut client = Client::new(SlotOptions::new(limit("25/5s")).with_reserve(4));
    client.lesson(10, named("10/5s"));
    for _ in 0..1_000 {
        client.call();
        assert!(client.account.slots_in_use(client.now) <= 11);
    }
    assert_eq!(client.account.slots_in_use(client.now), 6);
}

#[test]
fn calls_of_an_earlier_process_hold_their_slots() {
    let earlier = |since: u64, still: u64| EarlierCall {
        since_counted: ms(since),
        still_counted_for: ms(still),
    };
    let mut client = Client::of("3/5s");
    client.account.seed(
        client.now,
        &[
            earlier(4_000, 0),
            earlier(5_000, 0),
            earlier(0, 2_000),
            earlier(100, 0),
            earlier(900_000, 0),
        ],
    );
    assert_eq!(client.account.slots_in_use(client.now), 3);
    let times: Vec<u128> = (0..3).map(|_| client.call()).collect();
    // After 5 - 4 s, 5 - 0.1 s, and so on: the third waits for 2 s and a window.
    assert_eq!(times, [1_000, 4_900, 1_000 + 100 + 5_000]);
    assert_eq!(client.call(), 2_000 + 5_000);
}

#[test]
fn earlier_calls_explain_a_throttle_too() {
    let mut client = Client::of("4/5s");
    let earlier = EarlierCall {
        since_counted: ms(100),
        still_counted_for: Duration::ZERO,
    };
    client.account.seed(client.now, &[earlier; 3]);
    client.call();
    // The fifth is sent after a window; the four before it fill the one that ends with its send.
    client.now = client.start + ms(4_899);
    let ticket = client.account.holds.send(client.now, TIMEOUT);
    assert_eq!(client.end(ticket, UNNAMED).share, None);
}

#[test]
fn what_a_process_before_us_may_have_called_is_waited_out_once() {
    let mut client = Client::beginning(SlotOptions::new(limit("5/5s")));
    assert_eq!(client.call(), 0);
    let (sent, ticket) = client.take();
    assert_eq!(client.end(ticket, UNNAMED), Lesson::default());
    // All slots are taken for calls that we know nothing of, until a window after the throttle.
    assert_eq!(client.account.slots_in_use(client.now), 5 + 2);
    assert_eq!(client.call(), sent + 100 + 5_000);
    // Whoever is in the way after that is somebody else.
    let lesson = client.lesson(1, UNNAMED);
    assert_eq!(lesson.share, share(2));
}

#[test]
fn a_window_after_the_first_call_the_past_is_over() {
    let mut client = Client::beginning(SlotOptions::new(limit("5/5s")));
    client.call();
    client.now += ms(5_000);
    assert_eq!(client.lesson(0, UNNAMED).share, share(1));
}
