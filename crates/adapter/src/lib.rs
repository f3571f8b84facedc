//! Parquet and NDJSON as streams of record batches that know where their rows came from.
