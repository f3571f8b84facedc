//! A config file in a folder of its own.

use std::fs;
use std::path::PathBuf;

use leadsquared_accounts::{Config, Error};
use tempfile::TempDir;

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file that only its owner may open.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        self.set_mode(name, 0o600);
    }

    #[cfg(unix)]
    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;

        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    #[cfg(not(unix))]
    pub(crate) fn set_mode(&self, _: &str, _: u32) {}

    /// Reads a config file of this text.
    pub(crate) fn read(&self, text: &str) -> Result<Config, Error> {
        self.write("config.toml", text);
        Config::read(&self.path("config.toml"))
    }

    /// A config file with one account, `main`, that has these settings besides its host.
    pub(crate) fn main(&self, settings: &str) -> Config {
        self.read(&format!(
            "[accounts.main]\nhost = \"h.example\"\n{settings}\n"
        ))
        .unwrap()
    }
}
