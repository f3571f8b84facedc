//! The contract of a sink.

use std::error::Error;

use async_trait::async_trait;

/// Something that takes items, with back-pressure, and delivers them.
///
/// The trait is object-safe: a pipeline can hold a `Box<dyn Sink<T, Error = E>>`. Conveniences are in
/// [`SinkExt`](crate::SinkExt), which every sink has.
///
/// What each method promises about delivery:
///
/// - [`write`](Self::write) returning `Ok` means *taken*: the sink answers for the item from then
///   on. It says nothing about delivery, which may happen any time later.
/// - [`flush`](Self::flush) returning `Ok` means that everything taken before has been delivered or
///   has a final answer of another kind, which the sink reports in its own way.
/// - [`close`](Self::close) flushes and ends the sink. Dropping a sink without closing it gives up
///   what it has not delivered.
///
/// An `Err` from any of them is the sink's end, not the item's: a sink that can't deliver one item
/// reports that in its own way and goes on.
///
/// ```
/// use async_trait::async_trait;
/// use leadsquared_sink::Sink;
///
/// struct Collect(Vec<u32>);
///
/// #[async_trait]
/// impl Sink<u32> for Collect {
///     type Error = std::io::Error;
///
///     async fn write(&mut self, item: u32) -> Result<(), Self::Error> {
///         self.0.push(item);
///         Ok(())
///     }
///     async fn flush(&mut self) -> Result<(), Self::Error> {
///         Ok(())
///     }
///     async fn close(&mut self) -> Result<(), Self::Error> {
///         self.flush().await
///     }
/// }
/// # let _: Box<dyn Sink<u32, Error = std::io::Error>> = Box::new(Collect(Vec::new()));
/// ```
#[async_trait]
pub trait Sink<T: Send + 'static>: Send {
    /// What ends the sink.
    type Error: Error + Send + Sync + 'static;

    /// Takes `item`, waiting while the sink has as much in hand as it may.
    ///
    /// # Errors
    /// When the sink can't take anything more.
    async fn write(&mut self, item: T) -> Result<(), Self::Error>;

    /// Waits until everything that was written has its final answer.
    ///
    /// # Errors
    /// When the sink ended before that.
    async fn flush(&mut self) -> Result<(), Self::Error>;

    /// Flushes, and ends the sink: writing afterwards is an error, closing again is not.
    ///
    /// # Errors
    /// When the sink ended before everything had its final answer.
    async fn close(&mut self) -> Result<(), Self::Error>;
}
