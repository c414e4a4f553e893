//! A file as a list of files has it.

use aios_record::Identity;

use super::path::FilePath;

/// A file without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileEntry {
    /// Its path.
    pub path: FilePath,
    /// Its identity.
    pub identity: Identity,
    /// Length of its text, in bytes.
    pub bytes: u64,
}
