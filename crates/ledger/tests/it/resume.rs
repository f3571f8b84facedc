//! Taking a run up again, and when that is refused.

use leadsquared_ledger::{
    Ending, Error, Fingerprint, InputChange, InputSpec, RunId, RunSpec, RunState,
};
use leadsquared_sink::{Journal, Meaning, Outcome, Recall};

use crate::support::{Scene, call, end, ended, intent, row, row_of, stopped};

fn refusal(scene: &Scene, run: RunId, spec: &RunSpec) -> Error {
    scene.ledger.resume(run, spec).unwrap_err()
}

#[tokio::test]
async fn rows_are_recalled_by_what_is_known_of_them() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    assert_eq!(run.recall(&row(1)), Recall::New);
    call(
        &run,
        vec![end(1, Outcome::Created), end(2, Outcome::Duplicate)],
    )
    .await;
    // In flight.
    run.intend(intent([3, 4])).await.unwrap();
    // Lost, and held.
    let lost = run.intend(intent([5, 6])).await.unwrap();
    let held = vec![end(6, Outcome::Unconfirmed)];
    run.conclude(lost, ended(Meaning::Lost), held)
        .await
        .unwrap();
    // Throttled, and never sent again.
    let throttled = run.intend(intent([7])).await.unwrap();
    run.conclude(throttled, ended(Meaning::Throttled), vec![])
        .await
        .unwrap();
    // Answered without its row 9.
    let rows = run.intend(intent([8, 9])).await.unwrap();
    let ends = vec![end(8, Outcome::Rejected)];
    run.conclude(rows, ended(Meaning::Rows), ends)
        .await
        .unwrap();
    run.settle(vec![
        stopped(10, Outcome::NotSent),
        stopped(11, Outcome::Unconfirmed),
        stopped(12, Outcome::Rejected),
        end(13, Outcome::NotSent),
    ])
    .await
    .unwrap();
    let id = run.id();
    run.finish(Ending::Interrupted).await.unwrap();
    drop(run);

    let run = scene.ledger.resume(id, &scene.spec()).unwrap();
    let recalled: Vec<_> = (1..=14).map(|number| run.recall(&row(number))).collect();
    assert_eq!(
        recalled,
        [
            Recall::Settled,
            Recall::Settled,
            Recall::InDoubt,
            Recall::InDoubt,
            Recall::InDoubt,
            Recall::Settled,
            Recall::New,
            Recall::Settled,
            Recall::InDoubt,
            Recall::New,
            Recall::InDoubt,
            Recall::New,
            Recall::Settled,
            Recall::New,
        ]
    );
    assert_eq!(run.recall(&row_of("other.ndjson", 1)), Recall::New);
    let earlier = run.earlier();
    assert_eq!(earlier.rows(), 5);
    assert_eq!(
        (earlier.created, earlier.unconfirmed, earlier.not_sent),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn a_row_that_was_not_sent_and_then_in_flight_is_in_doubt() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let id = run.id();
    run.settle(vec![stopped(1, Outcome::NotSent)])
        .await
        .unwrap();
    drop(run);

    let run = scene.ledger.resume(id, &scene.spec()).unwrap();
    assert_eq!(run.recall(&row(1)), Recall::New);
    run.intend(intent([1])).await.unwrap();
    drop(run);

    let run = scene.ledger.resume(id, &scene.spec()).unwrap();
    assert_eq!(run.recall(&row(1)), Recall::InDoubt);
}

#[tokio::test]
async fn a_doubt_outlives_a_part_that_did_not_send_the_row() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let id = run.id();
    run.intend(intent([1])).await.unwrap();
    run.settle(vec![stopped(2, Outcome::Unconfirmed)])
        .await
        .unwrap();
    drop(run);

    let run = scene.ledger.resume(id, &scene.spec()).unwrap();
    let not_sent = vec![stopped(1, Outcome::NotSent), stopped(2, Outcome::NotSent)];
    run.settle(not_sent).await.unwrap();
    drop(run);

    let run = scene.ledger.resume(id, &scene.spec()).unwrap();
    assert_eq!(run.recall(&row(1)), Recall::InDoubt);
    assert_eq!(run.recall(&row(2)), Recall::InDoubt);
}

#[tokio::test]
async fn a_renamed_input_and_a_stream_keep_their_rows() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let id = run.id();
    let mut streamed = end(1, Outcome::Created);
    streamed.row = row_of("a stream", 1);
    run.settle(vec![end(1, Outcome::Created), streamed])
        .await
        .unwrap();
    drop(run);

    let mut spec = scene.spec();
    spec.inputs[0].name = "./leads.ndjson".to_owned();
    let run = scene.ledger.resume(id, &spec).unwrap();
    assert_eq!(run.recall(&row_of("./leads.ndjson", 1)), Recall::Settled);
    assert_eq!(run.recall(&row_of("a stream", 1)), Recall::Settled);
    assert_eq!(run.recall(&row_of("a stream", 2)), Recall::New);
}

#[tokio::test]
async fn a_changed_file_is_refused_and_named() {
    let scene = Scene::new();
    let id = scene.ledger.begin(&scene.spec()).unwrap().id();

    std::fs::write(scene.path("leads.ndjson"), "{}\n{}\n{}\n").unwrap();
    let error = refusal(&scene, id, &scene.spec());
    let Error::InputChanged { change, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*change, InputChange::Size { was: 6, is: 9 });
    let message = error.to_string();
    assert!(
        message.contains("leads.ndjson") && message.contains("6 bytes then, 9 now"),
        "{message}"
    );

    std::fs::write(scene.path("leads.ndjson"), "[]\n[]\n").unwrap();
    let error = refusal(&scene, id, &scene.spec());
    assert!(
        matches!(
            error,
            Error::InputChanged {
                change: InputChange::Content,
                ..
            }
        ),
        "{error:?}"
    );

    std::fs::write(scene.path("leads.ndjson"), "{}\n{}\n").unwrap();
    scene.ledger.resume(id, &scene.spec()).unwrap();
}

#[tokio::test]
async fn other_inputs_are_refused_and_named() {
    let scene = Scene::new();
    std::fs::write(scene.path("more.ndjson"), "{}\n").unwrap();
    let both = scene.spec_of(&["leads.ndjson", "more.ndjson"]);
    let id = scene.ledger.begin(&both).unwrap().id();

    let error = refusal(&scene, id, &scene.spec());
    let Error::OtherInputs { missing, added, .. } = &error else {
        panic!("{error:?}")
    };
    assert!(
        missing[0].ends_with("more.ndjson") && added.is_empty(),
        "{error}"
    );

    std::fs::write(scene.path("third.ndjson"), "{}\n").unwrap();
    let three = scene.spec_of(&["third.ndjson", "more.ndjson", "leads.ndjson"]);
    let error = refusal(&scene, id, &three);
    assert!(error.to_string().contains("third.ndjson"), "{error}");

    let turned = scene.spec_of(&["more.ndjson", "leads.ndjson"]);
    scene.ledger.resume(id, &turned).unwrap();
}

#[tokio::test]
async fn standard_input_and_repeated_names_are_refused() {
    let scene = Scene::new();
    let mut spec = scene.spec();
    spec.inputs[0] = InputSpec {
        name: "stdin".to_owned(),
        ..InputSpec::default()
    };
    let id = scene.ledger.begin(&spec).unwrap().id();
    let error = refusal(&scene, id, &spec);
    assert!(
        matches!(&error, Error::InputGone { name, .. } if name == "stdin"),
        "{error:?}"
    );

    spec.inputs.push(spec.inputs[0].clone());
    let error = scene.ledger.begin(&spec).unwrap_err();
    assert!(matches!(error, Error::RepeatedInput { .. }), "{error:?}");
}

#[tokio::test]
async fn another_account_and_other_options_are_refused() {
    let scene = Scene::new();
    let mut spec = scene.spec();
    spec.mapping_path = Some("/etc/leads.toml".into());
    let id = scene.ledger.begin(&spec).unwrap().id();

    let mut other = spec.clone();
    other.account = "api-us11.leadsquared.com".to_owned();
    let error = refusal(&scene, id, &other);
    assert!(matches!(error, Error::OtherAccount { .. }), "{error:?}");

    let mut other = spec.clone();
    other.options = "mapping = { drop = [\"a\"] }".to_owned();
    let error = refusal(&scene, id, &other);
    assert!(error.to_string().contains("/etc/leads.toml"), "{error}");
    assert!(matches!(error, Error::OptionsChanged { .. }), "{error:?}");
    // What was refused is as it was.
    assert_eq!(scene.ledger.run(id).unwrap().state, RunState::Interrupted);
    scene.ledger.resume(id, &spec).unwrap();
}

#[tokio::test]
async fn a_run_that_is_over_is_not_resumed() {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let id = run.id();
    run.finish(Ending::Finished).await.unwrap();
    let error = refusal(&scene, id, &scene.spec());
    assert!(
        matches!(
            error,
            Error::Over {
                state: RunState::Finished,
                ..
            }
        ),
        "{error:?}"
    );
    let error = scene.ledger.abandon(id).unwrap_err();
    assert!(matches!(error, Error::Over { .. }), "{error:?}");

    let given_up = scene.ledger.begin(&scene.spec()).unwrap().id();
    scene.ledger.abandon(given_up).unwrap();
    let error = refusal(&scene, given_up, &scene.spec());
    assert!(
        matches!(
            error,
            Error::Over {
                state: RunState::Abandoned,
                ..
            }
        ),
        "{error:?}"
    );

    let error = refusal(&scene, RunId(99), &scene.spec());
    assert!(matches!(error, Error::NoSuchRun { .. }), "{error:?}");
    let error = refusal(&scene, RunId(u64::MAX), &scene.spec());
    assert!(matches!(error, Error::NoSuchRun { .. }), "{error:?}");
}

#[tokio::test]
async fn unfinished_runs_are_those_of_the_account_that_share_a_file() {
    let scene = Scene::new();
    std::fs::write(scene.path("more.ndjson"), "{}\n").unwrap();
    let both = scene.spec_of(&["leads.ndjson", "more.ndjson"]);
    let more = scene.spec_of(&["more.ndjson"]);
    let mut other_account = scene.spec();
    other_account.account = "other".to_owned();

    let killed = scene.ledger.begin(&both).unwrap().id();
    let interrupted = scene.ledger.begin(&scene.spec()).unwrap();
    interrupted.finish(Ending::Interrupted).await.unwrap();
    let finished = scene.ledger.begin(&scene.spec()).unwrap();
    finished.finish(Ending::Finished).await.unwrap();
    drop(scene.ledger.begin(&more).unwrap());
    drop(scene.ledger.begin(&other_account).unwrap());
    let alive = scene.ledger.begin(&scene.spec()).unwrap();

    let found = scene.ledger.unfinished(&scene.spec()).unwrap();
    let found: Vec<_> = found.iter().map(|run| run.id).collect();
    assert_eq!(found, [killed, interrupted.id(), alive.id()]);
}

#[tokio::test]
async fn an_object_is_known_by_its_url_and_its_version() {
    let scene = Scene::new();
    let object = |version| InputSpec {
        name: "s3://exports/a.parquet".to_owned(),
        url: Some("s3://exports/a.parquet".to_owned()),
        fingerprint: Some(Fingerprint::of_version(7, version)),
        ..InputSpec::default()
    };
    let mut spec = scene.spec();
    spec.inputs.push(object("etag 1"));
    let id = scene.ledger.begin(&spec).unwrap().id();

    let info = scene.ledger.run(id).unwrap();
    assert_eq!(info.inputs[0].url, None);
    assert_eq!(info.inputs[1].path, None);
    assert_eq!(info.inputs[1].url, spec.inputs[1].url);
    assert_eq!(info.inputs[1].fingerprint, spec.inputs[1].fingerprint);
    assert_eq!(scene.ledger.unfinished(&spec).unwrap()[0].id, id);

    spec.inputs[1] = object("etag 2");
    let error = refusal(&scene, id, &spec);
    assert!(
        error
            .to_string()
            .contains("s3://exports/a.parquet has changed since run 1"),
        "{error}"
    );
    spec.inputs[1] = object("etag 1");
    let run = scene.ledger.resume(id, &spec).unwrap();
    let ends = (1..=3).map(|number| end(number, Outcome::Created));
    run.settle(ends.collect()).await.unwrap();
    drop(run);
    let run = scene.ledger.resume(id, &spec).unwrap();
    assert!(run.are_settled("leads.ndjson", &(1..=3)));
    assert!(!run.are_settled("leads.ndjson", &(3..=4)));
    assert!(!run.are_settled("s3://exports/a.parquet", &(1..=1)));
}
