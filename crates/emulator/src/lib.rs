//! LeadSquared's bulk-create endpoint as a real HTTP server, for trying things out and for tests.
