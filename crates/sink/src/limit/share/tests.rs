use super::*;

const MOST: u32 = 25;
const WINDOW: Duration = Duration::from_secs(5);

struct Shared {
    share: Share,
    start: Instant,
}

impl Shared {
    fn new() -> Self {
        Self {
            share: Share::new(MOST),
            start: Instant::now(),
        }
    }

    fn at(&self, seconds: u64) -> Instant {
        self.start + Duration::from_secs(seconds)
    }

    /// A call that was sent and throttled then; the share if it was lowered.
    fn throttled(&mut self, sent: u64, answered: u64, ours: Option<usize>) -> Option<u32> {
        let (sent, answered) = (self.at(sent), self.at(answered));
        let share = self.share.throttled(answered, sent, ours);
        share.map(NonZeroU32::get)
    }

    fn calls(&mut self, seconds: u64) -> u32 {
        self.share.probe(self.at(seconds), MOST);
        self.share.calls()
    }
}

#[test]
fn proof_lowers_the_share_to_what_was_ours_and_never_under_one() {
    for (ours, share) in [(15, 15), (40, 24), (0, 1)] {
        assert_eq!(Shared::new().throttled(1, 2, Some(ours)), Some(share));
    }
    let mut shared = Shared::new();
    assert_eq!(shared.throttled(1, 2, None), None);
    assert_eq!(shared.throttled(2, 3, Some(0)), Some(1));
    assert_eq!(shared.throttled(4, 5, Some(0)), None);
    assert_eq!(shared.share.calls(), 1);
}

#[test]
fn calls_that_were_sent_before_it_was_lowered_are_the_same_event() {
    let mut shared = Shared::new();
    assert_eq!(shared.throttled(1, 3, Some(15)), Some(15));
    assert_eq!(shared.throttled(2, 4, Some(10)), None);
    assert_eq!(shared.throttled(3, 5, Some(10)), Some(10));
}

#[test]
fn after_ten_quiet_seconds_it_goes_up_by_one_and_again_after_ten() {
    let mut shared = Shared::new();
    shared.throttled(0, 1, Some(20));
    assert_eq!(shared.calls(10), 20);
    assert_eq!(shared.share.next_probe(MOST), Some(shared.at(11)));
    assert_eq!(shared.calls(11), 21);
    assert_eq!(shared.calls(20), 21);
    assert_eq!(shared.calls(21), 22);
    // One step at a time, however long nobody asked.
    assert_eq!(shared.calls(1_000), 23);
    assert_eq!(shared.calls(1_010), 24);
    assert_eq!(shared.calls(1_020), 25);
    assert_eq!(shared.calls(2_000), 25);
    assert_eq!(shared.share.next_probe(MOST), None);
}

#[test]
fn a_probe_that_fails_is_taken_back_and_the_next_waits_twice_as_long() {
    let mut shared = Shared::new();
    let mut now = 1;
    shared.throttled(0, now, Some(15));
    for wait in [10, 20, 40, 80, 160, 160] {
        assert_eq!(shared.calls(now + wait - 1), 15, "{wait}");
        now += wait;
        assert_eq!(shared.calls(now), 16, "{wait}");
        // No proof is needed: the call more was one too many.
        assert_eq!(shared.throttled(now, now + 1, None), Some(15));
        now += 1;
    }
}

#[test]
fn a_probe_that_holds_for_its_wait_makes_the_next_wait_ten_seconds_again() {
    let mut shared = Shared::new();
    shared.throttled(0, 0, Some(15));
    assert_eq!(shared.calls(10), 16);
    shared.throttled(10, 10, None);
    assert_eq!(shared.calls(30), 16);
    assert_eq!(shared.calls(49), 16);
    assert_eq!(shared.calls(50), 17);
    assert_eq!(shared.calls(60), 18);
}

#[test]
fn what_was_sent_before_the_probe_is_not_held_against_it() {
    let mut shared = Shared::new();
    shared.throttled(0, 0, Some(15));
    assert_eq!(shared.calls(10), 16);
    assert_eq!(shared.throttled(9, 11, None), None);
    assert_eq!(shared.share.calls(), 16);
}

#[test]
fn a_throttle_doubles_the_pace_for_five_minutes() {
    let mut shared = Shared::new();
    let pace = |shared: &Shared, seconds| shared.share.pace(shared.at(seconds), WINDOW);
    assert_eq!(pace(&shared, 0), Duration::from_millis(100));
    shared.throttled(0, 1, None);
    assert_eq!(pace(&shared, 300), Duration::from_millis(200));
    assert_eq!(pace(&shared, 301), Duration::from_millis(100));
}

#[test]
fn another_limit_keeps_the_calls_a_second() {
    let go_over = |share: usize, to, most| {
        let mut shared = Shared::new();
        shared.throttled(0, 1, Some(share));
        shared.share.go_over(WINDOW, Duration::from_secs(to), most);
        shared.share.calls()
    };
    assert_eq!(go_over(12, 5, 20), 12);
    assert_eq!(go_over(12, 5, 10), 10);
    assert_eq!(go_over(12, 60, 200), 144);
    assert_eq!(go_over(1, 1, 2), 1);
}
