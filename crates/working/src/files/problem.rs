//! The reasons for which a file command is refused.
//!
//! A language model reads these messages. If the memory tool of the Anthropic SDK has the same
//! reason, the wording is that of its local implementation, which models know. It differs from the
//! form of other errors here.

use super::bounds::{
    FILE_BYTES_MAX, FILE_DEPTH_MAX, FILE_PATH_BYTES_MAX, FILES_MAX, FILES_ROOT, LINES_MAX,
    RENAME_BYTES_MAX,
};

/// The reason for which a file command is refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// The path does not begin with [`FILES_ROOT`].
    #[error("Path must start with {FILES_ROOT}, got: {path}")]
    NotBelowRoot {
        /// The given path.
        path: String,
    },
    /// The path leads out of [`FILES_ROOT`].
    #[error("Path {path} would escape {FILES_ROOT} directory")]
    Escapes {
        /// The given path.
        path: String,
    },
    /// The path has a control character.
    #[error("Path {path} contains a control character. Please use printable characters.")]
    Control {
        /// The given path, with control characters escaped.
        path: String,
    },
    /// The path is too long.
    #[error(
        "Path has {bytes} bytes, the limit is {FILE_PATH_BYTES_MAX}. Please use a shorter path."
    )]
    LongPath {
        /// Its length.
        bytes: usize,
    },
    /// The path has too many names.
    #[error("Path {path} is {levels} levels deep, the limit is {FILE_DEPTH_MAX}")]
    DeepPath {
        /// The canonical path.
        path: String,
        /// Its number of names below the root.
        levels: usize,
    },
    /// The root is a directory and cannot be a file.
    #[error("{FILES_ROOT} is a directory. Please provide the path of a file in it.")]
    Root,
    /// There is no such file or directory to read or edit.
    #[error("The path {path} does not exist. Please provide a valid path.")]
    NotFound {
        /// The given path.
        path: String,
    },
    /// There is no such file or directory to delete or rename.
    #[error("The path {path} does not exist")]
    Missing {
        /// The given path.
        path: String,
    },
    /// The path is a directory.
    #[error("The path {path} is not a file.")]
    NotAFile {
        /// The given path.
        path: String,
    },
    /// A new file has the path of an existing file or directory.
    #[error("File {path} already exists")]
    Exists {
        /// The given path.
        path: String,
    },
    /// The new path of a renamed file or directory exists.
    #[error("The destination {path} already exists")]
    DestinationExists {
        /// The given path.
        path: String,
    },
    /// A directory of the path is a file.
    #[error("The path {file} is a file, so it cannot contain {path}")]
    InFile {
        /// The path of the file.
        file: String,
        /// The given path.
        path: String,
    },
    /// A file cannot have the path of a directory, because files are in it.
    #[error("The path {path} is a directory")]
    IsDirectory {
        /// The path.
        path: String,
    },
    /// The root cannot be deleted.
    #[error("Cannot delete the {FILES_ROOT} directory itself")]
    DeletesRoot,
    /// The root cannot be renamed.
    #[error("Cannot rename the {FILES_ROOT} directory itself")]
    RenamesRoot,
    /// A directory cannot be moved into itself.
    #[error("Cannot rename {from} to {to}, which is inside of it")]
    IntoItself {
        /// The given path of the directory.
        from: String,
        /// The given new path.
        to: String,
    },
    /// The text to be replaced does not occur.
    #[error("No replacement was performed, old_str `{text}` did not appear verbatim in {path}.")]
    NoOccurrence {
        /// The text.
        text: String,
        /// The given path.
        path: String,
    },
    /// The text to be replaced occurs more than once.
    #[error(
        "No replacement was performed. Multiple occurrences of old_str `{text}` in lines: {lines}. \
         Please ensure it is unique"
    )]
    Occurrences {
        /// The text.
        text: String,
        /// The numbers of the lines, joined by commas.
        lines: String,
    },
    /// The line to insert after does not exist.
    #[error("Invalid `insert_line` parameter: {line}. It should be within the range [0, {lines}].")]
    Line {
        /// The given number.
        line: i64,
        /// Number of lines of the file.
        lines: usize,
    },
    /// The file has too many lines to be shown.
    #[error("File {path} exceeds maximum line limit of {} lines.", grouped(LINES_MAX))]
    Lines {
        /// The given path.
        path: String,
    },
    /// The file would be too large.
    #[error(
        "File {path} would have {bytes} bytes, the limit is {FILE_BYTES_MAX}. Please split it."
    )]
    LargeFile {
        /// The path.
        path: String,
        /// The size that it would have.
        bytes: usize,
    },
    /// The owner has reached the maximum number of files in the project.
    #[error(
        "There are {FILES_MAX} files, which is the limit. Please delete files that are no longer \
         needed."
    )]
    ManyFiles,
    /// The files of a directory are too large to be renamed at once.
    #[error(
        "The files in {path} have {bytes} bytes, the limit of one rename is {RENAME_BYTES_MAX}. \
         Please rename its parts."
    )]
    LargeRename {
        /// The given path.
        path: String,
        /// The size of its files.
        bytes: u64,
    },
    /// A file is shared, and the view belongs to a user, who may change only their own files.
    #[error("The file {path} is shared with other users and cannot be changed.")]
    Shared {
        /// Path of the file.
        path: String,
    },
    /// The caller's examination refused a text.
    #[error("The text for {path} was refused: {reason}")]
    Refused {
        /// The given path.
        path: String,
        /// The reason.
        reason: String,
    },
}

/// Writes a number with commas between groups of three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at != 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
