//! Keys from a file and from a command, what tells accounts apart, and that nothing is shown.

use std::error::Error as _;

use leadsquared_accounts::{Config, Error, Keys, KeysError, KeysFault};
use leadsquared_sink::Endpoint;

use crate::support::Folder;

const LINES: &str = "access_key = u$r123\nsecret_key = \"s3cret\"\n";

async fn keys(config: &Config) -> Result<Keys, Error> {
    config.account("main").unwrap().keys().await
}

/// Why there are no keys.
async fn why(config: &Config) -> KeysError {
    match keys(config).await {
        Err(Error::Keys { source, .. }) => source,
        other => panic!("{other:?}"),
    }
}

/// Fails if the access key is not that of [`LINES`]; by its mark, since it is never shown.
fn assert_keys(keys: &Keys) {
    let endpoint: Endpoint = "h".parse().unwrap();
    let expected = Keys::new("u$r123", "s3cret");
    assert_eq!(keys.identity(&endpoint), expected.identity(&endpoint));
}

#[tokio::test]
async fn keys_are_read_from_a_file_that_only_its_owner_may_open() {
    let folder = Folder::new();
    let config = folder.main("keys_file = \"main.keys\"");
    assert!(
        matches!(why(&config).await, KeysError::CannotOpen { path, .. } if path == folder.path("main.keys"))
    );
    folder.write("main.keys", LINES);
    assert_keys(&keys(&config).await.unwrap());
    folder.write("main.keys", "access_key = u$r123\n");
    assert!(matches!(
        why(&config).await,
        KeysError::NotInFile {
            fault: KeysFault::Missing { name: "secret_key" },
            ..
        }
    ));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_others_may_open_is_refused_with_the_way_out() {
    let folder = Folder::new();
    folder.write("it's.keys", LINES);
    folder.set_mode("it's.keys", 0o640);
    let error = why(&folder.main("keys_file = \"it's.keys\"")).await;
    assert!(matches!(error, KeysError::TooOpen { mode: 0o640, .. }));
    let path = folder.path("it's.keys");
    // As it is typed in a shell.
    let remedy = format!("(mode 640); run: chmod 600 \"{}\"", path.display());
    assert!(error.to_string().ends_with(&remedy), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn keys_are_what_a_command_prints_in_any_kind_of_runtime() {
    let folder = Folder::new();
    folder.write("main.keys", LINES);
    let path = folder.path("main.keys");
    let config = folder.main(&format!("keys_command = [\"cat\", \"{}\"]", path.display()));
    assert_keys(&keys(&config).await.unwrap());
    let several = tokio::spawn(async move { keys(&config).await });
    assert_keys(&several.await.unwrap().unwrap());
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_that_gives_no_keys_is_told_without_a_key_or_an_argument() {
    let folder = Folder::new();
    let script = "echo 'access_key = u$r123'; echo 'no entry for u$r123' >&2; exit 7";
    let config = folder.main(&format!("keys_command = [\"sh\", \"-c\", \"{script}\"]"));
    let error = keys(&config).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the keys of account \"main\" can't be had"
    );
    assert_eq!(
        error.source().unwrap().to_string(),
        "keys_command `sh` failed (exit status: 7); run it by hand to mend it\
         \n    it said: no entry for ***"
    );
    assert!(!format!("{error:?}").contains("u$r123"), "{error:?}");

    let config = folder.main("keys_command = [\"no-such-program\", \"s3cret\"]");
    assert!(
        matches!(why(&config).await, KeysError::CannotRun { program, .. } if program == "no-such-program")
    );
    let config = folder.main("keys_command = [\"sleep\", \"60\"]\nkeys_timeout = \"50ms\"");
    assert!(matches!(why(&config).await, KeysError::TookTooLong { .. }));
    let config = folder.main("keys_command = [\"echo\", \"s3cret\"]");
    assert!(matches!(
        why(&config).await,
        KeysError::NotPrinted {
            fault: KeysFault::Missing { name: "access_key" },
            ..
        }
    ));
}

#[test]
fn outside_a_runtime_a_command_is_an_error_and_a_file_is_read() {
    let folder = Folder::new();
    folder.write("main.keys", LINES);
    let config = folder.main("keys_file = \"main.keys\"");
    assert_keys(&at_once(keys(&config)).unwrap());
    let config = folder.main("keys_command = [\"echo\"]");
    assert!(matches!(
        at_once(keys(&config)),
        Err(Error::Keys {
            source: KeysError::NoRuntime,
            ..
        })
    ));
}

/// The end of a future that never waits.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

#[test]
fn one_account_has_one_identity_however_its_host_is_written() {
    let keys = Keys::new("u$r123", "s3cret");
    let identity = |keys: &Keys, host: &str| keys.identity(&host.parse().unwrap());
    let one = identity(&keys, "api.example");
    assert_eq!(one, identity(&keys, " https://API.example/v2/ "));
    // The secret key may be renewed.
    assert_eq!(one, identity(&Keys::new("u$r123", "other"), "api.example"));
    assert_ne!(one, identity(&Keys::new("u$r124", "s3cret"), "api.example"));
    assert_ne!(one, identity(&keys, "api2.example"));
    let odd = identity(&keys, "http://[::1]:8787/crm").key_name();
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_@".contains(c);
    assert!(odd.chars().all(fits), "{odd}");
}

#[test]
fn no_debug_shows_a_secret() {
    let config = Folder::new().main("keys_command = [\"vault\", \"--token=s3cret\"]");
    let shown = format!("{config:?} {:?}", Keys::new("s3cret", "s3cret"));
    assert!(shown.contains("vault"), "{shown}");
    assert!(!shown.contains("s3cret"), "{shown}");
}
