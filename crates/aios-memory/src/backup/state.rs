//! The state of the scheduled backups, for `stats`, `doctor` and reports.

use std::{
    io,
    path::{Path, PathBuf},
};

use aios_record::Remedy;
use aios_working::Health;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    files::bytes_below,
    schedule::{Made, Origin, later, newest},
    scheduled::{blocking, listed, unfinished},
    status::{BackupFailure, Status},
};
use crate::{
    Administrator, Error, MemoryView, doctor::Examined, maintenance::Upkeep, together::Generations,
    written_path,
};

/// The scheduled backups of a memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backups {
    /// Their directory.
    #[serde(serialize_with = "written_path::one")]
    pub dir: PathBuf,
    /// Complete backups, oldest first.
    pub kept: Vec<KeptBackup>,
    /// Number of all failures so far.
    pub failures: u64,
    /// Number of failures since the last successful backup.
    pub failed_in_a_row: u32,
    /// The last failure, even if a backup has succeeded since.
    pub last_failure: Option<BackupFailure>,
}

/// A complete scheduled backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptBackup {
    /// Its directory.
    #[serde(serialize_with = "written_path::one")]
    pub path: PathBuf,
    /// Time at which it was started.
    pub made_at: Timestamp,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Counts of the scheduled backups, without paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupStats {
    /// Number of complete backups.
    pub kept: u64,
    /// Time at which the newest one was started.
    pub newest_at: Option<Timestamp>,
    /// Age of the newest one in seconds.
    pub age_seconds: Option<u64>,
    /// Number of all failures so far.
    pub failures: u64,
    /// Number of failures since the last successful backup.
    pub failed_in_a_row: u32,
}

impl Upkeep<'_> {
    /// Returns the scheduled backups on disk, with their sizes, and the failures so far.
    ///
    /// # Errors
    /// [`Error::Output`] if a directory cannot be read; errors of working or long-term memory.
    pub async fn backups(self) -> Result<Backups, Error> {
        let view = self.memory;
        let (found, status) = view.scheduled_backups().await?;
        let dir = view.config().backups_dir();
        let kept = blocking(move || {
            let sized = found.into_iter().filter_map(|Made { path, at: made_at }| {
                match bytes_below(&path) {
                    // Another process has just removed it.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                    bytes => Some(bytes.map_err(Error::output(&path)).map(|bytes| KeptBackup {
                        path,
                        made_at,
                        bytes,
                    })),
                }
            });
            sized.collect::<Result<Vec<_>, _>>()
        });
        let kept = kept.await?;
        let Status { failures, failed_in_a_row, last_failure } = status;
        Ok(Backups { dir, kept, failures, failed_in_a_row, last_failure })
    }
}

impl MemoryView {
    /// Counts the scheduled backups. `None` if the settings disable them.
    pub(crate) async fn backup_stats(&self, now: Timestamp) -> Option<BackupStats> {
        if !self.config().backup.enabled {
            return None;
        }
        // A directory that cannot be listed must not hide all other counts. `doctor` has the cause.
        let (found, status) = match self.scheduled_backups().await {
            Ok(found) => found,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "failed to list the scheduled backups");
                (Vec::new(), Status::read(&self.config().memory.data_dir))
            }
        };
        let newest_at = newest(&found, now).map(|made| made.at);
        let age = |at: Timestamp| u64::try_from(now.duration_since(at).as_secs()).unwrap_or(0);
        Some(BackupStats {
            kept: found.len() as u64,
            newest_at,
            age_seconds: newest_at.map(age),
            failures: status.failures,
            failed_in_a_row: status.failed_in_a_row,
        })
    }

    /// Returns the paths of the scheduled backups, unfinished ones included; the path of their
    /// directory if it cannot be listed.
    pub(crate) async fn scheduled_backup_paths(&self) -> Vec<PathBuf> {
        let dir = self.config().backups_dir();
        // The disk may be absent: its backups may still have the records.
        let is_named = !self.config().backup.dir.as_os_str().is_empty();
        if is_named && !dir.is_dir() {
            return vec![dir];
        }
        match self.scheduled_backups().await {
            Ok((found, _)) => {
                let mut paths: Vec<PathBuf> = found.into_iter().map(|made| made.path).collect();
                paths.extend(unfinished(&dir));
                paths
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "failed to list the scheduled backups");
                vec![dir]
            }
        }
    }

    pub(super) async fn scheduled_backups(&self) -> Result<(Vec<Made>, Status), Error> {
        let (dir, data_dir) = (self.config().backups_dir(), self.config().memory.data_dir.clone());
        let shared = self.shared();
        let origin = Origin::of(Generations::of(&shared.working, &shared.longterm).await?);
        blocking(move || {
            let found = origin.map_or_else(|| Ok(Vec::new()), |origin| listed(&dir, origin))?;
            Ok((found, Status::read(&data_dir)))
        })
        .await
    }
}

/// Examines the schedule. `None` if the settings disable it. Complains about a failure since the
/// last backup, and about a newest backup that is older than two intervals.
pub(crate) async fn examine(memory: &Administrator, now: Timestamp) -> Option<Examined> {
    let config = memory.config();
    if !config.backup.enabled {
        return None;
    }
    let good = |finding: String| Examined::good("backup", "schedule", finding);
    let dir = config.backups_dir();
    let (found, status) = match memory.scheduled_backups().await {
        Ok(found) => found,
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            let finding = format!("{error}{}", cause.unwrap_or_default());
            return Some(good(finding).but(Health::Bad, Remedy::CheckBackups));
        }
    };
    let latest = newest(&found, now).map(|made| made.at);
    let finding = finding(&dir, found.len(), latest, &status);
    let interval = config.backup_interval();
    let is_late = latest.is_some_and(|at| later(later(at, interval), interval) < now);
    let never_succeeded = latest.is_none() && 0 < status.failed_in_a_row;
    Some(match () {
        () if is_late || never_succeeded => good(finding).but(Health::Bad, Remedy::CheckBackups),
        () if 0 < status.failed_in_a_row || latest.is_none() => {
            good(finding).but(Health::Warning, Remedy::CheckBackups)
        }
        () => good(finding),
    })
}

fn finding(dir: &Path, count: usize, latest: Option<Timestamp>, status: &Status) -> String {
    let dir = dir.display();
    let mut finding = match (count, latest) {
        (1, Some(at)) => format!("1 backup in {dir}, of {at:.0}"),
        (count, Some(at)) => format!("{count} backups in {dir}, the newest of {at:.0}"),
        (_, None) => format!("no backup in {dir} yet"),
    };
    if let Some(failure) = status.last_failure.as_ref().filter(|_| 0 < status.failed_in_a_row) {
        let (count, BackupFailure { at, reason }) = (status.failed_in_a_row, failure);
        finding.push_str(&format!("; {count} failed since, the last at {at:.0}: {reason}"));
    }
    finding
}
