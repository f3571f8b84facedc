//! Connections: accepted, served, and cut when a fault says so.

use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::fault::Cut;
use crate::shared::Shared;

/// Ends the connection that it belongs to without an answer.
#[derive(Clone)]
pub(crate) struct KillSwitch(watch::Sender<Option<Cut>>);

impl KillSwitch {
    pub(crate) fn cut(&self, cut: Cut) {
        self.0.send_replace(Some(cut));
    }
}

/// Accepts connections until the emulator stops, then cuts those that are left.
pub(crate) async fn serve(listener: TcpListener, router: Router, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = shared.stopped() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, router.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            },
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, router: Router) {
    let (kill, mut killed) = watch::channel(None);
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "answers may be held back by Nagle's algorithm");
    }
    let service = TowerToHyperService::new(router.layer(Extension(KillSwitch(kill))));
    let mut served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let cut = tokio::select! {
        biased;
        Ok(cut) = killed.wait_for(Option::is_some) => *cut,
        served = &mut served => {
            if let Err(error) = served {
                tracing::debug!(%error, "a connection ended early");
            }
            return;
        }
    };
    let stream = served.into_parts().io.into_inner();
    if cut == Some(Cut::Reset)
        && let Err(error) = stream.set_zero_linger()
    {
        tracing::warn!(%error, "a reset became a close");
    }
}
