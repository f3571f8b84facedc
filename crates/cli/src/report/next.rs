//! What is left to do after a run: the same words in the summary and on the page.

use std::path::{Path, PathBuf};

use leadsquared_sink::Outcome;

use super::LoadReport;
use crate::args::LEDGER;
use crate::words::{count, number, shell_word};

/// The run of a load in the ledger, and how later commands name the two.
pub(crate) struct KeptRun {
    pub(crate) id: u64,
    pub(crate) ledger: PathBuf,
    /// The options that name the account again; none if it is gone.
    pub(crate) account: Option<Vec<String>>,
    /// Whether it can be gone on with.
    pub(crate) is_open: bool,
}

/// A command, and why to give it.
pub(crate) struct Step {
    pub(crate) why: String,
    pub(crate) command: String,
}

/// `20 rows are not in`, and how many of them are of this part, if others had some too.
pub(crate) fn not_in(report: &LoadReport) -> String {
    let missing = report.books().missing();
    let are = if missing == 1 { "is" } else { "are" };
    let here: u64 = report.reasons.iter().map(|group| group.rows).sum();
    let of_this_part = match here {
        here if here < missing => format!("; of this part of the run, {}", number(here)),
        _ => String::new(),
    };
    format!("{} {are} not in{of_this_part}", count(missing, "row"))
}

/// Where the rows that are not in can be found without a ledger, a line each.
pub(crate) fn notes(report: &LoadReport) -> Vec<String> {
    let books = report.books();
    if books.is_complete() {
        return Vec::new();
    }
    if let Some(path) = &report.rejects {
        return vec![format!(
            "{} has them, with the reasons and the leads' own fields.",
            path.display()
        )];
    }
    if report.kept.is_some() {
        return Vec::new();
    }
    let mut notes = vec!["To keep them with their reasons, load with --rejects FILE.".to_owned()];
    if books.of(Outcome::Unconfirmed) > 0 {
        notes.push(
            "Unconfirmed leads may be in: look in the account before loading them again."
                .to_owned(),
        );
    }
    notes
}

/// What to do about rows that are not in, by the ledger.
pub(crate) fn steps(report: &LoadReport) -> Vec<Step> {
    let Some(run) = &report.kept else {
        return Vec::new();
    };
    let books = report.books();
    let mut steps = Vec::new();
    for (outcome, one, several) in [
        (Outcome::Rejected, "was rejected", "were rejected"),
        (Outcome::Duplicate, "is a duplicate", "are duplicates"),
        (
            Outcome::Unconfirmed,
            "is unconfirmed: look in the account whether it is in",
            "are unconfirmed: look in the account whether they are in",
        ),
    ] {
        let rows = books.of(outcome);
        if rows > 0 {
            let are = if rows == 1 { one } else { several };
            steps.push(Step {
                why: format!("{} {are}", count(rows, "row")),
                command: run.results(outcome),
            });
        }
    }
    let again = [Outcome::Rejected, Outcome::Unconfirmed, Outcome::NotSent];
    let again: u64 = again.iter().map(|outcome| books.of(*outcome)).sum();
    // A run that isn't over goes on with --resume first.
    if let (1.., false, Some(account)) = (again, run.is_open, &run.account) {
        steps.push(Step {
            why: format!(
                "to send {} again, after a fix",
                if again == 1 { "it" } else { "them" }
            ),
            command: run.replay(account),
        });
    }
    steps
}

impl KeptRun {
    fn results(&self, outcome: Outcome) -> String {
        let outcome = format!("--outcome {}", outcome.as_str());
        let ledger = ledger_option(&self.ledger);
        format!("leadsquared results {} {outcome}{ledger}", self.id)
    }

    fn replay(&self, account: &[String]) -> String {
        let ledger = ledger_option(&self.ledger);
        let account: String = account
            .iter()
            .fold(String::new(), |words, word| words + " " + &shell_word(word));
        format!("leadsquared replay {}{ledger}{account}", self.id)
    }
}

/// ` --ledger FILE`, unless it is the usual one.
fn ledger_option(path: &Path) -> String {
    if path == Path::new(LEDGER) {
        String::new()
    } else {
        format!(" --ledger {}", shell_word(&path.to_string_lossy()))
    }
}
