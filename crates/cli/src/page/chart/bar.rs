//! The books as a bar.

use leadsquared_sink::Outcome;
use maud::{Markup, html};

use super::{Px, float};
use crate::page::words;
use crate::report::Books;
use crate::words::{number, outcome as outcome_name};

const WIDTH: f64 = 912.0;
const HEIGHT: f64 = 44.0;
/// What is left between two parts.
const GAP: f64 = 2.0;
/// The width of a part that would be too small to be seen.
const LEAST: f64 = 5.0;
/// The width of a part that has room for its name.
const ROOM_FOR_NAME: f64 = 120.0;

/// A bar of all rows, in parts by outcome; each part also has a pattern, its name where there is room,
/// and its numbers for whoever points at it.
pub(in crate::page) fn books_bar(books: &Books) -> Markup {
    let parts: Vec<(Outcome, u64)> = Outcome::ALL
        .into_iter()
        .map(|outcome| (outcome, books.of(outcome)))
        .filter(|(_, rows)| *rows > 0)
        .collect();
    let told: Vec<String> = parts
        .iter()
        .map(|(outcome, rows)| told(*outcome, *rows, books.read()))
        .collect();
    let label = format!("{} rows read: {}", number(books.read()), told.join(", "));
    let mut x = 0.0;
    html! {
        svg.bar viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(label) {
            (patterns())
            @for ((outcome, _), (width, told)) in
                parts.iter().zip(widths(&parts, books.read()).into_iter().zip(&told))
            {
                @let left = Px(x);
                @let middle = Px(x + width / 2.0);
                g.(outcome.as_str()) {
                    title { (told) }
                    (filled(*outcome, left, Px(width), HEIGHT))
                    @if width >= ROOM_FOR_NAME {
                        text.inside x=(middle) y=(Px(HEIGHT / 2.0 + 5.0)) text-anchor="middle" {
                            (outcome_name(*outcome))
                        }
                    }
                }
                ({ x += width + GAP; "" })
            }
        }
    }
}

/// An outcome's colour and pattern, for a legend.
pub(in crate::page) fn swatch(outcome: Outcome) -> Markup {
    html! {
        svg.swatch.(outcome.as_str()) viewBox="0 0 16 16" aria-hidden="true" {
            (filled(outcome, Px(0.0), Px(16.0), 16.0))
        }
    }
}

/// `980 created (98%)`.
fn told(outcome: Outcome, rows: u64, of: u64) -> String {
    format!(
        "{} {} ({})",
        number(rows),
        outcome_name(outcome),
        words::share(rows, of)
    )
}

/// The width of each part: its share, but never so little that it can't be seen.
fn widths(parts: &[(Outcome, u64)], rows: u64) -> Vec<f64> {
    let gaps = GAP * float(parts.len().saturating_sub(1) as u64);
    let room = WIDTH - gaps;
    let share = |rows: u64, of: u64, room: f64| room * float(rows) / float(of.max(1));
    let (small, large): (Vec<u64>, Vec<u64>) = parts
        .iter()
        .map(|(_, part)| *part)
        .partition(|part| share(*part, rows, room) < LEAST);
    let left = room - LEAST * float(small.len() as u64);
    let of = large.iter().sum();
    parts
        .iter()
        .map(|(_, part)| {
            if share(*part, rows, room) < LEAST {
                LEAST
            } else {
                share(*part, of, left)
            }
        })
        .collect()
}

/// A rectangle in the outcome's colour, with its pattern over it.
fn filled(outcome: Outcome, x: Px, width: Px, height: f64) -> Markup {
    let pattern = match outcome {
        Outcome::Created | Outcome::Rejected => None,
        Outcome::CreatedEarlier => Some("url(#bars)"),
        Outcome::Duplicate => Some("url(#stripes)"),
        Outcome::Unconfirmed => Some("url(#dots)"),
        Outcome::NotSent => Some("url(#cross)"),
    };
    html! {
        rect.fill x=(x) y="0" width=(width) height=(Px(height)) rx="3" {}
        @if let Some(pattern) = pattern {
            rect x=(x) y="0" width=(width) height=(Px(height)) rx="3" fill=(pattern) {}
        }
    }
}

/// The patterns that tell the parts apart without their colours.
fn patterns() -> Markup {
    let pattern = |id: &str, size: &str, drawn: &str| {
        html! {
            pattern id=(id) width=(size) height=(size) patternUnits="userSpaceOnUse" {
                path.pattern d=(drawn) {}
            }
        }
    };
    html! {
        defs {
            (pattern("bars", "6", "M3,0V6"))
            (pattern("stripes", "8", "M-2,2L2,-2M0,8L8,0M6,10L10,6"))
            (pattern("dots", "6", "M1,2h2M4,5h2"))
            (pattern("cross", "8", "M0,8L8,0M0,0L8,8"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_fill_the_bar_and_the_smallest_can_be_seen() {
        for parts in [
            vec![(Outcome::Created, 1_000_000), (Outcome::Rejected, 1)],
            vec![(Outcome::Created, 1)],
            Outcome::ALL.map(|outcome| (outcome, 7)).to_vec(),
            vec![
                (Outcome::Created, 1),
                (Outcome::Rejected, 2),
                (Outcome::NotSent, u64::MAX / 2),
            ],
        ] {
            let rows = parts.iter().map(|(_, rows)| rows).sum();
            let widths = widths(&parts, rows);
            let gaps = GAP * float(parts.len() as u64 - 1);
            assert!((widths.iter().sum::<f64>() + gaps - WIDTH).abs() < 1e-6);
            assert!(
                widths.iter().all(|width| *width >= LEAST - 1e-9),
                "{widths:?}"
            );
        }
    }
}
