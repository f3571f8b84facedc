//! Completions and manual pages, read by the programs they are for.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::helpers::{Run, bare};

/// What a program makes of it; none if it isn't installed.
fn output(command: &mut Command) -> Option<Output> {
    match command.output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        output => Some(output.unwrap()),
    }
}

fn printed(args: &[&str]) -> String {
    let run = Run::of(&bare(args.iter().copied()).output().unwrap());
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    run.stdout
}

#[cfg(unix)]
#[test]
fn bash_completes_commands_and_options() {
    let folder = TempDir::new().unwrap();
    let script = folder.path().join("leadsquared.bash");
    fs::write(&script, printed(&["completions", "bash"])).unwrap();
    // As bash does it when the tab key is pressed.
    let asks = r#"
        source "$0" || exit 9
        complete -p leadsquared || exit 8
        complete_line() {
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
            _leadsquared leadsquared "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
            echo "${COMPREPLY[@]}"
        }
        complete_line leadsquared re
        complete_line leadsquared load --acc
        complete_line leadsquared load --limiter ""
    "#;
    let mut bash = Command::new("bash");
    let output = bash
        .args(["--norc", "-c", asks])
        .arg(&script)
        .output()
        .unwrap();
    let run = Run::of(&output);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert!(lines[0].contains("leadsquared"), "{run:?}");
    assert_eq!(
        lines[1..],
        ["replay results", "--account", "balanced strict"]
    );
}

#[test]
fn every_shell_gets_a_script_that_it_can_read() {
    let folder = TempDir::new().unwrap();
    for (shell, check) in [
        ("bash", Some(["bash", "-n"])),
        ("zsh", Some(["zsh", "-n"])),
        ("fish", Some(["fish", "--no-execute"])),
        ("powershell", None),
        ("elvish", Some(["elvish", "-compileonly"])),
    ] {
        let script = printed(&["completions", shell]);
        for word in ["replay", "accounts", "completions", "max-rejects", "quiet"] {
            assert!(
                script.contains(word),
                "{word} is not in the script of {shell}"
            );
        }
        let path = folder.path().join(shell);
        fs::write(&path, script).unwrap();
        if let Some([program, option]) = check
            && let Some(output) = output(Command::new(program).arg(option).arg(&path))
        {
            assert!(output.status.success(), "{shell}: {output:?}");
        }
    }
    Run::of(&bare(["completions", "tcsh"]).output().unwrap()).assert_failed(2, &["tcsh", "fish"]);
}

#[test]
fn the_manual_has_a_page_for_each_command() {
    let folder = TempDir::new().unwrap();
    let pages = folder.path().join("share/man1");
    let mut command = bare(["man", "--all"]);
    let run = Run::of(&command.arg(&pages).output().unwrap());
    assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{run:?}");
    run.assert_said(&["pages are in"]);
    let mut names: Vec<String> = fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    // Those that the help lists, and no other.
    let help = printed(&["--help"]);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let commands = commands.lines().map_while(|line| line.strip_prefix("  "));
    let mut expected: Vec<String> = commands
        .filter_map(|line| line.split(' ').next().filter(|name| !name.is_empty()))
        .filter(|name| *name != "help")
        .map(|name| format!("leadsquared-{name}.1"))
        .collect();
    expected.push("leadsquared.1".to_owned());
    expected.sort();
    assert_eq!(names, expected);

    assert_eq!(
        fs::read_to_string(pages.join("leadsquared.1")).unwrap(),
        printed(&["man"])
    );
    for name in &names {
        let path = pages.join(name);
        let page = fs::read_to_string(&path).unwrap();
        for section in [".TH", ".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS"] {
            assert!(page.contains(section), "{section} is not in {name}");
        }
        let mut groff = Command::new("groff");
        if let Some(output) = output(groff.args(["-man", "-Tutf8", "-ww"]).arg(&path)) {
            let run = Run::of(&output);
            assert_eq!(
                (run.code, run.stderr.as_str()),
                (Some(0), ""),
                "{name}: {run:?}"
            );
            let title = name.trim_end_matches(".1").to_owned();
            assert!(run.stdout.contains(&title), "{name}: {run:?}");
        }
    }
}
