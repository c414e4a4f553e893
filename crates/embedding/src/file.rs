//! Reading a model's files, with errors that name them.

use std::{fs, io, path::Path};

use crate::Error;

/// The content of `path`, which belongs to a directory that `holds` such files.
pub(crate) fn read(path: &Path, holds: &'static str) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Error::Missing { path: path.to_owned(), holds }
        }
        _ => Error::Read { path: path.to_owned(), source },
    })
}
