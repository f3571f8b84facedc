//! How a run was to go, without a secret: each setting by its option.

use std::path::Path;

use leadsquared_adapter::Input;
use leadsquared_sink::{Ambiguous, Auth, Strategy};

use crate::kept::Kept;
use crate::settings::{DeliverySettings, Reading, Target};
use crate::words::{count, limit, number, span};

/// A setting of a run.
pub(super) struct Setting {
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// Where leads go.
pub(super) fn account(target: &Target) -> String {
    match target {
        Target::Emulator => "an emulator on this machine".to_owned(),
        Target::Account { identity, .. } => identity.host().to_owned(),
    }
}

/// What was loaded, in few words: a file's name without its folder, or how many inputs there are.
pub(super) fn subject(inputs: &[Input]) -> String {
    match inputs {
        [only] => match only.path().and_then(Path::file_name) {
            Some(name) => name.to_string_lossy().into_owned(),
            None => only.to_string(),
        },
        several => count(several.len() as u64, "input"),
    }
}

/// All settings that make a difference.
pub(super) fn all(
    reading: &Reading,
    settings: &DeliverySettings,
    kept: Option<&Kept>,
) -> Vec<Setting> {
    let slots = &settings.slots;
    let path = |path: &Path| path.display().to_string();
    let given = [
        ("Account", Some(account(&settings.target))),
        ("Keys travel in", Some(keys(settings.auth).to_owned())),
        (
            "Mapping",
            Some(
                reading
                    .mapping
                    .path()
                    .map_or_else(|| "none".to_owned(), path),
            ),
        ),
        ("Rate limit", Some(limit(slots.limit()))),
        ("Limiter", Some(strategy(slots.strategy()).to_owned())),
        (
            "Left to others",
            (slots.reserve() > 0).then(|| {
                let calls = count(slots.reserve().into(), "call");
                format!("{calls} in {}", span(slots.limit().per()))
            }),
        ),
        (
            "Limit shared by",
            settings
                .redis
                .as_ref()
                .map(|shared| format!("{} processes, through Redis", shared.processes)),
        ),
        (
            "Daily budget",
            settings
                .daily_calls
                .map(|calls| format!("{} in 24 h", count(calls, "call"))),
        ),
        (
            "Concurrency",
            Some(settings.concurrency.map_or_else(
                || "as many calls as the limit has".to_owned(),
                |calls| count(calls.get() as u64, "call"),
            )),
        ),
        ("Time-out of a call", Some(span(settings.timeout))),
        (
            "Attempts at a call",
            Some(number(settings.retry.attempts().into())),
        ),
        (
            "Answers that never come",
            Some(ambiguous(settings.ambiguous).to_owned()),
        ),
        (
            "Rejects before it stops",
            Some(
                settings
                    .max_rejects
                    .map_or_else(|| "any number".to_owned(), |most| most.to_string()),
            ),
        ),
        ("Calls for splitting", Some(number(settings.split_budget))),
        (
            "Ledger",
            Some(kept.map_or_else(|| "none".to_owned(), |kept| path(kept.ledger()))),
        ),
        ("Results", settings.results.as_deref().map(path)),
        ("Rejects", settings.rejects.as_deref().map(path)),
        (
            "Version",
            Some(format!("leadsquared {}", env!("CARGO_PKG_VERSION"))),
        ),
    ];
    let given = given.into_iter();
    given
        .filter_map(|(name, value)| {
            Some(Setting {
                name,
                value: value?,
            })
        })
        .collect()
}

fn keys(auth: Auth) -> &'static str {
    match auth {
        Auth::Header => "headers",
        Auth::Query => "the query",
    }
}

fn strategy(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Balanced => "balanced",
        Strategy::Strict => "strict",
    }
}

fn ambiguous(ambiguous: Ambiguous) -> &'static str {
    match ambiguous {
        Ambiguous::Hold => "hold: rows are left unconfirmed",
        Ambiguous::Retry => "retry: the call is sent again",
    }
}
