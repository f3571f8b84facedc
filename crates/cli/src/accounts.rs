//! `leadsquared accounts`: the accounts of the config file, without a secret.

use std::fmt::Write as _;

use anyhow::Result;
use leadsquared_accounts::{Account, Config};
use serde::Serialize;

use crate::Exit;
use crate::args::{AccountsArgs, OutputFormat};
use crate::command::Ended;
use crate::report::print;

/// An account, for programs.
#[derive(Serialize)]
struct Line<'a> {
    account: &'a str,
    default: bool,
    host: &'a str,
    keys: String,
}

pub(crate) fn accounts(args: &AccountsArgs) -> Ended {
    let config = Config::require(args.config.as_deref())?;
    let default = config.default_account().map(Account::name);
    let lines: Vec<Line<'_>> = config
        .accounts()
        .map(|account| Line {
            account: account.name(),
            default: default == Some(account.name()),
            host: account.host(),
            keys: account.keys_from().to_string(),
        })
        .collect();
    let text = match args.format {
        OutputFormat::Text => table(&config, &lines),
        OutputFormat::Json => json(&lines)?,
    };
    print(&text)?;
    Ok(Exit::Complete)
}

fn json(lines: &[Line<'_>]) -> Result<String> {
    let lines = lines
        .iter()
        .map(|line| Ok(serde_json::to_string(line)? + "\n"));
    lines.collect()
}

/// The default account has a star.
fn table(config: &Config, lines: &[Line<'_>]) -> String {
    let mut rows = vec![["  ACCOUNT".to_owned(), "HOST".to_owned(), "KEYS".to_owned()]];
    for line in lines {
        let star = if line.default { "*" } else { " " };
        rows.push([
            format!("{star} {}", line.account),
            line.host.to_owned(),
            line.keys.clone(),
        ]);
    }
    let width = |at: usize| {
        let cells = rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let (first, second) = (width(0), width(1));
    let mut text = format!("{}\n", config.path().display());
    for [name, host, keys] in &rows {
        let _ = writeln!(text, "{name:<first$}  {host:<second$}  {keys}");
    }
    text
}
