//! The token file: JSON, readable only by its owner, replaced atomically.

use std::{
    fmt::Display,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::token::Token;
use crate::Error;

/// Maximum size of the file in bytes.
const BYTES_MAX: u64 = 16 << 20;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    tokens: Vec<Token>,
}

const VERSION: u32 = 1;

/// Reads the file.
///
/// # Errors
/// [`Error::Tokens`] if it cannot be read, is damaged, or is readable or writable by others.
pub(super) fn read(path: &Path) -> Result<Vec<Token>, Error> {
    let failed = |error: &dyn Display| failed(path, error);
    let file = File::open(path).map_err(|error| failed(&error))?;
    let about = file.metadata().map_err(|error| failed(&error))?;
    if about.mode() & 0o077 != 0 {
        return Err(failed(&"others may read or write it; run `chmod 600` on it"));
    }
    let user = nix::unistd::geteuid().as_raw();
    if about.uid() != user {
        return Err(failed(&"it belongs to another user of the system"));
    }
    if BYTES_MAX < about.len() {
        return Err(failed(&format_args!("it has more than {BYTES_MAX} bytes")));
    }
    let content: Content =
        serde_json::from_reader(io::BufReader::new(file)).map_err(|error| failed(&error))?;
    match content.version {
        VERSION => Ok(content.tokens),
        other => Err(failed(&format_args!("its version {other} is not {VERSION}"))),
    }
}

/// Changes the tokens under a lock, and replaces the file.
pub(super) fn change(
    path: &Path,
    change: impl FnOnce(&mut Vec<Token>) -> Result<(), Error>,
) -> Result<(), Error> {
    let failed = |error: &dyn Display| failed(path, error);
    let beside = |ending: &str| PathBuf::from(format!("{}.{ending}", path.display()));
    let private = |path: &Path| {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600).open(path)
    };
    let lock = private(&beside("lock")).map_err(|error| failed(&error))?;
    lock.lock().map_err(|error| failed(&error))?;
    let mut tokens = match path.exists() {
        true => read(path)?,
        false => Vec::new(),
    };
    change(&mut tokens)?;
    let new = beside("new");
    let replaced = || -> io::Result<()> {
        let mut file = private(&new)?;
        let content = serde_json::to_vec_pretty(&Content { version: VERSION, tokens })?;
        file.write_all(&content)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        File::open(dir.unwrap_or(Path::new(".")))?.sync_all()
    };
    replaced().map_err(|error| failed(&error))
}

pub(super) fn failed(path: &Path, reason: &dyn Display) -> Error {
    Error::Tokens { path: path.to_owned(), reason: reason.to_string() }
}
