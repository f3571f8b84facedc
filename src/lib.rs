//! Create LeadSquared leads in bulk.
