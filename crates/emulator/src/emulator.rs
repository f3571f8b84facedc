use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::builder::EmulatorBuilder;
use crate::chaos::Chaos;
use crate::config::Config;
use crate::error::Error;
use crate::fault::Fault;
use crate::lead::Lead;
use crate::record::{Call, fullest};
use crate::routes::router;
use crate::server::serve;
use crate::shared::Shared;

/// A running emulator: the endpoint on a port of this machine, and a window into it.
///
/// It runs on the runtime that it was started on. Clones are handles to the same server, which
/// stops with [`shutdown`](Self::shutdown) or when the last of them is dropped. What it has seen
/// can be read while it runs and after it stopped.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use leadsquared_emulator::Emulator;
///
/// let emulator = Emulator::start().await?;
/// assert!(emulator.url().starts_with("http://127.0.0.1:"));
/// assert_eq!(emulator.lead_count(), 0);
/// emulator.shutdown().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Emulator {
    shared: Arc<Shared>,
    running: Arc<Running>,
}

struct Running {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    server: Mutex<Option<JoinHandle<()>>>,
}

impl Emulator {
    /// Starts one with the contract's settings on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`Error::Listen`] when the machine has no port to give.
    pub async fn start() -> Result<Self, Error> {
        Self::builder().start().await
    }

    /// Starts one with other settings.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    pub(crate) async fn with(config: Config) -> Result<Self, Error> {
        let quota = config.quota;
        if config.limited && (quota.calls == 0 || quota.window.is_zero()) {
            return Err(Error::RateLimit {
                calls: quota.calls,
                window: quota.window,
            });
        }
        let addr = config.listen;
        let listen = |source| Error::Listen { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(listen)?;
        let addr = listener.local_addr().map_err(listen)?;
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new(Shared::new(config, stopped));
        let server = tokio::spawn(serve(listener, router(&shared), Arc::clone(&shared)));
        Ok(Self {
            shared,
            running: Arc::new(Running {
                addr,
                stop,
                server: Mutex::new(Some(server)),
            }),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.running.addr
    }

    /// The host's address as a client is given it: `http://127.0.0.1:PORT`, no path, no keys.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.running.addr)
    }

    /// The access key that it takes.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.shared.config.keys.access
    }

    /// The secret key that it takes.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.shared.config.keys.secret
    }

    /// The leads that were created, in order. Empty when
    /// [`keep_leads`](EmulatorBuilder::keep_leads) is off.
    #[must_use]
    pub fn leads(&self) -> Vec<Lead> {
        self.shared.store().leads().to_vec()
    }

    /// How many leads were created.
    #[must_use]
    pub fn lead_count(&self) -> usize {
        self.shared.store().count()
    }

    /// Every request so far, in order of arrival: also those that were refused, throttled or cut.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.shared.desk().calls.clone()
    }

    /// How many requests have arrived.
    #[must_use]
    pub fn call_count(&self) -> usize {
        self.shared.desk().calls.len()
    }

    /// Waits until this many requests have arrived since the start.
    pub async fn wait_for_calls(&self, calls: usize) {
        self.shared.arrived(calls).await;
    }

    /// The most calls with the right keys that arrived in any half-open window of this length,
    /// throttled ones as well: what a client put on the account.
    #[must_use]
    pub fn max_calls_in_window(&self, window: Duration) -> usize {
        self.fullest_window(window, |call| call.counted)
    }

    /// The same without the throttled ones: what the limit let through.
    #[must_use]
    pub fn max_accepted_in_window(&self, window: Duration) -> usize {
        self.fullest_window(window, |call| call.counted && !call.throttled)
    }

    fn fullest_window(&self, window: Duration, takes: impl Fn(&Call) -> bool) -> usize {
        let desk = self.shared.desk();
        let calls = desk.calls.iter().filter(|call| takes(call));
        fullest(calls.map(|call| call.at), window)
    }

    /// Puts a fault at the end of the script: the next calls that create leads, and get past keys and
    /// limit, meet the scripted faults, one each, in order.
    pub fn script(&self, fault: Fault) {
        self.script_all([fault]);
    }

    /// Puts faults at the end of the script.
    pub fn script_all(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.desk().script.extend(faults);
    }

    /// Puts a fault at the end of the script for `LeadsMetaData.Get`, which has one of its own.
    pub fn script_fields(&self, fault: Fault) {
        self.shared.desk().fields_script.push_back(fault);
    }

    /// How many scripted faults have not met a call that creates leads yet.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        self.shared.desk().script.len()
    }

    /// Starts faults by chance, in the place of those that were set before;
    /// `Chaos::default()` ends them.
    pub fn chaos(&self, chaos: Chaos) {
        self.shared.desk().set_chaos(chaos);
    }

    /// Stops: no more connections, and those that are open are cut, answered or not. Returns when
    /// the port is free.
    pub async fn shutdown(&self) {
        self.running.stop.send_replace(true);
        let server = {
            let mut server = self.running.server.lock();
            let server = server.as_mut().unwrap_or_else(PoisonError::get_mut);
            server.take()
        };
        if let Some(server) = server {
            // It does not panic and nobody aborts it.
            let _ = server.await;
        }
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("addr", &self.running.addr)
            .finish_non_exhaustive()
    }
}
