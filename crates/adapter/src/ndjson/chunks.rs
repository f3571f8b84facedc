//! Chunks of lines, as the source gives them.

use std::io;
use std::mem;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

use super::lines::{Chunk, Limit, Splitter};

/// A source as chunks of lines.
pub(super) struct Chunks<R> {
    reader: R,
    splitter: Splitter,
    state: State,
}

enum State {
    Open,
    /// An error that waits until the lines before it are out.
    Failed(io::Error),
    Ended,
}

impl<R: AsyncBufRead + Unpin> Chunks<R> {
    pub(super) fn new(reader: R, longest_line: usize) -> Self {
        Self {
            reader,
            splitter: Splitter::new(longest_line),
            state: State::Open,
        }
    }

    /// The number of the last line that was read.
    pub(super) fn last_line(&self) -> u64 {
        self.splitter.ended()
    }

    /// The next chunk, which is never empty, or `None` at the end.
    ///
    /// # Errors
    /// When reading fails, after all whole lines before that; a line that it cuts off is not given
    /// out.
    pub(super) async fn next(&mut self, limit: Limit) -> io::Result<Option<Chunk>> {
        match mem::replace(&mut self.state, State::Ended) {
            State::Open => {}
            State::Failed(error) => return Err(error),
            State::Ended => return Ok(None),
        }
        let mut chunk = Chunk::default();
        loop {
            let input = match self.reader.fill_buf().await {
                Ok(input) => input,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.splitter.abandon(&mut chunk);
                    if chunk.is_empty() {
                        return Err(error);
                    }
                    self.state = State::Failed(error);
                    return Ok(Some(chunk));
                }
            };
            if input.is_empty() {
                self.splitter.finish(&mut chunk);
                return Ok(Some(chunk).filter(|chunk| !chunk.is_empty()));
            }
            let (taken, full) = self.splitter.feed(input, &mut chunk, limit);
            self.reader.consume(taken);
            if full {
                self.state = State::Open;
                return Ok(Some(chunk));
            }
        }
    }
}
