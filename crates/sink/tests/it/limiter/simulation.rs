//! A server and a network in virtual time, and a client that is always busy.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use leadsquared_sink::{
    CallEnding, Limiter, RateLimit, RoundTripFloor, SlotLimiter, SlotOptions, Strategy, Urgency,
};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

pub(super) const WINDOW: Duration = Duration::from_secs(5);

/// How a server counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Counting {
    Sliding,
    Fixed,
    Bucket,
}

pub(super) const ALL: [Counting; 3] = [Counting::Sliding, Counting::Fixed, Counting::Bucket];

/// A server that counts a call when it arrives.
pub(super) struct Server {
    counting: Counting,
    calls: u32,
    /// Whether a throttled call says which limit it is.
    names: bool,
    start: Instant,
    /// What it let through, and whether it was ours, in the order of arrival.
    accepted: Vec<(Duration, bool)>,
    throttled: Vec<(Duration, bool)>,
    tokens: f64,
    refilled: Duration,
}

impl Server {
    pub(super) fn new(counting: Counting, calls: u32) -> Self {
        Self {
            counting,
            calls,
            names: true,
            start: Instant::now(),
            accepted: Vec::new(),
            throttled: Vec::new(),
            tokens: f64::from(calls),
            refilled: Duration::ZERO,
        }
    }

    pub(super) fn silent(mut self) -> Self {
        self.names = false;
        self
    }

    /// Whether a call that arrives now gets through.
    pub(super) fn arrive(&mut self, ours: bool) -> bool {
        let now = self.start.elapsed();
        let fewer_since = |from: Duration| {
            let inside = self.accepted.iter().rev().take_while(|(at, _)| *at >= from);
            inside.count() < self.calls as usize
        };
        let free = match self.counting {
            // Half open: a call a whole window ago is out.
            Counting::Sliding => {
                fewer_since(now.checked_sub(WINDOW).map_or(Duration::ZERO, |out| {
                    out.saturating_add(Duration::from_nanos(1))
                }))
            }
            Counting::Fixed => {
                let inside = now.as_nanos() % WINDOW.as_nanos();
                let inside = Duration::from_nanos(inside.try_into().unwrap());
                fewer_since(now.saturating_sub(inside))
            }
            Counting::Bucket => {
                let passed = now.saturating_sub(self.refilled);
                let most = f64::from(self.calls);
                let gained = passed.div_duration_f64(WINDOW) * most;
                self.tokens = (self.tokens + gained).min(most);
                self.refilled = now;
                // Sums of fractions come out a little short.
                self.tokens >= 1.0 - 1e-9
            }
        };
        if free {
            self.tokens -= 1.0;
            self.accepted.push((now, ours));
        } else {
            self.throttled.push((now, ours));
        }
        free
    }

    fn ending(&self, accepted: bool) -> CallEnding {
        if accepted {
            return CallEnding::Accepted;
        }
        let limit = RateLimit::new(self.calls.try_into().unwrap(), WINDOW);
        CallEnding::Throttled {
            limit: limit.filter(|_| self.names),
        }
    }

    /// How many calls of ours, or of others, got through in this time.
    pub(super) fn accepted(&self, ours: bool, time: Range<u64>) -> u32 {
        count(&self.accepted, ours, time)
    }

    pub(super) fn throttled(&self, ours: bool, time: Range<u64>) -> u32 {
        count(&self.throttled, ours, time)
    }

    /// The most that arrived in any half-open window, throttled ones as well.
    pub(super) fn fullest(&self) -> u32 {
        let all = self.accepted.iter().chain(&self.throttled);
        let mut arrivals: Vec<Duration> = all.map(|(at, _)| *at).collect();
        arrivals.sort_unstable();
        fullest(&arrivals, WINDOW)
    }
}

fn count(calls: &[(Duration, bool)], ours: bool, time: Range<u64>) -> u32 {
    let inside = |(at, whose): &&(Duration, bool)| *whose == ours && time.contains(&at.as_secs());
    calls.iter().filter(inside).count().try_into().unwrap()
}

pub(super) fn percent(part: u32, whole: u32) -> f64 {
    100.0 * f64::from(part) / f64::from(whole)
}

/// The most of these moments, which are in order, in any half-open window of this length.
pub(super) fn fullest(moments: &[Duration], window: Duration) -> u32 {
    let mut inside = VecDeque::new();
    let mut most = 0;
    for at in moments {
        inside.push_back(*at);
        while inside
            .front()
            .is_some_and(|first| at.saturating_sub(*first) >= window)
        {
            inside.pop_front();
        }
        most = most.max(inside.len());
    }
    most.try_into().unwrap()
}

/// What the legs of a round trip take beyond their least.
#[derive(Clone, Copy, Debug)]
pub(super) enum Jitter {
    Even,
    /// Mostly little, now and then several times the mean.
    Exponential,
}

/// A network, and the server's work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Network {
    pub(super) one_way: u64,
    pub(super) service: u64,
    /// In the mean, on each of the three.
    pub(super) jitter: u64,
    pub(super) shape: Jitter,
    pub(super) seed: u64,
}

impl Network {
    /// 40 ms each way and 50 ms of work, each and 20 ms on average.
    pub(super) const TYPICAL: Self = Self {
        one_way: 40,
        service: 50,
        jitter: 20,
        shape: Jitter::Exponential,
        seed: 1,
    };

    fn leg(&self, least: u64, random: &mut SmallRng) -> Duration {
        let unit: f64 = random.random();
        let share = match self.shape {
            Jitter::Even => 2.0 * unit,
            Jitter::Exponential => -(1.0 - unit).ln(),
        };
        Duration::from_millis(least) + Duration::from_millis(self.jitter).mul_f64(share)
    }
}

/// What a client measured of its accepted calls.
#[derive(Default)]
pub(super) struct Trips {
    total: Duration,
    count: u32,
    pub(super) floor: RoundTripFloor,
}

impl Trips {
    fn record(&mut self, trip: Duration) {
        self.total += trip;
        self.count += 1;
        self.floor.record(trip);
    }

    /// What share of a limit the slots allow, in percent, if they are free again `floor` before
    /// a window after the answer.
    pub(super) fn bound(&self, floor: Duration) -> f64 {
        let late = (self.total / self.count).saturating_sub(floor);
        100.0 * WINDOW.div_duration_f64(WINDOW + late)
    }
}

pub(super) fn slots(calls: u32, strategy: Strategy) -> Arc<dyn Limiter> {
    let limit = RateLimit::new(calls.try_into().unwrap(), WINDOW).unwrap();
    Arc::new(SlotLimiter::with_options(
        SlotOptions::new(limit).with_strategy(strategy),
    ))
}

/// Keeps a server busy for so many seconds, with as many calls in flight as the limiter allows.
pub(super) async fn busy(
    limiter: &Arc<dyn Limiter>,
    server: &Arc<Mutex<Server>>,
    network: Network,
    seconds: u64,
) -> Trips {
    const CALLERS: u64 = 60;
    let trips = Arc::new(Mutex::new(Trips::default()));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (limiter, server) = (Arc::clone(limiter), Arc::clone(server));
        let trips = Arc::clone(&trips);
        let mut random = SmallRng::seed_from_u64(network.seed.rotate_left(32) ^ caller);
        callers.spawn(async move {
            let mut urgency = Urgency::InTurn;
            loop {
                let slot = limiter.acquire(urgency, Duration::from_secs(30)).await;
                let sent = Instant::now();
                sleep(network.leg(network.one_way, &mut random)).await;
                let accepted = server.lock().unwrap().arrive(true);
                if accepted {
                    sleep(network.leg(network.service, &mut random)).await;
                }
                sleep(network.leg(network.one_way, &mut random)).await;
                if accepted {
                    trips.lock().unwrap().record(sent.elapsed());
                }
                let ending = server.lock().unwrap().ending(accepted);
                slot.complete(ending).await;
                urgency = if accepted {
                    Urgency::InTurn
                } else {
                    Urgency::First
                };
            }
        });
    }
    sleep(Duration::from_secs(seconds)).await;
    callers.shutdown().await;
    Arc::into_inner(trips).unwrap().into_inner().unwrap()
}
