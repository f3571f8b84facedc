//! Statements that fail, are given up, or have nothing to do: what was sent is known all the same.

use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, Schema};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use futures::StreamExt as _;
use leadsquared_datafusion::{Account, Accounts, DeliveryOptions, LeadsError, LeadsTable};
use leadsquared_emulator::{Emulator, Fault};
use leadsquared_sink::{Credentials, MemoryClaims, SinkConfig, StopReason, Summary};

use super::deliver::{
    Kept, Place, assert_whole, created, emulator, eventually, how_many, ids, insert, kept, leads,
    leads_from, ours, query, run, session, settings, table,
};

/// Why a statement stopped, and its books.
fn stopped(error: &DataFusionError) -> (&StopReason, &Summary) {
    match ours(error) {
        LeadsError::Stopped {
            reason, summary, ..
        } => (reason, summary),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn wrong_keys_cost_one_call_and_every_row_that_was_read_is_in_the_outcomes() {
    let emulator = emulator().start().await.unwrap();
    let keys = Credentials::new("wrong-access", "wrong-secret");
    let config = SinkConfig::new(emulator.url(), keys).build().unwrap();
    let place = Place::of(emulator, Account::new(config)).await;

    let error = place.insert(&leads(5_000)).await.unwrap_err();
    let (reason, summary) = stopped(&error);
    assert!(matches!(reason, StopReason::Unauthorized { status, .. } if *status == 401));
    let text = format!("{error} {error:?}");
    assert!(!text.contains("wrong-secret") && !text.contains("wrong-access"));

    assert_eq!(place.emulator.call_count(), 1);
    let kept = place.kept().await;
    assert!(summary.read > 0 && summary.read < 5_000, "{summary:?}");
    assert_eq!(summary.not_sent, summary.read);
    assert_whole(&kept, summary.read);
    assert_eq!(how_many(&kept, "not_sent"), kept.len());
}

#[tokio::test]
async fn a_server_that_is_down_stops_a_statement_and_nothing_is_sent() {
    let place = Place::new().await;
    place.emulator.shutdown().await;

    let error = place.insert(&leads(500)).await.unwrap_err();
    let (reason, summary) = stopped(&error);
    assert!(matches!(reason, StopReason::GaveUp { attempts: 3, .. }));
    let kept = place.kept().await;
    assert_whole(&kept, summary.read);
    assert_eq!(how_many(&kept, "not_sent"), kept.len());
}

#[tokio::test]
async fn a_query_that_fails_midway_fails_with_its_own_error_and_keeps_what_was_sent() {
    let place = Place::new().await;
    let score = "100 / (value - 2001)";
    let alone = run(&place.session, &query(5_000, score)).await.unwrap_err();

    let error = place.insert(&leads_from(5_000, score)).await.unwrap_err();
    assert_eq!(error.to_string(), alone.to_string());
    assert_eq!(
        std::mem::discriminant(&error),
        std::mem::discriminant(&alone)
    );

    let kept = place.kept().await;
    assert_whole(&kept, 2_000);
    assert_eq!(created(&kept), place.ids());
    // The queue holds eight calls, so that most had their answer by then.
    assert!(how_many(&kept, "created") >= 1_000);
    // What waited in it is not sent: what is wrong may be wrong with it.
    assert!(how_many(&kept, "not_sent") > 0);
}

#[tokio::test]
async fn a_query_that_panics_midway_keeps_what_was_sent() {
    let place = Place::new().await;
    let udf = create_udf(
        "explode",
        vec![DataType::Int64],
        DataType::Int64,
        Volatility::Volatile,
        Arc::new(|values| {
            let array: ArrayRef = values[0].to_array(1).unwrap();
            let values = datafusion::common::cast::as_int64_array(&array).unwrap();
            assert!(values.iter().all(|value| value < Some(2_001)), "boom");
            Ok(ColumnarValue::Array(array))
        }),
    );
    place.session.register_udf(udf);

    let failed = place.insert(&leads_from(5_000, "explode(value)")).await;
    let error = failed.unwrap_err();
    assert!(matches!(error, DataFusionError::Execution(_)), "{error:?}");
    let kept = place.kept_in_the_end().await;
    assert_whole(&kept, 2_000);
    assert_eq!(created(&kept), place.ids());
    assert!(how_many(&kept, "created") >= 1_000);
}

/// Checks what a statement of 5,000 rows leaves that was given up in its middle.
async fn assert_given_up(place: &Place) {
    let kept = place.kept_in_the_end().await;
    let calls = place.emulator.call_count();
    assert!(calls < 50, "{calls} of 100 calls were made");
    assert_whole(&kept, kept.len() as u64);
    assert_eq!(created(&kept), place.ids());
    assert!(how_many(&kept, "created") > 0);
    assert!(how_many(&kept, "not_sent") > 0);
    assert_eq!(
        how_many(&kept, "created") + how_many(&kept, "not_sent"),
        kept.len()
    );
    // Whatever was in flight had its answer.
    place.emulator.shutdown().await;
    assert_eq!(place.emulator.call_count(), calls);
    assert!(place.files("draft").is_empty());
}

#[tokio::test]
async fn a_statement_whose_future_is_dropped_sends_nothing_more_and_knows_what_it_sent() {
    let place = Place::slow(|account| account).await;
    let statement = place.start(&leads(5_000));
    place.emulator.wait_for_calls(2).await;
    statement.abort();
    assert!(statement.await.unwrap_err().is_cancelled());
    assert_given_up(&place).await;
}

#[tokio::test]
async fn a_statement_whose_stream_is_dropped_sends_nothing_more_and_knows_what_it_sent() {
    let place = Place::slow(|account| account).await;
    let frame = place.session.sql(&leads(5_000)).await.unwrap();
    let mut stream = frame.execute_stream().await.unwrap();
    tokio::select! {
        _ = stream.next() => panic!("it ended"),
        () = place.emulator.wait_for_calls(2) => {}
    }
    drop(stream);
    assert_given_up(&place).await;
}

#[tokio::test]
async fn a_statement_that_nobody_executes_does_nothing() {
    let place = Place::new().await;
    let frame = place.session.sql(&leads(100)).await.unwrap();
    let stream = frame.execute_stream().await.unwrap();
    drop(stream);
    tokio::task::yield_now().await;
    assert_eq!(place.emulator.call_count(), 0);
    assert!(place.files("parquet").is_empty() && place.files("draft").is_empty());
}

/// A statement of which every other row has no phone number.
fn half_rejected(into: &str) -> String {
    format!(
        "INSERT INTO {into} SELECT CASE WHEN value % 2 = 0 THEN CAST(9000000000 + value AS VARCHAR) END, \
         value FROM generate_series(1, 5000)"
    )
}

#[tokio::test]
async fn too_many_rejected_rows_stop_a_statement_if_a_most_is_set() {
    let place = Place::new().await;
    let most = "OPTIONS ('max_rejects' '120')";
    table(&place.session, "strict", "main", most).await;

    let error = place.insert(&half_rejected("strict")).await.unwrap_err();
    let (reason, summary) = stopped(&error);
    assert!(matches!(reason, StopReason::TooManyRejects { rejected, .. } if *rejected > 120));
    let kept = place.kept().await;
    assert!(summary.read < 5_000);
    assert_whole(&kept, summary.read);
    assert_eq!(created(&kept), place.ids());
}

#[tokio::test]
async fn without_a_most_rejected_rows_are_no_error() {
    let place = Place::new().await;
    let count = place.insert(&half_rejected("leads")).await.unwrap();
    assert_eq!(count, 2_500);
    let kept = place.kept().await;
    assert_whole(&kept, 5_000);
    assert_eq!(how_many(&kept, "rejected"), 2_500);
}

/// Delivers 200 rows, of whose calls the second is done and its answer is lost.
async fn with_a_lost_answer(ambiguous: &str) -> (u64, Vec<Kept>, Place) {
    let place = Place::new().await;
    let options = format!("OPTIONS ('ambiguous' '{ambiguous}')");
    table(&place.session, "careful", "main", &options).await;
    let faults = [Fault::delay(Duration::ZERO), Fault::truncated()];
    place.emulator.script_all(faults);
    let statement = leads(200).replace("INTO leads", "INTO careful");
    let count = place.insert(&statement).await.unwrap();
    assert_eq!(place.emulator.faults_left(), 0);
    assert_eq!(place.emulator.lead_count(), 200);
    let kept = place.kept().await;
    assert_whole(&kept, 200);
    (count, kept, place)
}

#[tokio::test]
async fn a_call_without_an_answer_goes_again_if_that_is_the_tables_option() {
    let (count, kept, place) = with_a_lost_answer("retry").await;
    assert_eq!(count, 200);
    assert_eq!(how_many(&kept, "created"), 150);
    assert_eq!(how_many(&kept, "created_earlier"), 50);
    assert_eq!(place.emulator.call_count(), 5);
}

#[tokio::test]
async fn a_call_without_an_answer_is_held_if_that_is_the_tables_option() {
    let (count, kept, place) = with_a_lost_answer("hold").await;
    assert_eq!(count, 150);
    assert_eq!(how_many(&kept, "created"), 150);
    assert_eq!(how_many(&kept, "unconfirmed"), 50);
    assert_eq!(place.emulator.call_count(), 4);
}

#[tokio::test]
async fn outcomes_whose_folder_is_taken_away_fail_the_statement_with_its_path() {
    let place = Place::slow(|account| account).await;
    let statement = place.start(&leads(300));
    place.emulator.wait_for_calls(2).await;
    std::fs::remove_dir_all(place.outcomes.path()).unwrap();
    let error = statement.await.unwrap().unwrap_err();
    let LeadsError::Outcomes { path, .. } = ours(&error) else {
        panic!("{error:?}");
    };
    assert!(path.starts_with(place.outcomes.path()));
    // What was under way was delivered.
    assert_eq!(place.emulator.lead_count(), 300);
}

#[tokio::test]
async fn without_its_folder_a_statement_sends_nothing() {
    let place = Place::new().await;
    std::fs::remove_dir_all(place.outcomes.path()).unwrap();
    let error = place.insert(&leads(300)).await.unwrap_err();
    assert!(matches!(ours(&error), LeadsError::Outcomes { .. }));
    assert_eq!(place.emulator.call_count(), 0);
}

#[tokio::test]
async fn a_query_without_rows_makes_no_call() {
    let place = Place::new().await;
    for condition in ["value > 1000", "false"] {
        let statement = format!("{} WHERE {condition}", leads(500));
        assert_eq!(place.insert(&statement).await.unwrap(), 0);
    }
    assert_eq!(place.emulator.call_count(), 0);
    assert_eq!(place.files("parquet").len(), 2);
    assert!(place.kept().await.is_empty());
}

#[tokio::test]
async fn a_table_without_columns_is_an_error() {
    let none = LeadsTable::try_new(Arc::new(Schema::empty()), "main", DeliveryOptions::new());
    assert!(matches!(none, Err(LeadsError::Columns(_))));
    let place = Place::new().await;
    let create = "CREATE EXTERNAL TABLE none STORED AS LEADSQUARED LOCATION 'leadsquared://main'";
    let error = run(&place.session, create).await.unwrap_err();
    assert!(matches!(ours(&error), LeadsError::Columns(_)));
}

#[tokio::test]
async fn a_statement_that_is_given_again_and_fails_has_its_outcomes_beside_those_that_are_there() {
    let place = Place::new().await;
    place.name("nightly").await;
    assert_eq!(place.insert(&leads(100)).await.unwrap(), 100);
    let first = place.kept().await;
    place.emulator.script(Fault::status(401));
    let error = place.insert(&leads(100)).await.unwrap_err();
    let (reason, _) = stopped(&error);
    assert!(matches!(reason, StopReason::Unauthorized { .. }));
    let kept = place.kept().await;
    assert_eq!(kept.len(), 200);
    assert!(first.iter().all(|row| kept.contains(row)));
    assert_eq!(created(&kept), place.ids());
    assert!(place.files("draft").is_empty());
}

#[tokio::test]
async fn each_attempt_that_fails_tells_of_its_leads_until_one_succeeds_that_knows_them() {
    // Half of a hundred rows get in, and then the query fails; twice.
    let failing = "INSERT INTO leads SELECT CAST(i AS VARCHAR), 10 / (99 - i) \
                   FROM (SELECT unnest(generate_series({from}, 99)) AS i)";
    for remembers in [false, true] {
        let place = Place::with(emulator(), |account| {
            if remembers {
                account.with_claims(Arc::new(MemoryClaims::default()))
            } else {
                account
            }
        })
        .await;
        run(&place.session, "SET datafusion.execution.batch_size = 50")
            .await
            .unwrap();
        place.name("nightly").await;
        for from in ["0", "100 - 100"] {
            place
                .insert(&failing.replace("{from}", from))
                .await
                .unwrap_err();
        }
        let kept = place.kept().await;
        assert_eq!(created(&kept), place.ids());
        assert_eq!(place.files("parquet").len(), 2);

        let good = failing.replace("99 - i", "99").replace("{from}", "0");
        place.insert(&good).await.unwrap();
        let kept = place.kept().await;
        if remembers {
            assert_whole(&kept, 100);
            assert_eq!(place.files("parquet").len(), 1);
        } else {
            assert_eq!(created(&kept), place.ids());
            assert_eq!(place.files("parquet").len(), 3);
        }
    }
}

#[tokio::test]
async fn statements_of_two_accounts_have_two_files_though_they_have_one_name() {
    let place = Place::new().await;
    let other = Place::new().await;
    let both = Accounts::new()
        .with("main", account(&place.emulator))
        .with("other", account(&other.emulator));
    let session = session(both, &place.outcomes);
    table(&session, "leads", "main", "").await;
    table(&session, "others", "other", "").await;
    run(&session, "SET leadsquared.statement = 'nightly'")
        .await
        .unwrap();
    let (into_one, into_other) = (leads(100), leads(100).replace("INTO leads", "INTO others"));
    let (one, two) = tokio::join!(insert(&session, &into_one), insert(&session, &into_other));
    assert_eq!((one.unwrap(), two.unwrap()), (100, 100));
    assert_eq!(kept(&session).await.len(), 200);
}

#[tokio::test]
async fn an_input_that_cant_be_read_is_no_reason_to_run_a_statement_again() {
    let place = Place::new().await;
    let udf = create_udf(
        "unreadable",
        vec![DataType::Int64],
        DataType::Int64,
        Volatility::Volatile,
        Arc::new(|_| Err(DataFusionError::IoError(std::io::Error::other("disk full")))),
    );
    place.session.register_udf(udf);
    let failed = place.insert(&leads_from(100, "unreadable(value)")).await;
    let error = failed.unwrap_err();
    assert!(matches!(error, DataFusionError::External(_)), "{error:?}");
    assert!(error.to_string().contains("disk full"), "{error}");
    assert_eq!(place.emulator.call_count(), 0);
}

#[tokio::test]
async fn a_statement_leaves_the_outcomes_of_others_alone_whose_names_begin_as_its_own() {
    let place = Place::slow(|account| account).await;
    place.name("nightly.north").await;
    let first = place.start(&leads(300));
    place.emulator.wait_for_calls(2).await;
    place.name("nightly").await;
    let other = place.insert(&format!("{} WHERE false", leads(1))).await;
    assert_eq!(other.unwrap(), 0);
    assert_eq!(first.await.unwrap().unwrap(), 300);
    let kept = place.kept().await;
    assert_whole(&kept, 300);
    assert!(kept.iter().all(|kept| kept.statement == "nightly.north"));
}

/// The limit of accounts whose statements run at once.
const WINDOW: Duration = Duration::from_millis(500);

async fn limited() -> Emulator {
    Emulator::builder()
        .rate_limit(5, WINDOW)
        .start()
        .await
        .unwrap()
}

fn account(emulator: &Emulator) -> Account {
    let settings = settings(emulator).with_rate_limit("5/500ms".parse().unwrap());
    Account::new(settings.build().unwrap())
}

/// Two statements of five calls each that have leads of their own.
fn two() -> (String, String) {
    (leads(250), leads(250).replace("9000000000", "8000000000"))
}

fn throttled(emulator: &Emulator) -> usize {
    let calls = emulator.calls().into_iter();
    calls.filter(|call| call.throttled).count()
}

#[tokio::test]
async fn two_statements_at_once_share_the_accounts_limit() {
    let emulator = limited().await;
    let account = account(&emulator);
    let place = Place::of(emulator, account).await;
    let (one, other) = two();
    let (one, other) = tokio::join!(place.insert(&one), place.insert(&other));
    assert_eq!((one.unwrap(), other.unwrap()), (250, 250));
    assert!(place.emulator.max_calls_in_window(WINDOW) <= 5);
    assert_eq!(throttled(&place.emulator), 0);
    assert_eq!(created(&place.kept().await), place.ids());
}

#[tokio::test]
async fn two_sessions_with_clones_of_an_account_share_its_limit() {
    let emulator = limited().await;
    let accounts = Accounts::new().with("main", account(&emulator));
    let counts = at_once(accounts.clone(), accounts).await;
    assert_eq!(counts, (250, 250));
    assert!(emulator.max_calls_in_window(WINDOW) <= 5);
    assert_eq!(throttled(&emulator), 0);
    assert_eq!(ids(&emulator).len(), 500);
}

#[tokio::test]
async fn two_accounts_that_were_made_apart_pass_the_limit_together() {
    let emulator = limited().await;
    let apart = || Accounts::new().with("main", account(&emulator));
    let counts = at_once(apart(), apart()).await;
    assert_eq!(counts, (250, 250));
    assert!(throttled(&emulator) > 0);
}

/// Runs two statements at once in two sessions.
async fn at_once(one: Accounts, other: Accounts) -> (u64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let outcomes = leadsquared_datafusion::OutcomesFolder::create(folder.path()).unwrap();
    let sessions = (session(one, &outcomes), session(other, &outcomes));
    table(&sessions.0, "leads", "main", "").await;
    table(&sessions.1, "leads", "main", "").await;
    let (one, other) = two();
    let counts = tokio::join!(insert(&sessions.0, &one), insert(&sessions.1, &other));
    eventually(|| std::fs::read_dir(folder.path()).unwrap().count() == 2).await;
    (counts.0.unwrap(), counts.1.unwrap())
}
