//! What a run is about: by this it is known again.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use leadsquared_adapter::Input;
use leadsquared_ledger::{Fingerprint, InputSpec, RunInfo, RunSpec, fingerprint};

use super::off_the_runtime;
use crate::args::FormatArgs;
use crate::settings::{Reading, Target};

/// What a run is about, without a secret.
pub(super) async fn spec(
    reading: &Reading,
    target: &Target,
    mapping_path: Option<PathBuf>,
    input_format: FormatArgs,
) -> Result<RunSpec> {
    let account = target.account_name();
    // What decides what is sent; the pace and the like may change on the way.
    let options = format!(
        "{} {input_format}{}",
        reading.mapping.canonical(),
        partitions(&reading.inputs)
    );
    let inputs = reading.inputs.clone();
    off_the_runtime(move || {
        Ok(RunSpec {
            account,
            inputs: inputs.iter().map(input_spec).collect::<Result<_>>()?,
            options,
            mapping_path: mapping_path.map(std::path::absolute).transpose()?,
        })
    })
    .await
}

/// The columns that the names of folders give, which depend on the path that was given.
fn partitions(inputs: &[Input]) -> String {
    let pairs = inputs.iter().map(|input| {
        let pairs = input.partitions();
        let pairs = pairs.map(|(key, value)| format!(" {key}={value:?}"));
        pairs.collect::<String>()
    });
    let mut pairs: Vec<String> = pairs.filter(|pairs| !pairs.is_empty()).collect();
    pairs.sort();
    pairs.concat()
}

/// An input; a file is read whole for its fingerprint, an object was opened and has one.
fn input_spec(input: &Input) -> Result<InputSpec> {
    let name = input.to_string();
    if let Some((size, version)) = input.version() {
        return Ok(InputSpec {
            url: Some(name.clone()),
            name,
            size: Some(size),
            fingerprint: Some(Fingerprint::of_version(size, &version)),
            path: None,
        });
    }
    // A pipe can be read only once, and is kept for that.
    let path = input
        .path()
        .filter(|path| fs::metadata(path).is_ok_and(|file| file.is_file()));
    let Some(path) = path else {
        return Ok(InputSpec {
            name,
            ..InputSpec::default()
        });
    };
    let fingerprint = fingerprint(path)
        .with_context(|| format!("{}: can't be read to its end", path.display()))?;
    Ok(InputSpec {
        name,
        url: None,
        path: Some(std::path::absolute(path)?),
        size: Some(fingerprint.size()),
        fingerprint: Some(fingerprint),
    })
}

/// Whether a run has the inputs of the spec, and no others.
pub(super) fn has_inputs(run: &RunInfo, spec: &RunSpec) -> bool {
    let places = |inputs: &[InputSpec]| -> BTreeSet<(Option<PathBuf>, Option<String>)> {
        let place = |input: &InputSpec| (input.path.clone(), input.url.clone());
        inputs.iter().map(place).collect()
    };
    places(&run.inputs) == places(&spec.inputs)
}
