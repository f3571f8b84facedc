//! The limiter of a delivery: this process's own, or one that processes share.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use leadsquared_redis::{RedisLimiter, RedisOptions};
use leadsquared_sink::{Limiter, SlotLimiter};
use secrecy::ExposeSecret as _;

use crate::kept::Kept;
use crate::settings::{DeliverySettings, SharedLimit};
use crate::talk::Talk;

/// The limiter, which knows of the calls that earlier runs made just now.
pub(crate) async fn limiter(
    settings: &DeliverySettings,
    kept: Option<&Kept>,
    talk: &Talk,
) -> Result<Arc<dyn Limiter>> {
    let limiter: Arc<dyn Limiter> = match &settings.redis {
        Some(shared) => shared_limiter(shared, settings, talk).await?,
        None => Arc::new(SlotLimiter::with_options(settings.slots)),
    };
    if let Some(kept) = kept {
        limiter.seed(&kept.earlier_calls(settings.slots.limit().per())?);
    }
    Ok(limiter)
}

/// A limiter in Redis; says when Redis goes and when it is back.
async fn shared_limiter(
    shared: &SharedLimit,
    settings: &DeliverySettings,
    talk: &Talk,
) -> Result<Arc<dyn Limiter>> {
    let processes = shared.processes;
    let account = settings.target.key_name();
    let options = RedisOptions::new(shared.url.expose_secret(), account, processes)
        .with_slots(settings.slots);
    let limiter = RedisLimiter::connect(options).await.context(
        "the limit can't be shared; see that Redis runs and LEADSQUARED_REDIS_URL names it, or load \
         without --processes",
    )?;
    let (mut is_shared, talk) = (limiter.watch_shared(), talk.clone());
    tokio::spawn(async move {
        // Ends with the limiter.
        while is_shared.changed().await.is_ok() {
            if *is_shared.borrow_and_update() {
                talk.say("Redis is back: the limit is shared again");
            } else {
                talk.say(format_args!(
                    "Redis is gone: each of {processes} processes keeps to its part of the limit"
                ));
            }
        }
    });
    Ok(Arc::new(limiter))
}
