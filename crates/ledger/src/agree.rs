//! Whether a run can be taken up again with what is given.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use crate::fingerprint::hash;
use crate::record::{self, RunRecord};
use crate::{Error, InputChange, InputSpec, RunSpec};

/// Whether the options must be those that the run has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Options {
    Same,
    Any,
}

/// Checks a spec against the run, and gives back the number of each input with its name now.
pub(crate) fn agree<'s>(
    path: &std::path::Path,
    tables: &Connection,
    record: &RunRecord,
    spec: &'s RunSpec,
    options: Options,
) -> Result<Vec<(u64, &'s str)>, Error> {
    let run = record.id;
    if record.account != spec.account {
        return Err(Error::OtherAccount {
            run,
            was: record.account.clone(),
            given: spec.account.clone(),
        });
    }
    let inputs = record::inputs(tables, run).map_err(|error| Error::of(path, error))?;
    let names = same_inputs(record, &inputs, spec)?;
    if options == Options::Same && record.options_hash != hash(&spec.options) {
        return Err(Error::OptionsChanged {
            run,
            mapping_path: record.mapping_path.clone(),
        });
    }
    Ok(names)
}

/// Refuses two inputs of one name.
pub(crate) fn are_distinct(spec: &RunSpec) -> Result<(), Error> {
    let mut names = HashSet::new();
    match spec.inputs.iter().find(|input| !names.insert(&input.name)) {
        Some(input) => Err(Error::RepeatedInput {
            name: input.name.clone(),
        }),
        None => Ok(()),
    }
}

/// Whether one of the inputs is a file that the spec has too.
pub(crate) fn overlap(inputs: &[(u64, InputSpec)], spec: &RunSpec) -> bool {
    let given: HashSet<_> = spec.inputs.iter().filter_map(InputSpec::place).collect();
    inputs
        .iter()
        .filter_map(|(_, input)| input.place())
        .any(|path| given.contains(&path))
}

fn same_inputs<'s>(
    record: &RunRecord,
    inputs: &[(u64, InputSpec)],
    spec: &'s RunSpec,
) -> Result<Vec<(u64, &'s str)>, Error> {
    let run = record.id;
    if let Some((_, gone)) = inputs.iter().find(|(_, input)| !input.is_there()) {
        return Err(Error::InputGone {
            run,
            name: gone.name.clone(),
        });
    }
    are_distinct(spec)?;
    let mut given: HashMap<_, _> = HashMap::new();
    let mut added = Vec::new();
    for input in &spec.inputs {
        let is_new = match input.place() {
            Some(path) => given.insert(path, input).is_none(),
            None => false,
        };
        if !is_new {
            added.push(input.name.clone());
        }
    }
    let mut missing = Vec::new();
    let mut pairs = Vec::new();
    for (source, was) in inputs {
        let path = was.place().unwrap_or_default();
        match given.remove(&path) {
            Some(is) => pairs.push((*source, was, is)),
            None => missing.push(path),
        }
    }
    added.extend(given.into_keys());
    added.sort_unstable();
    if !(missing.is_empty() && added.is_empty()) {
        return Err(Error::OtherInputs {
            run,
            missing,
            added,
        });
    }
    for (_, was, is) in &pairs {
        if let Some(change) = change(was, is) {
            return Err(Error::InputChanged {
                run,
                path: was.place().unwrap_or_default().into(),
                change,
            });
        }
    }
    Ok(pairs
        .into_iter()
        .map(|(source, _, is)| (source, is.name.as_str()))
        .collect())
}

/// How an input differs, as far as both sides know.
fn change(was: &InputSpec, is: &InputSpec) -> Option<InputChange> {
    match (was.known_size(), is.known_size()) {
        (Some(was), Some(is)) if was != is => return Some(InputChange::Size { was, is }),
        _ => {}
    }
    match (was.fingerprint, is.fingerprint) {
        (Some(was), Some(is)) if was != is => Some(InputChange::Content),
        _ => None,
    }
}
