//! The script alone, as any client of Redis can run it.

use std::time::Duration;

use redis::Script;
use redis::aio::MultiplexedConnection;
use tokio::time::{Instant, sleep};

use crate::redis_server::{RedisServer, redis_or_skip};
use crate::support::{MS, SECOND};

const KEYS: [&str; 2] = ["leadsquared:{acme}:slots", "leadsquared:{acme}:account"];

/// What one process believes of the account, and its way to the script.
#[derive(Clone)]
pub(crate) struct Caller {
    connection: MultiplexedConnection,
    pub(crate) calls: u32,
    pub(crate) window: Duration,
    pub(crate) reserve: u32,
    pub(crate) quiet: Duration,
    pub(crate) longest_quiet: Duration,
    pub(crate) wary: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) wait: Duration,
    pub(crate) taken: u64,
    pub(crate) calls: u64,
    pub(crate) window: Duration,
    pub(crate) effective: u64,
    pub(crate) lowered: u64,
}

fn micros(time: Duration) -> String {
    time.as_micros().to_string()
}

impl Caller {
    pub(crate) async fn new(redis: &RedisServer, calls: u32, window: Duration) -> Self {
        Self {
            connection: redis.connection().await,
            calls,
            window,
            reserve: 0,
            quiet: 10 * SECOND,
            longest_quiet: 160 * SECOND,
            wary: 300 * SECOND,
        }
    }

    pub(crate) async fn run(&self, operation: &str, arguments: &[String]) -> Reply {
        let script = Script::new(include_str!("../../src/slots.lua"));
        let mut call = script.prepare_invoke();
        call.key(&KEYS).arg(operation);
        call.arg(self.calls)
            .arg(micros(self.window))
            .arg(self.reserve);
        for time in [self.quiet, self.longest_quiet, self.wary] {
            call.arg(micros(time));
        }
        for argument in arguments {
            call.arg(argument);
        }
        let mut connection = self.connection.clone();
        let reply: (u64, u64, u64, u64, u64, u64) =
            call.invoke_async(&mut connection).await.unwrap();
        Reply {
            wait: Duration::from_micros(reply.0),
            taken: reply.1,
            calls: reply.2,
            window: Duration::from_micros(reply.3),
            effective: reply.4,
            lowered: reply.5,
        }
    }

    /// Asks for a slot for a call that may take 30 s.
    pub(crate) async fn acquire(&self, id: &str) -> Reply {
        self.acquire_for(id, 30 * SECOND).await
    }

    pub(crate) async fn acquire_for(&self, id: &str, timeout: Duration) -> Reply {
        self.run("acquire", &[id.to_owned(), micros(timeout)]).await
    }

    /// Asks until there is one.
    pub(crate) async fn granted(&self, id: &str) -> Reply {
        loop {
            let reply = self.acquire(id).await;
            if reply.wait.is_zero() {
                return reply;
            }
            sleep(reply.wait).await;
        }
    }

    pub(crate) async fn complete(&self, id: &str, ending: &str, floor: Duration) -> Reply {
        self.end(id, ending, floor, Duration::ZERO, (0, Duration::ZERO))
            .await
    }

    /// A throttle that was answered by `named` calls in a time, to a call granted `age` ago.
    pub(crate) async fn throttled(&self, id: &str, age: Duration, named: (u32, Duration)) -> Reply {
        self.end(id, "throttled", Duration::ZERO, age, named).await
    }

    async fn end(
        &self,
        id: &str,
        ending: &str,
        floor: Duration,
        age: Duration,
        named: (u32, Duration),
    ) -> Reply {
        let arguments = [
            id.to_owned(),
            ending.to_owned(),
            micros(floor),
            micros(age),
            named.0.to_string(),
            micros(named.1),
        ];
        self.run("complete", &arguments).await
    }

    pub(crate) async fn known(&self, field: &str) -> Option<f64> {
        let mut connection = self.connection.clone();
        let mut command = redis::cmd("HGET");
        command.arg(KEYS[1]).arg(field);
        command.query_async(&mut connection).await.unwrap()
    }

    async fn expires_in(&self, key: &str) -> Duration {
        let mut connection = self.connection.clone();
        let mut command = redis::cmd("PTTL");
        let left: i64 = command.arg(key).query_async(&mut connection).await.unwrap();
        Duration::from_millis(left.try_into().unwrap())
    }
}

/// A duration that has been running since `since`: it can't be more, nor much less.
#[track_caller]
fn assert_is_left(wait: Duration, of: Duration, since: Instant) {
    assert!(
        wait <= of && wait + since.elapsed() + MS >= of,
        "{wait:?} of {of:?}, {:?} later",
        since.elapsed()
    );
}

#[tokio::test]
async fn the_reply_is_how_long_to_wait_for_the_pace_and_for_a_slot() {
    let redis = redis_or_skip!();
    let caller = Caller::new(&redis, 2, 2 * SECOND).await;
    let start = Instant::now();
    let first = caller.acquire("a").await;
    assert_eq!((first.wait, first.taken), (Duration::ZERO, 1));
    let paced = caller.acquire("b").await;
    assert_is_left(paced.wait, SECOND / 2, start);
    assert_eq!(paced.taken, 1);
    sleep(paced.wait).await;
    assert_eq!(caller.acquire("b").await.wait, Duration::ZERO);
    let full = caller.acquire("c").await;
    assert_is_left(full.wait, 32 * SECOND, start);
    assert_eq!(full.taken, 2);
}

#[tokio::test]
async fn a_completed_slot_is_free_a_window_after_less_the_floor() {
    let redis = redis_or_skip!();
    for (ending, floor, hold) in [
        ("accepted", 300 * MS, 700 * MS),
        ("accepted", Duration::ZERO, SECOND),
        ("ended", 300 * MS, SECOND),
        ("throttled", 300 * MS, SECOND),
    ] {
        let caller = Caller::new(&redis, 1, SECOND).await;
        let id = format!("{ending}-{hold:?}");
        caller.granted(&id).await;
        sleep(10 * MS).await;
        let start = Instant::now();
        caller.complete(&id, ending, floor).await;
        let wait = caller.acquire("next").await.wait;
        // The pace is half a window, or a whole one after the throttle; the slot takes longer.
        assert_is_left(wait, hold, start);
    }
}

#[tokio::test]
async fn a_call_that_was_never_sent_frees_its_slot_at_once() {
    let redis = redis_or_skip!();
    let caller = Caller::new(&redis, 1, SECOND).await;
    let start = Instant::now();
    caller.granted("a").await;
    assert_eq!(caller.complete("a", "never", Duration::ZERO).await.taken, 0);
    assert_is_left(caller.acquire("b").await.wait, SECOND / 2, start);
}

#[tokio::test]
async fn a_lease_that_is_not_completed_is_free_after_its_time_out_and_a_window() {
    let redis = redis_or_skip!();
    let caller = Caller::new(&redis, 1, 200 * MS).await;
    let start = Instant::now();
    caller.acquire_for("a", 300 * MS).await;
    let wait = caller.acquire("b").await.wait;
    assert_is_left(wait, 500 * MS, start);
    sleep(wait / 2).await;
    assert!(!caller.acquire("b").await.wait.is_zero());
    sleep(wait / 2 + 2 * MS).await;
    assert!(caller.acquire("b").await.wait.is_zero());
    assert!(start.elapsed() >= 500 * MS);
}

#[tokio::test]
async fn completing_twice_changes_nothing() {
    let redis = redis_or_skip!();
    let caller = Caller::new(&redis, 1, SECOND).await;
    caller.granted("a").await;
    let start = Instant::now();
    caller.complete("a", "accepted", Duration::ZERO).await;
    sleep(200 * MS).await;
    for ending in ["accepted", "throttled", "never"] {
        let again = caller.complete("a", ending, Duration::ZERO).await;
        assert_eq!((again.taken, again.lowered), (1, 0), "{ending}");
    }
    assert_is_left(caller.acquire("b").await.wait, SECOND, start);
}

#[tokio::test]
async fn what_is_reserved_is_left_to_others() {
    let redis = redis_or_skip!();
    let mut caller = Caller::new(&redis, 3, 60 * MS).await;
    caller.reserve = 2;
    assert_eq!(caller.acquire("a").await.effective, 1);
    sleep(15 * MS).await;
    assert!(caller.acquire("b").await.wait > 20 * SECOND);
    caller.reserve = 9;
    assert_eq!(caller.run("look", &[]).await.effective, 1, "one is ours");
}

#[tokio::test]
async fn the_lowest_limit_that_anybody_was_told_of_holds_for_all() {
    let redis = redis_or_skip!();
    let mut caller = Caller::new(&redis, 25, 5 * SECOND).await;
    assert_eq!(caller.run("look", &[]).await.calls, 25);
    (caller.calls, caller.window) = (72, 5 * SECOND);
    assert_eq!(caller.run("look", &[]).await.calls, 25, "the first one");
    (caller.calls, caller.window) = (4, SECOND);
    let lower = caller.run("look", &[]).await;
    assert_eq!((lower.calls, lower.window), (4, SECOND));
    (caller.calls, caller.window) = (25, 5 * SECOND);
    assert_eq!(caller.run("look", &[]).await.calls, 4);
}

#[tokio::test]
async fn a_longer_window_holds_the_calls_that_are_known_for_longer() {
    let redis = redis_or_skip!();
    let mut caller = Caller::new(&redis, 1, SECOND).await;
    caller.granted("a").await;
    let start = Instant::now();
    caller.complete("a", "accepted", Duration::ZERO).await;
    caller.window = 60 * SECOND;
    assert_is_left(caller.acquire("b").await.wait, 60 * SECOND, start);
}

#[tokio::test]
async fn keys_expire_when_they_no_longer_matter() {
    let redis = redis_or_skip!();
    let caller = Caller::new(&redis, 2, SECOND).await;
    let start = Instant::now();
    caller.granted("a").await;
    assert_is_left(caller.expires_in(KEYS[0]).await, 32 * SECOND, start);
    assert_is_left(caller.expires_in(KEYS[1]).await, 461 * SECOND, start);
    let start = Instant::now();
    caller.complete("a", "accepted", Duration::ZERO).await;
    assert_is_left(caller.expires_in(KEYS[0]).await, 2 * SECOND, start);
}

#[tokio::test]
async fn a_process_that_comes_back_writes_its_calls_down() {
    let redis = redis_or_skip!();
    let caller = Caller::new(&redis, 3, SECOND).await;
    let start = Instant::now();
    let calls = ["a", "sent", "9000000", "b", "ended", "700000"];
    let resumed = caller.run("resume", &calls.map(str::to_owned)).await;
    assert_eq!(resumed.taken, 2);
    caller.complete("a", "accepted", Duration::ZERO).await;
    // What ended in the meantime is not on its way again.
    let resumed = caller.run("resume", &calls.map(str::to_owned)).await;
    assert_eq!(resumed.taken, 2);
    caller.granted("c").await;
    assert_is_left(caller.acquire("d").await.wait, 700 * MS, start);
}
