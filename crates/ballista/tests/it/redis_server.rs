//! A Redis of the test's own.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// A server on a free port of this machine that keeps nothing, and dies with this.
pub(crate) struct RedisServer {
    port: u16,
    password: &'static str,
    process: Child,
    _folder: TempDir,
}

impl RedisServer {
    /// `None`, and a word about it, on a machine without Redis; a failure where CI is set.
    pub(crate) async fn start(password: &'static str) -> Option<Self> {
        let found = Command::new("redis-server")
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        if found.is_err() {
            let skipped = "skipped: no redis-server on this machine; install Debian's redis-server";
            assert!(std::env::var_os("CI").is_none(), "{skipped}");
            println!("{skipped}");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .args(["--requirepass", password])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let up = async {
            while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(20), up).await.unwrap();
        Some(Self {
            port,
            password,
            process,
            _folder: folder,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}", self.password, self.port)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // It is gone with the test in any case.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
