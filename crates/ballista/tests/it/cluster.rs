//! A cluster on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use leadsquared_emulator::{Emulator, KeyPlace};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Process, command, output};
use crate::redis_server::RedisServer;

/// No process may ever say it.
pub(crate) const REDIS_PASSWORD: &str = "redis-s3cret";

/// How the keys of each executor travel: so a call tells which executor made it.
const AUTH: [&str; 2] = ["query", "header"];

/// A scheduler, two executors, their Redis and their folders.
pub(crate) struct Cluster {
    pub(crate) scheduler: Process,
    pub(crate) executors: Vec<Process>,
    address: String,
    redis: RedisServer,
    /// The last to go: the processes' logs are in it.
    pub(crate) folder: TempDir,
}

/// A cluster that delivers into these accounts, by name, or the end of the test where there can't be
/// one.
macro_rules! cluster_or_skip {
    ($($account:literal: $emulator:expr),*) => {
        cluster_or_skip!($crate::cluster::Size::default(); $($account: $emulator),*)
    };
    ($size:expr; $($account:literal: $emulator:expr),*) => {
        match $crate::cluster::Cluster::start($size, &[$(($account, $emulator)),*]).await {
            Some(cluster) => cluster,
            None => return,
        }
    };
}
pub(crate) use cluster_or_skip;

/// What a cluster is started with.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// How many tasks an executor runs at once.
    pub(crate) slots: u32,
    /// When an executor is taken for dead.
    pub(crate) executor_timeout: &'static str,
}

impl Default for Size {
    fn default() -> Self {
        Self {
            slots: 2,
            executor_timeout: "8s",
        }
    }
}

impl Cluster {
    pub(crate) async fn start(size: Size, accounts: &[(&str, &Emulator)]) -> Option<Self> {
        let redis = RedisServer::start(REDIS_PASSWORD).await?;
        let folder = TempDir::new().unwrap();
        let mut scheduler = command();
        scheduler.args([
            "scheduler",
            "--bind",
            "127.0.0.1:0",
            "--executor-timeout",
            size.executor_timeout,
        ]);
        let mut scheduler = Process::start(scheduler, &folder.path().join("scheduler.log"));
        let line = scheduler.says("listening on").await;
        let address = line.rsplit(' ').next().unwrap().to_owned();
        let mut cluster = Self {
            scheduler,
            executors: Vec::new(),
            address,
            redis,
            folder,
        };
        for (place, auth) in AUTH.iter().enumerate() {
            let config = cluster.config(place, auth, accounts);
            let executor = cluster.start_executor(place, &config, size.slots);
            cluster.executors.push(executor);
        }
        for executor in &mut cluster.executors {
            executor.says("is ready").await;
        }
        Some(cluster)
    }

    /// The accounts as an executor has them.
    fn config(&self, place: usize, auth: &str, accounts: &[(&str, &Emulator)]) -> PathBuf {
        let sections = accounts.iter().map(|(name, emulator)| {
            let keys = self.folder.path().join(format!("{name}.keys"));
            let (access, secret) = (emulator.access_key(), emulator.secret_key());
            write_private(
                &keys,
                &format!("access_key = {access}\nsecret_key = {secret}\n"),
            );
            format!(
                "[accounts.{name}]\nhost = \"{}\"\nauth = \"{auth}\"\nkeys_file = \"{name}.keys\"\n",
                emulator.url()
            )
        });
        let text: String = sections.collect();
        let path = self.folder.path().join(format!("config-{place}.toml"));
        fs::write(&path, text).unwrap();
        path
    }

    fn start_executor(&self, place: usize, config: &Path, slots: u32) -> Process {
        let mut executor = command();
        executor
            .args(["executor", "--scheduler", &self.address, "--processes", "2"])
            .args(["--slots", &slots.to_string(), "--outcomes"])
            .arg(self.outcomes())
            .arg("--config")
            .arg(config)
            .arg("--work-dir")
            .arg(self.made(&format!("work-{place}")))
            .env("LEADSQUARED_REDIS_URL", self.redis.url());
        let log = self.folder.path().join(format!("executor-{place}.log"));
        Process::start(executor, &log)
    }

    fn made(&self, folder: &str) -> PathBuf {
        let folder = self.folder.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    pub(crate) fn outcomes(&self) -> PathBuf {
        self.made("outcomes")
    }

    /// A submit of this SQL, which runs.
    pub(crate) fn submitting(&self, log: &str, arguments: &[&str], sql: &str) -> Process {
        let mut submit = command();
        submit
            .args(["submit", "--scheduler", &self.address, "--format", "json"])
            .arg("--outcomes")
            .arg(self.outcomes())
            .args(arguments)
            .args(["-e", sql])
            .current_dir(self.folder.path());
        Process::start(submit, &self.folder.path().join(log))
    }

    /// A submit of this SQL, when it has ended.
    pub(crate) fn submit(&self, arguments: &[&str], sql: &str) -> Output {
        self.submit_into(&self.outcomes(), arguments, sql)
    }

    /// The same with this folder of outcomes.
    pub(crate) fn submit_into(&self, outcomes: &Path, arguments: &[&str], sql: &str) -> Output {
        let mut submit = command();
        submit
            .args(["submit", "--scheduler", &self.address, "--outcomes"])
            .arg(outcomes)
            .args(arguments)
            .args(["-e", sql])
            .current_dir(self.folder.path());
        output(&submit)
    }

    /// Everything that any of its processes said.
    pub(crate) fn said(&self) -> String {
        let executors = self.executors.iter().map(Process::said);
        executors.fold(self.scheduler.said(), |said, executor| said + &executor)
    }
}

/// Which executor made the last call.
pub(crate) fn delivering(emulator: &Emulator) -> usize {
    match emulator.calls().last().unwrap().keys {
        KeyPlace::Query => 0,
        KeyPlace::Headers => 1,
        other => panic!("a call with its keys in {other:?}"),
    }
}

/// The JSON objects that a submit printed.
pub(crate) fn objects(said: &str) -> Vec<Value> {
    let lines = said.lines().filter(|line| line.starts_with('{'));
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The number of rows with this outcome, by a report.
pub(crate) fn count(report: &Value, outcome: &str) -> u64 {
    report[outcome].as_u64().unwrap()
}

/// Asserts that the report's outcomes add up to its rows.
#[track_caller]
pub(crate) fn assert_balanced(report: &Value) {
    let outcomes = [
        "created",
        "created_earlier",
        "duplicate",
        "rejected",
        "unconfirmed",
        "not_sent",
    ];
    let sum: u64 = outcomes.iter().map(|outcome| count(report, outcome)).sum();
    assert_eq!(sum, count(report, "read"), "{report}");
}

fn write_private(path: &Path, text: &str) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;

    let mut options = fs::OpenOptions::new();
    let file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    file.unwrap().write_all(text.as_bytes()).unwrap();
}
