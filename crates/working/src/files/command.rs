//! File commands in the form in which a language model gives them, and their answers.

use aios_record::Identity;
use serde::{Deserialize, Serialize};

/// A file command, in JSON the input of the tool `memory_20250818` of Anthropic's API. Unknown
/// fields and commands are refused by name.
///
/// ```
/// use aios_working::FileCommand;
///
/// let input = serde_json::json!({"command": "view", "path": "/memories"});
/// let command: FileCommand = serde_json::from_value(input)?;
/// assert_eq!(command, FileCommand::View { path: "/memories".to_owned(), view_range: None });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum FileCommand {
    /// Shows a file with line numbers, or lists a directory two levels deep.
    View {
        /// The file or directory.
        path: String,
        /// First and last line, from 1; -1 is the end. Default: the whole file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        view_range: Option<Vec<i64>>,
    },
    /// Creates a file.
    Create {
        /// The new file.
        path: String,
        /// Its content.
        file_text: String,
    },
    /// Replaces a text that occurs once in a file.
    StrReplace {
        /// The file.
        path: String,
        /// The text to replace.
        old_str: String,
        /// The replacement.
        new_str: String,
    },
    /// Inserts lines into a file.
    Insert {
        /// The file.
        path: String,
        /// Number of the line after which to insert; 0 is the beginning.
        insert_line: i64,
        /// The lines.
        insert_text: String,
    },
    /// Deletes a file, or a directory with everything in it.
    Delete {
        /// The file or directory.
        path: String,
    },
    /// Renames or moves a file or a directory.
    Rename {
        /// The file or directory.
        old_path: String,
        /// Its new path, which must not exist.
        new_path: String,
    },
}

impl FileCommand {
    /// Returns the name of the command, such as `str_replace`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            FileCommand::View { .. } => "view",
            FileCommand::Create { .. } => "create",
            FileCommand::StrReplace { .. } => "str_replace",
            FileCommand::Insert { .. } => "insert",
            FileCommand::Delete { .. } => "delete",
            FileCommand::Rename { .. } => "rename",
        }
    }

    /// Returns true if the command changes nothing.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        matches!(self, FileCommand::View { .. })
    }
}

/// The answer to a [`FileCommand`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileReply {
    /// The result, or the reason of a refusal. It is meant for a language model.
    pub text: String,
    /// True if the command was refused. Then nothing has changed.
    pub is_error: bool,
    /// The files that were created, changed or removed.
    pub changed: Vec<Identity>,
}

impl FileReply {
    /// Returns the answer to a command that did its work.
    #[must_use]
    pub fn done(text: String, changed: Vec<Identity>) -> FileReply {
        FileReply { text, is_error: false, changed }
    }

    /// Returns the answer to a refused command.
    #[must_use]
    pub fn refused(reason: String) -> FileReply {
        FileReply { text: reason, is_error: true, changed: Vec::new() }
    }
}
