//! Where the account's fields come from: the account, or a file.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use leadsquared_emulator::{Emulator, LeadField};
use leadsquared_sink::{
    AccountFields, Auth, Credentials, Endpoint, FieldsError, FieldsReader, HttpTransport,
    RateLimit, SlotLimiter,
};

use crate::settings::{Asked, Target};

/// How long one call may take where nobody says.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The way to the account, or to the emulator in its place.
pub(crate) fn transport(
    target: &Target,
    emulator: Option<&Emulator>,
    auth: Auth,
    timeout: Duration,
) -> Result<Arc<HttpTransport>> {
    let (host, credentials) = match (target, emulator) {
        (Target::Account { identity, keys }, _) => (identity.host().to_owned(), keys.credentials()),
        (Target::Emulator, Some(emulator)) => (
            emulator.url(),
            Credentials::new(emulator.access_key(), emulator.secret_key()),
        ),
        (Target::Emulator, None) => return Err(anyhow!("the emulator did not start")),
    };
    let endpoint: Endpoint = host.parse()?;
    let transport = HttpTransport::new(&endpoint, &credentials, auth, timeout)?;
    Ok(Arc::new(transport))
}

/// What the account is called.
pub(crate) fn host(target: &Target) -> &str {
    match target {
        Target::Emulator => "the emulator",
        Target::Account { identity, .. } => identity.host(),
    }
}

/// Asks an account that nothing is sent to.
pub(crate) async fn of_account(
    asked: &Asked,
    limit: RateLimit,
) -> Result<AccountFields, FieldsError> {
    let transport = transport(&asked.target, None, asked.auth, TIMEOUT).map_err(|error| {
        FieldsError::Unreadable {
            reason: error.to_string(),
        }
    })?;
    FieldsReader::new(transport, Arc::new(SlotLimiter::new(limit)))
        .read()
        .await
}

/// Reads fields that were saved.
pub(crate) fn read_file(path: &Path) -> Result<AccountFields> {
    let json = fs::read(path).with_context(|| not_read(path))?;
    AccountFields::from_json(&json).map_err(|what| {
        anyhow!(
            "{}: {what}; it must be what `leadsquared fields --save` writes",
            path.display()
        )
    })
}

/// Reads fields for an emulator.
pub(crate) fn emulated(path: &Path) -> Result<Vec<LeadField>> {
    let json = fs::read_to_string(path).with_context(|| not_read(path))?;
    LeadField::read(&json).with_context(|| path.display().to_string())
}

fn not_read(path: &Path) -> String {
    format!(
        "{}: the fields can't be read; `leadsquared fields --save {0}` writes the account's",
        path.display()
    )
}
