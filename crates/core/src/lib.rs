//! Arrow record batches to bulk-create payloads for LeadSquared: pure, no I/O, no async, no clock.
