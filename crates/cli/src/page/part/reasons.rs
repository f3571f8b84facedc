//! Why rows are not in, with some of them.

use leadsquared_core::Row;
use maud::{Markup, html};

use super::{foreign, foreign_words};
use crate::page::chart;
use crate::page::sample::{Sample, Samples};
use crate::reasons::Group;
use crate::report::{LoadReport, not_in};
use crate::words::{count, number, outcome as name};

/// So many reasons are shown at once; the others are folded.
const SHOWN: usize = 8;

/// Why rows are not in: those with the most rows first.
pub(super) fn reasons(samples: &Samples, report: &LoadReport) -> Markup {
    let groups = &report.reasons;
    let (shown, folded) = groups.split_at(groups.len().min(SHOWN));
    html! {
        @if !groups.is_empty() {
            section.reasons {
                h2 { "Why " (not_in(report)) }
                @for group in shown {
                    (reason(samples, group))
                }
                @if !folded.is_empty() {
                    details {
                        summary { (count(folded.len() as u64, "more reason")) }
                        @for group in folded {
                            (reason(samples, group))
                        }
                    }
                }
            }
        }
    }
}

fn reason(samples: &Samples, group: &Group) -> Markup {
    let more = group.rows - group.first.len() as u64;
    html! {
        article.reason {
            h3 {
                span.rows { (count(group.rows, "row")) }
                span.tag { (chart::swatch(group.outcome)) (name(group.outcome)) }
                span.words {
                    @if group.reason.is_empty() { "no reason was given" } @else { (foreign_words(&group.reason)) }
                }
                @if !group.code.is_empty() {
                    code { (foreign_words(&group.code)) }
                }
            }
            table.samples {
                thead {
                    tr {
                        th scope="col" { "Row" }
                        th scope="col" { "What it holds" }
                    }
                }
                tbody {
                    @for row in &group.first {
                        (sample_line(samples, row))
                    }
                }
            }
            @if more > 0 {
                p.note { "and " (number(more)) " more" }
            }
        }
    }
}

fn sample_line(samples: &Samples, row: &Row) -> Markup {
    html! {
        tr {
            td {
                div.row { "row " (number(row.number)) }
                div.file { (foreign(&row.source)) }
            }
            td {
                @match samples.of(row) {
                    Some(Sample::Raw(raw)) => code.raw { (foreign(raw)) },
                    Some(Sample::Lead { values, more }) => {
                        ul.values {
                            @for (name, value) in values {
                                li { span.name { (foreign(name)) } " " (foreign(value)) }
                            }
                            @if *more > 0 {
                                li.more { "and " (count(*more as u64, "more value")) }
                            }
                        }
                    },
                    None => {}
                }
            }
        }
    }
}
