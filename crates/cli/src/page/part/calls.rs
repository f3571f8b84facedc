//! The calls: how many, how fast, and how long each took.

use leadsquared_sink::Meaning;
use maud::{Markup, html};

use crate::page::record::Record;
use crate::page::{Ending, chart, words};
use crate::words::{limit, number};

/// Fewer calls than this are told by their percentiles alone.
const FEW: u64 = 5;

/// Leads a second over time.
pub(super) fn pace(record: &Record, drawn: &Markup) -> Markup {
    let throttled = record.answers(Meaning::Throttled) > 0;
    let limits: Vec<String> = record.limits.all().map(|(_, known)| limit(known)).collect();
    html! {
        section {
            h2 { "Leads a second, against the account's limit" }
            figure {
                div.wide { (drawn) }
                figcaption {
                    ul.legend {
                        li { span.key.created {} "leads created" }
                        li { span.key.answered {} "leads in answered calls" }
                        li { span.key.limit {} "the limit: " (limits.join(", then ")) }
                        @if throttled {
                            li { span.key.throttled {} "throttled calls" }
                        }
                    }
                    p.note { (chart::averaged_over(record)) }
                }
            }
        }
    }
}

/// The calls by what became of them, and how long they took.
pub(super) fn calls(record: &Record, ending: &Ending<'_>) -> Markup {
    let summary = &ending.report.summary;
    let answered: u64 = Meaning::ALL
        .map(|meaning| record.answers(meaning))
        .iter()
        .sum();
    let meanings = Meaning::ALL.map(|meaning| (meaning, record.answers(meaning)));
    let meanings = meanings
        .into_iter()
        .filter(|(meaning, calls)| *calls > 0 && *meaning != Meaning::Throttled);
    let unanswered = summary.calls.saturating_sub(answered);
    html! {
        section {
            h2 { "Calls" }
            dl.tiles.small {
                (tile("calls", None, summary.calls, Some("calls")))
                (tile("throttled", None, summary.throttled, Some("throttled")))
                (tile("retried", None, summary.retried, Some("retried")))
                @for (meaning, calls) in meanings {
                    (tile(words::meaning(meaning), Some(meaning), calls, None))
                }
                @if unanswered > 0 {
                    (tile("without an answer", None, unanswered, Some("unanswered")))
                }
            }
            (latency(record, ending))
        }
    }
}

fn tile(name: &str, meaning: Option<Meaning>, calls: u64, id: Option<&str>) -> Markup {
    let class = meaning.map_or("", Meaning::as_str);
    html! {
        div.(class) {
            dt { (name) }
            dd.value { data id=[id] value=(calls) { (number(calls)) } }
        }
    }
}

/// How long calls took.
fn latency(record: &Record, ending: &Ending<'_>) -> Markup {
    let latencies = &record.latencies;
    let percentiles = [
        ("median", 50),
        ("95th percentile", 95),
        ("99th percentile", 99),
    ];
    let Some(spread) = chart::latency_spread(latencies) else {
        return html! {};
    };
    html! {
        h3 { "How long a call took, from send to answer" }
        dl.tiles.small {
            @for (name, percent) in percentiles {
                @if let Some(time) = latencies.percentile(percent) {
                    div { dt { (name) } dd.value { (words::latency(time)) } }
                }
            }
            div { dt { "longest" } dd.value { (words::latency(latencies.longest())) } }
        }
        @if latencies.count() >= FEW {
            (latency_charts(record, ending, &spread))
        }
        @if record.answers(Meaning::Throttled) > 0 {
            p.note { "Throttled calls are left out here: they tell how busy the account is." }
        }
    }
}

/// How long calls took, over time and in all.
fn latency_charts(record: &Record, ending: &Ending<'_>, spread: &Markup) -> Markup {
    let elapsed = ending.report.summary.elapsed;
    html! {
        div.pair {
            figure {
                figcaption {
                    ul.legend {
                        li { span.key.median {} "median" }
                        li { span.key.high {} "95th percentile, over time" }
                    }
                }
                @if let Some(over_time) = chart::latency_over_time(record, elapsed) {
                    (over_time)
                }
            }
            figure {
                figcaption {
                    ul.legend {
                        li { span.key.spread {} "calls by how long they took" }
                    }
                }
                (spread)
            }
        }
    }
}
