//! From arguments to an exit: the whole command.

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::ErrorKind;
use leadsquared_accounts::{Error as AccountsError, KeysError};

use crate::args::{Cli, Command, color};
use crate::settings::{CheckSettings, FieldsSettings, InitSettings, LoadSettings, ReplaySettings};
use crate::talk::{self, print_error};
use crate::{
    Exit, accounts, check, emulate, export, fields, init, load, logging, manual, paint, replay,
    runs,
};

/// What a command comes to: an exit, or the error that it ends with.
pub(crate) type Ended = anyhow::Result<Exit>;

/// A mistake in how the command was used, rather than in what it met.
#[derive(Debug)]
pub(crate) struct UsageError(pub(crate) String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Runs the command with these arguments, the first of which is its name.
///
/// Prints to standard output and standard error as the command does. It can be run once in a
/// process that lives on, but is made for one that ends with it: after a read of standard input
/// that never came to an end, a thread still waits there.
pub fn run<I>(args: I) -> Exit
where
    I: IntoIterator<Item: Into<OsString> + Clone>,
{
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    paint::choose(color(&args).unwrap_or_default());
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(help_or_error) => {
            // Nothing is left to say where it can't be printed.
            let _ = help_or_error.print();
            return match help_or_error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Complete,
                _ => Exit::Usage,
            };
        }
    };
    paint::choose(cli.terminal.color);
    talk::set_quiet(cli.terminal.quiet);
    logging::start(cli.terminal);
    match start(cli.command) {
        Ok(exit) => exit,
        Err(error) => {
            print_error(&error);
            if is_usage(&error) {
                Exit::Usage
            } else {
                Exit::Failed
            }
        }
    }
}

/// Whether the command was not used as it must be: with an account that isn't there, or a variable
/// that is no text.
fn is_usage(error: &anyhow::Error) -> bool {
    error.is::<UsageError>()
        || matches!(
            error.downcast_ref(),
            Some(
                AccountsError::NoFile { .. }
                    | AccountsError::NoSuchAccount { .. }
                    | AccountsError::Variable(_)
                    | AccountsError::Keys {
                        source: KeysError::Variable(_),
                        ..
                    }
            )
        )
}

fn start(command: Command) -> Ended {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let ended = runtime.block_on(async {
        match command {
            Command::Init(args) => init::init(InitSettings::new(args)?).await,
            Command::Load(args) if args.dry_run => {
                check::check(CheckSettings::of_dry_run(args)?).await
            }
            Command::Load(args) => load::load(LoadSettings::new(args)?).await,
            Command::Replay(args) => replay::replay(ReplaySettings::new(args)?).await,
            Command::Runs(args) => runs::runs(&args),
            Command::Results(args) => export::export(&args),
            Command::Accounts(args) => accounts::accounts(&args),
            Command::Check(args) => check::check(CheckSettings::new(args)?).await,
            Command::Fields(args) => fields::fields(FieldsSettings::new(args)?).await,
            Command::Emulate(args) => emulate::emulate(args).await,
            Command::Completions(args) => manual::completions(args.shell),
            Command::Man(args) => manual::man(&args),
        }
    });
    // A read of standard input can't be interrupted, and is not waited for.
    runtime.shutdown_background();
    ended
}
