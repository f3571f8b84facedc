//! A Redis of the test's own.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::Client;
use redis::aio::MultiplexedConnection;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// A server on a free port of this machine that keeps nothing, and dies with this.
pub(crate) struct RedisServer {
    port: u16,
    arguments: Vec<String>,
    folder: TempDir,
    process: Option<Child>,
}

/// One, or the end of the test where there is none to be had.
macro_rules! redis_or_skip {
    ($($arguments:expr),*) => {
        match $crate::redis_server::RedisServer::start(&[$($arguments),*]).await {
            Some(redis) => redis,
            None => return,
        }
    };
}
pub(crate) use redis_or_skip;

impl RedisServer {
    /// `None`, and a word about it, on a machine without Redis; a failure where CI is set.
    pub(crate) async fn start(arguments: &[&str]) -> Option<Self> {
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
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut server = Self {
            port: free.local_addr().unwrap().port(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            folder: TempDir::new().unwrap(),
            process: None,
        };
        drop(free);
        server.run().await;
        Some(server)
    }

    /// Starts it, on the port that it had before.
    pub(crate) async fn run(&mut self) {
        let port = self.port.to_string();
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no"])
            .args(&self.arguments)
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(process);
        let up = async {
            while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
                .await
                .is_err()
            {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(20), up).await.unwrap();
    }

    /// Ends it without a chance to say good-bye.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Halts it, or lets it go on: connections stay open, and nothing is answered.
    pub(crate) fn halt(&self, halt: bool) {
        crate::processes::signal(self.process.as_ref().unwrap().id(), halt);
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) async fn connection(&self) -> MultiplexedConnection {
        let client = Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
