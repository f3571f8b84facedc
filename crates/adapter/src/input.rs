//! From a command's arguments to inputs.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use object_store::ObjectStore;

use crate::Error;
use crate::folder::{self, Asked};
use crate::hive::Partitions;
use crate::store::{self, Object, ObjectUrl, Scheme, is_url};

/// A file, an object in a store, or standard input.
///
/// Displays as the path or URL that was given, or `<stdin>`.
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
///
/// # Objects
/// `s3://bucket/key`, `gs://bucket/key`, `az://container/key` or
/// `abfss://container@account.dfs.core.windows.net/key` is an object. Keys are taken as they are in the
/// store, not encoded. A key may be a pattern or end in `/` as a folder does: [`list`](Self::list) finds
/// what it names. `https://` (and, on this machine alone, `http://`) is one file; its query, which may be
/// a signature, is sent and never shown.
///
/// What a store needs to know comes from the environment, in the variables that each cloud's own tools
/// take: `AWS_*`, `GOOGLE_*`, `AZURE_*`; `docs/inputs.md` names them.
///
/// An object is read in one version: the one that it had when it was first opened, for this input and
/// all its clones. If it is replaced meanwhile, reading ends with [`StoreError::Changed`].
///
/// [`StoreError::Changed`]: crate::StoreError::Changed
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Input {
    pub(crate) kind: Kind,
    pub(crate) partitions: Partitions,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    File(PathBuf),
    Object(Object),
    Stdin,
}

impl Input {
    /// The file at `path`, as it is: no patterns, and no look whether it is there.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self {
            kind: Kind::File(path.into()),
            partitions: Partitions::default(),
        }
    }

    /// Standard input.
    #[must_use]
    pub fn stdin() -> Self {
        Self {
            kind: Kind::Stdin,
            partitions: Partitions::default(),
        }
    }

    /// The same, with the `key=value` folders in `path` as columns of text that have one value in all
    /// rows; the last part of `path` is the file.
    ///
    /// Names and values are decoded (`%20`), and `__HIVE_DEFAULT_PARTITION__` is null. A column that
    /// the file has itself stays the file's.
    ///
    /// ```
    /// use leadsquared_adapter::Input;
    ///
    /// let input = Input::file("exports/country=IN/leads.csv").partitioned("country=IN/leads.csv");
    /// assert_eq!(input.partitions().collect::<Vec<_>>(), [("country", Some("IN"))]);
    /// ```
    #[must_use]
    pub fn partitioned(mut self, path: impl AsRef<Path>) -> Self {
        self.partitions = Partitions::of(path.as_ref());
        self
    }

    /// The columns in the names of its folders, each with its value.
    pub fn partitions(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.partitions.iter()
    }

    /// The object at `url`.
    ///
    /// # Errors
    /// [`Error::BadUrl`] if it isn't the URL of an object.
    pub fn url(url: &str) -> Result<Self, Error> {
        Object::parse(url).map(Self::object)
    }

    /// The object at `url`, read through a store that was made for its bucket, whatever the environment
    /// says.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use leadsquared_adapter::{Input, ReadOptions, Source};
    /// use object_store::ObjectStoreExt as _;
    /// use object_store::memory::InMemory;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = Arc::new(InMemory::new());
    /// let lines = r#"{"FirstName":"Ada","EmailAddress":"ada@example.com"}"#;
    /// store.put(&"in/leads.ndjson".into(), lines.into()).await?;
    ///
    /// let input = Input::in_store("s3://exports/in/", store)?;
    /// let inputs = Input::list(vec![input]).await?;
    /// assert_eq!(inputs[0].to_string(), "s3://exports/in/leads.ndjson");
    /// let source = Source::open(&inputs[0], &ReadOptions::new()).await?;
    /// assert_eq!(source.bytes(), Some(lines.len() as u64));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::BadUrl`] if it isn't the URL of an object.
    pub fn in_store(url: &str, store: Arc<dyn ObjectStore>) -> Result<Self, Error> {
        Object::in_store(url, store).map(Self::object)
    }

    fn object(object: Object) -> Self {
        Self {
            kind: Kind::Object(object),
            partitions: Partitions::default(),
        }
    }

    /// The file's path, or `None` for anything else.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.kind {
            Kind::File(path) => Some(path),
            Kind::Object(_) | Kind::Stdin => None,
        }
    }

    /// Whether it is an object in a store, or a file behind a web address.
    #[must_use]
    pub fn is_object(&self) -> bool {
        matches!(self.kind, Kind::Object(_))
    }

    /// The size of an object that was opened, and what its store says of its version: the same as
    /// long as the object is.
    ///
    /// `None` for what isn't an object, one that wasn't opened yet, and one whose server tells
    /// nothing that would change with it.
    #[must_use]
    pub fn version(&self) -> Option<(u64, String)> {
        match &self.kind {
            Kind::Object(object) => {
                let version = object.version()?;
                Some((version.size, version.text()?))
            }
            Kind::File(_) | Kind::Stdin => None,
        }
    }

    /// Puts the objects that they name in the place of URLs that are patterns or folders, sorted by
    /// their keys; other inputs stay as they are.
    ///
    /// In a pattern, `*` and `?` end at a slash, and `**` does not. Of a folder it is everything below
    /// it. What has a part that starts with `.` or `_` is left out unless the URL has one too, and so
    /// are the empty objects that stand for folders. The `key=value` folders in an object's URL are
    /// [columns](Self::partitioned), unless the input has some already; a web address has none. An input
    /// that comes twice is read once, where it came first.
    ///
    /// # Errors
    /// [`Error::NoMatch`], [`Error::NoObjects`] or [`Error::Store`].
    pub async fn list(inputs: Vec<Self>) -> Result<Vec<Self>, Error> {
        let mut all = Vec::with_capacity(inputs.len());
        for input in inputs {
            match input.kind {
                Kind::Object(object) => {
                    let is_web = object.url().scheme == Scheme::Web;
                    for object in store::list(object).await? {
                        let partitions = if is_web || !input.partitions.is_empty() {
                            input.partitions.clone()
                        } else {
                            Partitions::of(Path::new(&object.to_string()))
                        };
                        all.push(Self {
                            partitions,
                            ..Self::object(object)
                        });
                    }
                }
                _ => all.push(input),
            }
        }
        let mut seen = HashSet::new();
        all.retain(|input| seen.insert(input.identity()));
        Ok(all)
    }

    /// Turns arguments into inputs: `-` is standard input, `scheme://` is an
    /// [object](Self#objects), the path of a file is that file, that of a folder is all files below it,
    /// and anything else is a glob pattern (`*`, `?`, `[a-z]`, `**`). The files of a folder or pattern
    /// come sorted by name.
    ///
    /// Below a folder, names that start with a dot or, as those that Spark writes beside its data,
    /// with `_` are left out. The `key=value` folders in a file's path, as it was given, are
    /// [columns](Self::partitioned).
    ///
    /// A file whose very name has glob characters is that file. Patterns leave out folders, names that
    /// aren't UTF-8 and, unless they ask for them (`_*`), the same names as folders do. An input that
    /// comes twice, also under another name or through a pattern, is read once, where it came first: read
    /// twice, its leads would all be duplicates.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::EmptyFolder`], [`Error::NoMatch`], [`Error::BadPattern`],
    /// [`Error::BadUrl`], or
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
            } else if let Some(url) = argument.to_str().filter(|text| is_url(text)) {
                inputs.push(Self::url(url)?);
            } else {
                let files = files(Path::new(argument))?.into_iter();
                inputs.extend(files.map(|file| Self::file(&file).partitioned(file)));
            }
        }
        let mut seen = HashSet::new();
        inputs.retain(|input| seen.insert(input.identity()));
        Ok(inputs)
    }

    /// What is the same for two names of one file.
    fn identity(&self) -> Identity {
        match &self.kind {
            Kind::File(path) => {
                Identity::File(fs::canonicalize(path).unwrap_or_else(|_| path.clone()))
            }
            Kind::Object(object) => Identity::Object(object.url().clone()),
            Kind::Stdin => Identity::Stdin,
        }
    }
}

#[derive(PartialEq, Eq, Hash)]
enum Identity {
    File(PathBuf),
    Object(ObjectUrl),
    Stdin,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::File(path) => path.display().fmt(f),
            Kind::Object(object) => object.fmt(f),
            Kind::Stdin => f.write_str("<stdin>"),
        }
    }
}

/// The file at `path`, those below it, or those that match it as a pattern.
fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => folder::files(path),
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
    let asked = Asked::of(pattern.split(std::path::is_separator));
    let mut files = Vec::new();
    for path in matches {
        let path = path.map_err(|error| Error::Open {
            name: error.path().display().to_string(),
            source: error.into(),
        })?;
        if !path.is_dir() && !hides(&asked, &path) {
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

/// Whether a part of the path is hidden, and not asked for.
///
/// `glob` has an option for dots, but with it `.*` matches nothing, and a name that isn't UTF-8 makes it
/// panic.
fn hides(asked: &Asked, path: &Path) -> bool {
    path.components().any(|part| match part {
        Component::Normal(name) => asked.hides(&name.to_string_lossy()),
        _ => false,
    })
}
