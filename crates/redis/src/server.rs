//! The way to Redis: one connection, a time-out on all of it, and errors without secrets.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, FromRedisValue, ScriptInvocation};
use tokio::time::timeout;

use crate::RedisError;
use crate::failure::Failure;

/// How long Redis may take for anything; later it counts as gone.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// An address, and what it takes to connect to it.
pub(crate) struct Server {
    client: Client,
}

impl Server {
    pub(crate) fn new(url: &str) -> Result<Self, RedisError> {
        let client = Client::open(url).map_err(|_| RedisError::Address)?;
        if matches!(
            client.get_connection_info().addr(),
            ConnectionAddr::TcpTls { .. }
        ) {
            provide_cryptography();
        }
        Ok(Self { client })
    }

    /// The host and port, or the path: nothing secret.
    pub(crate) fn address(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    pub(crate) async fn connect(&self) -> Result<MultiplexedConnection, Failure> {
        // The time-outs are ours, around everything, name resolution and TLS included.
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let connecting = self
            .client
            .get_multiplexed_async_connection_with_config(&config);
        self.within_patience(connecting).await
    }

    pub(crate) async fn invoke<T: FromRedisValue>(
        &self,
        connection: &mut MultiplexedConnection,
        call: &ScriptInvocation<'_>,
    ) -> Result<T, Failure> {
        // Sends the hash, and the script itself if Redis doesn't know it.
        self.within_patience(call.invoke_async(connection)).await
    }

    /// How long it has been up; `None` if it won't tell.
    pub(crate) async fn uptime(&self, connection: &mut MultiplexedConnection) -> Option<Duration> {
        let mut command = redis::cmd("INFO");
        command.arg("server");
        let asking = command.query_async::<String>(connection);
        let info = self.within_patience(asking).await.ok()?;
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("uptime_in_seconds:"))?;
        Some(Duration::from_secs(line.trim().parse().ok()?))
    }

    async fn within_patience<T>(
        &self,
        doing: impl Future<Output = redis::RedisResult<T>>,
    ) -> Result<T, Failure> {
        match timeout(PATIENCE, doing).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => {
                let cause = self.without_password(&error.to_string());
                Err(Failure::new(&error, &cause))
            }
            Err(_) => Err(Failure::passing("no answer within a second")),
        }
    }

    /// Whatever the library or the server wrote, the password is not repeated.
    fn without_password(&self, text: &str) -> String {
        let info = self.client.get_connection_info();
        match info.redis_settings().password() {
            Some(password) if !password.is_empty() => text.replace(password, "…"),
            _ => text.to_owned(),
        }
    }
}

/// Chooses the cryptography for TLS, if the program has not.
///
/// Without it, rustls panics where two of them are compiled in and none is chosen.
fn provide_cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only if somebody else was faster, which is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_writes_is_without_the_password() {
        let server = Server::new("redis://user:s3%2Fcret@host:1").unwrap();
        assert_eq!(server.address(), "host:1");
        assert_eq!(
            server.without_password("ERR no s3/cret here"),
            "ERR no … here"
        );
    }
}
