//! Opening files whose paths others chose. Opening a pipe would wait for its other end.

use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use nix::fcntl::OFlag;

/// Opens a regular file for reading. Never waits: another entry, such as a pipe, is refused.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] if it is not a regular file; the I/O error of the failed operation.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(ErrorKind::InvalidInput, "expected a regular file")),
    }
}
