//! Real files and streams, from the outside.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes the helpers of these tests for production code"
)]

mod arrow_damage;
mod arrow_rows;
mod compressed;
mod csv_rows;
mod folders;
mod helpers;
mod inputs;
mod ndjson_growth;
mod ndjson_lines;
mod ndjson_schema;
mod ndjson_values;
mod parquet_damage;
mod parquet_rows;
mod s3;
mod sources;
mod stores;
