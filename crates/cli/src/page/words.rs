//! Numbers and names as the page writes them.

use std::time::{Duration, SystemTime};

use leadsquared_sink::{Meaning, Outcome};

use crate::words::number;

/// What an outcome means, for somebody who sees the word for the first time.
pub(super) fn explained(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "the account has a new lead, with its id",
        Outcome::CreatedEarlier => "created by an attempt whose answer never came",
        Outcome::Duplicate => "the account has a lead with the same unique field",
        Outcome::Rejected => "it can't be a lead, or the account refused it",
        Outcome::Unconfirmed => "sent, and whether it was created is not known",
        Outcome::NotSent => "the run ended before it was sent",
    }
}

/// What answers meant, in words.
pub(super) fn meaning(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Rows => "answered row by row",
        Meaning::Throttled => "throttled",
        Meaning::Unauthorized => "keys or host not taken",
        Meaning::Refused => "refused whole",
        Meaning::Failed => "failed at the server",
        Meaning::Lost => "answer not readable",
        Meaning::NeverSent => "never sent",
    }
}

/// `98%`; never all or nothing for what is not all or nothing.
#[expect(clippy::cast_precision_loss, reason = "a share for people")]
pub(super) fn share(part: u64, of: u64) -> String {
    let percent = part as f64 * 100.0 / of.max(1) as f64;
    match part {
        0 => "0%".to_owned(),
        _ if part == of => "100%".to_owned(),
        _ if percent < 0.1 => "<0.1%".to_owned(),
        _ if percent > 99.9 => ">99.9%".to_owned(),
        _ => format!("{percent:.1}%"),
    }
}

/// A number of an axis: `0`, `0.5`, `1,500`.
pub(super) fn round(value: f64) -> String {
    if value >= 1000.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is not negative, and numbers that large have no place on an axis"
        )]
        return number(value.round() as u64);
    }
    let digits = format!("{value:.3}");
    digits
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

/// How long a call took, in three digits at most: `850 µs`, `12 ms`, `1.25 s`.
pub(super) fn latency(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    let (value, unit) = match micros {
        ..999.5 => (micros, "µs"),
        ..999_500.0 => (micros / 1e3, "ms"),
        _ => (micros / 1e6, "s"),
    };
    let digits = match value {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => return format!("{} {unit}", round(value.round())),
    };
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    format!("{digits} {unit}")
}

/// A mark of a time axis, in seconds: `0`, `0.5 s`, `30 s`, `1.5 min`, `2 h`, `3 d`.
pub(super) fn since_start(seconds: f64) -> String {
    let (value, unit) = match seconds {
        0.0 => return "0".to_owned(),
        ..120.0 => (seconds, "s"),
        ..7200.0 => (seconds / 60.0, "min"),
        ..172_800.0 => (seconds / 3600.0, "h"),
        _ => (seconds / 86_400.0, "d"),
    };
    format!("{} {unit}", round(value))
}

/// A moment: for machines, and for people.
pub(super) fn moment(time: SystemTime) -> (String, String) {
    let machines = humantime::format_rfc3339_seconds(time).to_string();
    let people = machines.replace('T', " ").replace('Z', " UTC");
    (machines, people)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_never_rounded_to_all_or_nothing() {
        assert_eq!(share(0, 10), "0%");
        assert_eq!(share(10, 10), "100%");
        assert_eq!(share(98, 100), "98.0%");
        assert_eq!(share(1, 1_000_000), "<0.1%");
        assert_eq!(share(999_999, 1_000_000), ">99.9%");
        assert_eq!(share(0, 0), "0%");
    }

    #[test]
    fn times_of_calls_have_three_digits() {
        let words = |micros| latency(Duration::from_micros(micros));
        assert_eq!(words(0), "0 µs");
        assert_eq!(words(850), "850 µs");
        assert_eq!(words(1_250), "1.25 ms");
        assert_eq!(words(20_000), "20 ms");
        assert_eq!(words(999_499), "999 ms");
        assert_eq!(words(999_600), "1 s");
        assert_eq!(words(31_260_000), "31.3 s");
        assert_eq!(words(1_234_000_000), "1,234 s");
    }

    #[test]
    fn marks_are_short() {
        assert_eq!(since_start(0.0), "0");
        assert_eq!(since_start(0.1 + 0.2), "0.3 s");
        assert_eq!(since_start(90.0), "90 s");
        assert_eq!(since_start(150.0), "2.5 min");
        assert_eq!(since_start(10_800.0), "3 h");
    }

    #[test]
    fn moments_are_universal() {
        let (machines, people) = moment(SystemTime::UNIX_EPOCH);
        assert_eq!(machines, "1970-01-01T00:00:00Z");
        assert_eq!(people, "1970-01-01 00:00:00 UTC");
    }
}
