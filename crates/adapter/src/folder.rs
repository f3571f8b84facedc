//! The files below a folder.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use glob::Pattern;

use crate::Error;

/// All files below `folder`, sorted by path, without hidden ones.
///
/// Links are followed; a folder that was there before, under whatever name, is left out, so that links
/// in a circle come to an end. What is no file, such as a pipe, is left out too.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let mut seen = HashSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let failed = |source| Error::Open {
            name: folder.display().to_string(),
            source,
        };
        if !seen.insert(fs::canonicalize(&folder).map_err(failed)?) {
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if is_hidden(&entry.file_name().to_string_lossy()) {
                continue;
            }
            let path = entry.path();
            let metadata = fs::metadata(&path).map_err(|source| Error::Open {
                name: path.display().to_string(),
                source,
            })?;
            if metadata.is_dir() {
                folders.push(path);
            } else if metadata.is_file() {
                files.push(path);
            }
        }
    }
    if files.is_empty() {
        return Err(Error::EmptyFolder {
            path: folder.to_owned(),
        });
    }
    files.sort();
    Ok(files)
}

/// Whether a name is one of those that programs write beside the data: `_SUCCESS`, `_temporary`,
/// `.part-0.crc`. The name of a partition is none, whatever its column is called.
fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || (name.starts_with('_') && !name.contains('='))
}

/// The hidden names that a pattern asks for, in files and objects alike.
pub(crate) struct Asked(Vec<Pattern>);

impl Asked {
    /// Those that the parts of a pattern ask for: by their first character, as in a shell.
    pub(crate) fn of<'p>(parts: impl Iterator<Item = &'p str>) -> Self {
        let asking = parts.filter(|part| part.starts_with(['.', '_']));
        Self(asking.filter_map(|part| Pattern::new(part).ok()).collect())
    }

    /// Whether this part of a path is hidden, and not asked for.
    pub(crate) fn hides(&self, name: &str) -> bool {
        is_hidden(name) && !self.0.iter().any(|asked| asked.matches(name))
    }
}
