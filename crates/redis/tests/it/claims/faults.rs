//! Redis goes for a moment, for good, or in the middle of an answer.

use std::sync::Arc;

use leadsquared_redis::ClaimsOptions;
use leadsquared_sink::{ClaimState, Claims, Outcome};
use tokio::time::{Instant, sleep};

use super::support::{arrival, claims, claims_with, deliver, emails, emulator, key, settled};
use crate::redis_server::{RedisServer, redis_or_skip};
use crate::support::{Account, MS, SECOND};

/// Halts Redis for longer than an answer may take, while something is asked: what was asked first is
/// done when it goes on, and what it answers reaches nobody.
async fn amid<T: Send + 'static>(
    redis: &RedisServer,
    doing: impl Future<Output = T> + Send + 'static,
) -> T {
    redis.halt(true);
    let doing = tokio::spawn(doing);
    sleep(1_500 * MS).await;
    redis.halt(false);
    doing.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_recalled_again_because_an_answer_was_lost_have_arrived_once() {
    let redis = redis_or_skip!();
    let opening = claims(&redis.url()).await.open("statement/1").await;
    let opening = opening.unwrap();
    opening.recall(&[arrival(1, 0)]).await.unwrap();
    let asked = Arc::clone(&opening);
    let recalled = amid(&redis, async move {
        asked.recall(&[arrival(1, 0), arrival(2, 0)]).await
    });
    let keys: Vec<_> = recalled
        .await
        .unwrap()
        .iter()
        .map(|lead| lead.key)
        .collect();
    assert_eq!(keys, [key(1, 1), key(2, 0)]);
    let next = opening.recall(&[arrival(2, 0), arrival(1, 0)]).await;
    let keys: Vec<_> = next.unwrap().iter().map(|lead| lead.key).collect();
    assert_eq!(keys, [key(2, 1), key(1, 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_and_ends_survive_an_answer_that_was_lost() {
    let redis = redis_or_skip!();
    let store = claims(&redis.url()).await;
    let opening = store.open("statement/1").await.unwrap();
    opening
        .recall(&[arrival(1, 0), arrival(2, 0), arrival(3, 0)])
        .await
        .unwrap();
    let asked = Arc::clone(&opening);
    amid(&redis, async move {
        asked.claim(&[key(1, 0), key(2, 0), key(3, 0)]).await
    })
    .await
    .unwrap();
    let asked = Arc::clone(&opening);
    amid(&redis, async move {
        asked.release(&[key(3, 0)]).await?;
        let end = settled(key(1, 0), Outcome::Created, 7);
        asked.settle(vec![end]).await
    })
    .await
    .unwrap();
    let again = store.open("statement/1").await.unwrap();
    let recalled = again
        .recall(&[arrival(1, 0), arrival(2, 0), arrival(3, 0)])
        .await;
    let states: Vec<_> = recalled
        .unwrap()
        .into_iter()
        .map(|lead| lead.state)
        .collect();
    let end = settled(key(1, 0), Outcome::Created, 7).end;
    assert_eq!(
        states,
        [
            ClaimState::Settled(end),
            ClaimState::InDoubt,
            ClaimState::New
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_given_up_connection_asked_is_not_done_late() {
    let redis = redis_or_skip!();
    let store = claims(&redis.url()).await;
    let opening = store.open("statement/1").await.unwrap();
    opening.recall(&[arrival(1, 0)]).await.unwrap();
    opening.claim(&[key(1, 0)]).await.unwrap();
    // What the first connection would ask, by a hand that holds it back.
    let mut connection = redis.connection().await;
    let hash = "leadsquared:{statement%2F1}:claims";
    let mut owner = redis::cmd("HGET");
    owner.arg(hash).arg(":owner");
    let owner: String = owner.query_async(&mut connection).await.unwrap();
    let late = |operation: &'static str, number: u64| {
        let script = redis::Script::new(include_str!("../../../src/claims/claims.lua"));
        let mut connection = connection.clone();
        let owner = owner.clone();
        async move {
            let mut call = script.prepare_invoke();
            call.key(hash).arg(operation).arg(owner).arg(number);
            call.arg(0).arg(100_000);
            match operation {
                "open" => call.arg(7),
                _ => call.arg(key(1, 0).lead.as_bytes()).arg(0),
            };
            let reply: (String, u64, String) = call.invoke_async(&mut connection).await.unwrap();
            reply.0
        }
    };
    // The opening lost its connection, and uses a second one.
    let mut kill = redis::cmd("CLIENT");
    kill.arg("KILL")
        .arg("TYPE")
        .arg("normal")
        .arg("SKIPME")
        .arg("yes");
    kill.query_async::<()>(&mut connection.clone())
        .await
        .unwrap();
    opening.flush().await.unwrap();
    assert_eq!(late("release", 1).await, "late");
    // It opened the delivery too: that is no other opening while it has it, and none afterwards.
    assert_eq!(late("open", 1).await, "ok");
    opening.flush().await.unwrap();
    let again = store.open("statement/1").await.unwrap();
    assert_eq!(late("open", 1).await, "taken");
    let recalled = again.recall(&[arrival(1, 0)]).await.unwrap();
    assert_eq!(recalled[0].state, ClaimState::InDoubt);
    // Nor when there were several since.
    let last = store.open("statement/1").await.unwrap();
    assert_eq!(late("open", 1).await, "taken");
    last.flush().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_keeps_what_it_is_told_may_be_restarted_amid_a_delivery() {
    let mut redis = redis_or_skip!("--appendonly", "yes", "--appendfsync", "always");
    let emulator = emulator(20 * MS).await;
    let account = Account::of(&emulator);
    let claims = claims(&redis.url()).await;
    let delivering = tokio::spawn(async move {
        let rows: Vec<String> = (0..300).map(|row| format!("{row}@example.com")).collect();
        deliver(&account, &claims, &rows).await
    });
    emulator.wait_for_calls(12).await;
    redis.kill();
    sleep(700 * MS).await;
    let before = emulator.call_count();
    sleep(300 * MS).await;
    assert_eq!(emulator.call_count(), before, "nothing is sent without it");
    assert!(before < 60, "{before}");
    redis.run().await;
    let delivered = delivering.await.unwrap();
    assert_eq!(delivered.result, Ok(()));
    assert_eq!(delivered.summary.created, 300, "{delivered:?}");
    assert_eq!(delivered.left, 0);
    assert_eq!((emulator.lead_count(), emulator.call_count()), (300, 60));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_after_redis_forgot_or_stayed_away() {
    for (forgets, word) in [
        (true, "has forgotten the delivery"),
        (false, "can't be used"),
    ] {
        let mut redis = redis_or_skip!();
        let emulator = emulator(20 * MS).await;
        let account = Account::of(&emulator);
        let options = ClaimsOptions::new(redis.url()).with_patience(2 * SECOND);
        let claims = claims_with(options).await;
        let delivering =
            tokio::spawn(async move { deliver(&account, &claims, &emails(400, 1)).await });
        emulator.wait_for_calls(12).await;
        redis.kill();
        if forgets {
            redis.run().await;
        }
        let start = Instant::now();
        let delivered = delivering.await.unwrap();
        println!("stopped after {:?}", start.elapsed());
        let error = delivered.result.clone().unwrap_err();
        assert!(error.contains(word), "{error}");
        assert!(delivered.summary.balances(), "{delivered:?}");
        let calls = emulator.call_count();
        assert!(calls < 40, "{calls}");
    }
}

#[tokio::test]
async fn a_redis_that_refuses_is_not_waited_for() {
    const CASES: [(&[&str], &str, &str); 4] = [
        (
            &["ACL", "SETUSER", "default", "-hset"],
            "can't run this command",
            "a user",
        ),
        (&["CONFIG", "SET", "maxmemory", "1"], "OOM", "maxmemory"),
        (
            &["CONFIG", "SET", "requirepass", "s3cret"],
            "uthenticat",
            "a password",
        ),
        (
            &["SET", "leadsquared:{statement%2F1}:claims", ""],
            "WRONGTYPE",
            "another name",
        ),
    ];
    for (words, said, remedy) in CASES {
        let redis = redis_or_skip!();
        let options = ClaimsOptions::new(redis.url()).with_patience(20 * SECOND);
        let store = claims_with(options).await;
        let opening = store.open("statement/1").await.unwrap();
        let mut connection = redis.connection().await;
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query_async::<()>(&mut connection).await.unwrap();
        let mut kill = redis::cmd("CLIENT");
        kill.arg(&["KILL", "TYPE", "normal", "SKIPME", "yes"]);
        kill.query_async::<()>(&mut connection).await.unwrap();
        let error = opening.recall(&[arrival(1, 0)]).await.unwrap_err();
        let error = error.to_string();
        assert!(error.contains("refuses"), "{error}");
        assert!(error.contains(said), "{error}");
        assert!(error.contains(remedy), "{error}");
    }
}

#[tokio::test]
async fn an_opening_of_a_redis_that_is_away_says_what_to_do() {
    let mut redis = redis_or_skip!();
    let options = ClaimsOptions::new(redis.url()).with_patience(SECOND / 2);
    let store = claims_with(options).await;
    redis.kill();
    let error = store.open("statement/1").await.unwrap_err().to_string();
    assert!(error.contains("can't be used"), "{error}");
    assert!(error.contains("Start it"), "{error}");
}
