//! `leadsquared completions` and `leadsquared man`: what shells and `man` want to know of the command.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::Exit;
use crate::args::{Cli, ManArgs};
use crate::command::Ended;
use crate::report::tolerate_closed;
use crate::talk::Talk;
use crate::words;

/// Prints the shell's script of completions.
pub(crate) fn completions(shell: Shell) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "leadsquared", &mut script);
    print(&script)?;
    Ok(Exit::Complete)
}

/// Prints the command's page, or writes one for each subcommand too.
pub(crate) fn man(args: &ManArgs) -> Ended {
    // Once it is built, subcommands have their whole names, and the options of all.
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    match &args.all {
        None => print(&page(command)?)?,
        Some(folder) => {
            let pages = write_all(&command, folder)?;
            let pages = words::count(pages, "page");
            Talk::default().say(format_args!("{pages} are in {}", folder.display()));
        }
    }
    Ok(Exit::Complete)
}

fn write_all(command: &clap::Command, folder: &Path) -> Result<u64> {
    fs::create_dir_all(folder).with_context(|| {
        format!(
            "{}: the folder can't be made; take leave to write there, or name another one",
            folder.display()
        )
    })?;
    let commands = std::iter::once(command).chain(command.get_subcommands());
    let mut pages = 0;
    for command in commands {
        let man = Man::new(command.clone());
        let path = folder.join(man.get_filename());
        fs::write(&path, page(command.clone())?).with_context(|| {
            format!("{}: can't be written; name another folder", path.display())
        })?;
        pages += 1;
    }
    Ok(pages)
}

fn page(command: clap::Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command).manual("leadsquared").render(&mut page)?;
    Ok(page)
}

fn print(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    tolerate_closed(out.write_all(bytes).and_then(|()| out.flush()))
}
