//! Work that computes for long, or may panic, off the async threads.

use std::any::Any;
use std::fmt;

/// Runs `work` on a thread that may block.
///
/// The decoders below us are other people's code that meets hostile files: a panic there must cost
/// the file, not the process, and a batch that takes milliseconds must not hold up the runtime.
/// Dropping the future leaves `work` to end by itself, which is soon: it is one batch's worth.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Died> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        let why = match error.try_into_panic() {
            Ok(panic) => message(panic.as_ref()),
            Err(_) => "the runtime is shutting down".to_owned(),
        };
        Died { why }
    })
}

/// Work that didn't come to its end.
#[derive(Debug)]
pub(crate) struct Died {
    why: String,
}

impl fmt::Display for Died {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the decoder gave up: {}", self.why)
    }
}

impl std::error::Error for Died {}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_with_its_message() {
        let died = blocking(|| panic!("offset {} is past the end", 7))
            .await
            .unwrap_err();
        assert_eq!(
            died.to_string(),
            "the decoder gave up: offset 7 is past the end"
        );
        let died = blocking(|| panic!("plain")).await.unwrap_err();
        assert_eq!(died.to_string(), "the decoder gave up: plain");
        assert_eq!(blocking(|| 7).await.unwrap(), 7);
    }
}
