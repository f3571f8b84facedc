//! Real files and streams, from the outside.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes the helpers of these tests for production code"
)]

mod helpers;
mod ndjson_lines;
mod parquet_rows;
