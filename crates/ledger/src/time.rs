//! Times as the file has them: microseconds since the epoch.

use std::time::{Duration, SystemTime};

/// A time as the file has it; one before 1970 is negative.
pub(crate) fn to_micros(at: SystemTime) -> i64 {
    match at.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => span(since),
        Err(before) => -span(before.duration()),
    }
}

/// The time that the file's number stands for.
pub(crate) fn from_micros(micros: i64) -> SystemTime {
    let length = Duration::from_micros(micros.unsigned_abs());
    let at = if micros < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(length)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(length)
    };
    at.unwrap_or(SystemTime::UNIX_EPOCH)
}

/// A length of time as the file has it.
pub(crate) fn span(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

/// The length of time that the file's number stands for; none if it is negative.
pub(crate) fn length(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_comes_back_to_the_microsecond() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_123_456);
        assert_eq!(from_micros(to_micros(at)), at);
        let before = SystemTime::UNIX_EPOCH - Duration::from_millis(1500);
        assert_eq!(to_micros(before), -1_500_000);
        assert_eq!(from_micros(-1_500_000), before);
    }

    #[test]
    fn a_length_without_end_is_the_longest_there_is() {
        assert_eq!(span(Duration::MAX), i64::MAX);
        assert_eq!(length(-1), Duration::ZERO);
    }
}
