//! Files that are no ledger, or not any more.

use std::fs;
use std::path::Path;

use leadsquared_ledger::{Error, Ledger, RunSpec};
use leadsquared_sink::{Journal, Outcome};

use crate::support::{Scene, end};

/// The errors of opening it to write and to read, which name the file.
fn errors(path: &Path) -> [Error; 2] {
    let errors = [
        Ledger::open(path).map(drop).unwrap_err(),
        Ledger::open_read_only(path).map(drop).unwrap_err(),
    ];
    for error in &errors {
        let message = error.to_string();
        assert!(message.contains(path.to_str().unwrap()), "{message}");
    }
    errors
}

#[test]
fn a_missing_file_is_made_to_write_and_not_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let error = Ledger::open_read_only(&path).unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    assert!(!path.exists());
    Ledger::open(&path).unwrap();
    assert!(
        Ledger::open_read_only(&path)
            .unwrap()
            .runs()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn a_folder_or_a_place_that_is_not_there_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for error in errors(folder.path()) {
        assert!(matches!(error, Error::CannotOpen { .. }), "{error:?}");
    }
    let error = Ledger::open(folder.path().join("no/ledger.db")).unwrap_err();
    assert!(matches!(error, Error::CannotOpen { .. }), "{error:?}");
}

#[test]
fn a_file_that_is_not_sqlite_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leads.ndjson");
    for text in ["{}\n".repeat(5), "{}\n".repeat(500)] {
        fs::write(&path, &text).unwrap();
        for error in errors(&path) {
            assert!(matches!(error, Error::NotALedger { .. }), "{error:?}");
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn another_programs_database_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE runs (id INTEGER)")
        .unwrap();
    drop(other);
    let before = fs::read(&path).unwrap();
    for error in errors(&path) {
        assert!(matches!(error, Error::NotALedger { .. }), "{error:?}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_newer_version_is_refused() {
    let scene = Scene::new();
    scene.sql().pragma_update(None, "user_version", 2).unwrap();
    for error in errors(scene.ledger.path()) {
        assert!(
            matches!(
                error,
                Error::Newer {
                    found: 2,
                    known: 1,
                    ..
                }
            ),
            "{error:?}"
        );
    }
    // It may have become newer since it was opened.
    let error = scene.ledger.begin(&scene.spec()).unwrap_err();
    assert!(matches!(error, Error::Newer { .. }), "{error:?}");
}

/// A ledger of many rows, closed.
async fn full_scene() -> Scene {
    let scene = Scene::new();
    let run = scene.ledger.begin(&scene.spec()).unwrap();
    let ends = (1..5000).map(|number| end(number, Outcome::Created));
    run.settle(ends.collect()).await.unwrap();
    run.flush().await.unwrap();
    drop(run);
    scene
}

#[tokio::test]
async fn a_file_that_was_cut_short_is_damaged() {
    let scene = full_scene().await;
    let whole = fs::read(scene.ledger.path()).unwrap();
    for length in [whole.len() / 2, 5000, 4096, whole.len() - 4096] {
        fs::write(scene.ledger.path(), &whole[..length]).unwrap();
        for error in errors(scene.ledger.path()) {
            assert!(
                matches!(error, Error::Corrupt { .. }),
                "{length}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn rubbish_in_the_file_is_an_error_and_never_a_panic() {
    let scene = full_scene().await;
    let path = scene.ledger.path();
    let whole = fs::read(path).unwrap();
    let id = scene.ledger.runs().unwrap()[0].id;
    let mut refused = 0;
    for page in 0..whole.len() / 4096 {
        let mut broken = whole.clone();
        for byte in &mut broken[page * 4096 + 100..(page + 1) * 4096] {
            *byte ^= 0x5A;
        }
        fs::write(path, &broken).unwrap();
        let resumed =
            Ledger::open(path).and_then(|ledger| ledger.resume(id, &scene.spec()).map(drop));
        if let Err(error) = resumed {
            let message = error.to_string();
            assert!(message.contains("ledger.db"), "{message}");
            refused += 1;
        }
    }
    assert!(refused > 10, "{refused}");
}

#[tokio::test]
async fn nonsense_in_a_table_is_damage() {
    for nonsense in [
        "UPDATE outcomes SET outcome = 9 WHERE row = 7",
        "UPDATE outcomes SET row = -7 WHERE row = 7",
        "UPDATE runs SET part = -1",
        "INSERT INTO calls (run, part, sent_at, timeout, leads, rows) VALUES (1, 1, 0, 0, 1, '[7]')",
    ] {
        let scene = full_scene().await;
        scene.sql().execute_batch(nonsense).unwrap();
        let id = scene
            .ledger
            .runs()
            .map_or(leadsquared_ledger::RunId(1), |runs| runs[0].id);
        let error = scene.ledger.resume(id, &scene.spec()).unwrap_err();
        assert!(
            matches!(error, Error::Corrupt { .. }),
            "{nonsense}: {error:?}"
        );
    }
}

#[test]
fn a_ledger_opened_to_read_begins_no_run() {
    let scene = Scene::new();
    let reader = Ledger::open_read_only(scene.ledger.path()).unwrap();
    let error = reader.begin(&RunSpec::default()).unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error:?}");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let scene = Scene::new();
    let path = scene.ledger.path();
    fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
    if fs::OpenOptions::new().write(true).open(path).is_ok() {
        // The superuser may write whatever the permissions say: there is nothing to see.
        return;
    }
    let error = Ledger::open(path).unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error:?}");
    Ledger::open_read_only(path).unwrap().runs().unwrap();
}
