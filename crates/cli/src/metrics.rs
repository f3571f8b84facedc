//! A page of metrics for Prometheus, while a delivery runs.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::talk::Talk;

/// Bounds of the latency histogram, in seconds: from a quick answer to the default time-out.
const LATENCY: [f64; 11] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0];
/// What a scraper expects: the text format of Prometheus.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A server that ends when this is dropped.
pub(crate) struct Page(JoinHandle<()>);

impl Drop for Page {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Serves `/metrics` at `address`, and says where.
pub(crate) async fn serve(address: SocketAddr, talk: &Talk) -> Result<Page> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("duration_seconds".to_owned()), &LATENCY)?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder)
        .map_err(|_| anyhow::anyhow!("metrics are recorded elsewhere in this process already"))?;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("metrics can't be served at {address}; name another address"))?;
    let address = listener.local_addr()?;
    let page = {
        let handle = handle.clone();
        move || std::future::ready(([(CONTENT_TYPE, TEXT)], handle.render()))
    };
    let app = Router::new().route("/metrics", get(page));
    talk.say(format_args!("metrics are at http://{address}/metrics"));
    Ok(Page(tokio::spawn(async move {
        let upkeep = async {
            loop {
                // Histograms keep their samples until they are looked at.
                tokio::time::sleep(Duration::from_secs(5)).await;
                handle.run_upkeep();
            }
        };
        tokio::select! {
            // It goes on until it is dropped.
            _ = axum::serve(listener, app) => {}
            () = upkeep => {}
        }
    })))
}
