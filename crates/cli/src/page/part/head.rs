//! What was loaded, how it ended, and the numbers that say most.

use leadsquared_sink::Outcome;
use maud::{Markup, html};

use super::{foreign, foreign_words};
use crate::page::visible::{shortened, visible};
use crate::page::{Ending, Page, words};
use crate::report::{LoadReport, not_in};
use crate::words::{number, rate, time};

/// The longest name of an input that a heading has room for.
const LONGEST_NAME: usize = 80;

/// How a run ended.
struct Verdict {
    class: &'static str,
    sign: &'static str,
    words: String,
}

impl Verdict {
    fn of(ending: &Ending<'_>) -> Self {
        let (class, sign, words) = if let Some(signal) = ending.stopped_by {
            ("stopped", "■", format!("Stopped by {signal}"))
        } else if !ending.failures.is_empty() {
            ("failed", "✕", "Failed".to_owned())
        } else if ending.report.books().is_complete() {
            ("finished", "✓", "Finished: every row is in".to_owned())
        } else {
            let words = format!("Finished: {}", not_in(ending.report));
            ("incomplete", "!", words)
        };
        Self { class, sign, words }
    }
}

/// `Run 7`.
fn run(ending: &Ending<'_>) -> String {
    match &ending.report.kept {
        Some(run) => format!("Run {}", run.id),
        None => "Load".to_owned(),
    }
}

/// The page's title.
pub(super) fn title(page: &Page, ending: &Ending<'_>) -> String {
    let (run, subject) = (run(ending), shortened(&page.subject, LONGEST_NAME));
    visible(&format!("{run}: {subject} – {}", Verdict::of(ending).words))
}

/// The head of the page.
pub(super) fn head(page: &Page, ending: &Ending<'_>) -> Markup {
    let verdict = Verdict::of(ending);
    let (machines, people) = words::moment(page.recorder.began());
    html! {
        header {
            p.verdict.(verdict.class) {
                span.sign aria-hidden="true" { (verdict.sign) }
                (verdict.words)
            }
            h1 { (run(ending)) ": " (foreign(&shortened(&page.subject, LONGEST_NAME))) }
            p.facts {
                span { "Into " (foreign(&page.account)) }
                span { "Started " time datetime=(machines) { (people) } }
                span { "Took " (time(ending.report.summary.elapsed)) }
            }
        }
        @if !ending.failures.is_empty() {
            (why(ending))
        }
        (tiles(ending.report))
    }
}

/// Why the run ended before its end.
fn why(ending: &Ending<'_>) -> Markup {
    html! {
        section.why role="note" {
            h2 { "Why it ended" }
            @for failure in ending.failures {
                p.error { (foreign_words(&failure.to_string())) }
                @for cause in failure.chain().skip(1) {
                    p.cause { "caused by: " (foreign_words(&cause.to_string())) }
                }
            }
            @if !ending.all_was_read {
                p {
                    "It stopped before the end of the input; rows that were not read are not in \
                     the books."
                }
            }
        }
    }
}

/// The numbers that say most.
fn tiles(report: &LoadReport) -> Markup {
    let (books, summary) = (report.books(), &report.summary);
    let of_read = |rows| format!("{} of the rows", words::share(rows, books.read()));
    let is_in = books.of(Outcome::Created) + books.of(Outcome::CreatedEarlier);
    let utilisation = format!("{:.0}% of the limit", summary.limit_utilisation() * 100.0);
    html! {
        dl.tiles {
            (tile("rows read", &number(books.read()), ""))
            (tile("leads in", &number(is_in), &of_read(is_in)))
            (tile("not in", &number(books.missing()), &of_read(books.missing())))
            (tile("leads/s created", &rate(summary.leads_per_second()), &utilisation))
        }
    }
}

fn tile(name: &str, value: &str, more: &str) -> Markup {
    html! {
        div {
            dt { (name) }
            dd.value { (value) }
            @if !more.is_empty() {
                dd.more { (more) }
            }
        }
    }
}
