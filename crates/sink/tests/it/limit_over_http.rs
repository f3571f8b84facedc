//! A minute over real HTTP, against each way in which a server may count.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrow::array::RecordBatch;
use leadsquared_core::PayloadLimits;
use leadsquared_emulator::{Algorithm, Emulator, Latency};
use leadsquared_sink::{
    Credentials, Event, LeadSink, Observer, RoundTripFloor, Sink, SinkConfig, Summary,
};
use tokio::time::Instant;

use crate::support::phones;

const WINDOW: Duration = Duration::from_secs(5);
const CALLS: u32 = 25;
const RUN: Duration = Duration::from_mins(1);

/// What pacing costs, and what late wake-ups may: 1.5 points are 75 ms on each round of a slot. A busy
/// machine makes round trips longer too, and with them lowers what is asked for.
const SLACK: f64 = 1.5;

/// The round trips of accepted calls.
#[derive(Default)]
struct Trips(Mutex<Vec<Duration>>);

impl Observer for Trips {
    fn event(&self, event: &Event<'_>) {
        if let Event::Answered {
            status: 200,
            elapsed,
            ..
        } = event
        {
            self.0.lock().unwrap().push(*elapsed);
        }
    }
}

impl Trips {
    /// What share of the limit the slots allow, in percent.
    fn bound(&self) -> f64 {
        let trips = self.0.lock().unwrap();
        let mean = trips.iter().sum::<Duration>() / u32::try_from(trips.len()).unwrap();
        let mut floor = RoundTripFloor::default();
        trips.iter().for_each(|trip| floor.record(*trip));
        let late = mean.saturating_sub(floor.get());
        100.0 * WINDOW.div_duration_f64(WINDOW + late)
    }
}

struct Run {
    summary: Summary,
    trips: Arc<Trips>,
    /// When each accepted call arrived, since the first.
    accepted: Vec<Duration>,
    throttled: usize,
    fullest: usize,
}

/// A minute of calls with a lead each, by a sink that believes in 25 calls in 5 s.
async fn run(algorithm: Algorithm, calls: u32) -> Run {
    let emulator = Emulator::builder()
        .rate_limit(calls, WINDOW)
        .algorithm(algorithm)
        .latency(Latency {
            service: Duration::from_millis(50),
            jitter: Duration::from_millis(40),
            ..Latency::one_way(Duration::from_millis(40))
        })
        .start()
        .await
        .unwrap();
    let trips = Arc::new(Trips::default());
    let keys = Credentials::new(emulator.access_key(), emulator.secret_key());
    let config = SinkConfig::new(emulator.url(), keys)
        .with_payload_limits(PayloadLimits::default().with_leads(1))
        .with_queue(1.try_into().unwrap())
        .with_observer(Arc::clone(&trips) as Arc<dyn Observer>)
        .build()
        .unwrap();
    let mut sink = LeadSink::start(config).unwrap();
    let start = Instant::now();
    let leads = (0..).map(|lead| phones(lead..lead + 1));
    for lead in leads.take_while(|_: &RecordBatch| start.elapsed() < RUN) {
        sink.write(lead).await.unwrap();
    }
    sink.close().await.unwrap();

    let calls = emulator.calls();
    let accepted = calls.iter().filter(|call| !call.throttled);
    Run {
        summary: sink.summary(),
        trips,
        accepted: accepted
            .map(|call| call.at.saturating_sub(calls[0].at))
            .collect(),
        throttled: calls.iter().filter(|call| call.throttled).count(),
        fullest: emulator.max_calls_in_window(WINDOW),
    }
}

/// The share of 25 calls in 5 s that was used, in percent.
///
/// Calls come in groups, a window's worth each: how many there are in a number of windows depends on
/// where these begin. How long it takes until nine windows' worth of calls have arrived does not. The
/// first 25 are left out, as they wait for no slot; the mean is over the 25 that come then.
fn used(accepted: &[Duration]) -> f64 {
    const WINDOWS: u32 = 9;
    let took = |first: u32| {
        let last = accepted[(first + WINDOWS * CALLS) as usize];
        last.saturating_sub(accepted[first as usize])
    };
    let mean = (CALLS..2 * CALLS).map(took).sum::<Duration>() / CALLS;
    100.0 * (WINDOW * WINDOWS).div_duration_f64(mean)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_is_used_as_the_formula_says_however_the_server_counts() {
    let start = |algorithm, calls| tokio::spawn(run(algorithm, calls));
    let right = [
        Algorithm::SlidingWindow,
        Algorithm::FixedWindow,
        Algorithm::TokenBucket,
    ]
    .map(|algorithm| (algorithm, start(algorithm, 25)));
    let wrong = start(Algorithm::SlidingWindow, 10);

    for (algorithm, run) in right {
        let run = run.await.unwrap();
        let (used, bound) = (used(&run.accepted), run.trips.bound());
        println!("{algorithm}: {used:.1} of {bound:.1} %");
        assert_eq!(run.throttled, 0, "{algorithm}");
        assert!(
            run.fullest <= CALLS as usize,
            "{algorithm}: {}",
            run.fullest
        );
        assert!(used >= bound - SLACK, "{algorithm}: {used} of {bound}");
        assert!(run.summary.is_complete());
    }

    let run = wrong.await.unwrap();
    let accepted = run.accepted.iter().filter(|at| **at < RUN).count();
    println!(
        "10 calls, not 25: {accepted} of 120, {} throttled",
        run.throttled
    );
    assert!(run.throttled <= 3, "{}", run.throttled);
    assert!(accepted >= 108, "{accepted} of 120");
    assert_eq!(run.summary.limit.to_string(), "10/5s");
    assert!(run.summary.is_complete());
}
