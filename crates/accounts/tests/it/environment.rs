//! What the environment says. Each test is run again in a process that has the environment for it.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use leadsquared_accounts::{Config, Error, Keys, KeysError};

use crate::support::Folder;

/// The folder that the test in the other process looks into.
const FOLDER: &str = "FOLDER_OF_THE_TEST";

/// Runs `check` in a process that has these variables and no others; `name` is the test that calls.
fn with(folder: &Folder, name: &str, variables: &[(&str, OsString)], check: impl FnOnce(PathBuf)) {
    if let Some(folder) = env::var_os(FOLDER) {
        return check(folder.into());
    }
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", &format!("environment::{name}"), "--nocapture"])
        .env_clear()
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .env(FOLDER, folder.path(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    // A name that no test has would be no failure.
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("1 passed"),
        "{output:?}"
    );
}

fn account(name: &str) -> String {
    format!("[accounts.{name}]\nhost = \"h\"\nkeys_file = \"k\"\n")
}

fn first(config: Result<Option<Config>, Error>) -> Option<String> {
    config.unwrap()?.names().next().map(str::to_owned)
}

#[test]
fn a_given_file_goes_before_the_variables_and_that_before_the_users() {
    let folder = Folder::new();
    folder.write("given.toml", &account("given"));
    folder.write("variable.toml", &account("variable"));
    folder.write("home/leadsquared/config.toml", &account("user"));
    let variables = [
        ("LEADSQUARED_CONFIG", folder.path("variable.toml").into()),
        ("XDG_CONFIG_HOME", folder.path("home").into()),
    ];
    let name = "a_given_file_goes_before_the_variables_and_that_before_the_users";
    with(&folder, name, &variables, |folder| {
        let given = folder.join("given.toml");
        assert_eq!(first(Config::find(Some(&given))).as_deref(), Some("given"));
        assert_eq!(first(Config::find(None)).as_deref(), Some("variable"));
    });
}

#[cfg(unix)]
#[test]
fn the_users_file_is_found_where_nothing_is_named() {
    let folder = Folder::new();
    folder.write("home/leadsquared/config.toml", &account("user"));
    let variables = [("XDG_CONFIG_HOME", folder.path("home").into())];
    let name = "the_users_file_is_found_where_nothing_is_named";
    with(&folder, name, &variables, |folder| {
        let config = Config::require(None).unwrap();
        assert_eq!(config.names().collect::<Vec<_>>(), ["user"]);
        assert_eq!(config.path(), folder.join("home/leadsquared/config.toml"));
    });
}

#[cfg(unix)]
#[test]
fn where_there_is_no_file_it_is_told_where_one_would_be() {
    let folder = Folder::new();
    let variables = [("XDG_CONFIG_HOME", folder.path("home").into())];
    let name = "where_there_is_no_file_it_is_told_where_one_would_be";
    with(&folder, name, &variables, |folder| {
        assert!(Config::find(None).unwrap().is_none());
        let place = folder.join("home/leadsquared/config.toml");
        match Config::require(None) {
            Err(Error::NoFile { looked_for }) => assert_eq!(looked_for, Some(place)),
            other => panic!("{other:?}"),
        }
    });
}

#[cfg(unix)]
#[test]
fn keys_in_variables_are_taken_and_a_variable_that_is_no_text_is_not_shown() {
    use std::os::unix::ffi::OsStringExt as _;

    let folder = Folder::new();
    let variables = [
        ("ACCESS", "u$r123".into()),
        ("SECRET", "s3cret".into()),
        ("BLANK", " ".into()),
        ("NO_TEXT", OsString::from_vec(b"s3cret\xE9".to_vec())),
    ];
    let name = "keys_in_variables_are_taken_and_a_variable_that_is_no_text_is_not_shown";
    with(&folder, name, &variables, |_| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let keys = |secret: &str| {
            let folder = Folder::new();
            let settings = format!("access_key_env = \"ACCESS\"\nsecret_key_env = \"{secret}\"");
            let config = folder.main(&settings);
            runtime.block_on(config.account("main").unwrap().keys())
        };
        let endpoint = "h".parse().unwrap();
        let expected = Keys::new("u$r123", "s3cret").identity(&endpoint);
        assert_eq!(keys("SECRET").unwrap().identity(&endpoint), expected);
        for lacking in ["BLANK", "NOWHERE"] {
            match keys(lacking) {
                Err(Error::Keys {
                    account,
                    source: KeysError::NoVariable { name },
                }) => assert_eq!((account.as_str(), name.as_str()), ("main", lacking)),
                other => panic!("{other:?}"),
            }
        }
        match keys("NO_TEXT") {
            Err(Error::Keys {
                source: KeysError::Variable(error),
                ..
            }) => {
                assert_eq!(error.to_string(), "NO_TEXT is not UTF-8 text");
                assert!(!format!("{error:?}").contains("s3cret"));
            }
            other => panic!("{other:?}"),
        }
    });
}
