//! `leadsquared fields`: what the account's leads have.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use leadsquared_sink::{AccountFields, FieldsError};

use crate::Exit;
use crate::command::Ended;
use crate::preflight::of_account;
use crate::report;
use crate::settings::FieldsSettings;
use crate::talk::Talk;
use crate::words;

pub(crate) async fn fields(settings: FieldsSettings) -> Ended {
    let fields = match of_account(&settings.asked, settings.rate_limit).await {
        Err(error @ FieldsError::Unreadable { .. }) => {
            return Err(error).context(
                "the account's fields can't be read; check that the keys may read them, or take them \
                 from the account's settings",
            );
        }
        read => read?,
    };
    if let Some(path) = &settings.save {
        save(&fields, path)?;
        let count = words::count(fields.len() as u64, "field");
        Talk::default().say(format_args!("{count} saved in {}", path.display()));
    }
    report::fields(&fields, settings.format)?;
    Ok(Exit::Complete)
}

/// Writes them as the account gave them, a line a field, so that two lists can be compared.
fn save(fields: &AccountFields, path: &Path) -> Result<()> {
    let lines: Vec<String> = fields
        .iter()
        .map(serde_json::to_string)
        .collect::<Result<_, _>>()?;
    let json = format!("[\n{}\n]\n", lines.join(",\n"));
    fs::write(path, json).with_context(|| {
        format!(
            "{}: can't be written; make room there, or name another file",
            path.display()
        )
    })
}
