//! A file of another program, read and replaced as a whole. The mode is preserved.

use std::{
    fs::{self, Permissions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use nix::unistd::geteuid;
use tempfile::NamedTempFile;

use crate::{failure::Failure, output::shown};

/// Maximum size of a configuration in bytes.
const BYTES_MAX: u64 = 64 << 20;

/// The mark of UTF-8 with which some editors begin a file.
const MARK: &str = "\u{feff}";

/// A file of another program.
#[derive(Debug)]
pub(super) struct ConfigFile {
    /// The path of the file itself, if the given path is a link to it.
    pub(super) path: PathBuf,
    pub(super) exists: bool,
    /// The content without its mark; empty if the file does not exist.
    pub(super) text: String,
    /// [`MARK`] if the content begins with it, otherwise empty.
    mark: &'static str,
    mode: u32,
}

impl ConfigFile {
    /// Reads the file at `path`.
    pub(super) fn read(path: &Path) -> Result<ConfigFile, Failure> {
        let path = match fs::canonicalize(path) {
            Ok(path) => path,
            Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => {
                let (path, mode) = (path.to_owned(), 0o600);
                return Ok(ConfigFile { path, exists: false, text: String::new(), mark: "", mode });
            }
            Err(source) => return Err(failed("read", path)(source)),
        };
        let about = fs::metadata(&path).map_err(failed("read", &path))?;
        let problem = |problem| {
            Err(Failure::Usage {
                message: format!("{} {problem}", shown(&path)),
                hint: "edit the file by hand; `--dry-run` prints the lines for an empty one",
            })
        };
        if !about.is_file() {
            return problem("is not a file");
        }
        if about.uid() != geteuid().as_raw() {
            return problem("belongs to another user");
        }
        if BYTES_MAX < about.len() {
            return problem("is too large to be edited");
        }
        let bytes = fs::read(&path).map_err(failed("read", &path))?;
        let Ok(text) = String::from_utf8(bytes) else { return problem("is not UTF-8") };
        let (text, mark) = match text.strip_prefix(MARK) {
            Some(rest) => (rest.to_owned(), MARK),
            None => (text, ""),
        };
        Ok(ConfigFile { path, exists: true, text, mark, mode: about.mode() & 0o7777 })
    }

    /// Fails if the file is write-protected.
    pub(super) fn check_writable(&self) -> Result<(), Failure> {
        match self.exists && self.mode & 0o200 == 0 {
            false => Ok(()),
            true => Err(Failure::Usage {
                message: format!("{} is write-protected", shown(&self.path)),
                hint: "make it writable with `chmod u+w FILE`, then run the command again",
            }),
        }
    }

    /// Replaces the content. Fails if the file has changed since it was read. Returns the folders
    /// that were created for it, the deepest last.
    pub(super) fn write(&self, text: &str) -> Result<Vec<PathBuf>, Failure> {
        self.check_unchanged()?;
        let failed = failed("write", &self.path);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let missing = missing(&self.path);
        let put = || -> io::Result<()> {
            fs::create_dir_all(folder)?;
            let mut file = NamedTempFile::with_prefix_in(".aios-memory-", folder)?;
            file.write_all(self.mark.as_bytes())?;
            file.write_all(text.as_bytes())?;
            file.as_file().set_permissions(Permissions::from_mode(self.mode))?;
            file.as_file().sync_all()?;
            file.persist(&self.path).map(drop).map_err(|error| error.error)
        };
        put().map_err(failed)?;
        Ok(missing)
    }

    /// Removes the file.
    pub(super) fn remove(&self) -> Result<(), Failure> {
        self.check_unchanged()?;
        fs::remove_file(&self.path).map_err(failed("remove", &self.path))
    }

    fn check_unchanged(&self) -> Result<(), Failure> {
        let now = match fs::read(&self.path) {
            Ok(now) => Some(now),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(failed("read", &self.path)(error)),
        };
        let before = self.exists.then(|| [self.mark, &self.text].concat().into_bytes());
        match now == before {
            true => Ok(()),
            false => Err(Failure::Usage {
                message: format!("{} was changed at the same time", shown(&self.path)),
                hint: "run the command again",
            }),
        }
    }
}

/// Returns the folders above a file that do not exist, the deepest last.
pub(super) fn missing(file: &Path) -> Vec<PathBuf> {
    let folders = file.ancestors().skip(1).take_while(|dir| !dir.exists());
    let mut missing: Vec<PathBuf> = folders.map(Path::to_owned).collect();
    missing.reverse();
    missing
}

fn failed<'a>(verb: &'a str, path: &'a Path) -> impl Fn(io::Error) -> Failure + 'a {
    move |source| Failure::Io { action: format!("{verb} {}", shown(path)), source }
}
