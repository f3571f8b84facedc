//! The books.

use leadsquared_sink::Outcome;
use maud::{Markup, html};

use crate::page::{chart, words};
use crate::report::{Books, LoadReport};
use crate::words::{count, number, outcome as name};

/// The books as a bar, and beside it as a table.
pub(super) fn books(report: &LoadReport) -> Markup {
    let books = report.books();
    let earlier = report.earlier.rows();
    html! {
        section.books {
            h2 { "What became of each row" }
            @if books.read() > 0 {
                (chart::books_bar(&books))
            }
            table {
                thead {
                    tr {
                        th scope="col" { "Outcome" }
                        th.number scope="col" { "Rows" }
                        th.number scope="col" { "Share" }
                        th.means scope="col" { "What it means" }
                    }
                }
                tbody {
                    @for outcome in Outcome::ALL {
                        (line(outcome, &books))
                    }
                }
                tfoot {
                    tr {
                        th scope="row" { "read" }
                        td.number { data #read value=(books.read()) { (number(books.read())) } }
                        td {}
                        td.means { "each row has one outcome: the books balance" }
                    }
                }
            }
            @if earlier > 0 {
                p.note {
                    (count(earlier, "row")) " of these had come to their end in an earlier part of \
                    the run. What follows is about this part."
                }
            }
        }
    }
}

fn line(outcome: Outcome, books: &Books) -> Markup {
    let rows = books.of(outcome);
    html! {
        tr.none[rows == 0] {
            th scope="row" { (chart::swatch(outcome)) (name(outcome)) }
            td.number { data #(outcome.as_str()) value=(rows) { (number(rows)) } }
            td.number { (words::share(rows, books.read())) }
            td.means { (words::explained(outcome)) }
        }
    }
}
