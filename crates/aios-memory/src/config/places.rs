//! Default paths of the settings file and of the data directory.

use std::path::{Path, PathBuf};

/// Returns the path of the default settings file. `None` without an absolute base directory.
#[must_use]
pub fn default_file(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let home = base(&env, "XDG_CONFIG_HOME", ".config")?;
    Some(home.join("aios-memory").join("aios-memory.toml"))
}

/// Returns the path of the default data directory.
pub(super) fn default_data_dir(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    Some(base(&env, "XDG_DATA_HOME", ".local/share")?.join("aios-memory"))
}

/// Returns a base directory of the XDG specification. Relative paths are ignored.
fn base(env: impl Fn(&str) -> Option<String>, variable: &str, below: &str) -> Option<PathBuf> {
    let given = env(variable).filter(|path| Path::new(path).is_absolute()).map(PathBuf::from);
    let home = || env("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    given.or_else(|| Some(home()?.join(below)))
}
