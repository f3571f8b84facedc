//! Whether a file is still the one that was read.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;

/// The size of a file and the BLAKE3 hash of all its content; of an object, that of what its store says
/// of its version.
///
/// Displays as the hash in hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    size: u64,
    hash: blake3::Hash,
}

impl Fingerprint {
    /// How many bytes the file has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Of an object of `size` bytes, which isn't read for it: `version` is what its store says of it, an
    /// `ETag` for example, and is another one when the object is replaced.
    ///
    /// ```
    /// use leadsquared_ledger::Fingerprint;
    ///
    /// let before = Fingerprint::of_version(3, "etag 8a80554c91d9fca8acb82f023de02f11");
    /// let after = Fingerprint::of_version(3, "etag 58e0494c51d30eb3494f7c9198986bb9");
    /// assert_ne!(before, after);
    /// ```
    #[must_use]
    pub fn of_version(size: u64, version: &str) -> Self {
        // Apart from every content.
        let hash = blake3::derive_key("leadsquared-ledger object version 1", version.as_bytes());
        Self {
            size,
            hash: blake3::Hash::from_bytes(hash),
        }
    }

    /// From what a ledger keeps of it.
    pub(crate) fn from_parts(size: u64, hex: &str) -> Option<Self> {
        let hash = blake3::Hash::from_hex(hex).ok()?;
        Some(Self { size, hash })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hash.to_hex())
    }
}

/// Reads a whole file, a piece at a time, and gives back its fingerprint.
///
/// ```
/// use leadsquared_ledger::fingerprint;
///
/// # fn main() -> std::io::Result<()> {
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("leads.ndjson");
/// std::fs::write(&file, "{}\n")?;
/// let before = fingerprint(&file)?;
/// assert_eq!(before.size(), 3);
///
/// std::fs::write(&file, "[]\n")?;
/// assert_ne!(fingerprint(&file)?, before);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the file can't be read.
pub fn fingerprint(path: impl AsRef<Path>) -> io::Result<Fingerprint> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(Fingerprint {
        size: hasher.count(),
        hash: hasher.finalize(),
    })
}

/// The hash of a text, in hexadecimal digits.
pub(crate) fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
