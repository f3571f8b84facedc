//! The commands in `docs/`, run as they stand there.
//!
//! In a block of `console`, a line that begins with `$ ` is a command, and what follows up to the next is
//! what it says, on both standard output and standard error; `…` stands for anything, and a line of
//! nothing else for any lines. A block with a file's name behind its language is that file. Each page has a
//! folder and an account of its own, to which all its commands belong. Commands without a `$ ` are for
//! places that a test doesn't have, such as a bucket.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use leadsquared_emulator::Emulator;

use crate::helpers::{ACCESS_KEY, SECRET_KEY, Stage};

/// Other people's programs, and what builds this one; `.ci/run` runs the latter.
const NOT_OURS: [&str; 4] = ["cargo ", "docker ", "export LEADSQUARED_", "redis-server "];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// A part of a page that is run.
#[derive(Debug, PartialEq)]
enum Step {
    File {
        name: String,
        text: String,
    },
    Command {
        line: usize,
        command: String,
        says: Vec<String>,
    },
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = page.lines().zip(1..);
    while let Some((line, _)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let block: Vec<(&str, usize)> = lines
            .by_ref()
            .take_while(|(line, _)| *line != "```")
            .collect();
        match info.split_whitespace().collect::<Vec<_>>()[..] {
            ["console"] => steps.extend(commands(&block)),
            [_, name] => steps.push(Step::File {
                name: name.to_owned(),
                text: block.iter().flat_map(|(line, _)| [*line, "\n"]).collect(),
            }),
            _ => {}
        }
    }
    steps
}

fn commands(block: &[(&str, usize)]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for (text, number) in block {
        match (text.strip_prefix("$ "), steps.last_mut()) {
            (Some(typed), _) => {
                goes_on = typed.ends_with('\\');
                steps.push(Step::Command {
                    line: *number,
                    command: typed.to_owned(),
                    says: Vec::new(),
                });
            }
            (None, Some(Step::Command { command, .. })) if goes_on => {
                goes_on = text.ends_with('\\');
                command.push('\n');
                command.push_str(text);
            }
            (None, Some(Step::Command { says, .. })) => says.push((*text).to_owned()),
            (None, _) => return Vec::new(),
        }
    }
    steps
}

/// Whether what was said is what the page says.
fn agrees(expected: &[String], said: &[&str]) -> bool {
    match expected.split_first() {
        None => said.is_empty(),
        Some((any, rest)) if any == "…" => {
            (0..=said.len()).any(|skipped| agrees(rest, &said[skipped..]))
        }
        Some((line, rest)) => said
            .split_first()
            .is_some_and(|(first, after)| line_agrees(line, first) && agrees(rest, after)),
    }
}

fn line_agrees(expected: &str, said: &str) -> bool {
    let mut parts = expected.split('…');
    let Some(mut rest) = parts.next().and_then(|start| said.strip_prefix(start)) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        last = Some(part);
    }
    match last {
        // What stands behind the last `…` has to be the end.
        Some(part) => part.is_empty() || said.ends_with(part),
        None => rest.is_empty(),
    }
}

/// The folder that the pages speak of: the example export, and the same in other forms.
fn furnish(stage: &Stage) {
    let examples = docs().join("../examples/data");
    let folder = stage.path("examples/data");
    fs::create_dir_all(&folder).unwrap();
    for file in ["leads.parquet", "leads.ndjson"] {
        fs::copy(examples.join(file), folder.join(file)).unwrap();
    }
}

fn run(stage: &Stage, command: &str) -> (Option<i32>, String) {
    let own = Path::new(env!("CARGO_BIN_EXE_leadsquared"))
        .parent()
        .unwrap();
    let path = env::var_os("PATH").unwrap();
    let path =
        env::join_paths([own.to_owned()].into_iter().chain(env::split_paths(&path))).unwrap();
    let mut shell = Command::new("bash");
    shell
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(stage.folder.path())
        .env_clear()
        .env("PATH", path)
        .env("HOME", stage.folder.path())
        .env("LEADSQUARED_HOST", stage.emulator.url())
        .env("LEADSQUARED_ACCESS_KEY", ACCESS_KEY)
        .env("LEADSQUARED_SECRET_KEY", SECRET_KEY);
    let run = stage.end(&mut shell);
    (run.code, run.stdout)
}

async fn check(name: &str) {
    let page = fs::read_to_string(docs().join(name)).unwrap();
    let stage = Stage::with(Emulator::builder()).await;
    furnish(&stage);
    let mut commands = 0;
    for step in steps(&page) {
        match step {
            Step::File { name, text } => {
                let path = stage.path(&name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Step::Command { command, .. }
                if NOT_OURS.iter().any(|start| command.starts_with(start)) => {}
            Step::Command {
                line,
                command,
                says,
            } => {
                commands += 1;
                let (code, said) = run(&stage, &command);
                let place = format!("docs/{name}, line {line}: {command}");
                assert_eq!(code, Some(0), "{place}\n{said}");
                let lines: Vec<&str> = said.lines().collect();
                assert!(
                    says.is_empty() || agrees(&says, &lines),
                    "{place}\nsays\n{said}\nbut the page says\n{}",
                    says.join("\n")
                );
            }
        }
    }
    assert!(commands > 0, "docs/{name} has no command to run");
}

#[tokio::test(flavor = "multi_thread")]
async fn loading() {
    check("loading.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mapping() {
    check("mapping.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn resuming() {
    check("resuming.md").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_emulator() {
    check("emulator.md").await;
}

/// Every page with a command is in one of the tests above.
#[test]
fn no_page_is_left_out() {
    let own = include_str!("pages.rs");
    for page in fs::read_dir(docs()).unwrap() {
        let path = page.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let page = fs::read_to_string(&path).unwrap();
        let has_commands = steps(&page).iter().any(|step| match step {
            Step::Command { command, .. } => {
                !NOT_OURS.iter().any(|start| command.starts_with(start))
            }
            Step::File { .. } => false,
        });
        assert!(
            !has_commands || own.contains(&format!("check(\"{name}\")")),
            "docs/{name} has commands that no test runs"
        );
    }
}

#[test]
fn a_page_is_read_as_it_is_meant() {
    let page = "text\n```csv a.csv\nx,y\n```\n```console\n$ one \\\n  two\nout …\n$ three\n```\n```json\n1\n```\n";
    let command = |line, command: &str, says: &[&str]| Step::Command {
        line,
        command: command.to_owned(),
        says: says.iter().map(|line| (*line).to_owned()).collect(),
    };
    assert_eq!(
        steps(page),
        [
            Step::File {
                name: "a.csv".to_owned(),
                text: "x,y\n".to_owned()
            },
            command(6, "one \\\n  two", &["out …"]),
            command(9, "three", &[]),
        ]
    );
    let agrees = |expected: &[&str], said: &[&str]| {
        let expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        agrees(&expected, said)
    };
    assert!(agrees(&["a … c", "…", "z"], &["a b c", "1", "2", "z"]));
    assert!(agrees(&["took … s"], &["took 1.2 s"]));
    assert!(!agrees(&["a"], &["a", "b"]));
    assert!(!agrees(&["a", "b"], &["a"]));
    assert!(!agrees(&["a … c"], &["a b c d"]));
    assert!(!agrees(&["a …"], &["b a"]));
}
