//! Processes of the command, with all that they say.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use tokio::time::{sleep, timeout};

/// Far more than anything takes here.
const PATIENCE: Duration = Duration::from_mins(2);

/// The command, with nothing of this process's environment that it would look at.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadsquared-ballista"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LEADSQUARED_") {
            command.env_remove(name);
        }
    }
    command.env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// What a command says until it ends, which it has to.
pub(crate) fn output(command: &Command) -> Output {
    let seconds = PATIENCE.as_secs().to_string();
    let mut limited = Command::new("timeout");
    limited
        .args(["--kill-after=1", &seconds])
        .arg(command.get_program());
    limited.args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        limited.current_dir(folder);
    }
    let output = limited.output().unwrap();
    assert_ne!(
        output.status.code(),
        Some(124),
        "it never ended: {output:?}"
    );
    output
}

/// A process that runs, and dies with this.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it; all that it says goes into this file.
    pub(crate) fn start(mut command: Command, log: &Path) -> Self {
        let file = File::create(log).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self {
            child: command.spawn().unwrap(),
            log: log.to_owned(),
        }
    }

    /// What it said so far.
    pub(crate) fn said(&self) -> String {
        // A log that is gone says nothing: a second panic would hide the first.
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits for a line with these words, and gives it.
    pub(crate) async fn says(&mut self, words: &str) -> String {
        let line = async {
            loop {
                let said = self.said();
                if let Some(line) = said.lines().find(|line| line.contains(words)) {
                    return line.to_owned();
                }
                assert!(self.child.try_wait().unwrap().is_none(), "it ended: {said}");
                sleep(Duration::from_millis(10)).await;
            }
        };
        let line = timeout(PATIENCE, line).await;
        line.unwrap_or_else(|_| panic!("it never said \"{words}\": {}", self.said()))
    }

    /// Asks it to end, as whoever runs a service does.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Ends it without a chance to do anything more.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, as Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        let end = async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        let end = timeout(PATIENCE, end).await;
        end.unwrap_or_else(|_| panic!("it never ended: {}", self.said()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            println!("--- {}:\n{}", self.log.display(), self.said());
        }
    }
}
