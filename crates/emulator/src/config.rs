use std::net::{Ipv4Addr, SocketAddr};

use crate::chaos::Chaos;
use crate::keys::Keys;
use crate::latency::Latency;
use crate::limit::Quota;
use crate::rules::Rules;
use crate::throttle::ThrottleShape;

/// Everything that is settled before the start.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) keys: Keys,
    pub(crate) quota: Quota,
    pub(crate) limited: bool,
    /// Whether asking for the fields counts against the limit.
    pub(crate) fields_count: bool,
    pub(crate) throttle_shape: ThrottleShape,
    pub(crate) retry_after: bool,
    pub(crate) latency: Latency,
    pub(crate) rules: Rules,
    pub(crate) chaos: Chaos,
    pub(crate) memory: Memory,
}

/// What is held in memory, and how much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) body_limit: usize,
    pub(crate) record_bodies: bool,
    pub(crate) keep_leads: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            keys: Keys {
                access: "access-key".to_owned(),
                secret: "secret-key".to_owned(),
            },
            quota: Quota::default(),
            limited: true,
            fields_count: true,
            throttle_shape: ThrottleShape::default(),
            retry_after: false,
            latency: Latency::default(),
            rules: Rules::default(),
            chaos: Chaos::default(),
            memory: Memory {
                body_limit: 10 * 1024 * 1024,
                record_bodies: false,
                keep_leads: true,
            },
        }
    }
}
