//! LeadSquared in SQL.
