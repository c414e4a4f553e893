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
        let problem = "`~NAME` is not supported; write the full path, or ./~NAME for a name that \
                       begins with `~`";
        return Err(problem.to_owned());
    }
    match home.map(Path::new).filter(|home| !home.as_os_str().is_empty()) {
        Some(home) if home.is_absolute() => Ok(home.join(parts.as_path())),
        Some(_) => {
            Err("`~` needs HOME, which is a relative path; set HOME to an absolute path".to_owned())
        }
        None => Err("`~` needs HOME, which is not set; write the full path".to_owned()),
    }
}
