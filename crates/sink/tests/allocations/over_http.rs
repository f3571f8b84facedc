//! The sink over real HTTP: hyper and reqwest let go of a body once they have sent it.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use leadsquared_emulator::Emulator;
use leadsquared_sink::{Auth, Credentials, HttpTransport, SinkConfig};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::counting::{counts, start};
use crate::support::{Bodies, LEADS, PAYLOADS, Watched, deliver, leads};

const CALLS: u32 = 100;
/// Smaller than the payloads of 100 KiB, and larger than what HTTP takes in one piece.
const LARGE: usize = 64 * 1024;
/// A body grows by doubling: it is large before it has its size, and again when it has.
const LARGE_FOR_EACH_PAYLOAD: usize = 2;
/// The encoder's own, which a batch's last texts are copied to.
const LARGE_FOR_THE_BATCH: usize = 1;

/// An emulator on a thread of its own, where what it allocates doesn't count, until it is dropped.
struct Elsewhere {
    emulator: Emulator,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Elsewhere {
    fn start() -> Self {
        let (started, emulator) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let emulator = Emulator::builder().no_rate_limit();
                started.send(emulator.start().await.unwrap()).unwrap();
                let _ = stopped.await;
            });
        });
        Self {
            emulator: emulator.recv().unwrap(),
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It has nothing to say that the test doesn't see.
            let _ = thread.join();
        }
    }
}

/// How many large pieces of memory delivering [`CALLS`] takes.
async fn large(bodies: Bodies) -> i64 {
    let elsewhere = Elsewhere::start();
    let emulator = &elsewhere.emulator;
    let http = HttpTransport::new(
        &emulator.url().parse().unwrap(),
        &Credentials::new(emulator.access_key(), emulator.secret_key()),
        Auth::Query,
        Duration::from_secs(30),
    );
    let transport = Watched::new(http.unwrap(), bodies, CALLS as usize);
    let config = SinkConfig::over(transport).with_rate_limit("1000/1s".parse().unwrap());
    let batch = leads(0..CALLS * LEADS, 2_000);
    start(LARGE);
    let summary = deliver(config, batch).await;
    let large = counts().large;
    assert_eq!(
        (summary.calls, summary.created),
        (u64::from(CALLS), u64::from(CALLS * LEADS))
    );
    large
}

#[tokio::test]
async fn the_memory_of_bodies_comes_back() {
    let large = large(Bodies::LetGo).await;
    let most = PAYLOADS * LARGE_FOR_EACH_PAYLOAD + LARGE_FOR_THE_BATCH;
    assert!(large <= i64::try_from(most).unwrap(), "{large}");
}

#[tokio::test]
async fn the_memory_of_bodies_that_are_kept_does_not() {
    let large = large(Bodies::Kept).await;
    assert!(large >= i64::from(CALLS), "{large}");
}
