//! The reasons for which a file or directory cannot be used.

use std::{
    io,
    path::{Path, PathBuf},
};

/// The reason for which a file or directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It belongs to another user of the system, who may have put anything into it.
    #[error(
        "{} belongs to the user {owner} and this process acts for the user {user}, so it is not \
         used: run it as that user; if what is in it is yours, make it so with `chown {user}`; \
         else move it away", path.display()
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
        "other users may write into {}, which holds other things than a memory; name a directory \
         of its own, or close it to them with `chmod go-w`", path.display()
    )]
    Exposed {
        /// The directory.
        path: PathBuf,
    },
    /// It is a link, a pipe or a device, or a directory instead of a file.
    #[error("{} is not a {expected}; move it away, or name another place", path.display())]
    Kind {
        /// The entry.
        path: PathBuf,
        /// The expected kind.
        expected: &'static str,
    },
    /// A file in use was moved, replaced or removed.
    #[error(
        "{} was moved, replaced or removed while it was in use, and nothing more is written: put \
         it back, or end this process and start it again, which goes on with what is there then",
        path.display()
    )]
    Moved {
        /// The former path of the file.
        path: PathBuf,
    },
    /// Two directories are the same, or one lies in the other.
    #[error(
        "{} and {} lie in each other or are the same; name a directory that is outside of both",
        target.display(), source_dir.display()
    )]
    Overlap {
        /// The directory to write.
        target: PathBuf,
        /// The directory to read.
        source_dir: PathBuf,
    },
    /// Another process is using it.
    #[error(
        "another process is writing {}; wait until it has ended, then run this again; if there is \
         no such process, remove it",
        path.display()
    )]
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
    /// Returns a constructor of [`Error::Io`], for `map_err`.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::Io { path, source }
    }
}
