//! `leadsquared init`: a mapping file, written for people to go on with.

mod guess;
mod names;
mod write;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use futures::TryStreamExt as _;
use leadsquared_adapter::{Input, ReadOptions, Source};

use crate::Exit;
use crate::command::{Ended, UsageError};
use crate::mapping_file::{MappingFile, schema};
use crate::report;
use crate::settings::InitSettings;
use crate::talk::Talk;
use crate::words::shell_word;
use guess::{Fate, Guessed, lacks_unique_field};

/// What the mapping is called where it has no file.
const NAME: &str = "mapping.toml";

pub(crate) async fn init(settings: InitSettings) -> Ended {
    match settings {
        InitSettings::Schema => report::print(&format!("{:#}\n", schema()))?,
        InitSettings::Mapping {
            input,
            options,
            output,
            force,
        } => {
            // Of several files, one stands for all.
            let inputs = Input::list(vec![input]).await?;
            let Some(input) = inputs.first() else {
                return Ok(Exit::Complete);
            };
            let columns = columns(input, &options).await?;
            let input = input.to_string();
            let name = output.as_deref().map(Path::display);
            let name = name.map_or_else(|| NAME.to_owned(), |path| path.to_string());
            let text = write::mapping(&input, &name, &columns);
            // What is written must be what is read.
            MappingFile::parse(&text).map_err(|error| {
                anyhow!("the mapping that was made is faulty{error}; please report this")
            })?;
            match &output {
                Some(path) => keep(path, &text, force)?,
                None => report::print(&text)?,
            }
            say(&columns);
            if output.is_some() {
                Talk::default().say(format_args!(
                    "{name} is written; look through it, then: leadsquared check {} --mapping {}",
                    shell_word(&input),
                    shell_word(&name),
                ));
            }
        }
    }
    Ok(Exit::Complete)
}

/// What becomes of the columns of the input, by its schema and its first rows.
async fn columns(input: &Input, options: &ReadOptions) -> Result<Vec<Guessed>> {
    let source = Source::open(input, options).await?;
    let schema = source.schema();
    let sample = source.into_stream().try_next().await?;
    let sample = sample.as_ref().map(|sample| &sample.batch);
    Ok(guess::columns(&schema, sample))
}

/// Writes the file; over one that is there only if it is asked for.
fn keep(path: &Path, text: &str, force: bool) -> Result<()> {
    let shown = path.display();
    let mut options = OpenOptions::new();
    options.write(true).create_new(!force);
    if force {
        options.create(true).truncate(true);
    }
    let mut file = match options.open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let message =
                format!("{shown} is there already; name another with --output, or add --force");
            return Err(UsageError(message).into());
        }
        opened => opened.with_context(|| {
            format!("{shown}: the mapping can't be written there; name another file with --output")
        })?,
    };
    file.write_all(text.as_bytes())
        .with_context(|| format!("{shown}: the mapping can't be written"))
}

/// Says what was guessed.
fn say(columns: &[Guessed]) {
    let count = |which: fn(&Fate) -> bool| {
        let fates = columns.iter().map(|guessed| &guessed.fate);
        fates.filter(|fate| which(fate)).count()
    };
    let kept = count(|fate| *fate == Fate::Keep);
    let renamed = count(|fate| matches!(fate, Fate::Rename(..)));
    let dropped = count(|fate| matches!(fate, Fate::Drop(_)));
    let talk = Talk::default();
    talk.say(format_args!(
        "columns: {kept} sent under their own names, {renamed} renamed by a guess, {dropped} left out"
    ));
    if lacks_unique_field(columns) {
        talk.say(
            "no column looks like an e-mail address or a phone number, and a lead needs a unique \
             field: rename the column that has it",
        );
    }
}
