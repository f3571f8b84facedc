//! The store by itself: whose the delivery is, what is forgotten, what it takes.

use std::time::Duration;

use leadsquared_redis::{ClaimsOptions, RedisClaims};
use leadsquared_sink::{Arrival, ClaimState, Claims, Outcome};
use redis::aio::MultiplexedConnection;

use super::support::{arrival, claims, claims_with, key, settled};
use crate::redis_server::{RedisServer, redis_or_skip};

const KEY: &str = "leadsquared:{statement%2F1}:claims";

async fn ask<T: redis::FromRedisValue>(
    connection: &mut MultiplexedConnection,
    words: &[&str],
) -> T {
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    command.query_async(connection).await.unwrap()
}

async fn open(redis: &RedisServer) -> std::sync::Arc<dyn leadsquared_sink::OpenClaims> {
    let claims = claims(&redis.url()).await;
    claims.open("statement/1").await.unwrap()
}

#[tokio::test]
async fn whoever_held_the_delivery_before_can_do_nothing_more() {
    let redis = redis_or_skip!();
    let first = open(&redis).await;
    first.recall(&[arrival(1, 0), arrival(2, 0)]).await.unwrap();
    first.claim(&[key(1, 0)]).await.unwrap();

    let second = open(&redis).await;
    let end = settled(key(1, 0), Outcome::Created, 0);
    for refused in [
        first.recall(&[arrival(3, 0)]).await.map(|_| ()),
        first.claim(&[key(2, 0)]).await,
        first.release(&[key(1, 0)]).await,
        first.settle(vec![end]).await,
        first.flush().await,
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("another process took over"), "{error}");
    }
    let left = second
        .recall(&[arrival(1, 0), arrival(2, 0), arrival(3, 0)])
        .await;
    let states: Vec<ClaimState> = left.unwrap().into_iter().map(|lead| lead.state).collect();
    assert_eq!(
        states,
        [ClaimState::InDoubt, ClaimState::New, ClaimState::New]
    );
}

#[tokio::test]
async fn claims_that_no_row_has_and_ends_that_came_are_not_changed() {
    let redis = redis_or_skip!();
    let opening = open(&redis).await;
    opening.recall(&[arrival(1, 0)]).await.unwrap();
    opening.claim(&[key(1, 0)]).await.unwrap();
    let end = settled(key(1, 0), Outcome::Created, 0);
    opening.settle(vec![end]).await.unwrap();
    let error = opening.claim(&[key(1, 0)]).await.unwrap_err().to_string();
    assert!(error.contains("can't be changed so"), "{error}");
    let again = open(&redis).await;
    again.recall(&[arrival(1, 1)]).await.unwrap();
    let end = settled(key(1, 0), Outcome::Rejected, 0);
    for refused in [
        again.claim(&[key(1, 1), key(1, 0)]).await,
        again.release(&[key(1, 0)]).await,
        again.settle(vec![end]).await,
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("can't be changed so"), "{error}");
    }
    let last = open(&redis).await;
    let recalled = last.recall(&[arrival(1, 0), arrival(1, 1)]).await.unwrap();
    assert!(matches!(recalled[0].state, ClaimState::Settled(_)));
    assert_eq!(recalled[1].state, ClaimState::New);
}

#[tokio::test]
async fn two_deliveries_have_nothing_to_do_with_each_other() {
    let redis = redis_or_skip!();
    let claims = claims(&redis.url()).await;
    let one = claims.open("a").await.unwrap();
    let other = claims.open("b").await.unwrap();
    for opening in [one, other] {
        let recalled = opening.recall(&[arrival(1, 0)]).await.unwrap();
        assert_eq!(recalled[0].state, ClaimState::New);
        opening.claim(&[key(1, 0)]).await.unwrap();
    }
    for name in ["", &"a".repeat(201)] {
        let error = claims.open(name).await.unwrap_err().to_string();
        assert!(error.contains("no name for a delivery"), "{error}");
    }
}

#[tokio::test]
async fn a_redis_that_forgot_the_delivery_is_told_from_another_process() {
    let redis = redis_or_skip!();
    let opening = open(&redis).await;
    let mut connection = redis.connection().await;
    opening.recall(&[arrival(1, 0)]).await.unwrap();
    ask::<()>(&mut connection, &["FLUSHALL"]).await;
    let error = opening.claim(&[key(1, 0)]).await.unwrap_err().to_string();
    assert!(error.contains("has forgotten the delivery"), "{error}");
    // Nor does it begin anew by being asked.
    assert_eq!(ask::<u64>(&mut connection, &["EXISTS", KEY]).await, 0);
    // Another one may.
    let error = open(&redis).await.recall(&[arrival(1, 0)]).await;
    assert!(error.is_ok());
    let error = opening.flush().await.unwrap_err().to_string();
    assert!(error.contains("has forgotten the delivery"), "{error}");
}

#[tokio::test]
async fn a_redis_that_went_back_behind_what_it_confirmed_has_forgotten() {
    let redis = redis_or_skip!();
    let opening = open(&redis).await;
    let mut connection = redis.connection().await;
    opening.recall(&[arrival(1, 0)]).await.unwrap();
    let mut dump = redis::cmd("DUMP");
    let dump: Vec<u8> = dump.arg(KEY).query_async(&mut connection).await.unwrap();
    opening.claim(&[key(1, 0)]).await.unwrap();
    let mut restore = redis::cmd("RESTORE");
    restore.arg(KEY).arg(0).arg(dump).arg("REPLACE");
    restore.query_async::<()>(&mut connection).await.unwrap();
    let error = opening.flush().await.unwrap_err().to_string();
    assert!(error.contains("has forgotten the delivery"), "{error}");
}

#[tokio::test]
async fn what_is_kept_runs_out_after_the_time_that_was_asked_for() {
    let redis = redis_or_skip!();
    let options = ClaimsOptions::new(redis.url()).with_kept_for(Duration::from_secs(100));
    let opening = claims_with(options).await.open("statement/1").await;
    let opening = opening.unwrap();
    let mut connection = redis.connection().await;
    let left = async |connection: &mut MultiplexedConnection| {
        let left: i64 = ask(connection, &["PTTL", KEY]).await;
        assert!((90_000..=100_000).contains(&left), "{left}");
        ask::<()>(connection, &["PEXPIRE", KEY, "5000"]).await;
    };
    left(&mut connection).await;
    opening.recall(&[arrival(1, 0)]).await.unwrap();
    left(&mut connection).await;
    opening.claim(&[key(1, 0)]).await.unwrap();
    left(&mut connection).await;
    opening.flush().await.unwrap();
    left(&mut connection).await;
}

#[tokio::test]
async fn what_is_kept_for_ever_is_kept_for_ten_years() {
    let redis = redis_or_skip!();
    let options = ClaimsOptions::new(redis.url()).with_kept_for(Duration::MAX);
    let opening = claims_with(options).await.open("statement/1").await;
    opening.unwrap().recall(&[arrival(1, 0)]).await.unwrap();
    let mut connection = redis.connection().await;
    let days = ask::<i64>(&mut connection, &["TTL", KEY]).await / 86_400;
    assert!((3_649..=3_650).contains(&days), "{days}");
}

#[tokio::test]
async fn a_lead_takes_little_of_rediss_memory() {
    const LEADS: u64 = 20_000;
    let redis = redis_or_skip!();
    let opening = open(&redis).await;
    let arrivals: Vec<Arrival> = (0..LEADS).map(one_of_many).collect();
    let recalled = opening.recall(&arrivals).await.unwrap();
    let keys: Vec<_> = recalled.iter().map(|lead| lead.key).collect();
    opening.claim(&keys).await.unwrap();
    let ends = recalled.iter().zip(&arrivals);
    let ends = ends.map(|(lead, arrival)| settled(lead.key, Outcome::Created, arrival.content));
    opening.settle(ends.collect()).await.unwrap();
    let mut connection = redis.connection().await;
    let words = ["MEMORY", "USAGE", KEY, "SAMPLES", "0"];
    let bytes: u64 = ask(&mut connection, &words).await;
    println!("{} bytes a lead", bytes / LEADS);
    let stats: String = ask(&mut connection, &["INFO", "commandstats"]).await;
    let evaluated = stats.lines().find(|line| line.contains("evalsha"));
    println!("{evaluated:?}, for 500 leads each");
    assert!(bytes / LEADS < 150, "{bytes}");
}

#[tokio::test]
async fn rows_about_a_lead_that_was_rejected_often_are_found_each() {
    const ROWS: u64 = 10_000;
    let redis = redis_or_skip!();
    let first = open(&redis).await;
    let arrivals: Vec<Arrival> = (0..ROWS).map(|content| arrival(1, content)).collect();
    let recalled = first.recall(&arrivals).await.unwrap();
    let keys: Vec<_> = recalled.iter().map(|lead| lead.key).collect();
    let ends = keys.iter().zip(0..);
    let ends = ends.map(|(key, content)| settled(*key, Outcome::Rejected, content));
    first.settle(ends.collect()).await.unwrap();
    let again = open(&redis).await;
    let mut connection = redis.connection().await;
    ask::<()>(&mut connection, &["CONFIG", "RESETSTAT"]).await;
    let last: Vec<Arrival> = arrivals.iter().rev().take(500).copied().collect();
    let recalled = again.recall(&last).await.unwrap();
    let occurrences = recalled.iter().map(|lead| u64::from(lead.key.occurrence));
    assert!(occurrences.eq(last.iter().map(|arrival| arrival.content)));
    let is_settled =
        |lead: &leadsquared_sink::Recalled| matches!(lead.state, ClaimState::Settled(_));
    assert!(recalled.iter().all(is_settled));
    let stats: String = ask(&mut connection, &["INFO", "commandstats"]).await;
    let evaluated = stats.lines().find(|line| line.contains("evalsha"));
    println!("{evaluated:?}, for 500 of {ROWS} rows about one lead");
}

fn one_of_many(number: u64) -> Arrival {
    let hash = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    Arrival {
        lead: leadsquared_core::LeadKey::from_bytes(hash.to_le_bytes()),
        content: number,
    }
}

#[tokio::test]
async fn the_password_is_in_no_debug_and_no_error() {
    let redis = redis_or_skip!("--requirepass", "s3cret");
    let url = format!("redis://:s3cret@127.0.0.1:{}", redis.port());
    let claims = claims_with(ClaimsOptions::new(&*url)).await;
    let opening = claims.open("statement/1").await.unwrap();
    let said = format!("{claims:?} {opening:?} {:?}", ClaimsOptions::new(&*url));
    assert!(!said.contains("s3cret"), "{said}");
    for wrong in ["redis://:s3cret-wrong@127.0.0.1", "redis://:s3cret@host:x"] {
        let wrong = wrong.replace("127.0.0.1", &format!("127.0.0.1:{}", redis.port()));
        let error = RedisClaims::connect(ClaimsOptions::new(wrong)).await;
        let error = error.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
}
