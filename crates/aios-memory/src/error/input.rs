//! Problems of files and directories that a caller names, as a part of an error.

use std::{io, path::PathBuf};

use aios_record::Remedy;

/// The reason for which a given file or directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InputProblem {
    /// It cannot be opened.
    #[error("failed to open: {cause}")]
    Unopened {
        /// The cause.
        cause: io::Error,
    },
    /// It cannot be read.
    #[error("failed to read: {cause}")]
    Unread {
        /// The cause.
        cause: io::Error,
    },
    /// It is not the directory of a project.
    #[error("not a directory; pass the project's directory or id")]
    NoProject,
    /// It is in a repository, and `git`, which identifies the project, cannot be run.
    #[error("failed to run git to identify the project: {cause}; pass its id instead")]
    NoGit {
        /// The cause.
        cause: io::Error,
    },
    /// There is no reranker.
    #[error("not found, expected a directory that holds {holds}")]
    NoReranker {
        /// The expected files.
        holds: &'static str,
    },
    /// The database is damaged, and a copy of it would be as well.
    #[error("the file is damaged and cannot be backed up")]
    Damaged,
    /// The database is damaged, and another process prevents its repair.
    #[error("the file is damaged and open in another process")]
    DamagedAndOpen,
    /// It is not a complete backup.
    #[error("not a complete backup of aios-memory")]
    NoBackup,
    /// It is in the directory of a backup, and neither a file nor a directory.
    #[error(
        "neither a file nor a directory, so not part of a backup; replace a link by its target"
    )]
    NotOfBackup,
    /// The backup is damaged. It was restored nevertheless.
    #[error(
        "the backup is damaged: {damage}; it was restored to {} nevertheless", to.display()
    )]
    DamagedBackup {
        /// The first damage.
        damage: String,
        /// The data directory.
        to: PathBuf,
    },
    /// A restore into the data directory was interrupted.
    #[error("a restore into this directory was interrupted")]
    HalfRestored {
        /// The remains of the restore, if they are a file or directory of their own.
        left: Option<PathBuf>,
    },
}

impl InputProblem {
    /// Returns the next step, if the message alone does not show it.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        match self {
            InputProblem::NoReranker { .. } => Some(Remedy::ChooseReranker),
            InputProblem::Damaged => Some(Remedy::RestoreOrRepair),
            InputProblem::DamagedAndOpen => Some(Remedy::EndProcess),
            InputProblem::NoBackup => Some(Remedy::NameBackup),
            InputProblem::DamagedBackup { .. } => Some(Remedy::RestoreAnother),
            InputProblem::HalfRestored { left } => {
                Some(Remedy::FinishRestore { left: left.clone() })
            }
            InputProblem::Unopened { .. }
            | InputProblem::Unread { .. }
            | InputProblem::NoProject
            | InputProblem::NoGit { .. }
            | InputProblem::NotOfBackup => None,
        }
    }
}
