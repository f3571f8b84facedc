//! The page's file: there whole, or as it was before.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::outputs::WriteError;

/// A file that is replaced in one step.
pub(super) struct PageFile {
    /// As it was given.
    path: PathBuf,
    /// Where links lead.
    place: PathBuf,
}

impl PageFile {
    /// A file at `path`, where one can be made beside it.
    pub(super) fn try_new(path: &Path) -> Result<Self, WriteError> {
        let file = Self {
            path: path.to_owned(),
            // A link is kept, and what it leads to is replaced.
            place: fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
        };
        file.check().map_err(|source| file.error(source))?;
        Ok(file)
    }

    /// Writes the content to a file beside it, and puts that in its place.
    pub(super) fn replace(&self, content: &[u8]) -> Result<(), WriteError> {
        let written = || {
            let mut beside = self.beside()?;
            beside.write_all(content)?;
            // Else a loss of power could leave the name with nothing behind it.
            beside.as_file().sync_all()?;
            beside.persist(&self.place)?;
            Ok(())
        };
        written().map_err(|source| self.error(source))
    }

    fn check(&self) -> io::Result<()> {
        match fs::metadata(&self.place) {
            Ok(metadata) if !metadata.is_file() => Err(io::Error::other(
                "it is there, and is not a file that could be replaced",
            )),
            Ok(metadata) if metadata.permissions().readonly() => {
                Err(io::ErrorKind::PermissionDenied.into())
            }
            // It goes when it is dropped: a run that is killed leaves nothing behind.
            _ => self.beside().map(drop),
        }
    }

    /// A new file in the same folder: only there can it take the other's place in one step.
    fn beside(&self) -> io::Result<NamedTempFile> {
        let folder = match self.place.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut builder = Builder::new();
        builder.prefix(".leadsquared-").suffix(".html");
        readable(&mut builder, &self.place);
        builder.tempfile_in(folder)
    }

    fn error(&self, source: io::Error) -> WriteError {
        WriteError::new(&self.path, source)
    }
}

/// Gives the file the permissions of the one at `place`, or of any new one: it is made to be handed on.
#[cfg(unix)]
fn readable(builder: &mut Builder<'_, '_>, place: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    let before = fs::metadata(place).map(|file| file.permissions());
    // The system takes from a new one what the user's mask says.
    builder.permissions(before.unwrap_or_else(|_| fs::Permissions::from_mode(0o666)));
}

#[cfg(not(unix))]
fn readable(_: &mut Builder<'_, '_>, _: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = names
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn it_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        fs::write(&path, "before").unwrap();
        let file = PageFile::try_new(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"before");
        file.replace(b"after").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"after");
        assert_eq!(names(folder.path()), ["page.html"]);
    }

    #[test]
    #[cfg(unix)]
    fn who_may_read_it_stays_as_it_is() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("page.html");
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        PageFile::try_new(&path).unwrap().replace(b"after").unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    #[cfg(unix)]
    fn a_link_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (page, link) = (folder.path().join("page.html"), folder.path().join("link"));
        fs::write(&page, "before").unwrap();
        std::os::unix::fs::symlink(&page, &link).unwrap();
        PageFile::try_new(&link).unwrap().replace(b"after").unwrap();
        assert_eq!(fs::read(&page).unwrap(), b"after");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    #[cfg(unix)]
    fn it_can_be_read_by_whoever_may_read_files_made_here() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        let (page, other) = (folder.path().join("page"), folder.path().join("other"));
        fs::write(&other, "").unwrap();
        PageFile::try_new(&page).unwrap().replace(b"").unwrap();
        assert_eq!(mode(&page), mode(&other));
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path(), &folder.path().join("no/such.html")] {
            assert!(PageFile::try_new(path).is_err(), "{path:?}");
        }
        #[cfg(unix)]
        assert!(PageFile::try_new(Path::new("/dev/null")).is_err());
    }
}
