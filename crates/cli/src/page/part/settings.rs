//! How the run was to go.

use maud::{Markup, html};

use super::foreign_words;
use crate::page::Page;
use crate::words::count;

/// The most inputs that are named.
const MOST_INPUTS: usize = 50;

pub(super) fn settings(page: &Page) -> Markup {
    let (named, rest) = page.inputs.split_at(page.inputs.len().min(MOST_INPUTS));
    html! {
        section.settings {
            h2 { "Settings" }
            dl {
                div.all {
                    dt { "Inputs" }
                    @for input in named {
                        dd { (foreign_words(input)) }
                    }
                    @if !rest.is_empty() {
                        dd { "and " (count(rest.len() as u64, "more input")) }
                    }
                }
                @for setting in &page.settings {
                    div {
                        dt { (setting.name) }
                        dd { (foreign_words(&setting.value)) }
                    }
                }
            }
        }
    }
}
