//! Ports for an executor.

use std::net::{IpAddr, TcpListener};

use anyhow::{Context as _, Result};

/// These ports, with free ones in the place of zeros.
///
/// Ballista tells the port that it was configured with, so it has to be known before it is bound. Both
/// are held until both are found: else they could be the same.
pub(crate) fn found<const N: usize>(address: IpAddr, ports: [u16; N]) -> Result<[u16; N]> {
    let mut held = Vec::with_capacity(N);
    let mut found = ports;
    for port in &mut found {
        let listener = TcpListener::bind((address, *port))
            .with_context(|| format!("can't listen on {address}, port {port}; choose another"))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn two_free_ports_are_two() {
        let [one, other] = found(Ipv4Addr::LOCALHOST.into(), [0, 0]).unwrap();
        assert!(one != other && one != 0 && other != 0);
    }

    #[test]
    fn a_port_that_is_taken_is_an_error_that_names_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = found(Ipv4Addr::LOCALHOST.into(), [port]).unwrap_err();
        assert!(error.to_string().contains(&port.to_string()));
    }
}
