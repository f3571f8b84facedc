//! What is in the file, and what is wrong with it.

use leadsquared_accounts::{Account, Config, Error, Fault};
use leadsquared_sink::{Auth, SlotOptions, Strategy};

use crate::support::Folder;

#[test]
fn an_account_has_every_setting_of_the_file_and_none_that_is_not_there() {
    let folder = Folder::new();
    let config = folder
        .read(
            "default_account = \"second\"\n[accounts.second]\nhost = \"H.example/v2\"\n\
             auth = \"header\"\nrate_limit = \"7/3s\"\nreserve = 2\ndaily_calls = 1000\n\
             limiter = \"strict\"\nmapping = \"maps/webinar.toml\"\nledger = \"/var/runs.db\"\n\
             keys_file = \"k\"\n[accounts.first]\nhost = \"h\"\nkeys_file = \"k\"\n",
        )
        .unwrap();
    // In the order of the file.
    assert_eq!(config.names().collect::<Vec<_>>(), ["second", "first"]);
    assert_eq!(config.default_account().map(Account::name), Some("second"));
    let full = config.account("second").unwrap();
    assert_eq!(full.host(), "H.example/v2");
    assert_eq!(full.endpoint().to_string(), "https://h.example/");
    assert_eq!(full.auth(), Some(Auth::Header));
    assert_eq!(full.rate_limit(), Some("7/3s".parse().unwrap()));
    assert_eq!(full.reserve(), Some(2));
    assert_eq!(full.daily_calls().map(Into::into), Some(1000_u64));
    assert_eq!(full.limiter(), Some(Strategy::Strict));
    assert_eq!(full.mapping(), Some(&*folder.path("maps/webinar.toml")));
    assert_eq!(full.ledger().unwrap().to_str(), Some("/var/runs.db"));
    let slots = SlotOptions::new("7/3s".parse().unwrap())
        .with_strategy(Strategy::Strict)
        .with_reserve(2);
    assert_eq!(full.slots(), slots);

    let bare = config.account("first").unwrap();
    assert_eq!(bare.slots(), SlotOptions::default());
    assert_eq!((bare.auth(), bare.rate_limit()), (None, None));
    assert_eq!((bare.reserve(), bare.daily_calls()), (None, None));
    assert_eq!((bare.mapping(), bare.ledger()), (None, None));
    assert_eq!(bare.limiter(), None);
}

/// The line, and what is wrong in it.
fn fault(text: &str) -> (usize, Fault) {
    match Folder::new().read(text) {
        Err(Error::Faulty { line, fault, .. }) => (line, *fault),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn what_is_wrong_is_told_by_its_line_and_its_facts() {
    assert!(matches!(fault("\n[accounts"), (2, Fault::NotToml { .. })));
    assert!(matches!(
        fault("acounts = 1\n"),
        (1, Fault::UnknownSetting { setting, nearest: Some("accounts"), .. }) if setting == "acounts"
    ));
    assert!(matches!(
        fault("[accounts.a]\nhost = \"h\"\nledgre = \"x\"\n"),
        (3, Fault::UnknownSetting { section, nearest: Some("ledger"), .. }) if section == "accounts.a"
    ));
    assert!(matches!(
        fault("[accounts.a]\nhost = \"h\"\nsecret_key = \"x\"\n"),
        (3, Fault::HoldsKey { setting, .. }) if setting == "secret_key"
    ));
    assert!(matches!(
        fault("accounts = 5"),
        (1, Fault::NotATable { setting }) if setting == "accounts"
    ));
    for (settings, wrong) in [
        ("keys_file = \"k\"", "host"),
        ("host = \"http://h.example\"\nkeys_file = \"k\"", "host"),
        (
            "host = \"h\"\nkeys_file = \"k\"\nlimiter = \"Strict\"",
            "limiter",
        ),
        ("host = \"h\"\nkeys_file = \"k\"\nreserve = -1", "reserve"),
        (
            "host = \"h\"\nkeys_file = \"k\"\ndaily_calls = 0",
            "daily_calls",
        ),
        ("host = \"h\"\nkeys_command = []", "keys_command"),
        ("host = \"h\"\nsecret_key_env = \"S\"", "access_key_env"),
    ] {
        let (_, fault) = fault(&format!("[accounts.a]\n{settings}\n"));
        assert!(
            matches!(&fault, Fault::Wrong { setting, .. } if *setting == wrong),
            "{fault:?}"
        );
    }
    assert!(matches!(
        fault("[accounts.a]\nhost = \"h\"\n"),
        (1, Fault::NoKeys { .. })
    ));
    assert!(matches!(
        fault("[accounts.a]\nhost = \"h\"\nkeys_file = \"k\"\nkeys_command = [\"c\"]\n"),
        (1, Fault::SeveralKeys { .. })
    ));
    assert!(matches!(
        fault("default_account = \"b\"\n[accounts.a]\nhost = \"h\"\nkeys_file = \"k\"\n"),
        (1, Fault::NoSuchDefault { name, nearest: None }) if name == "b"
    ));
}

#[test]
fn what_is_wrong_first_is_told_first() {
    let (line, _) = fault("[accounts.a]\nzzz = 1\naaa = 1\n");
    assert_eq!(line, 2);
}

#[test]
fn an_account_that_is_not_there_is_told_with_the_nearest_and_all_names() {
    let folder = Folder::new();
    let config = folder.main("keys_file = \"k\"");
    match config.account("mian") {
        Err(Error::NoSuchAccount { nearest, known, .. }) => {
            assert_eq!(
                (nearest.as_deref(), known),
                (Some("main"), vec!["main".to_owned()])
            );
        }
        other => panic!("{other:?}"),
    }
    let error = folder.read("").unwrap().account("main").unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("has no account \"main\"; it has none")
    );
}

#[test]
fn a_file_that_is_named_and_not_there_is_an_error() {
    let path = Folder::new().path("config.toml");
    let error = Config::find(Some(&path)).unwrap_err();
    assert!(matches!(error, Error::Unreadable { path: told, .. } if told == path));
}
