//! The places of files that are in use.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::Error;

/// The places of files that are in use. A process that has a file open goes on reading and writing
/// it when its name leads elsewhere, and nobody finds there what it wrote.
#[derive(Debug, Clone, Default)]
pub struct Anchor {
    held: Vec<Held>,
}

#[derive(Debug, Clone)]
struct Held {
    path: PathBuf,
    inode: Inode,
    /// Keeps the number of a directory from being given to another one. A file is not opened: for
    /// SQLite, closing it would drop every lock that the process has on it. Whoever anchors a file
    /// has it open.
    _directory: Option<Arc<File>>,
}

/// The number of a file, and of its file system.
type Inode = (u64, u64);

impl Anchor {
    /// The directories and opened files that are at `paths` now. A path that leads nowhere is left
    /// out.
    ///
    /// # Errors
    /// [`Error::Io`] if a path cannot be looked at.
    pub fn new(paths: impl IntoIterator<Item = PathBuf>) -> Result<Anchor, Error> {
        let mut held = Vec::new();
        for path in paths {
            // A relative path leads elsewhere as soon as the process changes its directory.
            let path = std::path::absolute(&path).map_err(Error::io(&path))?;
            let found = match fs::metadata(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                found => found.map_err(Error::io(&path))?,
            };
            let directory = match found.is_dir() {
                true => Some(Arc::new(File::open(&path).map_err(Error::io(&path))?)),
                false => None,
            };
            held.push(Held { path, inode: (found.dev(), found.ino()), _directory: directory });
        }
        Ok(Anchor { held })
    }

    /// Checks that every path leads where it did. Takes a microsecond for each.
    ///
    /// # Errors
    /// [`Error::Moved`] if one does not; [`Error::Io`] if it cannot be looked at.
    pub fn check(&self) -> Result<(), Error> {
        self.held.iter().try_for_each(|Held { path, inode: held, .. }| match inode(path) {
            Ok(found) if found == *held => Ok(()),
            Err(error) if !is_absence(&error) => Err(Error::io(path)(error)),
            _ => Err(Error::Moved { path: path.clone() }),
        })
    }
}

fn inode(path: &Path) -> io::Result<Inode> {
    let found = fs::metadata(path)?;
    Ok((found.dev(), found.ino()))
}

/// Returns `true` if there is nothing at the path: it is gone, or something above it is a file now.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
