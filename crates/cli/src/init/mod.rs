//! `leadsquared init`: a mapping file, written for people to go on with.

mod guess;
mod names;
mod write;

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};

use anyhow::{Context as _, Result, anyhow, bail};
use futures::TryStreamExt as _;
use leadsquared_adapter::{Input, ReadOptions, Source};

use crate::Exit;
use crate::command::{Ended, UsageError};
use crate::mapping_file::{MappingFile, schema};
use crate::report;
use crate::settings::{InitOutput, InitSettings};
use crate::talk::Talk;
use crate::words::count;
use guess::{Fate, Guessed, lacks_unique_field};

pub(crate) async fn init(settings: InitSettings) -> Ended {
    match settings {
        InitSettings::Schema { output } => write(&output, &format!("{:#}\n", schema()))?,
        InitSettings::Mapping {
            input,
            options,
            output,
            next,
        } => {
            // Of several files, one stands for all.
            let inputs = Input::list(vec![input]).await?;
            let Some(input) = inputs.first() else {
                return Ok(Exit::Complete);
            };
            let columns = columns(input, &options).await?;
            let text = write::mapping(&input.to_string(), &next, &columns);
            // What is written must be what is read.
            MappingFile::parse(&text).map_err(|error| {
                anyhow!("the mapping that was made is faulty{error}; please report this")
            })?;
            write(&output, &text)?;
            say(&columns);
            if let Some(path) = &output.path {
                let name = path.display();
                Talk::default().say(format_args!(
                    "{name} is written; look through it, then: {next}"
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
    let mut names = HashSet::new();
    let twice = schema
        .fields()
        .iter()
        .find(|field| !names.insert(field.name()));
    if let Some(twice) = twice {
        bail!(
            "{input}: the column {:?} comes twice, and a mapping knows columns by their names; give \
             one of them another name where the input is made",
            twice.name()
        );
    }
    let sample = source.into_stream().try_next().await?;
    let sample = sample.as_ref().map(|sample| &sample.batch);
    Ok(guess::columns(&schema, sample))
}

/// Prints the text or writes it to a file; over one that is there only if it is asked for.
fn write(output: &InitOutput, text: &str) -> Result<()> {
    let Some(path) = &output.path else {
        report::print(text)?;
        return Ok(());
    };
    let shown = path.display();
    let mut options = OpenOptions::new();
    options.write(true).create_new(!output.force);
    if output.force {
        options.create(true).truncate(true);
    }
    let mut file = match options.open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let message =
                format!("{shown} is there already; name another with --output, or add --force");
            return Err(UsageError(message).into());
        }
        opened => opened.with_context(|| {
            format!("{shown}: can't be written there; name another file with --output")
        })?,
    };
    file.write_all(text.as_bytes())
        .with_context(|| format!("{shown}: can't be written"))
}

/// Says what was guessed.
fn say(columns: &[Guessed]) {
    let of = |which: fn(&Fate) -> bool| {
        let fates = columns.iter().map(|guessed| &guessed.fate);
        fates.filter(|fate| which(fate)).count()
    };
    let kept = of(|fate| *fate == Fate::Keep);
    let renamed = of(|fate| matches!(fate, Fate::Rename(..)));
    let dropped = of(|fate| matches!(fate, Fate::Drop(_)));
    let dates = columns.iter().filter(|guessed| guessed.dates.is_some());
    let dates = match dates.count() as u64 {
        0 => String::new(),
        forms => format!(", {} guessed", count(forms, "date form")),
    };
    let talk = Talk::default();
    talk.say(format_args!(
        "columns: {kept} sent under their own names, {renamed} renamed by a guess, {dropped} left \
         out{dates}"
    ));
    if lacks_unique_field(columns) {
        talk.say(
            "no column looks like an e-mail address or a phone number, and a lead needs a unique \
             field: rename the column that has it",
        );
    }
}
