//! What the page on clusters tells to type is what works.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};

use leadsquared_emulator::Emulator;
use tempfile::TempDir;

use crate::process::{Process, command};

const PAGE: &str = include_str!("../../../../docs/cluster.md");

/// The page's commands, with ports of this test's own in the place of its.
struct Page {
    ports: Vec<(&'static str, u16)>,
    environment: Vec<(String, String)>,
    running: Vec<Process>,
    /// The last to go: the processes' logs are in it.
    folder: TempDir,
}

impl Page {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        std::os::unix::fs::symlink(examples, folder.path().join("examples")).unwrap();
        let free = ["6390", "8787", "50050"].map(|port| {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            (port, listener)
        });
        let ports = free
            .iter()
            .map(|(port, listener)| (*port, listener.local_addr().unwrap().port()));
        Self {
            folder,
            ports: ports.collect(),
            environment: Vec::new(),
            running: Vec::new(),
        }
    }

    fn port(&self, port: &str) -> u16 {
        self.ports
            .iter()
            .find(|(of_page, _)| *of_page == port)
            .unwrap()
            .1
    }

    fn own(&self, text: &str) -> String {
        let ports = self.ports.iter();
        ports.fold(text.to_owned(), |text, (of_page, own)| {
            text.replace(of_page, &own.to_string())
        })
    }

    /// A shell's command, with the command of this crate in its path.
    fn shell(&self, line: &str) -> Command {
        let exe = Path::new(env!("CARGO_BIN_EXE_leadsquared-ballista"));
        let mut path = exe.parent().unwrap().as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        // Its environment is cleaned as all commands' are.
        let clean = command();
        let mut shell = Command::new("sh");
        for (name, value) in clean.get_envs() {
            if value.is_none() {
                shell.env_remove(name);
            }
        }
        shell
            .args(["-c", &self.own(line)])
            .env("PATH", path)
            .envs(self.environment.iter().cloned())
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        shell
    }

    async fn start(&mut self, line: &str) {
        let log = self
            .folder
            .path()
            .join(format!("{}.log", self.running.len()));
        let mut process = Process::start(self.shell(&format!("exec {line}")), &log);
        let ready = ["redis-server", "executor ", "scheduler "]
            .into_iter()
            .find(|word| line.contains(word));
        process
            .says(match ready.unwrap() {
                "redis-server" => "eady to accept connections",
                "scheduler " => "listening on",
                _ => "is ready",
            })
            .await;
        self.running.push(process);
    }
}

/// What is in the fenced blocks of this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let begun = PAGE.split(&fence[..]).skip(1);
    begun
        .map(|rest| rest.split("```").next().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_for_one_machine_load_the_examples() {
    let found = Command::new("redis-server")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if found.is_err() {
        let skipped = "skipped: no redis-server on this machine; install Debian's redis-server";
        assert!(std::env::var_os("CI").is_none(), "{skipped}");
        println!("{skipped}");
        return;
    }
    let mut page = Page::new();
    let emulator = Emulator::builder()
        .listen((Ipv4Addr::LOCALHOST, page.port("8787")).into())
        .keys("access-key", "secret-key")
        .start()
        .await
        .unwrap();
    let [start, submit] = blocks("console")[..] else {
        panic!("the page has other blocks of commands");
    };
    for line in start.lines().filter(|line| !line.is_empty()) {
        if let Some(variables) = line.strip_prefix("export ") {
            let variables = variables
                .split(' ')
                .map(|variable| variable.split_once('=').unwrap());
            let own = variables.map(|(name, value)| (name.to_owned(), page.own(value)));
            let own: Vec<_> = own.collect();
            page.environment.extend(own);
        } else if line == "leadsquared emulate --listen 127.0.0.1:8787 &" {
            // Another crate's command; the emulator is this process's.
        } else {
            page.start(line.strip_suffix(" &").unwrap()).await;
        }
    }
    let output = page.shell(submit).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output
            .status
            .code()
            .is_some_and(|code| code == 0 || code == 3),
        "{output:?}"
    );
    let first = said.lines().next().unwrap();
    assert!(
        first.starts_with("statement ") && first.ends_with(" rows"),
        "{said}"
    );
    assert!(emulator.lead_count() > 100, "{said}");
}
