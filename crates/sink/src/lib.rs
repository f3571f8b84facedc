//! An async sink that delivers leads to LeadSquared inside the account's rate limit, with an outcome for every row.
