//! Where the calls go.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

/// The path of the bulk-create call, from the contract page.
const BULK_CREATE: &str = "v2/LeadManagement.svc/Lead/Bulk/Create";
/// The path of the call that lists the account's lead fields.
const FIELDS: &str = "v2/LeadManagement.svc/LeadsMetaData.Get";

/// The base address of an account's API.
///
/// Written as a host (`api-in21.leadsquared.com`) or as an address (`https://…`). Plain `http` is
/// taken only for this machine itself, so that keys never cross a network in the clear.
///
/// ```
/// use leadsquared_sink::Endpoint;
///
/// let endpoint: Endpoint = "api.leadsquared.com".parse()?;
/// assert_eq!(endpoint.to_string(), "https://api.leadsquared.com/");
/// assert!("http://127.0.0.1:8787".parse::<Endpoint>().is_ok());
/// assert!("http://api.leadsquared.com".parse::<Endpoint>().is_err());
/// # Ok::<(), leadsquared_sink::EndpointError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    base: Url,
}

/// A text that is not an address calls may go to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// It can't be read as a host or an address.
    #[error("\"{text}\" is not a host; write it as api-in21.leadsquared.com or https://…")]
    NotAHost {
        /// What was given.
        text: String,
    },
    /// It is plain http to another machine.
    #[error(
        "http://{host} would send the keys in the clear; use https (plain http goes only to this machine)"
    )]
    NotEncrypted {
        /// The host.
        host: String,
    },
    /// It carries a user name, a query or a fragment.
    #[error(
        "the address of {host} must be a host alone, without user, query or fragment; keys are given apart"
    )]
    NotABase {
        /// The host.
        host: String,
    },
}

impl Endpoint {
    /// The host, without anything else.
    #[must_use]
    pub fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Whether calls stay on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    /// The address of the bulk-create call, without keys.
    pub(crate) fn bulk_create(&self) -> Url {
        self.call(BULK_CREATE)
    }

    /// The address of the call that lists the account's fields, without keys.
    pub(crate) fn fields(&self) -> Url {
        self.call(FIELDS)
    }

    fn call(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let path = format!("{}{path}", url.path());
        url.set_path(&path);
        url
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        // What can't be read is not shown whole: somebody may have pasted an address with keys.
        let not_a_host = || EndpointError::NotAHost {
            text: trimmed
                .split(['?', '@'])
                .next()
                .unwrap_or_default()
                .to_owned(),
        };
        let address = if trimmed.contains("://") {
            trimmed.to_owned()
        } else {
            format!("https://{trimmed}")
        };
        let mut base = Url::parse(&address).map_err(|_| not_a_host())?;
        let host = base
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or_else(not_a_host)?
            .to_owned();
        if base.query().is_some()
            || base.fragment().is_some()
            || !base.username().is_empty()
            || base.password().is_some()
        {
            return Err(EndpointError::NotABase { host });
        }
        match base.scheme() {
            "https" => {}
            "http" if is_loopback(&base) => {}
            "http" => return Err(EndpointError::NotEncrypted { host }),
            _ => return Err(not_a_host()),
        }
        // People paste the address with the version of the API; the call's path has it already.
        let path = base.path().trim_end_matches('/');
        let path = format!("{}/", path.strip_suffix("/v2").unwrap_or(path));
        base.set_path(&path);
        Ok(Self { base })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.base.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str) -> String {
        text.parse::<Endpoint>().unwrap().bulk_create().to_string()
    }

    #[test]
    fn the_call_has_the_contracts_path_however_the_host_is_written() {
        let expected = "https://api.leadsquared.com/v2/LeadManagement.svc/Lead/Bulk/Create";
        for text in [
            "api.leadsquared.com",
            " https://api.leadsquared.com/ ",
            "https://api.leadsquared.com/v2",
            "https://api.leadsquared.com/v2/",
        ] {
            assert_eq!(call(text), expected);
        }
        assert!(call("https://gateway.example/crm").starts_with("https://gateway.example/crm/v2/"));
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for text in [
            "http://127.0.0.1:1",
            "http://127.8.9.1",
            "http://[::1]:80",
            "http://localhost",
        ] {
            assert!(text.parse::<Endpoint>().unwrap().is_loopback(), "{text}");
        }
        for text in [
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
            "http://localhost.example",
        ] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert!(
                matches!(error, EndpointError::NotEncrypted { .. }),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_base_is_refused_and_no_key_is_repeated() {
        for text in [
            "",
            "ftp://host",
            "https://",
            "a b",
            "https://user:s3cret@host",
            "host?secretKey=s3cret",
        ] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }
}
