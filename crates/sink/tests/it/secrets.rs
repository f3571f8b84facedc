//! A secret never appears.

use leadsquared_emulator::{Emulator, Fault};
use leadsquared_sink::{Credentials, HttpTransport, SinkConfig};

use crate::support::{deliver, hurried, phones, to};

const ACCESS: &str = "acc$ess-k3y";
const SECRET: &str = "s3cret+k3y";

#[track_caller]
fn assert_clean(text: &str) {
    for key in [ACCESS, SECRET, "acc%24ess-k3y", "s3cret%2Bk3y"] {
        assert!(!text.contains(key), "{text}");
    }
}

#[tokio::test]
async fn a_server_that_repeats_the_keys_is_not_quoted() {
    let emulator = Emulator::builder()
        .no_rate_limit()
        .keys(ACCESS, SECRET)
        .start()
        .await
        .unwrap();
    let echo = format!("no such page: /Create?accessKey=acc%24ess-k3y&secretKey={SECRET}");
    emulator.script(Fault::answer(404, "text/html", echo));
    let delivered = deliver(to(&emulator), vec![phones(0..2)]).await;
    assert_clean(&format!(
        "{:?} {:?}",
        delivered.result,
        delivered.seen.rows()
    ));
    assert_clean(&delivered.result.unwrap_err().to_string());
}

#[tokio::test]
async fn errors_of_the_network_dont_show_the_address_with_the_keys() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let config = hurried(SinkConfig::new(host, Credentials::new(ACCESS, SECRET)));
    let delivered = deliver(config, vec![phones(0..1)]).await;
    assert_clean(&format!(
        "{:?} {:?}",
        delivered.result,
        delivered.seen.rows()
    ));
}

#[test]
fn debug_shows_nothing() {
    let credentials = Credentials::new(ACCESS, SECRET);
    assert_clean(&format!("{credentials:?}"));
    let endpoint = "http://127.0.0.1:1".parse().unwrap();
    let header = HttpTransport::new(
        &endpoint,
        &Credentials::new("a", "b\n"),
        leadsquared_sink::Auth::Header,
        std::time::Duration::from_secs(1),
    );
    assert!(header.is_err());
}
