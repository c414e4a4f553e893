//! Serializing paths in reports. A path that is not UTF-8 is written with replacement characters,
//! as in messages, because a report that fails to serialize would hide its content.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

/// Serializes a path.
///
/// # Errors
/// Errors of the serializer.
pub fn one<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    path.to_string_lossy().serialize(serializer)
}

/// Serializes an optional path.
///
/// # Errors
/// Errors of the serializer.
pub fn optional<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
}

/// Serializes several paths.
///
/// # Errors
/// Errors of the serializer.
pub fn many<S: Serializer>(paths: &[PathBuf], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(paths.iter().map(|path| path.to_string_lossy()))
}
