//! Numbers and times as people write them.

use std::borrow::Cow;
use std::time::Duration;

use leadsquared_sink::{Outcome, RateLimit};

/// `1234567` as `1,234,567`.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 row`, `2 rows`.
pub(crate) fn count(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", self::number(number))
}

/// A word of a command, as it is typed in a shell.
pub(crate) fn shell_word(word: &str) -> Cow<'_, str> {
    // What has a zero byte in it can't be typed at all.
    shlex::try_quote(word).unwrap_or(Cow::Borrowed(word))
}

/// A time of running: `3.2 s`, `2 min 5 s`, `1 h 7 min`.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", number(seconds / 3600), seconds / 60 % 60),
    }
}

/// A limit: `25 calls in 5 s`.
pub(crate) fn limit(limit: RateLimit) -> String {
    let calls = count(limit.calls().get().into(), "call");
    format!("{calls} in {}", span(limit.per()))
}

/// A time that was chosen, exactly: `5 s`, `500 ms`.
pub(crate) fn span(time: Duration) -> String {
    let millis = time.as_millis();
    if millis.is_multiple_of(1000) {
        format!("{} s", millis / 1000)
    } else {
        format!("{millis} ms")
    }
}

/// The text without line ends and other control characters, which would spoil a table.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A rate: `248`, or `3.4` where a digit more matters.
pub(crate) fn rate(rate: f64) -> String {
    if rate < 10.0 {
        format!("{rate:.1}")
    } else {
        format!("{rate:.0}")
    }
}

/// The outcome in the words of a table.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::CreatedEarlier => "created earlier",
        Outcome::NotSent => "not sent",
        outcome => outcome.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_meant() {
        assert_eq!(shell_word("http://127.0.0.1:8787"), "http://127.0.0.1:8787");
        assert_eq!(shell_word("u$r123"), "'u$r123'");
        assert_eq!(shell_word("it's"), "\"it's\"");
    }

    #[test]
    fn numbers_have_commas() {
        let numbers = [0, 7, 100, 1000, 12_345, 1_234_567].map(number);
        assert_eq!(numbers, ["0", "7", "100", "1,000", "12,345", "1,234,567"]);
        assert_eq!([count(1, "row"), count(2, "row")], ["1 row", "2 rows"]);
    }

    #[test]
    fn times_have_two_units_at_most() {
        let words = |millis| time(Duration::from_millis(millis));
        assert_eq!(words(0), "0.0 s");
        assert_eq!(words(3240), "3.2 s");
        assert_eq!(words(59_999), "59 s");
        assert_eq!(words(125_000), "2 min 5 s");
        assert_eq!(words(4_020_000), "1 h 7 min");
    }

    #[test]
    fn limits_are_exact() {
        assert_eq!(limit(RateLimit::default()), "25 calls in 5 s");
        assert_eq!(limit("1/500ms".parse().unwrap()), "1 call in 500 ms");
    }
}
