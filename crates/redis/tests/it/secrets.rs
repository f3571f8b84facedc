//! The password of Redis is never seen.

use std::num::NonZeroU32;

use leadsquared_redis::{RedisError, RedisLimiter, RedisOptions};

use crate::redis_server::redis_or_skip;
use crate::support::{connect, options};

const PASSWORD: &str = "s3cret-pässwörd";

fn with_password(port: u16, password: &str) -> String {
    let encoded = password.replace('ä', "%C3%A4").replace('ö', "%C3%B6");
    format!("redis://:{encoded}@127.0.0.1:{port}")
}

#[track_caller]
fn assert_no_secret(text: &str) {
    for secret in [PASSWORD, "s3cret", "%C3%A4"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn no_debug_and_no_error_has_the_password() {
    let redis = redis_or_skip!("--requirepass", PASSWORD);
    let url = with_password(redis.port(), PASSWORD);
    assert_no_secret(&format!("{:?}", options(&url, "10/1s", 1)));
    let limiter = connect(&url, "10/1s", 1).await;
    assert_no_secret(&format!("{limiter:?}"));

    let wrong = with_password(redis.port(), "s3cret-wrong");
    let nobody = with_password(1, PASSWORD);
    for url in [wrong, nobody, format!("rediss{}", &url[5..])] {
        let error = RedisLimiter::connect(options(&url, "10/1s", 1)).await;
        let error = error.unwrap_err();
        assert!(matches!(error, RedisError::Unusable { .. }), "{error:?}");
        assert!(error.to_string().contains("127.0.0.1:"), "{error}");
        assert_no_secret(&format!("{error} {error:?}"));
    }
}

#[tokio::test]
async fn what_is_no_address_is_not_repeated() {
    for url in [
        "",
        "redis//:s3cret@host",
        "http://:s3cret@host",
        ":s3cret@host",
        "redis://:s3cret@host:port",
        "redis://:s3cret@host/not-a-number",
    ] {
        let error = RedisLimiter::connect(options(url, "10/1s", 1)).await;
        let error = error.unwrap_err();
        assert_eq!(error, RedisError::Address, "{url}");
        assert_no_secret(&format!("{error} {error:?}"));
    }
}

#[tokio::test]
async fn what_no_limiter_can_keep_is_refused_before_anything_is_sent() {
    let error = RedisLimiter::connect(options("redis://host", "1/1440m", 2)).await;
    assert_eq!(
        error.unwrap_err(),
        RedisError::Indivisible {
            calls: 1,
            processes: 2
        }
    );
    let options = RedisOptions::new("redis://host", "a}b", NonZeroU32::MIN);
    let error = RedisLimiter::connect(options).await.unwrap_err();
    assert!(matches!(error, RedisError::Account { .. }), "{error:?}");
}
