//! The account's fields, read over HTTP.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use leadsquared_emulator::{Emulator, Fault, KeyPlace, LeadField, ThrottleShape};
use leadsquared_sink::{
    AccountFields, Auth, CallId, Conclusion, Credentials, DailyBudget, FieldsError, FieldsReader,
    HttpTransport, Intent, Journal, JournalError, Limiter, Meaning, SettledRow, SlotLimiter,
};

/// A reader of the account at `host`, with these keys, that has a limiter without a limit to speak of.
fn reader(host: &str, keys: &Credentials, auth: Auth, timeout: Duration) -> FieldsReader {
    let endpoint = host.parse().unwrap();
    let transport = HttpTransport::new(&endpoint, keys, auth, timeout).unwrap();
    let limiter = SlotLimiter::new("1000/1s".parse().unwrap());
    FieldsReader::new(Arc::new(transport), Arc::new(limiter))
}

fn keys(emulator: &Emulator) -> Credentials {
    Credentials::new(emulator.access_key(), emulator.secret_key())
}

fn of(emulator: &Emulator) -> FieldsReader {
    let timeout = Duration::from_secs(30);
    reader(&emulator.url(), &keys(emulator), Auth::Query, timeout)
}

async fn read(emulator: &Emulator) -> Result<AccountFields, FieldsError> {
    of(emulator).read().await
}

/// The reason for which the fields can't be read.
fn unreadable(read: Result<AccountFields, FieldsError>) -> String {
    let error = read.unwrap_err();
    assert!(matches!(error, FieldsError::Unreadable { .. }), "{error:?}");
    error.to_string()
}

#[tokio::test]
async fn they_are_what_the_account_has() {
    let fields = vec![
        LeadField::new("EmailAddress", "Email").unique(),
        LeadField::new("mx_City", "Text").max_length(50).mandatory(),
        LeadField::new("mx_Size", "Select").options(["S", "M"]),
    ];
    let emulator = Emulator::builder().fields(fields).start().await.unwrap();
    for (auth, place) in [
        (Auth::Query, KeyPlace::Query),
        (Auth::Header, KeyPlace::Headers),
    ] {
        let reader = reader(
            &emulator.url(),
            &keys(&emulator),
            auth,
            Duration::from_secs(30),
        );
        let fields = reader.read().await.unwrap();
        assert_eq!(fields.len(), 3);
        assert!(fields.get("EmailAddress").unwrap().unique);
        let city = fields.get("mx_City").unwrap();
        assert_eq!((city.max_length, city.mandatory), (Some(50), true));
        assert_eq!(
            (city.display_name.as_str(), city.data_type.as_str()),
            ("City", "Text")
        );
        assert_eq!(fields.get("mx_Size").unwrap().options, ["S", "M"]);
        assert_eq!(emulator.calls().last().unwrap().keys, place);
    }
    assert!(emulator.calls().iter().all(|call| call.method == "GET"));
}

#[tokio::test]
async fn wrong_keys_are_told_apart_from_everything_else() {
    let emulator = Emulator::start().await.unwrap();
    let wrong = Credentials::new("access-key", "wrong");
    let reader = reader(
        &emulator.url(),
        &wrong,
        Auth::Query,
        Duration::from_secs(30),
    );
    let error = reader.read().await.unwrap_err();
    assert!(
        matches!(error, FieldsError::Unauthorized { status: 401, .. }),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("invalid access credentials"),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains("check the host and the two keys"),
        "{error}"
    );
    assert_eq!(emulator.call_count(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_and_asked_for_once() {
    let emulator = Emulator::start().await.unwrap();
    let answer = |status, body: &str| Fault::answer(status, "application/json", body);
    let cases = [
        (Fault::status(404), "404: The API could not be found"),
        (Fault::status(403), "403"),
        (Fault::status(405), "MXMethodNotAllowedException"),
        (Fault::status(500), "500"),
        (Fault::status(503), "503"),
        (
            Fault::exception(500, "MXSomeException", "no"),
            "MXSomeException: no",
        ),
        (Fault::redirect("http://127.0.0.1:9/"), "a redirect"),
        (Fault::garbage(), "can't be read"),
        (Fault::html(), "can't be read"),
        (Fault::truncated(), "broke"),
        (Fault::reset(), "127.0.0.1"),
        (answer(200, "[]"), "without any field"),
        (answer(200, "[1, 2]"), "without any field"),
        (answer(200, "{}"), "can't be read"),
        (answer(200, ""), "can't be read"),
    ];
    for (fault, words) in cases {
        let calls = emulator.call_count();
        emulator.script_fields(fault.clone());
        let reason = unreadable(read(&emulator).await);
        assert!(reason.contains(words), "{reason:?} for {fault:?}");
        assert_eq!(emulator.call_count(), calls + 1, "{fault:?}");
    }
    assert!(read(&emulator).await.is_ok());
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_not_waited_for() {
    let emulator = Emulator::start().await.unwrap();
    emulator.script_fields(Fault::hang());
    let timeout = Duration::from_millis(100);
    let reader = reader(&emulator.url(), &keys(&emulator), Auth::Query, timeout);
    let reason = unreadable(reader.read().await);
    assert!(reason.contains("within 0.1s"), "{reason}");
}

#[tokio::test]
async fn a_server_that_is_down_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let keys = Credentials::new("a", "b");
    let reader = reader(&host, &keys, Auth::Query, Duration::from_secs(30));
    assert!(unreadable(reader.read().await).contains("can't connect"));
}

#[tokio::test]
async fn a_throttle_is_waited_out_and_learned_from() {
    let emulator = Emulator::builder().no_rate_limit().start().await.unwrap();
    let endpoint = emulator.url().parse().unwrap();
    let timeout = Duration::from_secs(30);
    let transport = HttpTransport::new(&endpoint, &keys(&emulator), Auth::Query, timeout).unwrap();
    let transport = Arc::new(transport);
    let second = Duration::from_secs(1);
    let shapes = [
        ThrottleShape::Status429,
        ThrottleShape::Status403,
        ThrottleShape::Status200,
    ];
    for shape in shapes {
        let limiter = SlotLimiter::new("25/1s".parse().unwrap());
        let reader = FieldsReader::new(Arc::clone(&transport), Arc::new(limiter.clone()));
        let calls = emulator.call_count();
        emulator.script_fields(Fault::throttle_naming(shape, 20, second));
        assert!(reader.read().await.is_ok());
        assert_eq!(emulator.call_count(), calls + 2);
        assert_eq!(limiter.limit(), "20/1s".parse().unwrap());
        assert!(limiter.slots_in_use() > 0, "the call took a slot");
    }
}

#[tokio::test]
async fn an_account_that_goes_on_throttling_is_not_waited_for() {
    let emulator = Emulator::start().await.unwrap();
    let throttle = Fault::throttle(ThrottleShape::Status429);
    emulator.script_fields(throttle.clone().retry_after(Duration::from_mins(5)));
    let reader = of(&emulator).with_patience(Duration::from_secs(20));
    let reason = unreadable(reader.read().await);
    assert_eq!(reason, "the account throttled the call for 20 s");
    assert_eq!(emulator.call_count(), 1);

    let day = Duration::from_hours(24);
    emulator.script_fields(Fault::throttle_naming(
        ThrottleShape::Status429,
        10_000,
        day,
    ));
    let reason = unreadable(read(&emulator).await);
    assert_eq!(reason, "the account's 10000 calls in 24 h are used up");
}

#[tokio::test]
async fn a_limit_without_a_free_slot_is_not_waited_for() {
    let emulator = Emulator::start().await.unwrap();
    let endpoint = emulator.url().parse().unwrap();
    let timeout = Duration::from_secs(30);
    let transport = HttpTransport::new(&endpoint, &keys(&emulator), Auth::Query, timeout).unwrap();
    let limiter = Arc::new(SlotLimiter::new("1/60s".parse().unwrap()));
    let reader =
        FieldsReader::new(Arc::new(transport), limiter).with_patience(Duration::from_millis(100));
    assert!(reader.read().await.is_ok());
    let reason = unreadable(reader.read().await);
    assert_eq!(reason, "the rate limit left no call for it for 0.1 s");
    assert_eq!(emulator.call_count(), 1);
}

#[tokio::test]
async fn each_attempt_counts_against_the_calls_of_a_day() {
    let emulator = Emulator::start().await.unwrap();
    let budget = DailyBudget::new(2);
    let reader = of(&emulator).with_daily_budget(budget.clone());
    reader.read().await.unwrap();
    emulator.script_fields(Fault::status(404));
    reader.read().await.unwrap_err();
    assert_eq!(budget.left(), 0);
    let reason = unreadable(reader.read().await);
    assert_eq!(reason, "the daily budget of 2 calls is used up");
    assert_eq!(emulator.call_count(), 2);
}

/// A journal of calls.
#[derive(Default)]
struct Calls {
    full: bool,
    written: Mutex<Vec<String>>,
}

#[async_trait]
impl Journal for Calls {
    async fn intend(&self, intent: Intent) -> Result<CallId, JournalError> {
        if self.full {
            return Err(JournalError::new("the disk is full"));
        }
        let mut written = self.written.lock().unwrap();
        written.push(format!("intend {}", intent.rows.len()));
        Ok(CallId(7))
    }

    async fn conclude(
        &self,
        call: CallId,
        conclusion: Conclusion,
        rows: Vec<SettledRow>,
    ) -> Result<(), JournalError> {
        let line = format!(
            "{call:?} {:?} {:?} {}",
            conclusion.status,
            conclusion.meaning,
            rows.len()
        );
        self.written.lock().unwrap().push(line);
        Ok(())
    }

    async fn settle(&self, _: Vec<SettledRow>) -> Result<(), JournalError> {
        unreachable!("there is no row")
    }

    async fn flush(&self) -> Result<(), JournalError> {
        Ok(())
    }
}

#[tokio::test]
async fn each_attempt_is_written_down_before_it_is_made() {
    let emulator = Emulator::start().await.unwrap();
    emulator.script_fields(Fault::throttle(ThrottleShape::Status429));
    let calls = Arc::new(Calls::default());
    let reader = of(&emulator).with_journal(Arc::clone(&calls) as Arc<dyn Journal>);
    reader.read().await.unwrap();
    emulator.script_fields(Fault::reset());
    reader.read().await.unwrap_err();
    let ends = [
        (Some(429), Meaning::Throttled),
        (Some(200), Meaning::Rows),
        (None, Meaning::Lost),
    ];
    let expected = ends.iter().flat_map(|(status, meaning)| {
        [
            "intend 0".to_owned(),
            format!("CallId(7) {status:?} {meaning:?} 0"),
        ]
    });
    assert_eq!(*calls.written.lock().unwrap(), expected.collect::<Vec<_>>());

    let full = Arc::new(Calls {
        full: true,
        ..Calls::default()
    });
    let sent = emulator.call_count();
    let error = of(&emulator).with_journal(full).read().await.unwrap_err();
    assert_eq!(error.to_string(), "the disk is full");
    assert_eq!(
        emulator.call_count(),
        sent,
        "nothing is sent that can't be written down"
    );
}

/// A server that answers once with the request that it got, as an account with such a field.
fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let read = stream.read(&mut request).unwrap();
        let request = String::from_utf8_lossy(&request[..read]).into_owned();
        let body = serde_json::json!([{"SchemaName": "echo", "DisplayName": request}]).to_string();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length:";
        stream
            .write_all(format!("{head} {}\r\n\r\n{body}", body.len()).as_bytes())
            .unwrap();
    });
    host
}

#[tokio::test]
async fn keys_that_the_server_repeats_are_not_in_the_fields() {
    let keys = Credentials::new("acc$ess-k3y", "s3cret+k3y");
    for auth in [Auth::Query, Auth::Header] {
        let reader = reader(&echo(), &keys, auth, Duration::from_secs(30));
        assert!(!format!("{reader:?}").contains("k3y"));
        let fields = reader.read().await.unwrap();
        let saved = serde_json::to_string(&fields).unwrap();
        assert!(saved.contains("LeadsMetaData.Get"), "{saved}");
        assert!(!saved.contains("k3y"), "{saved}");
    }
}
