//! Scheduled backups: one is made when it is due, then the oldest are removed. Several processes
//! may do this at once. A lock admits one process, and the newest backup on disk decides if one is
//! due.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use aios_files::{Leftover, Lock, check_apart, sync_directory};
use aios_record::Progress;
use jiff::Timestamp;
use serde::Serialize;
use tokio::task as threads;

use super::{
    Copied,
    schedule::{self, Made, Origin, complete, due_at, name_of, surplus, time_of},
    status::Status,
};
use crate::{Error, maintenance::Upkeep, together::Generations, written_path};

/// Name of the lock file in the data directory, held while a backup is made.
const LOCK: &str = "backups.lock";
/// Suffix of a backup that is being removed.
const REMOVING: &str = ".removing";
/// Suffix of a backup that is being made; see [`aios_files::Staging`].
const PARTIAL: &str = ".partial";

/// The outcome of a check of the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ScheduledBackup {
    /// A backup was made.
    Made {
        /// The backup.
        #[serde(flatten)]
        copied: Copied,
        /// Older backups that were removed.
        #[serde(serialize_with = "written_path::many")]
        removed: Vec<PathBuf>,
    },
    /// No backup is due yet.
    NotDue {
        /// The newest backup.
        #[serde(serialize_with = "written_path::one")]
        newest: PathBuf,
        /// The time of the next one.
        due_at: Timestamp,
        /// Older backups that were removed, because the settings keep fewer than before.
        #[serde(serialize_with = "written_path::many")]
        removed: Vec<PathBuf>,
    },
    /// Another process is making a backup.
    Busy,
    /// Nothing is stored.
    Empty,
}

impl Upkeep<'_> {
    /// Makes a backup in the directory of the settings (`backup.*`) if one is due at the time
    /// `now`, and then removes the oldest ones beyond `backup.keep`. Runs whether or not
    /// `backup.enabled` is set. The backup is a directory named by its time in UTC, such as
    /// `2026-11-30T120000Z`. It is made under a temporary name and put in place by one rename.
    ///
    /// Only complete backups that this operation made of this memory are removed, and the remains
    /// of killed processes. Other entries are left alone. Nothing is removed before the new backup
    /// is on disk. A failure is counted, see [`Upkeep::backups`].
    ///
    /// # Errors
    /// As [`backup`](Upkeep::backup), apart from a target in the data directory itself if the
    /// settings name no directory. [`Error::Output`] also if the directory of the settings does
    /// not exist or cannot be listed. An older backup that cannot be removed is logged.
    pub async fn scheduled_backup(
        self,
        now: Timestamp,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<ScheduledBackup, Error> {
        self.memory.check_writable()?;
        let data_dir = self.memory.config().memory.data_dir.clone();
        let _lock = match Lock::take(&data_dir.join(LOCK)) {
            Err(aios_files::Error::Locked { .. }) => return Ok(ScheduledBackup::Busy),
            lock => lock?,
        };
        let before = Status::read(&data_dir);
        let outcome = self.made_if_due(now, progress).await;
        let after = match &outcome {
            Ok(ScheduledBackup::Made { .. }) => before.clone().succeeded(),
            Ok(_) => before.clone(),
            Err(error) => before.clone().failed(now, error),
        };
        if after != before
            && let Err(error) = blocking(move || after.write(&data_dir)).await
        {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "failed to count a failure or success of a backup");
        }
        outcome
    }

    /// Makes a backup if one is due. The lock is held.
    async fn made_if_due(
        self,
        now: Timestamp,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<ScheduledBackup, Error> {
        let config = self.memory.config();
        let (dir, keep) = (config.backups_dir(), config.backup.keep);
        if dir != config.memory.data_dir.join(schedule::DIRECTORY) {
            check_apart(&dir.join(name_of(now)), &config.memory.data_dir)?;
            // Creating the directory at an unmounted disk's mount point would hide the loss.
            if !dir.is_dir() {
                return Err(Error::output(&dir)(io::ErrorKind::NotFound.into()));
            }
        }
        let shared = self.memory.shared();
        let working = shared.working.records().counts().await?;
        let longterm = shared.longterm.records().counts().await?;
        if working.values().chain(longterm.values()).all(|count| *count == 0) {
            return Ok(ScheduledBackup::Empty);
        }
        let generations = Generations::of(&shared.working, &shared.longterm).await?;
        let Some(origin) = Origin::of(generations) else { return Ok(ScheduledBackup::Empty) };
        let found = {
            let dir = dir.clone();
            blocking(move || cleaned(&dir).and_then(|()| listed(&dir, origin))).await?
        };
        if let Some(newest) = schedule::newest(&found, now) {
            let due_at = due_at(Some(newest.at), config.backup_interval(), now);
            if now < due_at {
                let newest = newest.path.clone();
                let removed = self.rotated(&newest, origin, keep, now).await?;
                return Ok(ScheduledBackup::NotDue { newest, due_at, removed });
            }
        }
        let target = dir.join(name_of(now));
        let origin_file = serde_json::to_vec(&origin).expect("an origin is plain data");
        let copied = self.copy_into(&target, Some(origin_file), progress).await?;
        let removed = self.rotated(&target, origin, keep, now).await.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "failed to remove old backups; the next run retries it");
            Vec::new()
        });
        Ok(ScheduledBackup::Made { copied, removed })
    }

    /// Removes the oldest backups beyond `keep`, and returns their paths. `newest` is on disk.
    async fn rotated(
        self,
        newest: &Path,
        origin: Origin,
        keep: usize,
        now: Timestamp,
    ) -> Result<Vec<PathBuf>, Error> {
        let (dir, newest) = (self.memory.config().backups_dir(), newest.to_owned());
        let rotating = move || {
            let found = listed(&dir, origin)?;
            let surplus = surplus(&found, &newest, keep, now);
            surplus.map(|made| removed(&dir, made)).collect::<Result<Vec<_>, _>>()
        };
        blocking(rotating).await
    }
}

/// Runs file operations on a thread for blocking work.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    threads::spawn_blocking(work).await.map_err(|_| Error::Interrupted)?
}

pub(super) fn listed(dir: &Path, origin: Origin) -> Result<Vec<Made>, Error> {
    complete(dir, origin).map_err(Error::output(dir))
}

/// Removes a backup: renames it, so that it no longer counts as one, and deletes its files.
fn removed(dir: &Path, made: &Made) -> Result<PathBuf, Error> {
    let aside = dir.join(format!(".{}{REMOVING}", name_of(made.at)));
    let removing = || -> io::Result<()> {
        fs::rename(&made.path, &aside)?;
        sync_directory(dir)?;
        fs::remove_dir_all(&aside)
    };
    removing().map_err(Error::output(&made.path))?;
    tracing::info!(path = %made.path.display(), "removed an old backup");
    Ok(made.path.clone())
}

/// Removes backups that killed processes left unfinished, and those that they had begun to remove.
fn cleaned(dir: &Path) -> Result<(), Error> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(Error::output(dir))?,
    };
    for entry in entries {
        let entry = entry.map_err(Error::output(dir))?;
        let path = entry.path();
        let is_left = match named(&entry.file_name()) {
            Some((_, REMOVING)) => fs::symlink_metadata(&path).is_ok_and(|found| found.is_dir()),
            Some((name, _)) => {
                let left = Leftover::of(&dir.join(name))?;
                left == Some(Leftover::Abandoned(path.clone()))
            }
            None => false,
        };
        if is_left {
            let path = path.display();
            match fs::remove_dir_all(entry.path()) {
                Ok(()) => tracing::info!(%path, "removed the remains of an unfinished backup"),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::warn!(%error, %path, "failed to remove an unfinished backup")
                }
            }
        }
    }
    Ok(())
}

/// Returns the directories of backups whose creation or removal is unfinished.
pub(super) fn unfinished(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let entries = entries.filter(|entry| named(&entry.file_name()).is_some());
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// Returns the name and the suffix of an unfinished backup. `None` for other names.
fn named(entry: &OsString) -> Option<(&str, &'static str)> {
    let name = entry.to_str()?.strip_prefix('.')?;
    let parts = [PARTIAL, REMOVING]
        .into_iter()
        .find_map(|suffix| Some((name.strip_suffix(suffix)?, suffix)));
    parts.filter(|(name, _)| time_of(name).is_some())
}
