//! Reads a model's files, with errors that name the file.

use std::{fs, io, path::Path};

use crate::Error;

/// Reads `path`. `holds` describes the content of its directory, for the error.
pub(crate) fn read(path: &Path, holds: &'static str) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Error::Missing { path: path.to_owned(), holds }
        }
        _ => Error::Read { path: path.to_owned(), source },
    })
}
