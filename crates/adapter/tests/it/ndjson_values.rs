//! ndjson_values
