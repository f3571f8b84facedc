//! From a command's arguments to inputs.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use glob::Pattern;

use crate::Error;

/// A file, or standard input.
///
/// Displays as the path that was given, or `<stdin>`.
///
/// ```
/// use leadsquared_adapter::Input;
///
/// let inputs = Input::resolve(["src/*.rs", "-", "src/lib.rs"])?;
/// assert!(inputs.contains(&Input::file("src/lib.rs")));
/// assert_eq!(inputs.last(), Some(&Input::stdin()));
/// assert_eq!(Input::stdin().to_string(), "<stdin>");
/// # Ok::<(), leadsquared_adapter::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Input {
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    File(PathBuf),
    Stdin,
}

impl Input {
    /// The file at `path`, as it is: no patterns, and no look whether it is there.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self {
            kind: Kind::File(path.into()),
        }
    }

    /// Standard input.
    #[must_use]
    pub fn stdin() -> Self {
        Self { kind: Kind::Stdin }
    }

    /// The file's path, or `None` for standard input.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.kind {
            Kind::File(path) => Some(path),
            Kind::Stdin => None,
        }
    }

    /// Turns arguments into inputs: `-` is standard input, the path of a file is that file, and
    /// anything else is a glob pattern (`*`, `?`, `[a-z]`, `**`), whose files come sorted by name.
    ///
    /// A file whose very name has glob characters is that file. Patterns leave out folders, names
    /// that aren't UTF-8 and, as in a shell, names that start with a dot. An input that comes twice, also under another name
    /// or through a pattern, is read once, where it came first: read twice, its leads would all be
    /// duplicates.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::IsFolder`], [`Error::NoMatch`], [`Error::BadPattern`], or
    /// [`Error::Open`] for what the system doesn't let us see.
    pub fn resolve<I>(arguments: I) -> Result<Vec<Self>, Error>
    where
        I: IntoIterator<Item: AsRef<OsStr>>,
    {
        let mut inputs = Vec::new();
        for argument in arguments {
            let argument = argument.as_ref();
            if argument == "-" {
                inputs.push(Self::stdin());
            } else {
                inputs.extend(files(Path::new(argument))?.into_iter().map(Self::file));
            }
        }
        let mut seen = HashSet::new();
        inputs.retain(|input| seen.insert(input.identity()));
        Ok(inputs)
    }

    /// What is the same for two names of one file.
    fn identity(&self) -> Self {
        match &self.kind {
            Kind::File(path) => Self::file(fs::canonicalize(path).unwrap_or_else(|_| path.clone())),
            Kind::Stdin => Self::stdin(),
        }
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::File(path) => path.display().fmt(f),
            Kind::Stdin => f.write_str("<stdin>"),
        }
    }
}

/// The file at `path`, or the files that match it as a pattern.
fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(Error::IsFolder {
            path: path.to_owned(),
        }),
        Ok(_) => Ok(vec![path.to_owned()]),
        Err(error) => match pattern(path) {
            Some(pattern) => expand(pattern),
            None if error.kind() == io::ErrorKind::NotFound => Err(Error::NotFound {
                path: path.to_owned(),
            }),
            None => Err(Error::Open {
                name: path.display().to_string(),
                source: error,
            }),
        },
    }
}

/// The pattern that `path` is, if it has a glob character.
fn pattern(path: &Path) -> Option<&str> {
    path.to_str().filter(|text| text.contains(['*', '?', '[']))
}

fn expand(pattern: &str) -> Result<Vec<PathBuf>, Error> {
    let matches = glob::glob(pattern).map_err(|source| Error::BadPattern {
        pattern: pattern.to_owned(),
        source,
    })?;
    let hidden = Hidden::new(pattern);
    let mut files = Vec::new();
    for path in matches {
        let path = path.map_err(|error| Error::Open {
            name: error.path().display().to_string(),
            source: error.into(),
        })?;
        if !path.is_dir() && !hidden.hides(&path) {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(Error::NoMatch {
            pattern: pattern.to_owned(),
        });
    }
    files.sort();
    Ok(files)
}

/// Names that start with a dot, which only a dot in the pattern asks for.
///
/// `glob` has an option for this, but with it `.*` matches nothing, and a name that isn't UTF-8
/// makes it panic.
struct Hidden {
    asked_for: Vec<Pattern>,
}

impl Hidden {
    fn new(pattern: &str) -> Self {
        let parts = pattern.split(std::path::is_separator);
        let dotted = parts.filter(|part| part.starts_with('.'));
        Self {
            asked_for: dotted.filter_map(|part| Pattern::new(part).ok()).collect(),
        }
    }

    fn hides(&self, path: &Path) -> bool {
        path.components().any(|part| match part {
            Component::Normal(name) => {
                let name = name.to_string_lossy();
                name.starts_with('.') && !self.asked_for.iter().any(|asked| asked.matches(&name))
            }
            _ => false,
        })
    }
}
