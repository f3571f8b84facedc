//! The objects that a pattern or a folder names.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use glob::{MatchOptions, Pattern};
use object_store::path::Path;

use crate::Error;
use crate::folder::Asked;

use super::object::Object;
use super::url::Scheme;

/// As a shell has it: `*` ends at a slash.
const MATCHING: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// What `object` stands for: itself, or the objects that it names as a pattern or a folder, in the
/// order of their keys.
///
/// Parts that start with a dot or an underscore are hidden, unless the URL itself has them: they are
/// what a program left that was writing, or its notes.
pub(crate) async fn list(object: Object) -> Result<Vec<Object>, Error> {
    let url = object.url();
    if url.scheme == Scheme::Web {
        return Ok(vec![object]);
    }
    let key = url.key.as_str();
    let wanted = match Wanted::of(key) {
        // The name of an object may have such characters.
        Some(Wanted::Pattern(pattern)) => {
            let is_there = object.path().is_ok() && object.open().await.is_ok();
            if is_there {
                return Ok(vec![object]);
            }
            Wanted::Pattern(pattern)
        }
        Some(folder) => folder,
        None => return Ok(vec![object]),
    };
    let found = find(&object, &wanted).await?;
    if found.is_empty() {
        let pattern = object.to_string();
        return Err(match wanted {
            Wanted::Pattern(_) => Error::NoMatch { pattern },
            Wanted::Folder => Error::NoObjects { url: pattern },
        });
    }
    Ok(found)
}

/// What a key asks for that names no one object.
enum Wanted {
    Folder,
    Pattern(Pattern),
}

impl Wanted {
    fn of(key: &str) -> Option<Self> {
        if key.is_empty() || key.ends_with('/') {
            return Some(Self::Folder);
        }
        let pattern = key.contains(['*', '?', '[']).then(|| Pattern::new(key));
        pattern?.ok().map(Self::Pattern)
    }

    fn takes(&self, key: &str) -> bool {
        match self {
            Self::Folder => true,
            Self::Pattern(pattern) => pattern.matches_with(key, MATCHING),
        }
    }
}

/// The folder that a store is asked for.
fn prefix(key: &str) -> &str {
    let literal = key.split(['*', '?', '[']).next().unwrap_or_default();
    literal.rsplit_once('/').map_or("", |(folder, _)| folder)
}

async fn find(object: &Object, wanted: &Wanted) -> Result<Vec<Object>, Error> {
    let key = object.url().key.as_str();
    let folder = prefix(key);
    let path = Path::parse(folder).map_err(|error| Error::BadUrl {
        url: object.to_string(),
        why: format!("such a folder can't be listed: {error}"),
    })?;
    let failed = |error| object.failed(error);
    let client = object.client().await.map_err(failed)?;
    let mut listed = client.list(Some(&path).filter(|path| !path.as_ref().is_empty()));
    let mut found = BTreeMap::new();
    while let Some(meta) = listed
        .try_next()
        .await
        .map_err(|error| failed(object.error(&error)))?
    {
        if !is_hidden(below(&meta.location, folder), key) && wanted.takes(meta.location.as_ref()) {
            found.insert(meta.location, meta.size);
        }
    }
    Ok(found
        .iter()
        .filter(|(path, size)| **size > 0 || !is_marker(path, &found))
        .map(|(path, _)| object.of_key(path))
        .collect())
}

fn below<'p>(path: &'p Path, folder: &str) -> &'p str {
    let key = path.as_ref();
    key.strip_prefix(folder)
        .map_or(key, |rest| rest.trim_start_matches('/'))
}

/// Whether an empty object stands for a folder, as consoles make them.
fn is_marker(path: &Path, all: &BTreeMap<Path, u64>) -> bool {
    let next = all.range(path.clone()..).map(|(other, _)| other);
    let mut below = next.filter(|other| *other != path && other.prefix_matches(path));
    below.next().is_some()
}

/// Whether a part of the key is hidden, and not asked for in the pattern.
fn is_hidden(below: &str, key: &str) -> bool {
    let asked = Asked::of(key.split('/'));
    below.split('/').any(|part| asked.hides(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_listed_from_its_last_certain_folder() {
        for (key, folder) in [
            ("", ""),
            ("a/", "a"),
            ("a/b/", "a/b"),
            ("a/b*.parquet", "a"),
            ("a/**/b.parquet", "a"),
            ("*", ""),
            ("a[bc]/d", ""),
        ] {
            assert_eq!(prefix(key), folder, "{key}");
        }
    }

    #[test]
    fn patterns_match_as_in_a_shell() {
        let takes = |pattern, key| Wanted::of(pattern).unwrap().takes(key);
        assert!(takes("a/*.parquet", "a/b.parquet"));
        assert!(!takes("a/*.parquet", "a/b/c.parquet"));
        assert!(takes("a/**/*.parquet", "a/b/c/d.parquet"));
        assert!(takes("a/**/*.parquet", "a/d.parquet"));
        assert!(takes("a/", "a/d.anything"));
        assert!(Wanted::of("a/b.parquet").is_none());
    }

    #[test]
    fn what_a_program_left_is_hidden_unless_asked_for() {
        assert!(is_hidden("_SUCCESS", "a/"));
        assert!(is_hidden("_temporary/0/b.parquet", "a/**/*.parquet"));
        assert!(is_hidden(".part.crc", "a/*"));
        assert!(!is_hidden("_SUCCESS", "a/_*"));
        assert!(!is_hidden("b_c.parquet", "a/"));
        assert!(!is_hidden("_day=1/b.parquet", "a/"));
    }

    #[test]
    fn an_empty_object_above_others_is_a_folder() {
        let all: BTreeMap<Path, u64> = [("a", 0), ("a/b", 3), ("ab", 0)]
            .into_iter()
            .map(|(key, size)| (Path::parse(key).unwrap(), size))
            .collect();
        assert!(is_marker(&Path::parse("a").unwrap(), &all));
        assert!(!is_marker(&Path::parse("ab").unwrap(), &all));
    }
}
