//! What is left to do after a run: the same words in the summary and on the page.

use leadsquared_sink::Outcome;

use super::LoadReport;
use crate::words::number;

/// What is left to do, a line each, with commands in backticks; nothing if every row is in.
pub(crate) fn next_steps(report: &LoadReport) -> Vec<String> {
    let books = report.books();
    if books.is_complete() {
        return Vec::new();
    }
    let mut steps = Vec::new();
    if let (Some(run), true) = (report.run, here(report) < books.missing()) {
        steps.push(format!(
            "`leadsquared results {run}` has those of all parts."
        ));
    }
    steps.push(match &report.rejects {
        Some(path) => format!(
            "{} has them, with the reasons and the leads' own fields.",
            path.display()
        ),
        None => "To keep them with their reasons, load with --rejects FILE.".to_owned(),
    });
    if books.of(Outcome::Unconfirmed) > 0 {
        steps.push(
            "Unconfirmed leads may be in: look in the account before loading them again."
                .to_owned(),
        );
    }
    steps
}

/// `20 rows are not in`, and how many of them are of this part, if others had some too.
pub(crate) fn not_in(report: &LoadReport) -> String {
    let missing = report.books().missing();
    let are = if missing == 1 { "is" } else { "are" };
    let of_this_part = match here(report) {
        here if here < missing => format!("; of this part of the run, {}", number(here)),
        _ => String::new(),
    };
    let rows = crate::words::count(missing, "row");
    format!("{rows} {are} not in{of_this_part}")
}

/// The rows of this part of the run that are not in.
fn here(report: &LoadReport) -> u64 {
    report.reasons.iter().map(|group| group.rows).sum()
}
