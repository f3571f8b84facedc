//! Accounts of the config file: which one is used, where its keys come from, and what is wrong with a
//! file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use leadsquared_emulator::Emulator;
use serde_json::Value;
use tempfile::TempDir;

use crate::helpers::{ACCESS_KEY, Run, SECRET_KEY, Stage, assert_books, bare, lead_lines, number};

/// A config file and its keys in a folder of their own, which the command knows by the environment.
struct Conf<'a> {
    stage: &'a Stage,
    folder: TempDir,
}

impl<'a> Conf<'a> {
    fn new(stage: &'a Stage) -> Self {
        Self {
            stage,
            folder: TempDir::new().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str, mode: u32) {
        let path = self.path(name);
        // A file that nobody may write to is made anew.
        let _ = fs::remove_file(&path);
        fs::write(&path, content).unwrap();
        set_mode(&path, mode);
    }

    /// The command without an account in the environment.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = bare(args.iter().copied());
        command
            .current_dir(self.stage.folder.path())
            .env("PATH", "/usr/bin:/bin")
            .env("CONF", self.folder.path())
            .env("LEADSQUARED_CONFIG", self.path("config.toml"));
        command
    }

    fn run(&self, args: &[&str]) -> Run {
        self.stage.end(&mut self.command(args))
    }

    /// The config file with one account, `main`, that has these settings besides its host.
    fn main(&self, settings: &str) {
        let host = self.stage.emulator.url();
        let text = format!("[accounts.main]\nhost = \"{host}\"\n{settings}\n");
        self.write("config.toml", &text, 0o644);
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) {}

/// The two lines of a file of keys.
fn key_lines() -> String {
    format!("access_key = {ACCESS_KEY}\nsecret_key = \"{SECRET_KEY}\"\n")
}

const LOAD: [&str; 6] = [
    "load",
    "leads.ndjson",
    "--format",
    "json",
    "--account",
    "main",
];

async fn stage() -> Stage {
    let stage = Stage::new().await;
    stage.write("leads.ndjson", lead_lines(1..=3));
    stage
}

/// Exactly these three leads are in the account.
fn assert_leads(stage: &Stage) {
    let leads = stage.leads();
    assert_eq!(leads.len(), 3);
    for n in 1..=3 {
        let lead = &leads[&format!("lead{n}@example.com")];
        assert_eq!(lead.get("FirstName"), Some(format!("First {n}").as_str()));
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn keys_come_from_the_environment_a_file_or_a_command() {
    let json = format!("{{\"access_key\": \"{ACCESS_KEY}\", \"secret_key\": \"{SECRET_KEY}\"}}");
    for settings in [
        "access_key_env = \"CRM_ACCESS\"\nsecret_key_env = \"CRM_SECRET\"",
        "keys_file = \"main.keys\"",
        "keys_file = \"main.json\"",
        "keys_command = [\"sh\", \"-c\", \"cat $CONF/main.keys\"]",
        "keys_command = [\"sh\", \"-c\", \"cat $CONF/main.json\"]\nkeys_timeout = \"30s\"",
    ] {
        let stage = stage().await;
        let conf = Conf::new(&stage);
        conf.main(settings);
        conf.write("main.keys", &key_lines(), 0o600);
        conf.write("main.json", &json, 0o600);
        let mut command = conf.command(&LOAD);
        command
            .env("CRM_ACCESS", ACCESS_KEY)
            .env("CRM_SECRET", SECRET_KEY)
            .env("LEADSQUARED_LOG", "trace");
        let run = stage.end(&mut command);
        assert_eq!(run.code, Some(0), "{settings}: {run:?}");
        assert_books(&run.summary(), &[("created", 3)]);
        assert_leads(&stage);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_has_one_name_wherever_its_keys_come_from() {
    let stage = stage().await;
    let conf = Conf::new(&stage);
    conf.main("keys_file = \"main.keys\"");
    conf.write("main.keys", &key_lines(), 0o600);
    // By the environment first, then by the config file: the ledger must know them for one.
    let plain = stage.run(&["load", "leads.ndjson", "--format", "json"]);
    assert_eq!(plain.code, Some(0), "{plain:?}");
    let named = conf.run(&LOAD);
    assert_eq!(named.code, Some(3), "{named:?}");
    let runs = conf.run(&["runs", "--format", "json"]);
    let accounts: Vec<Value> = runs
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["account"].take())
        .collect();
    assert_eq!(accounts.len(), 2, "{runs:?}");
    assert_eq!(accounts[0], accounts[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_account_goes_before_the_environment_and_that_before_the_default_one() {
    let stage = stage().await;
    let other = Emulator::builder()
        .no_rate_limit()
        .keys(ACCESS_KEY, SECRET_KEY)
        .start()
        .await
        .unwrap();
    let conf = Conf::new(&stage);
    let host = stage.emulator.url();
    conf.write(
        "config.toml",
        &format!(
            "default_account = \"main\"\n[accounts.main]\nhost = \"{host}\"\nkeys_file = \"main.keys\"\n"
        ),
        0o644,
    );
    conf.write("main.keys", &key_lines(), 0o600);
    let load = |args: &[&str], with_environment: bool| {
        let mut command = conf.command(&[&["load", "leads.ndjson", "--no-ledger"], args].concat());
        if with_environment {
            command
                .env("LEADSQUARED_HOST", other.url())
                .env("LEADSQUARED_ACCESS_KEY", ACCESS_KEY)
                .env("LEADSQUARED_SECRET_KEY", SECRET_KEY);
        }
        let run = stage.end(&mut command);
        assert!(matches!(run.code, Some(0 | 3)), "{run:?}");
        run
    };
    let calls = || (stage.emulator.call_count(), other.call_count());

    let quiet = load(&[], false);
    assert_eq!((calls(), quiet.stderr.as_str()), ((1, 0), ""));
    load(&[], true);
    assert_eq!(calls(), (1, 1));
    let told = load(&["--account", "main"], true);
    assert_eq!(calls(), (2, 1));
    told.assert_said(&[
        "account \"main\" is used; LEADSQUARED_HOST, LEADSQUARED_ACCESS_KEY, LEADSQUARED_SECRET_KEY of the environment is not",
    ]);
    // An option goes before the account.
    load(&["--account", "main", "--host", &other.url()], false);
    assert_eq!(calls(), (2, 2));
    let mut command = conf.command(&["load", "leads.ndjson", "--no-ledger"]);
    stage.end(
        command
            .env("LEADSQUARED_ACCOUNT", "main")
            .env("LEADSQUARED_HOST", other.url()),
    );
    assert_eq!(calls(), (3, 2));
    // An emulator is no account, and has none of its settings.
    load(&["--emulator"], false);
    assert_eq!(calls(), (3, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_says_how_it_is_loaded_unless_an_option_does() {
    let stage = stage().await;
    let conf = Conf::new(&stage);
    conf.main(
        "auth = \"header\"\nrate_limit = \"7/3s\"\nreserve = 2\ndaily_calls = 1\nlimiter = \"strict\"\n\
         mapping = \"mapping.toml\"\nledger = \"runs.db\"\nkeys_file = \"main.keys\"",
    );
    conf.write("main.keys", &key_lines(), 0o600);
    conf.write("mapping.toml", "drop = [\"FirstName\"]\n", 0o644);
    let load =
        |more: &[&str]| conf.run(&[&["load", "leads.ndjson", "--account", "main"], more].concat());

    let run = load(&[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.stdout.contains("the limit of 7 calls in 3 s"),
        "{run:?}"
    );
    let call = &stage.emulator.calls()[0];
    assert_eq!(call.status, Some(200));
    assert!(
        stage
            .leads()
            .values()
            .all(|lead| lead.get("FirstName").is_none())
    );
    assert!(conf.path("runs.db").exists());
    assert!(!stage.path("leadsquared.db").exists());
    let runs = conf.run(&["runs", "--account", "main"]);
    assert!(runs.stdout.contains("3 created"), "{runs:?}");
    let results = conf.run(&["results", "1", "--account", "main"]);
    assert_eq!(results.stdout.lines().count(), 3, "{results:?}");
    let check = conf.run(&["check", "leads.ndjson", "--account", "main"]);
    assert!(check.stdout.contains("(dropped)"), "{check:?}");
    assert!(check.stdout.contains("7 calls in 3 s"), "{check:?}");

    // The day's one call is made.
    let over = load(&[]);
    assert_eq!(over.code, Some(1), "{over:?}");
    let run = load(&["--daily-calls", "100", "--rate-limit", "8/3s", "--restart"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(
        run.stdout.contains("the limit of 8 calls in 3 s"),
        "{run:?}"
    );
    load(&["--reserve", "7"]).assert_failed(2, &["--reserve 7"]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_keys_that_others_may_read_is_refused() {
    let stage = stage().await;
    let conf = Conf::new(&stage);
    conf.main("keys_file = \"main.keys\"");
    for mode in [0o640, 0o604, 0o620, 0o601] {
        conf.write("main.keys", &key_lines(), mode);
        let path = conf.path("main.keys");
        conf.run(&LOAD).assert_failed(
            1,
            &[
                "account \"main\"",
                &format!("mode {mode:03o}"),
                &format!("chmod 600 {}", path.display()),
            ],
        );
    }
    assert_eq!(stage.emulator.call_count(), 0);
    conf.write("main.keys", &key_lines(), 0o400);
    assert_eq!(conf.run(&LOAD).code, Some(0));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_gives_no_keys_is_told_with_what_it_said_and_no_key() {
    let stage = stage().await;
    let conf = Conf::new(&stage);
    conf.write("main.keys", &key_lines(), 0o600);
    let load = |command: &str, more: &str| {
        conf.main(&format!("keys_command = {command}\n{more}"));
        conf.run(&LOAD)
    };
    load("[\"no-such-program\"]", "").assert_failed(
        1,
        &[
            "`no-such-program` can't be run",
            "account \"main\"",
            "No such file",
        ],
    );
    // It prints the keys to both, and fails.
    load(
        "[\"sh\", \"-c\", \"cat $CONF/main.keys; cat $CONF/main.keys >&2; echo locked >&2; exit 7\"]",
        "",
    )
    .assert_failed(
        1,
        &[
            "`sh` failed (exit status: 7)",
            "it said: locked",
            "access_key = ***",
        ],
    );
    load(
        "[\"sh\", \"-c\", \"echo no entry >&2; head -1 $CONF/main.keys\"]",
        "",
    )
    .assert_failed(1, &["there is no `secret_key = …`", "it said: no entry"]);
    load("[\"sleep\", \"60\"]", "keys_timeout = \"200ms\"")
        .assert_failed(1, &["`sleep` did not end in 200ms", "keys_timeout"]);
    // No shell takes the arguments apart, and the rows on standard input stay there.
    conf.main(r#"keys_command = ["sh", "-c", "cat >&2; cat \"$CONF/$0\"", "main.keys"]"#);
    let mut command = conf.command(&["load", "-", "--account", "main", "--format", "json"]);
    let run = stage.end_with_input(&mut command, lead_lines(1..=3).as_bytes());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(number(&run.summary(), "created"), 3);
    assert_leads(&stage);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_file_is_named_with_its_line() {
    let stage = stage().await;
    let conf = Conf::new(&stage);
    let cases: &[(&str, &[&str])] = &[
        (
            "accuonts = 1\n",
            &["line 1", "\"accuonts\"", "did you mean \"accounts\"?"],
        ),
        ("\n[accounts.main\n", &["line 2"]),
        ("accounts = 5\n", &["line 1", "accounts must be a table"]),
        (
            "[accounts.main]\nhost = \"h\"\nrate-limit = \"1/1s\"\nkeys_file = \"k\"\n",
            &[
                "line 3",
                "accounts.main has no setting \"rate-limit\"",
                "did you mean \"rate_limit\"?",
            ],
        ),
        (
            "[accounts.main]\nkeys_file = \"k\"\n",
            &["line 1", "host must be there"],
        ),
        (
            "[accounts.main]\nhost = \"h\"\n",
            &["line 1", "doesn't say where its keys are", "keys_command"],
        ),
        (
            "[accounts.main]\nhost = \"https://u:AccQx7Zr@h/\"\nkeys_file = \"k\"\n",
            &[
                "line 2",
                "host must be the account's API host",
                "without user",
            ],
        ),
        (
            "[accounts.main]\nhost = \"h\"\nkeys_file = \"k\"\nkeys_command = [\"x\"]\n",
            &["line 1", "more than one way"],
        ),
        (
            "[accounts.main]\nhost = \"h\"\nkeys_file = \"k\"\nauth = \"AccQx7Zr\"\n",
            &["line 4", "auth must be \"query\" or \"header\""],
        ),
        (
            "[accounts.main]\nhost = \"h\"\nkeys_file = \"k\"\nrate_limit = 25\n",
            &["line 4", "rate_limit must be a text in quotes"],
        ),
        (
            "[accounts.main]\nhost = \"h\"\nkeys_file = \"k\"\ndaily_calls = 0\n",
            &["line 4", "daily_calls must be a number of calls above 0"],
        ),
        (
            "[accounts.main]\nhost = \"h\"\nkeys_command = \"echo AccQx7Zr\"\n",
            &["line 3", "keys_command must be a program and its arguments"],
        ),
        (
            "[accounts.main]\nhost = \"h\"\nkeys_file = \"k\"\nkeys_timeout = \"1m\"\n",
            &["line 4", "keys_timeout must be beside a keys_command"],
        ),
        (
            "[accounts.main]\nhost = \"h\"\naccess_key_env = \"A\"\n",
            &["secret_key_env must be there beside access_key_env"],
        ),
        (
            "default_account = \"mian\"\n[accounts.main]\nhost = \"h\"\nkeys_file = \"k\"\n",
            &["line 1", "\"mian\"", "did you mean \"main\"?"],
        ),
    ];
    for (text, words) in cases {
        // A key that strays into the file is in it, and nowhere else.
        conf.write("config.toml", text, 0o644);
        let run = Run::of(&conf.command(&LOAD).output().unwrap());
        run.assert_failed(1, &[&["config.toml"], *words].concat());
        assert!(!run.stderr.contains("AccQx7Zr"), "{}", run.stderr);
    }
    for (settings, line) in [
        ("access_key = \"AccQx7Zr\"\nsecret_key = \"SecWp4Tv\"", 3),
        ("keys_file = \"k\"\nsecretKey = \"SecWp4Tv\"", 4),
    ] {
        conf.main(settings);
        let run = Run::of(&conf.command(&LOAD).output().unwrap());
        let line = format!("line {line}: accounts.main holds a key itself");
        run.assert_failed(1, &[&line, "mode 600 (keys_file)", "keys_command"]);
        assert!(!run.stderr.contains("AccQx7Zr") && !run.stderr.contains("SecWp4Tv"));
    }
    assert_eq!(stage.emulator.call_count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_the_default_account_names_are_no_account_of_the_environment() {
    let stage = stage().await;
    let conf = Conf::new(&stage);
    let host = stage.emulator.url();
    conf.write(
        "config.toml",
        &format!(
            "default_account = \"main\"\n[accounts.main]\nhost = \"{host}\"\n\
             access_key_env = \"LEADSQUARED_ACCESS_KEY\"\nsecret_key_env = \"OTHER\"\n"
        ),
        0o644,
    );
    let mut command = conf.command(&["load", "leads.ndjson", "--no-ledger"]);
    command
        .env("LEADSQUARED_ACCESS_KEY", ACCESS_KEY)
        .env("OTHER", SECRET_KEY);
    let run = stage.end(&mut command);
    assert!(matches!(run.code, Some(0 | 3)), "{run:?}");
    assert!(stage.emulator.call_count() > 0);
    // A host is still an account that goes before it, or a part of one.
    let run = stage.end(command.env("LEADSQUARED_HOST", "http://127.0.0.1:9"));
    run.assert_failed(2, &["the environment lacks LEADSQUARED_SECRET_KEY"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_or_a_file_that_is_not_there_is_named() {
    let stage = stage().await;
    let conf = Conf::new(&stage);
    conf.main("keys_file = \"main.keys\"");
    conf.run(&["load", "leads.ndjson", "--account", "mian"])
        .assert_failed(
            2,
            &[
                "no account \"mian\"",
                "did you mean \"main\"?",
                "it has main",
            ],
        );
    conf.run(&LOAD).assert_failed(
        1,
        &["main.keys: the keys_file can't be opened", "No such file"],
    );
    conf.run(&["load", "leads.ndjson", "--config", "elsewhere.toml"])
        .assert_failed(1, &["elsewhere.toml: the config file can't be read"]);
    let mut command = conf.command(&LOAD);
    stage
        .end(command.env_remove("LEADSQUARED_CONFIG"))
        .assert_failed(
            2,
            &[
                "there is no config file",
                "leadsquared/config.toml",
                "[accounts.main]",
            ],
        );
    conf.run(&["load", "leads.ndjson", "--emulator", "--account", "main"])
        .assert_failed(2, &["--account"]);
    assert_eq!(stage.emulator.call_count(), 0);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_variable_that_is_no_text_is_a_mistake_of_use_and_is_not_shown() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let stage = stage().await;
    let conf = Conf::new(&stage);
    conf.main("access_key_env = \"CRM_ACCESS\"\nsecret_key_env = \"CRM_SECRET\"");
    let no_text = OsStr::from_bytes(b"SecWp4Tv\xE9");
    for name in ["CRM_SECRET", "LEADSQUARED_CONFIG", "LEADSQUARED_ACCOUNT"] {
        let mut args = LOAD.to_vec();
        if name == "LEADSQUARED_ACCOUNT" {
            args.truncate(4);
        }
        let mut command = conf.command(&args);
        let run = stage.end(command.env("CRM_ACCESS", ACCESS_KEY).env(name, no_text));
        run.assert_failed(2, &[&format!("{name} is not UTF-8 text")]);
        assert!(!run.stderr.contains("SecWp4Tv"), "{}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_listed_without_a_secret() {
    let stage = stage().await;
    let conf = Conf::new(&stage);
    conf.write(
        "config.toml",
        "default_account = \"main\"\n\
         [accounts.main]\nhost = \"api-in21.leadsquared.com\"\nkeys_file = \"/keys/main\"\n\
         [accounts.sandbox]\nhost = \"api-us11.leadsquared.com\"\nkeys_command = [\"vault\", \"--token=SecWp4Tv\"]\n\
         [accounts.ci]\nhost = \"h\"\naccess_key_env = \"A\"\nsecret_key_env = \"S\"\n",
        0o644,
    );
    let run = conf.run(&["accounts"]);
    let path = conf.path("config.toml");
    assert_eq!(
        (run.code, run.stdout.as_str(), run.stderr.as_str()),
        (
            Some(0),
            format!(
                "{}\n  ACCOUNT  HOST                      KEYS\n\
                 * main     api-in21.leadsquared.com  file /keys/main\n  \
                   sandbox  api-us11.leadsquared.com  command vault\n  \
                   ci       h                         environment A, S\n",
                path.display()
            )
            .as_str(),
            ""
        )
    );
    let run = conf.run(&["accounts", "--format", "json"]);
    let lines: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[1]["account"], "sandbox");
    assert_eq!(lines[0]["default"], true);
    assert_eq!(lines[2]["keys"], "environment A, S");
    // In the folder of the user.
    let mut command = bare(["accounts"]);
    command.env("XDG_CONFIG_HOME", stage.path("home"));
    fs::create_dir_all(stage.path("home/leadsquared")).unwrap();
    fs::copy(&path, stage.path("home/leadsquared/config.toml")).unwrap();
    let run = Run::of(&command.output().unwrap());
    assert!(run.stdout.contains("sandbox"), "{run:?}");
}
