//! A stage for a test: a folder, an emulator, and the command with both.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use leadsquared_emulator::{Emulator, EmulatorBuilder};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use serde_json::{Map, Value};
use tempfile::TempDir;

/// The account's keys. Their middles are what a leak is known by, however they are encoded.
pub(crate) const ACCESS_KEY: &str = "u$r/AccQx7Zr 1";
pub(crate) const SECRET_KEY: &str = "s&c=SecWp4Tv+2";
const LEAKS: [&str; 2] = ["AccQx7Zr", "SecWp4Tv"];

/// Where a test plays.
pub(crate) struct Stage {
    pub(crate) folder: TempDir,
    pub(crate) emulator: Emulator,
}

/// How a run of the command ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The summary of a load: its numbers by name.
pub(crate) type Summary = Map<String, Value>;

impl Stage {
    /// With an emulator that has no limit.
    pub(crate) async fn new() -> Self {
        Self::with(Emulator::builder().no_rate_limit()).await
    }

    pub(crate) async fn with(emulator: EmulatorBuilder) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            emulator: emulator.keys(ACCESS_KEY, SECRET_KEY).start().await.unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The lines of a file of NDJSON.
    pub(crate) fn lines(&self, name: &str) -> Vec<Value> {
        let text = self.read(name);
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Writes a Parquet file.
    pub(crate) fn parquet(&self, name: &str, batch: &RecordBatch) {
        self.write(name, parquet(batch, 1_000_000));
    }

    /// The command in the folder, with nothing in its environment but the account.
    pub(crate) fn command<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = bare(args);
        command
            .current_dir(self.folder.path())
            .env("LEADSQUARED_HOST", self.emulator.url())
            .env("LEADSQUARED_ACCESS_KEY", ACCESS_KEY)
            .env("LEADSQUARED_SECRET_KEY", SECRET_KEY);
        command
    }

    /// Runs the command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.end(&mut self.command(args.iter().copied()))
    }

    /// Starts a load, whose standard input stays open.
    pub(crate) fn start(&self, args: &[&str]) -> Child {
        let mut command = self.command(load_args(args));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Runs a command to its end, and checks that it kept the secrets.
    pub(crate) fn end(&self, command: &mut Command) -> Run {
        let output = tokio::task::block_in_place(|| command.output().unwrap());
        self.checked(&output)
    }

    /// As [`end`](Self::end), with this on standard input.
    pub(crate) fn end_with_input(&self, command: &mut Command, input: &[u8]) -> Run {
        let output = tokio::task::block_in_place(|| {
            let mut child = command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            child.stdin.take().unwrap().write_all(input).unwrap();
            child.wait_with_output().unwrap()
        });
        self.checked(&output)
    }

    /// What came out, in which there is no secret, no panic and no backtrace.
    pub(crate) fn checked(&self, output: &Output) -> Run {
        let run = Run::of(output);
        let mut written = vec![run.stdout.clone(), run.stderr.clone()];
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let bytes = fs::read(path).unwrap();
                written.push(String::from_utf8_lossy(&bytes).into_owned());
            }
        }
        for text in written {
            for leak in LEAKS {
                assert!(!text.contains(leak), "a key is in: {text}");
            }
        }
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        assert!(!run.stderr.contains("backtrace"), "{}", run.stderr);
        run
    }

    /// Loads with these arguments and no limit to speak of; the books balance.
    pub(crate) fn load(&self, args: &[&str]) -> (Run, Summary) {
        let run = self.run(&load_args(args));
        let summary = run.summary();
        (run, summary)
    }

    /// The leads that were created, by their e-mail address.
    pub(crate) fn leads(&self) -> BTreeMap<String, leadsquared_emulator::Lead> {
        let leads = self.emulator.leads();
        let count = leads.len();
        let by_email: BTreeMap<_, _> = leads
            .into_iter()
            .map(|lead| (lead.get("EmailAddress").unwrap().to_owned(), lead))
            .collect();
        assert_eq!(by_email.len(), count);
        by_email
    }
}

/// The arguments of a load that prints JSON and is not held up by a limit.
pub(crate) fn load_args<'a>(args: &[&'a str]) -> Vec<&'a str> {
    let all = ["load", "--format", "json", "--rate-limit", "1000/1s"];
    all.iter().chain(args).copied().collect()
}

/// The command with an empty environment, which knows no config file of whoever runs the tests.
pub(crate) fn bare<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadsquared"));
    command
        .args(args)
        .env_clear()
        .env("XDG_CONFIG_HOME", env!("CARGO_TARGET_TMPDIR"))
        // Its call would be among those that most tests count; `preflight` has the tests of it.
        .env("LEADSQUARED_NO_PREFLIGHT", "1")
        .stdin(Stdio::null());
    command
}

impl Run {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// The one JSON object on standard output, whose books balance.
    pub(crate) fn summary(&self) -> Summary {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        let summary: Summary = serde_json::from_str(&self.stdout).unwrap();
        let outcomes = [
            "created",
            "created_earlier",
            "duplicate",
            "rejected",
            "unconfirmed",
            "not_sent",
        ];
        let sum: u64 = outcomes.iter().map(|name| number(&summary, name)).sum();
        assert_eq!(number(&summary, "read"), sum, "{summary:?}");
        summary
    }

    /// It failed with this code and words on standard error, and nothing on standard output.
    pub(crate) fn assert_failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert_eq!(self.stdout, "", "{self:?}");
        self.assert_said(words);
    }

    pub(crate) fn assert_said(&self, words: &[&str]) {
        for word in words {
            assert!(
                self.stderr.contains(word),
                "{word:?} is not in: {}",
                self.stderr
            );
        }
    }
}

/// A number of the summary.
pub(crate) fn number(summary: &Summary, name: &str) -> u64 {
    summary[name].as_u64().unwrap()
}

/// These numbers, and 0 for every other outcome.
pub(crate) fn assert_books(summary: &Summary, expected: &[(&str, u64)]) {
    let names = [
        "created",
        "created_earlier",
        "duplicate",
        "rejected",
        "unconfirmed",
        "not_sent",
    ];
    for name in names {
        let expected = expected.iter().find(|(known, _)| *known == name);
        let expected = expected.map_or(0, |(_, rows)| *rows);
        assert_eq!(number(summary, name), expected, "{name} of {summary:?}");
    }
}

/// Leads with an e-mail address and a first name: `lead1@example.com`, `First 1`.
pub(crate) fn leads(numbers: impl Iterator<Item = u32>) -> RecordBatch {
    let numbers: Vec<u32> = numbers.collect();
    let emails = numbers.iter().map(|n| format!("lead{n}@example.com"));
    let names = numbers.iter().map(|n| format!("First {n}"));
    columns(&[
        ("EmailAddress", emails.map(Some).collect()),
        ("FirstName", names.map(Some).collect()),
    ])
}

/// The same as lines of NDJSON.
pub(crate) fn lead_lines(numbers: impl Iterator<Item = u32>) -> String {
    let line =
        |n| format!(r#"{{"EmailAddress":"lead{n}@example.com","FirstName":"First {n}"}}"#) + "\n";
    let lines: Vec<String> = numbers.map(line).collect();
    lines.concat()
}

/// A batch of text columns.
pub(crate) fn columns(columns: &[(&str, Vec<Option<String>>)]) -> RecordBatch {
    let columns = columns.iter().map(|(name, values)| {
        let values: ArrayRef = Arc::new(StringArray::from(values.clone()));
        (*name, values)
    });
    RecordBatch::try_from_iter(columns).unwrap()
}

/// The batch as a Parquet file with row groups of so many rows.
pub(crate) fn parquet(batch: &RecordBatch, group_rows: usize) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group_rows))
        .set_dictionary_enabled(false)
        .build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    file
}

/// The file at `path`, opened for reading.
pub(crate) fn open(path: PathBuf) -> File {
    File::open(path).unwrap()
}
