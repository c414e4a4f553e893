//! Failures of scheduled backups, in a small file of the data directory that every process reads.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use aios_files::{Temporary, create};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Name of the file.
const FILE: &str = "backups.json";

/// A failure of a scheduled backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupFailure {
    /// The time of the failure.
    pub at: Timestamp,
    /// The error and its causes.
    pub reason: String,
}

/// The failures so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Status {
    /// Number of all failures.
    pub(crate) failures: u64,
    /// Number of failures since the last successful backup.
    pub(crate) failed_in_a_row: u32,
    pub(crate) last_failure: Option<BackupFailure>,
}

impl Status {
    /// Reads the status of a data directory. An absent or unreadable file is one without failures.
    pub(crate) fn read(data_dir: &Path) -> Status {
        let read = fs::read(data_dir.join(FILE)).ok();
        read.and_then(|read| serde_json::from_slice(&read).ok()).unwrap_or_default()
    }

    /// Returns this status after one more failure.
    pub(super) fn failed(self, at: Timestamp, error: &Error) -> Status {
        Status {
            failures: self.failures.saturating_add(1),
            failed_in_a_row: self.failed_in_a_row.saturating_add(1),
            last_failure: Some(BackupFailure { at, reason: with_causes(error) }),
        }
    }

    /// Returns this status after a success.
    pub(super) fn succeeded(self) -> Status {
        Status { failed_in_a_row: 0, ..self }
    }

    /// Replaces the file by one rename.
    pub(super) fn write(&self, data_dir: &Path) -> Result<(), Error> {
        let path = data_dir.join(FILE);
        let beside = Temporary::below(data_dir)?;
        let partial = beside.path().join(FILE);
        let written = || -> io::Result<()> {
            create(&partial)?.write_all(&serde_json::to_vec(self)?)?;
            fs::rename(&partial, &path)
        };
        written().map_err(Error::output(&path))
    }
}

/// Formats an error with its causes.
fn with_causes(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
