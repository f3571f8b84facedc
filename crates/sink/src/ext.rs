//! What every sink can do, built on the contract alone.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::{Stream, StreamExt};

use crate::Sink;

/// Conveniences for every [`Sink`]; nobody implements it, so it can't drift from the contract.
#[async_trait]
pub trait SinkExt<T: Send + 'static>: Sink<T> {
    /// Writes every item of `stream` and flushes; gives back how many items there were.
    ///
    /// # Errors
    /// The sink's, at the item it could not take.
    async fn drain<S>(&mut self, stream: S) -> Result<u64, Self::Error>
    where
        S: Stream<Item = T> + Send,
    {
        let mut stream = std::pin::pin!(stream);
        let mut items = 0;
        while let Some(item) = stream.next().await {
            self.write(item).await?;
            items += 1;
        }
        self.flush().await?;
        Ok(items)
    }

    /// As [`drain`](Self::drain), for a stream that may fail.
    ///
    /// What was written before the stream failed is flushed all the same.
    ///
    /// # Errors
    /// The source's or the sink's, told apart by [`DrainError`].
    async fn try_drain<S, E>(&mut self, stream: S) -> Result<u64, DrainError<E, Self::Error>>
    where
        S: Stream<Item = Result<T, E>> + Send,
        E: Error + Send + 'static,
    {
        let mut stream = std::pin::pin!(stream);
        let mut items = 0;
        while let Some(item) = stream.next().await {
            match item {
                Ok(item) => self.write(item).await.map_err(DrainError::Sink)?,
                Err(error) => {
                    self.flush().await.map_err(DrainError::Sink)?;
                    return Err(DrainError::Source(error));
                }
            }
            items += 1;
        }
        self.flush().await.map_err(DrainError::Sink)?;
        Ok(items)
    }

    /// Turns it into a [`futures::Sink`], for combinators such as `StreamExt::forward`.
    fn into_futures_sink(self) -> FuturesSink<Self, T>
    where
        Self: Sized + 'static,
    {
        FuturesSink {
            state: State::Idle(self),
            item: std::marker::PhantomData,
        }
    }
}

impl<T: Send + 'static, S: Sink<T> + ?Sized> SinkExt<T> for S {}

/// Which end of a drain failed.
#[derive(Debug, thiserror::Error)]
pub enum DrainError<S: Error + 'static, K: Error + 'static> {
    /// The stream.
    #[error("reading failed")]
    Source(#[source] S),
    /// The sink.
    #[error("delivering failed")]
    Sink(#[source] K),
}

/// A [`Sink`] as a [`futures::Sink`], made by [`SinkExt::into_futures_sink`].
///
/// One write is under way at a time, so back-pressure is the sink's own.
pub struct FuturesSink<S: Sink<T>, T: Send + 'static> {
    state: State<S, S::Error>,
    item: std::marker::PhantomData<fn(T)>,
}

enum State<S, E> {
    Idle(S),
    Busy(Step, BoxFuture<'static, (S, Result<(), E>)>),
    /// Only while a future is being made from the sink.
    Taken,
}

/// What a sink is busy with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Write,
    Flush,
    Close,
}

impl<S: Sink<T> + 'static, T: Send + 'static> FuturesSink<S, T> {
    /// The sink itself, unless something is still under way.
    #[must_use]
    pub fn get_ref(&self) -> Option<&S> {
        match &self.state {
            State::Idle(sink) => Some(sink),
            _ => None,
        }
    }

    fn start(&mut self, step: Step, item: Option<T>) {
        self.state = match std::mem::replace(&mut self.state, State::Taken) {
            State::Idle(mut sink) => State::Busy(
                step,
                Box::pin(async move {
                    let result = match (step, item) {
                        (Step::Write, Some(item)) => sink.write(item).await,
                        (Step::Write, None) => Ok(()),
                        (Step::Flush, _) => sink.flush().await,
                        (Step::Close, _) => sink.close().await,
                    };
                    (sink, result)
                }),
            ),
            busy => busy,
        };
    }

    /// Polls what is under way, if anything is, and tells what it was.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Step>, S::Error>> {
        let State::Busy(step, future) = &mut self.state else {
            return Poll::Ready(Ok(None));
        };
        let step = *step;
        let (sink, result) = ready!(future.as_mut().poll(cx));
        self.state = State::Idle(sink);
        Poll::Ready(result.map(|()| Some(step)))
    }

    /// Polls until `step` itself is done, starting it once what is under way has ended.
    fn poll_until(&mut self, step: Step, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        while ready!(self.poll_step(cx))? != Some(step) {
            self.start(step, None);
        }
        Poll::Ready(Ok(()))
    }
}

// Nothing in it is pinned in place: the future is boxed.
impl<S: Sink<T>, T: Send + 'static> Unpin for FuturesSink<S, T> {}

impl<S: Sink<T> + 'static, T: Send + 'static> futures::Sink<T> for FuturesSink<S, T> {
    type Error = S::Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.get_mut().poll_step(cx).map_ok(drop)
    }

    fn start_send(self: Pin<&mut Self>, item: T) -> Result<(), S::Error> {
        self.get_mut().start(Step::Write, Some(item));
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.get_mut().poll_until(Step::Flush, cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.get_mut().poll_until(Step::Close, cx)
    }
}
