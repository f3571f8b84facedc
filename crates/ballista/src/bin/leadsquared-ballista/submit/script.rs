//! The statements that were given.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Read as _};

use anyhow::{Context as _, Result};
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::dialect::GenericDialect;

use crate::args::SubmitArgs;
use crate::exit::usage;

/// Standard input, as an argument.
const STANDARD: &str = "-";

/// The statements, in their order; taken apart as DataFusion does, so that a semicolon in a text ends
/// nothing.
pub(super) fn statements(args: &SubmitArgs) -> Result<VecDeque<Statement>> {
    let statements = DFParser::parse_sql_with_dialect(&text(args)?, &GenericDialect {})
        .map_err(|error| anyhow::anyhow!("{}", error.strip_backtrace()))?;
    if statements.is_empty() {
        return Err(usage(
            "there is no statement; give one with -e SQL or in a file",
        ));
    }
    Ok(statements)
}

fn text(args: &SubmitArgs) -> Result<String> {
    match (&args.execute, &args.file) {
        (Some(sql), _) => Ok(sql.clone()),
        (None, None) => Err(usage(
            "there is no statement; give it with --execute SQL, in a file, or on standard input (-)",
        )),
        (None, Some(path)) if path.as_os_str() != STANDARD => fs::read_to_string(path)
            .with_context(|| format!("{}: can't be read as UTF-8 text", path.display())),
        (None, Some(_)) => {
            let mut text = String::new();
            io::stdin()
                .read_to_string(&mut text)
                .context("standard input can't be read as UTF-8 text")?;
            Ok(text)
        }
    }
}
