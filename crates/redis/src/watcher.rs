//! Looks whether Redis is there, each second.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use crate::script::Operation;
use crate::shared::Shared;
use crate::state::Mode;

/// How far apart looks are.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// How long nobody calls after having found Redis again.
///
/// The others look as often, and have as much patience: by then each has found it, stopped to count
/// by itself, and written its calls down.
pub(crate) const UNTIL_ALL_ARE_BACK: Duration = Duration::from_secs(2);

/// Runs until the limiter is dropped.
pub(crate) async fn watch(shared: Weak<Shared>) {
    loop {
        let next = Instant::now() + BETWEEN_LOOKS;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        look(&shared).await;
        let lost = Arc::clone(&shared.lost);
        drop(shared);
        tokio::select! {
            () = sleep_until(next) => {}
            () = lost.notified() => {}
        }
    }
}

async fn look(shared: &Arc<Shared>) {
    let (connection, epoch) = {
        let state = shared.state();
        (state.connection(), state.epoch)
    };
    let Some(connection) = connection else {
        return come_back(shared).await;
    };
    // Also when nobody asks for slots: a Redis that forgot our calls must hear of them soon.
    if let Err(cause) = shared.run(connection, &Operation::Look).await {
        shared.lose(epoch, &cause);
    }
}

/// Counts with the others again, if Redis is back.
async fn come_back(shared: &Arc<Shared>) {
    let found = match shared.server.connect().await {
        // It may be there and refuse: still loading, or not to be written to.
        Ok(connection) => shared
            .run(connection.clone(), &Operation::Look)
            .await
            .map(|_| connection),
        Err(failure) => Err(failure.into()),
    };
    let connection = match found {
        Ok(connection) => connection,
        Err(cause) => {
            tracing::debug!(cause, "Redis is still gone");
            if let Mode::Alone(alone) = &mut shared.state().mode {
                alone.looked();
            }
            shared.queue.changed.notify_waiters();
            return;
        }
    };
    let (calls, epoch) = {
        let mut state = shared.state();
        // From here on no call is granted, and those that end are told to Redis.
        state.enter(Mode::Returning(connection.clone()));
        let window = state.limit.per();
        (state.calls.for_redis(&shared.process, window), state.epoch)
    };
    shared.queue.changed.notify_waiters();
    if let Err(cause) = shared
        .run(connection.clone(), &Operation::Resume(&calls))
        .await
    {
        return shared.lose(epoch, &cause);
    }
    sleep(UNTIL_ALL_ARE_BACK).await;
    if let Err(cause) = shared.run(connection.clone(), &Operation::Look).await {
        return shared.lose(epoch, &cause);
    }
    {
        let mut state = shared.state();
        if state.epoch != epoch {
            return;
        }
        state.enter(Mode::Shared(connection));
    }
    tracing::info!(redis = %shared.server.address(), "Redis is back: all processes share the limit again");
    shared.together.send_replace(true);
    shared.queue.changed.notify_waiters();
}
