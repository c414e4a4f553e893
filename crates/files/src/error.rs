//! The reasons for which a file or directory cannot be used.

use std::{
    io,
    path::{Path, PathBuf},
};

use aios_record::Remedy;

/// The reason for which a file or directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It belongs to another user of the system, who may have put any content into it.
    #[error(
        "{} belongs to the user {owner}, and this process acts for the user {user}", path.display()
    )]
    Foreign {
        /// The file or directory.
        path: PathBuf,
        /// The id of its user.
        owner: u32,
        /// The effective user id of this process.
        user: u32,
    },
    /// Others may create files in the directory, and their access cannot be revoked because the
    /// directory has unknown entries.
    #[error(
        "other users may write into {}, which holds other things than a memory", path.display()
    )]
    Exposed {
        /// The directory.
        path: PathBuf,
    },
    /// It is a link, a pipe or a device, or a directory instead of a file.
    #[error("{} is not a {expected}", path.display())]
    Kind {
        /// The entry.
        path: PathBuf,
        /// The expected kind.
        expected: &'static str,
    },
    /// A file in use was moved, replaced or removed.
    #[error(
        "{} was moved, replaced or removed while it was in use, and nothing more is written",
        path.display()
    )]
    Moved {
        /// The former path of the file.
        path: PathBuf,
    },
    /// Two directories are the same, or one is inside the other.
    #[error(
        "{} and {} are the same, or one lies in the other", target.display(), source_dir.display()
    )]
    Overlap {
        /// The directory to write.
        target: PathBuf,
        /// The directory to read.
        source_dir: PathBuf,
    },
    /// Another process is using it.
    #[error("another process is writing {}", path.display())]
    Locked {
        /// The locked file or directory.
        path: PathBuf,
    },
    /// An I/O operation failed.
    #[error("failed to use {}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl Error {
    /// Returns the next step, if the message alone does not show it.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            Error::Foreign { path, user, .. } => {
                Remedy::TakeOwnership { path: path.clone(), user: *user }
            }
            Error::Exposed { path } => Remedy::OwnDirectory { dir: path.clone() },
            Error::Kind { .. } => Remedy::MoveAway,
            Error::Moved { .. } => Remedy::PutBack,
            Error::Overlap { .. } => Remedy::NameOutside,
            Error::Locked { path } => Remedy::AwaitProcess { path: path.clone() },
            Error::Io { .. } => return None,
        })
    }

    /// Returns a constructor of [`Error::Io`], for `map_err`.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Io { path, source }
    }
}
