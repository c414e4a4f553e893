//! The bounds of files.

/// The directory of all files.
pub const FILES_ROOT: &str = "/memories";
/// Maximum length of a path, in bytes.
pub const FILE_PATH_BYTES_MAX: usize = 512;
/// Maximum number of names in a path below [`FILES_ROOT`].
pub const FILE_DEPTH_MAX: usize = 16;
/// Maximum length of the text of a file, in bytes.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// Maximum number of files of an owner in a project, and of those without a project.
pub const FILES_MAX: u64 = 4096;
/// Maximum length of the texts of all files that are renamed at once, in bytes.
pub const RENAME_BYTES_MAX: u64 = 64 << 20;
/// Maximum number of lines that `view` shows.
pub(super) const LINES_MAX: usize = 999_999;
