//! LeadSquared accounts by name: a config file that says what each is like, and where its keys come
//! from.
//!
//! The file has no keys itself, so that it can be shown, copied and kept with others. Programs that
//! read the same file know the same accounts, and can share an account's limit.
//!
//! - [`Config`] is the file: [found](Config::find) where the user has it, checked as a whole.
//! - [`Account`] is one account in it: its host, its limit, and [where its keys are](KeysFrom).
//! - [`Keys`] are its keys, which are never shown, and [`Identity`] what tells it from other accounts:
//!   the name for a limit that processes share.
//! - [`Error`] is what keeps an account from being used; [`Fault`] what is wrong in the file,
//!   [`KeysError`] and [`KeysFault`] why there are no keys.
//! - [`variable`] reads a variable of the environment.
//!
//! # Example
//!
//! ```
//! use leadsquared_accounts::Config;
//! use leadsquared_sink::SinkConfig;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("config.toml");
//! std::fs::write(
//!     &path,
//!     r#"
//!         [accounts.main]
//!         host = "api-in21.leadsquared.com"
//!         rate_limit = "10/5s"
//!         keys_command = ["printf", "access_key = u$r123\nsecret_key = s3cret\n"]
//!     "#,
//! )?;
//! let config = Config::require(Some(&path))?;
//! assert_eq!(config.names().collect::<Vec<_>>(), ["main"]);
//!
//! let account = config.account("main")?;
//! let keys = account.keys().await?;
//! let identity = keys.identity(account.endpoint());
//! assert!(identity.key_name().starts_with("https___api-in21.leadsquared.com__"));
//! let sink = SinkConfig::new(account.host(), keys.credentials())
//!     .with_auth(account.auth().unwrap_or_default())
//!     .build()?;
//! # Ok(())
//! # }
//! ```

mod account;
mod command;
mod config;
mod document;
mod environment;
mod error;
mod fault;
mod identity;
mod keys;
mod nearest;
mod section;
mod written;

pub use account::{Account, KeysFrom};
pub use config::Config;
pub use environment::{NotText, variable};
pub use error::{Error, KeysError};
pub use fault::{Fault, KeysFault};
pub use identity::Identity;
pub use keys::Keys;
