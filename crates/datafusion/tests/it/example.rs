//! The example runs, and does what its first lines say.

use std::env::consts::EXE_SUFFIX;
use std::process::Command;

#[test]
fn the_example_delivers_the_export_with_a_transformation_and_shows_what_did_not_get_in() {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let program = profile.join(format!("examples/insert{EXE_SUFFIX}"));
    let output = Command::new(program)
        .env_remove("LEADSQUARED_HOST")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines: Vec<Vec<&str>> = printed
        .lines()
        .map(|line| {
            line.split('|')
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    // The count of the INSERT, then the outcomes, then the first rows that did not get in.
    assert!(lines.contains(&vec!["980"]), "{printed}");
    assert!(lines.contains(&vec!["created", "980"]), "{printed}");
    assert!(lines.contains(&vec!["duplicate", "12"]), "{printed}");
    assert!(lines.contains(&vec!["rejected", "8"]), "{printed}");
    assert!(
        printed.contains("no value in any unique field"),
        "{printed}"
    );
}
