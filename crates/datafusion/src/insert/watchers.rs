//! Everybody who sees a statement's rows end.

use std::sync::Arc;

use leadsquared_sink::{Event, Observer, RowReport};

/// Shows everything to each of them.
pub(super) struct Watchers(pub(super) Vec<Arc<dyn Observer>>);

impl Observer for Watchers {
    fn row(&self, report: &RowReport<'_>) {
        for watcher in &self.0 {
            watcher.row(report);
        }
    }

    fn event(&self, event: &Event<'_>) {
        for watcher in &self.0 {
            watcher.event(event);
        }
    }
}
