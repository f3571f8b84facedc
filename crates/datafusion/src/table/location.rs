//! The name of an account, as a location.

use crate::LeadsError;

const SCHEME: &str = "leadsquared://";

/// The account that `location` names: `leadsquared://main`.
pub(super) fn account(location: &str) -> Result<&str, LeadsError> {
    let name = location
        .strip_prefix(SCHEME)
        .map(|rest| rest.trim_end_matches('/'));
    name.filter(|name| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || ".-_".contains(c))
    })
    .ok_or(LeadsError::Location)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_the_name_of_an_account_and_nothing_else() {
        assert_eq!(account("leadsquared://main"), Ok("main"));
        assert_eq!(account("leadsquared://north-2/"), Ok("north-2"));
        for location in [
            "",
            "main",
            "leadsquared://",
            "https://api-in21.leadsquared.com",
            "leadsquared://key:secret@host",
            "leadsquared://main?accessKey=k",
            "leadsquared://main/leads",
        ] {
            assert_eq!(account(location), Err(LeadsError::Location), "{location}");
        }
    }
}
