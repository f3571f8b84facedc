//! The `leadsquared` command: bulk-load Parquet and NDJSON exports into LeadSquared.
