//! An account's keys, from where the config file says they are.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use leadsquared_sink::{Credentials, Endpoint};
use secrecy::{ExposeSecret as _, SecretString};

use crate::account::{Account, KeysFrom};
use crate::environment::variable;
use crate::error::{Error, KeysError};
use crate::identity::Identity;
use crate::{command, written};

/// Far more than two keys take.
const MOST_BYTES: u64 = 64 * 1024;

/// An account's access key and secret key.
///
/// Both are wiped from memory when dropped and never shown, not even by `Debug`.
///
/// ```
/// use leadsquared_accounts::Keys;
/// use leadsquared_sink::SinkConfig;
///
/// let keys = Keys::new("u$r123", "s3cret");
/// assert!(!format!("{keys:?}").contains("s3cret"));
/// let config = SinkConfig::new("api-in21.leadsquared.com", keys.credentials()).build()?;
/// # Ok::<(), leadsquared_sink::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Keys {
    pub(crate) access_key: SecretString,
    pub(crate) secret_key: SecretString,
}

impl Keys {
    /// Keys that are known already, as from the environment.
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            access_key: SecretString::from(access_key.into()),
            secret_key: SecretString::from(secret_key.into()),
        }
    }

    /// The keys as a sink takes them.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        Credentials::new(
            self.access_key.expose_secret(),
            self.secret_key.expose_secret(),
        )
    }

    /// Which account the keys are of, at this host.
    #[must_use]
    pub fn identity(&self, endpoint: &Endpoint) -> Identity {
        Identity::new(endpoint, self.access_key.expose_secret())
    }
}

impl Account {
    /// The account's keys, from where they are: read anew at each call.
    ///
    /// A `keys_command` is run without a shell and with an empty standard input. It needs a tokio
    /// runtime with I/O and time, and is ended when it takes longer than `keys_timeout`, or when this
    /// future is dropped. Files and variables are read at once, in any runtime or none.
    ///
    /// # Errors
    ///
    /// [`Error::Keys`], with a [`KeysError`]: if a variable, a file or a program is not there; if others
    /// may read the file (on Unix); if the program fails; or if there are no two keys in it.
    pub async fn keys(&self) -> Result<Keys, Error> {
        let keys = match self.keys_from() {
            KeysFrom::Environment {
                access_key,
                secret_key,
            } => environment(access_key, secret_key),
            KeysFrom::File(path) => file(path),
            KeysFrom::Command {
                program,
                arguments,
                timeout,
            } => command::keys(program, arguments, *timeout).await,
        };
        keys.map_err(|source| Error::Keys {
            account: self.name().to_owned(),
            source,
        })
    }
}

fn environment(access_key: &str, secret_key: &str) -> Result<Keys, KeysError> {
    let value = |name: &str| {
        variable(name)?
            .map(SecretString::from)
            .ok_or_else(|| KeysError::NoVariable {
                name: name.to_owned(),
            })
    };
    Ok(Keys {
        access_key: value(access_key)?,
        secret_key: value(secret_key)?,
    })
}

fn file(path: &Path) -> Result<Keys, KeysError> {
    let cannot_open = |source| KeysError::CannotOpen {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(cannot_open)?;
    if let Some(mode) = too_open(&file).map_err(cannot_open)? {
        return Err(KeysError::TooOpen {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = String::new();
    file.take(MOST_BYTES)
        .read_to_string(&mut text)
        .map_err(|source| KeysError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
    written::parse(&SecretString::from(text)).map_err(|fault| KeysError::NotInFile {
        path: path.to_owned(),
        fault,
    })
}

/// The mode of a file that others may open, which is refused, as `ssh` does with its keys.
#[cfg(unix)]
fn too_open(file: &File) -> std::io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = file.metadata()?.permissions().mode() & 0o777;
    Ok((mode & 0o077 != 0).then_some(mode))
}

#[cfg(not(unix))]
fn too_open(_: &File) -> std::io::Result<Option<u32>> {
    Ok(None)
}
