//! Problems of the files that a caller names, as part of an error.

use std::{
    io,
    path::{Path, PathBuf},
};

use aios_record::{EXPORT_FORMAT, Remedy};

/// Reason why a given file or directory cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputProblem {
    /// It cannot be opened.
    #[error("failed to open: {cause}")]
    Unopened {
        /// The cause.
        cause: io::Error,
    },
    /// It cannot be read to its end.
    #[error("failed to read: {cause}")]
    Unread {
        /// The cause.
        cause: io::Error,
    },
    /// It is not a regular file.
    #[error("expected a file, not a {found}")]
    NoFile {
        /// The type of the entry: `directory`, or `device or pipe`.
        found: &'static str,
    },
    /// It is not a session file that can be followed.
    #[error("expected a session of Claude Code or Codex")]
    NoSession,
    /// A pattern that selects files is malformed.
    #[error("{reason}")]
    Pattern {
        /// The pattern and its fault.
        reason: String,
    },
    /// The directory has too many files.
    #[error("the directory has more than {files_max} files")]
    TooManyFiles {
        /// The limit.
        files_max: usize,
    },
    /// It is empty.
    #[error("the file is empty; there is nothing to import")]
    Empty,
    /// It is too large to be read as a whole.
    #[error("the file has {bytes} bytes, the limit is {bytes_max}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// It is not an export of this program.
    #[error("not an export of aios-memory")]
    NoExport,
    /// It is an export of this program whose first line is missing.
    #[error(
        "an export of aios-memory without its first line; write \
         {{\"aios_memory_export\": {EXPORT_FORMAT}}} before its records"
    )]
    HeadlessExport,
    /// It is an export of an unknown version, older than all known ones.
    #[error("invalid export version {version}")]
    ExportVersion {
        /// The version in the file.
        version: u32,
    },
    /// It is an export of a newer version of this program.
    #[error("export version {version} is not supported, this program knows up to {EXPORT_FORMAT}")]
    NewerExport {
        /// The version in the file.
        version: u32,
    },
    /// It is a database of a data directory.
    #[error("this is a database of this program and needs no import")]
    OwnDatabase,
    /// It is neither a database nor JSON.
    #[error("neither SQLite nor JSON; supported: {supported}")]
    NoStore {
        /// The supported stores.
        supported: String,
    },
    /// Its JSON is broken.
    #[error("not a complete JSON document: {cause}")]
    BrokenJson {
        /// The fault.
        cause: serde_json::Error,
    },
    /// It has conversations, which have to be ingested.
    #[error("expected entries, not {found}")]
    Conversation {
        /// The format, or `messages`.
        found: String,
    },
    /// Its JSON has no entries.
    #[error("no entries found; supported: {supported}")]
    NoEntries {
        /// The supported stores.
        supported: String,
    },
    /// The owner that it names for all of its entries cannot be used.
    #[error("{reason}")]
    Owner {
        /// The fault.
        reason: String,
    },
    /// It has no table of a supported store.
    #[error("unknown store ({}); supported: {supported}", listed(tables))]
    UnknownStore {
        /// The names of its tables.
        tables: Vec<String>,
        /// The supported stores.
        supported: String,
    },
}

impl InputProblem {
    /// Returns the next step for the file at `path`, if the message alone does not show it.
    #[must_use]
    pub fn remedy(&self, path: &Path) -> Option<Remedy> {
        match self {
            InputProblem::NoFile { .. } => Some(Remedy::NameFile),
            InputProblem::TooManyFiles { .. } => Some(Remedy::NameFewerFiles),
            InputProblem::TooLarge { .. } => Some(Remedy::Split),
            InputProblem::NewerExport { .. } => Some(Remedy::UseNewerProgram),
            InputProblem::OwnDatabase => {
                let dir = path.parent().map_or_else(PathBuf::new, Path::to_owned);
                Some(Remedy::OpenDirectory { dir })
            }
            InputProblem::Conversation { .. } | InputProblem::NoEntries { .. } => {
                Some(Remedy::Ingest { path: path.to_owned() })
            }
            _ => None,
        }
    }
}

fn listed(tables: &[String]) -> String {
    match tables {
        [] => "no tables".to_owned(),
        tables => format!("tables: {}", tables.join(", ")),
    }
}
