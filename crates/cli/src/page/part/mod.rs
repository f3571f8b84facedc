//! The page's text, a section a file.

mod books;
mod calls;
mod head;
mod reasons;
mod settings;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::record::Record;
use super::visible::{shortened, visible};
use super::{Ending, Page, chart};
use crate::report::{Step, not_in, notes, steps};

const STYLE: &str = include_str!("../style.css");

/// Nothing is fetched, run or sent, whatever the page has in it; its own style is all it takes.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The whole page.
pub(super) fn page(page: &Page, record: &Record, ending: &Ending<'_>) -> Markup {
    let elapsed = ending.report.summary.elapsed;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                title { (head::title(page, ending)) }
                // Ours, from beginning to end.
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    (head::head(page, ending))
                    (books::books(ending.report))
                    (next(ending))
                    @if let Some(chart) = chart::pace(record, elapsed) {
                        (calls::pace(record, &chart))
                    }
                    (calls::calls(record, ending))
                    (reasons::reasons(&record.samples, ending.report))
                    (settings::settings(page))
                    footer {
                        p {
                            "Made by leadsquared " (env!("CARGO_PKG_VERSION"))
                            ". This page loads nothing, runs nothing and sends nothing."
                        }
                    }
                }
            }
        }
    }
}

/// What is left to do.
fn next(ending: &Ending<'_>) -> Markup {
    let commands = steps(ending.report).into_iter();
    let commands = commands.map(|Step { why, command }| format!("{why}: `{command}`"));
    let all = notes(ending.report).into_iter().chain(commands);
    let all: Vec<String> = all.chain(ending.unfinished.map(str::to_owned)).collect();
    html! {
        @if !all.is_empty() {
            section.next {
                h2 { "What to do next" }
                @if !ending.report.books().is_complete() {
                    p { (not_in(ending.report)) "." }
                }
                ul {
                    @for step in &all {
                        li { (with_commands(step)) }
                    }
                }
            }
        }
    }
}

/// Text in which commands stand between backticks.
fn with_commands(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 {
                code { (visible(part)) }
            } @else {
                (visible(part))
            }
        }
    }
}

/// Text of others: it keeps its direction of writing to itself.
fn foreign(text: &str) -> Markup {
    html! { bdi { (visible(text)) } }
}

/// As [`foreign`], of text that may have any length.
fn foreign_words(text: &str) -> Markup {
    foreign(&shortened(text, 600))
}
