//! The values of files, looked at before it is their turn.

use std::time::{Duration, Instant};

use futures::TryStreamExt as _;
use leadsquared_core::PayloadBuilder;
use leadsquared_sink::ValueCheck;

use crate::inputs::Opened;
use crate::settings::Reading;
use crate::talk::Talk;

/// How long a look may take until it is said that one is being taken.
const SILENCE: Duration = Duration::from_secs(2);

/// Looks at the values of all rows that can become leads.
///
/// A file that is broken is looked at as far as it goes: the load will meet its end and tell. Streams are
/// left alone, as they can be read only once.
pub(super) async fn scan(
    inputs: &[Opened],
    reading: &Reading,
    values: &mut ValueCheck,
    talk: &Talk,
) {
    let began = Instant::now();
    let mut said = false;
    for input in inputs {
        let Ok(Some(source)) = input.look(reading).await else {
            continue;
        };
        let mut builder = PayloadBuilder::new(reading.options.mapping().clone());
        let mut batches = source.into_stream();
        while let Ok(Some(batch)) = batches.try_next().await {
            if !said && began.elapsed() > SILENCE {
                said = true;
                talk.say(
                    "looking at the values before the first lead is sent; --no-preflight spares the \
                     time",
                );
            }
            if builder.push(batch).is_err() {
                break;
            }
            look(&mut builder, values, PayloadBuilder::next_payload);
        }
        look(&mut builder, values, PayloadBuilder::finish);
    }
}

fn look(
    builder: &mut PayloadBuilder,
    values: &mut ValueCheck,
    next: impl Fn(&mut PayloadBuilder) -> Option<leadsquared_core::Payload>,
) {
    while let Some(payload) = next(builder) {
        values.payload(&payload);
        let (body, rows) = payload.into_parts();
        builder.recycle(body, rows);
    }
    // They are told when it is their turn.
    drop(builder.take_rejections());
}
