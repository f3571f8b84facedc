//! A call's hold on its slot, wherever that is.

use std::sync::Arc;

use async_trait::async_trait;
use leadsquared_sink::{CallEnding, Lease, Lesson, Slot, Strategy};
use tokio::time::Instant;

use crate::calls;
use crate::script::Operation;
use crate::shared::Shared;

/// What is held for one call.
pub(crate) struct Hold {
    pub(crate) shared: Arc<Shared>,
    pub(crate) number: u64,
    /// When the slot was asked for.
    pub(crate) asked: Instant,
    /// When the slot was given, and the call sent.
    pub(crate) sent: Instant,
    /// The slot of our own limiter, if it is one.
    pub(crate) own: Option<Slot>,
}

#[async_trait]
impl Lease for Hold {
    async fn complete(self: Box<Self>, ending: CallEnding) -> Lesson {
        // In a task of its own: who waits for the lesson may give up, and Redis still hears of it.
        let told = tokio::spawn(self.tell(ending)).await;
        told.unwrap_or_default()
    }
}

impl Hold {
    async fn tell(self: Box<Self>, ending: CallEnding) -> Lesson {
        let Self {
            shared,
            number,
            asked,
            sent,
            own,
        } = *self;
        let (connection, epoch, floor, before) = {
            let mut state = shared.state();
            match ending {
                CallEnding::NeverSent => state.calls.never_sent(number),
                _ => state.calls.ended(number),
            }
            if ending == CallEnding::Accepted {
                state.floor.record(sent.elapsed());
            }
            let floor = match shared.options.slots().strategy() {
                Strategy::Balanced => state.floor.get(),
                Strategy::Strict => std::time::Duration::ZERO,
            };
            (state.connection(), state.epoch, floor, state.limit)
        };
        let mut lesson = match own {
            // The limit that is named is the account's, not our share of it.
            Some(slot) => slot.complete(without_limit(ending)).await,
            None => Lesson::default(),
        };
        lesson.limit = None;
        if let Some(connection) = connection {
            let operation = Operation::Complete {
                id: &calls::id(&shared.process, number),
                ending,
                floor,
                age: asked.elapsed(),
            };
            match shared.run(connection, &operation).await {
                Ok(reply) => {
                    let learned = reply.limit.filter(|limit| {
                        is_throttled(ending) && limit.calls_per_second() < before.calls_per_second()
                    });
                    lesson = Lesson {
                        limit: learned,
                        share: reply.share,
                    };
                    shared.queue.changed.notify_waiters();
                    return lesson;
                }
                Err(cause) => shared.lose(epoch, &cause),
            }
        }
        if let CallEnding::Throttled { limit: Some(limit) } = ending
            && shared.state().learn_alone(limit)
        {
            lesson.limit = Some(limit);
        }
        shared.queue.changed.notify_waiters();
        lesson
    }
}

fn is_throttled(ending: CallEnding) -> bool {
    matches!(ending, CallEnding::Throttled { .. })
}

fn without_limit(ending: CallEnding) -> CallEnding {
    match ending {
        CallEnding::Throttled { .. } => CallEnding::Throttled { limit: None },
        other => other,
    }
}
