//! `~` in paths. A shell expands it only in some positions; in a file, a variable or after `=` it
//! arrives here unchanged.

use std::{
    ffi::OsStr,
    path::{Component, Path, PathBuf},
};

/// Returns `path` with a leading `~` replaced by the home directory.
///
/// # Errors
/// A message if `path` starts with the home of another user (`~ada`), or if `home` is needed but
/// missing, empty or relative.
pub fn expand_home(path: &Path, home: Option<&OsStr>) -> Result<PathBuf, String> {
    let mut parts = path.components();
    let Some(Component::Normal(first)) = parts.next() else { return Ok(path.to_owned()) };
    if !first.as_encoded_bytes().starts_with(b"~") {
        return Ok(path.to_owned());
    }
    if first != "~" {
        let problem = "`~NAME` is not resolved here; write the directory out, or ./~NAME if the \
                       name begins so";
        return Err(problem.to_owned());
    }
    match home.map(Path::new).filter(|home| !home.as_os_str().is_empty()) {
        Some(home) if home.is_absolute() => Ok(home.join(parts.as_path())),
        Some(_) => {
            Err("`~` means the home directory, and HOME is a relative path; set HOME to an \
                        absolute one"
                .to_owned())
        }
        None => Err("`~` means the home directory, and HOME is not set; write it out".to_owned()),
    }
}
