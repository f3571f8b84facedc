//! The ratios that `docs/benchmarks.md` quotes, side by side in one run.
//!
//! ```text
//! cargo bench --bench ratios
//! RATIOS_SETS=friendly,hard RATIOS_ROUNDS=51 cargo bench --bench ratios
//! ```
//!
//! The ways take turns, round after round, and a ratio is the median of the rounds' ratios: what
//! else the machine does meets all ways alike, and a disturbed round doesn't count. Only `cargo
//! bench` runs it; the tests skip it.

#![expect(
    clippy::unwrap_used,
    reason = "nobody is there to take an error: a bench that can't run shall stop"
)]

mod support;

use std::env;
use std::time::{Duration, Instant};

use support::ways::{self, Way};
use support::{DataSet, Set, check, crew, measure};

/// The ways in the order of the table, with what they are.
const WAYS: [(&str, &str); 9] = [
    ("leads", "ours: `Leads`"),
    ("payloads", "ours: `PayloadBuilder`, buffers recycled"),
    ("rows", "ours: `BoundBatch::encode`, row by row"),
    ("memcpy", "memcpy of the payloads"),
    ("arrow-json", "arrow-json, timestamps as asked"),
    ("arrow-json-own", "arrow-json, timestamps its own way"),
    ("sonic-rs", "serde structs, sonic-rs"),
    ("structs", "serde structs, serde_json"),
    ("values", "a `serde_json::Value` a lead"),
];

/// What is measured once runs at least as long.
const SHORTEST: Duration = Duration::from_millis(25);

/// The same for threads, and one round of them for so many of the ways: threads that are started for
/// a short time don't always get a processor each.
const SHORTEST_WITH_THREADS: Duration = Duration::from_millis(300);
const ROUNDS_TO_ONE_WITH_THREADS: usize = 4;

fn main() {
    // As Criterion tells a test run from a bench run.
    if !env::args().any(|argument| argument == "--bench") {
        return;
    }
    let rounds = env::var("RATIOS_ROUNDS").map_or(25, |rounds| rounds.parse().unwrap());
    let sets = env::var("RATIOS_SETS").map_or(Set::ALL.to_vec(), |names| {
        names
            .split(',')
            .map(|name| Set::named(name).unwrap())
            .collect()
    });
    println!("Median of {rounds} rounds.");
    for set in sets {
        compare(set, rounds);
    }
}

/// Prints the table of one set.
fn compare(set: Set, rounds: usize) {
    check::same_leads(set);
    let data = set.make();
    println!(
        "\n### {}: {} leads of {:.0} bytes\n",
        set.name(),
        data.rows,
        data.bytes_a_lead()
    );
    println!("| way | leads/s | GB/s | `Leads` is | `PayloadBuilder` is |");
    println!("|---|---:|---:|---:|---:|");
    let first = data.first_batch();
    let mut ways: Vec<Measured> = WAYS
        .iter()
        .filter_map(|&(name, title)| {
            // The slowest would take more time than all others together.
            let data = if name == "values" { &first } else { &data };
            Some(Measured::new(title, data, ways::named(name, data)?))
        })
        .collect();
    for _ in 0..rounds {
        for way in &mut ways {
            way.measure();
        }
    }
    let [leads, payloads] = [&ways[0].rates, &ways[1].rates];
    for way in &ways {
        println!(
            "| {} | {:.2} M | {:.2} | {:.2} × | {:.2} × |",
            way.title,
            median(&way.rates) / 1e6,
            median(&way.rates) * way.bytes_a_lead() / 1e9,
            median(&ratios(leads, &way.rates)),
            median(&ratios(payloads, &way.rates)),
        );
    }
    if set.is_ordinary() {
        threads(&data, rounds);
    }
}

/// Prints how much faster two threads are than one.
fn threads(data: &DataSet, rounds: usize) {
    let whole = std::slice::from_ref(data);
    let halves = data.halves();
    let runs = repeats(crew::time(whole, 1), SHORTEST_WITH_THREADS);
    let mut ratios = Vec::new();
    for _ in 0..rounds.div_ceil(ROUNDS_TO_ONE_WITH_THREADS) {
        let [one, two] = [whole, &halves[..]].map(|parts| crew::time(parts, runs).as_secs_f64());
        ratios.push(one / two);
    }
    // A round in which something else took a processor shows one thread's speed, or less.
    let lowest = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = ratios.iter().copied().fold(0.0, f64::max);
    println!(
        "\nTwo threads, each with a `PayloadBuilder` and half of the batches: {:.2} × as fast as one \
         (rounds from {lowest:.2} × to {highest:.2} ×).",
        median(&ratios)
    );
}

/// A way and the rates it had, round by round.
struct Measured<'a> {
    title: &'static str,
    way: Box<dyn Way + 'a>,
    rows: usize,
    /// How often it runs for one measurement.
    repeats: u64,
    /// In leads per second.
    rates: Vec<f64>,
    /// What a run wrote.
    bytes: usize,
}

impl<'a> Measured<'a> {
    fn new(title: &'static str, data: &'a DataSet, way: Box<dyn Way + 'a>) -> Self {
        let mut measured = Self {
            title,
            way,
            rows: data.rows,
            repeats: 1,
            rates: Vec::new(),
            bytes: 0,
        };
        let mut bytes = 0;
        measured.way.encode(&mut |json| bytes += json.len());
        measured.bytes = bytes;
        measured.repeats = repeats(measured.time(), SHORTEST);
        measured
    }

    fn measure(&mut self) {
        let time = self.time().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let leads = (self.rows as u64 * self.repeats) as f64;
        self.rates.push(leads / time);
    }

    fn time(&mut self) -> Duration {
        let start = Instant::now();
        for _ in 0..self.repeats {
            self.way.encode(&mut measure::sink);
        }
        start.elapsed()
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn bytes_a_lead(&self) -> f64 {
        self.bytes as f64 / self.rows as f64
    }
}

/// How often something that takes `time` must run to take as long as `shortest`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small number above 0"
)]
fn repeats(time: Duration, shortest: Duration) -> u64 {
    shortest.div_duration_f64(time).ceil() as u64
}

/// Round by round, how many times as fast the one is as the other.
fn ratios(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter()
        .zip(other)
        .map(|(one, other)| one / other)
        .collect()
}

fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
