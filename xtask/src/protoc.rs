//! Finds the protobuf compiler that LanceDB's build scripts call, so that it need not be installed.
//!
//! An installed compiler takes precedence: `PROTOC` in the environment, then `protoc` on the PATH.
//! The fallback is the binary in the crate `protoc-bin-vendored`. On platforms without that binary,
//! nothing is set, and the build script reports the missing compiler.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::child::target_dir;

const PROTOC: &str = "PROTOC";

/// Returns the environment variables by which builds find a protobuf compiler.
pub(crate) fn environment() -> Vec<(&'static str, OsString)> {
    if env::var_os(PROTOC).is_some() || on_path(env::var_os("PATH")) {
        return Vec::new();
    }
    let Ok(vendored) = protoc_bin_vendored::protoc_bin_path() else { return Vec::new() };
    if is_executable(&vendored) {
        return vec![(PROTOC, vendored.into_os_string())];
    }
    // The registry drops the mode bits, so a copy is executed. The copy is not beside the
    // well-known types, so their path is set as well.
    let Ok(copy) = executable_copy(&vendored, &target_dir().join("xtask")) else {
        return Vec::new();
    };
    let mut variables = vec![(PROTOC, copy.into_os_string())];
    if let Ok(include) = protoc_bin_vendored::include_path() {
        variables.push(("PROTOC_INCLUDE", include.into_os_string()));
    }
    variables
}

fn on_path(path: Option<OsString>) -> bool {
    let name = format!("protoc{}", env::consts::EXE_SUFFIX);
    path.is_some_and(|path| env::split_paths(&path).any(|dir| is_executable(&dir.join(&name))))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

fn executable_copy(from: &Path, folder: &Path) -> io::Result<PathBuf> {
    let copy = folder.join(from.file_name().unwrap_or(PROTOC.as_ref()));
    if is_executable(&copy) {
        return Ok(copy);
    }
    fs::create_dir_all(folder)?;
    fs::copy(from, &copy)?;
    make_executable(&copy)?;
    Ok(copy)
}

#[cfg(unix)]
fn make_executable(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
