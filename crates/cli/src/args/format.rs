//! What may be said of the inputs' format.

use std::fmt;

use clap::{Args, ValueEnum};
use leadsquared_adapter::{Delimiter, Format};

#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct FormatArgs {
    /// The inputs' format, instead of telling it from content and name.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) input_format: Option<InputFormat>,

    /// What separates the fields of CSV, such as ; or tab, instead of telling it from the header.
    #[arg(long, value_name = "CHARACTER")]
    pub(crate) delimiter: Option<Delimiter>,
}

impl FormatArgs {
    /// The options that say the same again, in another command.
    pub(crate) fn options(self) -> Vec<String> {
        let format = self.input_format.as_ref();
        let format = format.and_then(InputFormat::to_possible_value);
        let options = [
            (
                "--input-format",
                format.map(|value| value.get_name().to_owned()),
            ),
            (
                "--delimiter",
                self.delimiter.map(|delimiter| delimiter.to_string()),
            ),
        ];
        options
            .into_iter()
            .filter_map(|(option, value)| Some([option.to_owned(), value?]))
            .flatten()
            .collect()
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum InputFormat {
    Parquet,
    Ndjson,
    Csv,
    Tsv,
    /// Arrow IPC, as a file or a stream.
    Arrow,
}

impl From<InputFormat> for Format {
    fn from(format: InputFormat) -> Self {
        match format {
            InputFormat::Parquet => Self::Parquet,
            InputFormat::Ndjson => Self::Ndjson,
            InputFormat::Csv => Self::Csv,
            InputFormat::Tsv => Self::Tsv,
            InputFormat::Arrow => Self::Arrow,
        }
    }
}

/// As a part of what a run is about: it decides what is sent.
impl fmt::Display for FormatArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "format={:?}", self.input_format)?;
        match self.delimiter {
            Some(delimiter) => write!(f, " delimiter={delimiter}"),
            None => Ok(()),
        }
    }
}
