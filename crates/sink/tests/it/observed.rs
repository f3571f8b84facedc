//! What an observer is told of each call.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use leadsquared_emulator::{Emulator, Fault, ThrottleShape};
use leadsquared_sink::{Event, LeadSink, Meaning, Observer, Sink};

use crate::support::{phones, to};

/// The answers of calls: status, meaning, leads.
#[derive(Default)]
struct Answers(Mutex<Vec<(u16, Meaning, usize)>>);

impl Observer for Answers {
    fn event(&self, event: &Event<'_>) {
        if let Event::Answered {
            status,
            meaning,
            leads,
            elapsed,
        } = event
        {
            assert!(!elapsed.is_zero());
            self.0.lock().unwrap().push((*status, *meaning, *leads));
        }
    }
}

#[tokio::test]
async fn each_answer_is_told_with_what_it_meant_and_no_answer_is_none() {
    let emulator = Emulator::builder().no_rate_limit().start().await.unwrap();
    emulator.script_all([
        Fault::delay(Duration::ZERO),
        Fault::status(503),
        Fault::throttle_naming(ThrottleShape::Status200, 2_000, Duration::from_secs(1)),
        Fault::garbage(),
        Fault::reset(),
    ]);
    let answers = Arc::new(Answers::default());
    let config = to(&emulator)
        .with_concurrency(NonZeroUsize::MIN)
        .with_observer(Arc::clone(&answers) as Arc<dyn Observer>);
    let mut sink = LeadSink::start(config.build().unwrap()).unwrap();
    sink.write(phones(0..70)).await.unwrap();
    sink.close().await.unwrap();

    assert_eq!(sink.summary().calls, 6);
    assert_eq!(
        *answers.0.lock().unwrap(),
        [
            (200, Meaning::Rows, 50),
            (503, Meaning::Failed, 20),
            (200, Meaning::Throttled, 20),
            (200, Meaning::Lost, 20),
            (200, Meaning::Rows, 20),
        ]
    );
}
