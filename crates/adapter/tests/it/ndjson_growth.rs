//! ndjson_growth
