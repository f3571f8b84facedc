//! How large a payload may get.

use crate::MAX_LEADS;

/// How large a payload may get.
///
/// ```
/// use leadsquared_core::PayloadLimits;
///
/// let limits = PayloadLimits::default();
/// assert_eq!((limits.leads(), limits.bytes()), (50, 4 * 1024 * 1024));
/// assert_eq!(limits.with_leads(1000).leads(), 50); // the contract's limit stays
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PayloadLimits {
    leads: usize,
    bytes: usize,
}

impl Default for PayloadLimits {
    fn default() -> Self {
        Self {
            leads: MAX_LEADS,
            bytes: 4 * 1024 * 1024,
        }
    }
}

impl PayloadLimits {
    /// Sets the most leads in a payload, from 1 to [`MAX_LEADS`]; the default is [`MAX_LEADS`].
    #[must_use]
    pub fn with_leads(mut self, leads: usize) -> Self {
        self.leads = leads.clamp(1, MAX_LEADS);
        self
    }

    /// Sets the most bytes in a payload; the default is 4 MiB.
    ///
    /// The contract names no limit. 4 MiB is what servers of its kind take by default, and far from
    /// ordinary leads: 50 of them come to about 40 KiB.
    #[must_use]
    pub fn with_bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// The most leads in a payload.
    #[must_use]
    pub fn leads(&self) -> usize {
        self.leads
    }

    /// The most bytes in a payload.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
