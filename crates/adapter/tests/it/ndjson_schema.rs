//! ndjson_schema
