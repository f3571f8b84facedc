//! LeadSquared in SQL on a cluster.
