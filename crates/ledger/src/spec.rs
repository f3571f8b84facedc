//! What a run is, as its caller says it.

use std::path::PathBuf;

use crate::Fingerprint;

/// What a run is: two runs with equal specs do the same work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSpec {
    /// The account, as text that holds no secret: its host, and a hash of its access key.
    pub account: String,
    /// The inputs; none if a pipeline feeds the run.
    pub inputs: Vec<InputSpec>,
    /// Everything that decides what is sent for a row, the mapping's content included, written the
    /// same way each time. The ledger keeps its hash.
    pub options: String,
    /// Where the mapping file is, for people.
    pub mapping_path: Option<PathBuf>,
}

/// One input of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputSpec {
    /// The name that its rows have: [`Row::source`](leadsquared_core::Row::source).
    pub name: String,
    /// Where it is, absolute; none for one that is elsewhere, or can't be read again, such as standard
    /// input.
    pub path: Option<PathBuf>,
    /// Where it is, if it is an object in a store: its URL, without anything secret.
    pub url: Option<String>,
    /// How many bytes it has; the fingerprint says so too.
    pub size: Option<u64>,
    /// What it holds.
    pub fingerprint: Option<Fingerprint>,
}

impl InputSpec {
    /// The size, from wherever it is known.
    pub(crate) fn known_size(&self) -> Option<u64> {
        self.size
            .or_else(|| self.fingerprint.map(|fingerprint| fingerprint.size()))
    }

    /// Whether it can be read again.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.path.is_some() || self.url.is_some()
    }

    /// From where the ledger says that it is: no absolute path is a URL.
    pub(crate) fn at(mut self, place: Option<String>) -> Self {
        match place {
            Some(url) if url.contains("://") && !url.starts_with('/') => self.url = Some(url),
            path => self.path = path.map(PathBuf::from),
        }
        self
    }

    /// Where it is, as the ledger keeps and compares it.
    pub(crate) fn place(&self) -> Option<String> {
        if let Some(url) = &self.url {
            return Some(url.clone());
        }
        let path = self.path.as_deref()?;
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Some(absolute.to_string_lossy().into_owned())
    }
}
