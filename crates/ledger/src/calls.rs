//! The calls to an account that count against its limits.

use std::time::{Duration, SystemTime};

use leadsquared_sink::EarlierCall;
use rusqlite::Connection;

use crate::codes::count;
use crate::time;

/// The calls to an account that the server may still count within `window`.
pub(crate) fn earlier(
    tables: &Connection,
    account: &str,
    now: SystemTime,
    window: Duration,
) -> rusqlite::Result<Vec<EarlierCall>> {
    let now = latest(tables, account, time::to_micros(now), window)?;
    let mut query = tables.prepare(
        "SELECT counted_at FROM calls JOIN runs ON runs.id = calls.run \
         WHERE counted_at > ?1 AND account = ?2 ORDER BY counted_at",
    )?;
    let since = now.saturating_sub(time::span(window));
    query
        .query_map((since, account), |row| {
            let counted_at: i64 = row.get(0)?;
            Ok(EarlierCall {
                since_counted: time::length(now.saturating_sub(counted_at)),
                still_counted_for: time::length(counted_at.saturating_sub(now)),
            })
        })?
        .collect()
}

/// How many calls to an account were made within `span`, by the minute.
pub(crate) fn within(
    tables: &Connection,
    account: &str,
    now: SystemTime,
    span: Duration,
) -> rusqlite::Result<Vec<(Duration, u64)>> {
    let now = latest(tables, account, time::to_micros(now), span)?;
    let mut query = tables.prepare(
        "SELECT min(max(?3 - counted_at, 0)) AS age, count(*) \
         FROM calls JOIN runs ON runs.id = calls.run \
         WHERE counted_at > ?1 AND account = ?2 \
         GROUP BY max(?3 - counted_at, 0) / 60000000 ORDER BY age",
    )?;
    let since = now.saturating_sub(time::span(span));
    query
        .query_map((since, account, now), |row| {
            Ok((time::length(row.get(0)?), count(row, 1)?))
        })?
        .collect()
}

/// Now, or the latest moment that the ledger knows of if the clock has gone back behind it.
///
/// What didn't matter any more at that moment doesn't matter now either; and what did is no older
/// than it was then.
fn latest(tables: &Connection, account: &str, now: i64, window: Duration) -> rusqlite::Result<i64> {
    let latest: Option<i64> = tables.query_row(
        "SELECT max(coalesce(calls.ended_at, sent_at)) FROM calls JOIN runs ON runs.id = calls.run \
         WHERE counted_at > ?1 AND account = ?2",
        (now.saturating_sub(time::span(window)), account),
        |row| row.get(0),
    )?;
    Ok(latest.map_or(now, |latest| latest.max(now)))
}
