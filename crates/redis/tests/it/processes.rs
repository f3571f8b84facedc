//! Real processes: this test binary, started again.

use std::process::Stdio;

use leadsquared_emulator::Emulator;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::support::{Account, SECOND, connect, deliver};

const TEST: &str = "processes::what_a_process_does";
const VARIABLES: [&str; 6] = [
    "LEADSQUARED_TEST_REDIS",
    "LEADSQUARED_TEST_HOST",
    "LEADSQUARED_TEST_ACCESS_KEY",
    "LEADSQUARED_TEST_SECRET_KEY",
    "LEADSQUARED_TEST_NAME",
    "LEADSQUARED_TEST_LEADS",
];

/// A process that delivers leads, a call each, and ends; killed if it is dropped.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    pub(crate) fn start(redis: &str, emulator: &Emulator, name: &str, leads: usize) -> Self {
        let account = Account::of(emulator);
        let values = [
            redis,
            &account.url,
            &account.access_key,
            &account.secret_key,
            name,
            &leads.to_string(),
        ];
        let child = Command::new(std::env::current_exe().unwrap())
            .args([TEST, "--exact", "--nocapture"])
            .envs(VARIABLES.into_iter().zip(values))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { child }
    }

    /// How many leads it created, and how many of its calls were throttled.
    pub(crate) async fn ended(mut self) -> (usize, usize) {
        let mut lines = BufReader::new(self.child.stdout.take().unwrap()).lines();
        let mut result = None;
        let reading = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                let mut words = line.split_whitespace();
                if words.next() == Some("delivered") {
                    let numbers: Vec<usize> = words.map(|word| word.parse().unwrap()).collect();
                    result = Some((numbers[0], numbers[1]));
                }
            }
        };
        timeout(120 * SECOND, reading).await.unwrap();
        assert!(self.child.wait().await.unwrap().success());
        result.unwrap()
    }

    /// Halts it, or lets it go on.
    pub(crate) fn halt(&self, halt: bool) {
        signal(self.child.id().unwrap(), halt);
    }

    /// Kills it by SIGKILL.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// Halts a process, or lets it go on.
pub(crate) fn signal(process: u32, halt: bool) {
    let signal = if halt { "-STOP" } else { "-CONT" };
    let sent = std::process::Command::new("kill")
        .args([signal, &process.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// No test but what the processes do; without the variables it does nothing.
#[tokio::test]
async fn what_a_process_does() {
    let values = VARIABLES.map(|name| std::env::var(name).ok());
    let [
        Some(redis),
        Some(url),
        Some(access_key),
        Some(secret_key),
        Some(name),
        Some(leads),
    ] = values
    else {
        return;
    };
    let account = Account {
        url,
        access_key,
        secret_key,
    };
    let limiter = connect(&redis, "10/1s", 4).await;
    let summary = deliver(&account, limiter, &name, leads.parse().unwrap()).await;
    assert!(summary.balances() && summary.is_complete(), "{summary:?}");
    // A line of its own, whatever the test harness has written before.
    println!("\ndelivered {} {}", summary.created, summary.throttled);
}
