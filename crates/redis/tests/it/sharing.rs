//! Four processes on one account, each a sink with a limiter of its own.

use std::collections::HashSet;
use std::time::Duration;

use leadsquared_emulator::Emulator;
use tokio::time::Instant;

use crate::processes::Process;
use crate::redis_server::{RedisServer, redis_or_skip};
use crate::support::{CALLS, SECOND, emulator, slow_emulator};

const PROCESSES: usize = 4;
const LEADS: usize = 40;

fn name(process: usize) -> String {
    format!("process-{process}")
}

/// How much of the limit was used: a window, over the mean time from a call to the tenth after it.
fn utilisation(emulator: &Emulator) -> f64 {
    let calls = emulator.calls();
    let tens = calls.windows(CALLS as usize + 1);
    let took: Vec<Duration> = tens
        .map(|ten| ten[CALLS as usize].at.saturating_sub(ten[0].at))
        .collect();
    let mean = took.iter().sum::<Duration>() / u32::try_from(took.len()).unwrap();
    SECOND.div_duration_f64(mean)
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_use_up_one_limit_and_never_exceed_it() {
    let redis = redis_or_skip!();
    let emulator = emulator().await;
    let start = |process| Process::start(&redis.url(), &emulator, &name(process), LEADS);
    let processes: Vec<Process> = (0..PROCESSES).map(start).collect();
    for process in processes {
        let (created, throttled) = process.ended().await;
        assert_eq!((created, throttled), (LEADS, 0));
    }

    assert_eq!(emulator.lead_count(), PROCESSES * LEADS);
    assert_eq!(emulator.call_count(), PROCESSES * LEADS);
    let most = emulator.max_calls_in_window(SECOND);
    assert!(most <= CALLS as usize, "{most}");
    let used = utilisation(&emulator);
    println!("utilisation {:.1} %", 100.0 * used);
    assert!(used >= 0.8, "{used}");
    // Nobody starves: of the first half of the calls, an even share is a quarter.
    let first_half = &emulator.leads()[..PROCESSES * LEADS / 2];
    for process in 0..PROCESSES {
        let prefix = format!("{}-", name(process));
        let ours = |email: &str| email.starts_with(&prefix);
        let leads = first_half
            .iter()
            .filter(|lead| lead.get("EmailAddress").is_some_and(ours))
            .count();
        println!(
            "{}: {leads} of the first {}",
            name(process),
            first_half.len()
        );
        assert!(leads >= LEADS / 8, "{leads}");
    }
}

/// The slots of calls that have not ended, as Redis has them.
async fn on_their_way(redis: &RedisServer) -> HashSet<String> {
    let mut connection = redis.connection().await;
    let mut command = redis::cmd("ZRANGE");
    command.arg("leadsquared:{acme}:slots").arg(0).arg(-1);
    let members: Vec<String> = command.query_async(&mut connection).await.unwrap();
    let calls = members.into_iter();
    calls.filter(|id| !id.starts_with(['=', '!'])).collect()
}

/// Halts a process in the middle of calls: those that are still on their way a second later.
async fn halt_amid_calls(redis: &RedisServer, process: &Process) -> HashSet<String> {
    loop {
        process.halt(true);
        let before = on_their_way(redis).await;
        tokio::time::sleep(SECOND).await;
        let after = on_their_way(redis).await;
        let halted: HashSet<String> = before.intersection(&after).cloned().collect();
        if !halted.is_empty() {
            return halted;
        }
        process.halt(false);
        tokio::time::sleep(SECOND / 7).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_gives_its_slots_back_by_their_leases() {
    let redis = redis_or_skip!();
    let emulator = slow_emulator(SECOND / 4).await;
    let start = |process| Process::start(&redis.url(), &emulator, &name(process), 80);
    let victim = Process::start(&redis.url(), &emulator, "victim", 500);
    let processes: Vec<Process> = (0..2).map(start).collect();
    emulator.wait_for_calls(15).await;
    let leases = halt_amid_calls(&redis, &victim).await;
    victim.kill().await;
    let before = emulator.call_count();

    for process in processes {
        let (created, throttled) = process.ended().await;
        assert_eq!((created, throttled), (80, 0));
    }
    let since = emulator.call_count() - before;
    println!(
        "{} leases of the dead; {since} calls of the others since",
        leases.len()
    );
    assert!(since >= 20, "the others go on");
    // The time-out of 2 s, the second that Redis may take, and the window.
    let start = Instant::now();
    while !on_their_way(&redis).await.is_empty() {
        assert!(start.elapsed() < 10 * SECOND, "they never run out");
        tokio::time::sleep(SECOND / 10).await;
    }
    let most = emulator.max_calls_in_window(SECOND);
    assert!(most <= CALLS as usize, "{most}");
}
