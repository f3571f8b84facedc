//! What to read, and what its columns become.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::Result;
use leadsquared_adapter::{Input, ReadOptions};

use crate::args::{FormatArgs, InputArgs};
use crate::mapping_file::MappingFile;
use crate::outputs::Guarded;

/// What to read, and what its columns become.
pub(crate) struct Reading {
    pub(crate) inputs: Vec<Input>,
    pub(crate) options: ReadOptions,
    pub(crate) mapping: MappingFile,
}

impl Reading {
    pub(super) fn new(args: InputArgs) -> Result<Self> {
        Self::of(
            Input::resolve(args.inputs)?,
            args.mapping.as_deref(),
            args.format,
        )
    }

    /// Leaves the ledger's own files out of a folder or a pattern, in which they would be inputs the next
    /// time; not where they are `named`.
    pub(super) fn leave_out_ledger(&mut self, ledger: &Path, named: &[OsString]) {
        let place = |path: &Path| {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            fs::canonicalize(folder.unwrap_or(Path::new("."))).ok()
        };
        let name = |path: &Path| Some(path.file_name()?.to_str()?.to_owned());
        let (Some(folder), Some(stem)) = (place(ledger), name(ledger)) else {
            return;
        };
        self.inputs.retain(|input| {
            let Some(path) = input.path() else {
                return true;
            };
            let rest = name(path).and_then(|name| name.strip_prefix(&stem).map(str::to_owned));
            let is_its_own = rest.is_some_and(|rest| {
                ["", "-wal", "-shm", "-journal"].contains(&rest.as_str())
                    || rest.starts_with(".run-")
            });
            let is_named = named.iter().any(|named| named == path.as_os_str());
            !is_its_own || is_named || place(path).as_ref() != Some(&folder)
        });
    }

    /// The files that are read.
    pub(crate) fn guarded(&self) -> Guarded {
        let inputs = guarded(&self.inputs);
        match self.mapping.path() {
            Some(mapping) => inputs.with("the mapping", mapping),
            None => inputs,
        }
    }

    /// With the objects that URLs name in the place of those that are patterns or folders.
    pub(crate) async fn listed(self) -> Result<Self> {
        let inputs = Input::list(self.inputs).await?;
        Ok(Self { inputs, ..self })
    }

    /// These inputs.
    pub(crate) fn of(
        inputs: Vec<Input>,
        mapping: Option<&Path>,
        format: FormatArgs,
    ) -> Result<Self> {
        let mapping = match mapping {
            Some(path) => MappingFile::read(path)?,
            None => MappingFile::default(),
        };
        let options = ReadOptions::new().with_mapping(mapping.mapping().clone());
        Ok(Self {
            inputs,
            options: in_format(options, format),
            mapping,
        })
    }
}

/// These inputs, as far as they are files.
pub(super) fn guarded(inputs: &[Input]) -> Guarded {
    let inputs = inputs.iter().filter_map(Input::path);
    inputs.fold(Guarded::default(), |guarded, input| {
        guarded.with("one of the inputs", input)
    })
}

/// The options, with what was said of the format.
pub(super) fn in_format(mut options: ReadOptions, format: FormatArgs) -> ReadOptions {
    if let Some(format) = format.input_format {
        options = options.with_format(format.into());
    }
    if let Some(delimiter) = format.delimiter {
        options = options.with_delimiter(delimiter);
    }
    options
}
