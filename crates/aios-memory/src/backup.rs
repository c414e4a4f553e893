//! Copying a whole data directory while it is in use, and restoring a copy.
//!
//! `schedule` has the names and times of scheduled copies, `scheduled` makes and removes them,
//! `checks` does so in the background, and `state` describes them.

mod checks;
mod files;
mod schedule;
mod scheduled;
mod state;
mod status;
#[cfg(test)]
mod tests;

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use aios_files::{Staging, check_apart, copy, make_directory, sync_directory};
use aios_record::Progress;
use aios_working::{Problem, Working};
use serde::Serialize;
use tokio::task as threads;

use self::files::{MARK, MARKED, bytes_below, is_complete, write};
pub(crate) use self::{
    checks::{FIRST, check_schedule},
    state::examine,
};
pub use self::{
    scheduled::ScheduledBackup,
    state::{BackupStats, Backups, KeptBackup},
    status::BackupFailure,
};
use crate::{
    Config, Error, InputProblem,
    directory::{RESTORING, check_owner},
    maintenance::Upkeep,
};

/// The parts of a copy, without the marker.
const PARTS: &[&str] = &["working.db", "journal.db", "longterm"];
/// The parts of a copy, with the marker last.
const MARKED_PARTS: &[&str] = &["working.db", "journal.db", "longterm", MARK];
/// The parts of a scheduled copy, with the marker last.
const SCHEDULED_PARTS: &[&str] = &["working.db", "journal.db", "longterm", schedule::ORIGIN, MARK];

/// The result of a backup or a restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// The target directory.
    #[serde(serialize_with = "crate::written_path::one")]
    pub path: PathBuf,
    /// The size of the copy in bytes.
    pub bytes: u64,
}

impl Upkeep<'_> {
    /// Copies the whole memory into `dir`, which is created or must be empty: both databases and
    /// the library, each a consistent snapshot, and consistent with each other. The copy contains
    /// everything acknowledged before the call; the memory may be in use during the copy.
    /// `progress` receives the number of copied bytes of the library. The copy is staged beside
    /// `dir` and moved there by one rename; it is on disk when this returns.
    ///
    /// # Errors
    /// - [`Error::ReadOnly`] if the memory is read-only, because the memory records the paths of
    ///   its copies.
    /// - [`Error::Output`] if `dir` is not empty or cannot be written.
    /// - [`Error::Input`] if `working.db` is damaged.
    /// - [`Error::Place`] if `dir` is inside the data directory or contains it, or while another
    ///   process writes there.
    /// - Errors of the tiers, also if `journal.db` is damaged.
    pub async fn backup(
        self,
        dir: &Path,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Copied, Error> {
        self.memory.check_writable()?;
        check_apart(dir, &self.memory.config().memory.data_dir)?;
        self.copy_into(dir, None, progress).await
    }

    /// Copies like [`backup`](Upkeep::backup), also into the data directory. `origin` is the
    /// content of the file that a scheduled copy has.
    async fn copy_into(
        self,
        dir: &Path,
        origin: Option<Vec<u8>>,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Copied, Error> {
        let damage = self.memory.longterm().upkeep().journal_damage().await?;
        if let Some(damage) = damage.first() {
            let path = self.memory.config().memory.data_dir.join(PARTS[1]);
            let reason = damage.clone();
            return Err(aios_longterm::Error::DamagedFile { path, reason }.into());
        }
        let problems = self.memory.working().upkeep().verify().await?;
        let damaged = problems
            .iter()
            .any(|problem| matches!(problem, Problem::Damaged { .. } | Problem::Unreadable { .. }));
        if damaged {
            let path = self.memory.config().memory.data_dir.join(PARTS[0]);
            return Err(Error::input(path, InputProblem::Damaged));
        }
        let parts = if origin.is_some() { SCHEDULED_PARTS } else { MARKED_PARTS };
        let staging = Staging::begin(dir, parts)?;
        let copy = staging.path();
        // Working memory first: changes that it feeds while the journal is copied are then in the
        // journal, and the reverse cannot happen.
        let working = copy.join(PARTS[0]);
        self.memory.working().upkeep().backup(&working).await?;
        self.memory.longterm().upkeep().backup(copy, progress).await?;
        let watermark = self.memory.longterm().feed().watermark().await?;
        let settings = self.memory.config().to_working();
        let opening = threads::spawn_blocking(move || Working::open(&working, settings));
        let opened = opening.await.map_err(|_| Error::Interrupted)??;
        // The feed of the copy must number its next changes after those in the journal's copy.
        opened.feed().advance(watermark).await?;
        opened.close().await;
        if let Some(origin) = origin {
            write(&copy.join(schedule::ORIGIN), &origin)?;
        }
        write(&copy.join(MARK), MARKED.as_bytes())?;
        let bytes = bytes_below(copy).map_err(Error::output(copy))?;
        // Recorded before the rename, so that purges always know of the copy.
        self.memory.longterm().upkeep().note_backup(staging.target()).await?;
        self.memory.shared().anchor.check()?;
        staging.commit()?;
        Ok(Copied { path: dir.to_owned(), bytes })
    }
}

/// Restores a copy made by [`Upkeep::backup`] into the data directory of `config`, which must be
/// empty or absent and not in use.
///
/// The files are staged beside the data directory with private modes and moved there by one rename;
/// until then the data directory cannot be opened. Blocks no async worker. An interrupted restore
/// starts over. Database pages and the checksums of library files are verified; a damaged backup is
/// restored nevertheless, and reported as an error.
///
/// # Errors
/// - [`Error::Input`] if `from` is not a complete copy, or if the copy is damaged.
/// - [`Error::NoDirectory`] if the settings name no data directory.
/// - [`Error::Output`] if the data directory is not empty or cannot be written.
/// - [`Error::ForeignDirectory`] if it belongs to another user.
/// - [`Error::Place`] if one of the directories is inside the other, or while another process
///   restores into it.
pub async fn restore(from: &Path, config: &Config) -> Result<Copied, Error> {
    let (source, to) = (from.to_owned(), config.memory.data_dir.clone());
    let from = source.clone();
    if to.as_os_str().is_empty() {
        return Err(Error::NoDirectory);
    }
    let restoring = threads::spawn_blocking(move || {
        if !is_complete(&from) {
            return Err(Error::input(from, InputProblem::NoBackup));
        }
        check_apart(&to, &from)?;
        if to.exists() {
            check_owner(&to)?;
        }
        remove_former(&to).map_err(Error::output(&to))?;
        let staging = Staging::begin(&to, PARTS)?;
        for part in PARTS {
            copy_tree(&from.join(part), &staging.path().join(part))?;
        }
        let bytes = bytes_below(staging.path()).map_err(Error::output(&to))?;
        staging.commit()?;
        Ok(Copied { path: to, bytes })
    });
    let copied = restoring.await.map_err(|_| Error::Interrupted)??;
    let databases = [PARTS[0], PARTS[1]].map(|name| copied.path.join(name));
    let looking = threads::spawn_blocking(move || {
        databases.into_iter().find(|path| aios_working::is_damaged(path))
    });
    let damage = match looking.await.map_err(|_| Error::Interrupted)? {
        Some(path) => format!("{} is damaged", path.display()),
        None => match aios_longterm::check_files(&copied.path).await {
            Ok(()) => return Ok(copied),
            Err(error) => error.to_string(),
        },
    };
    Err(Error::input(source, InputProblem::DamagedBackup { damage, to: copied.path }))
}

/// Removes the remains of an interrupted restore of a former version from the data directory.
fn remove_former(to: &Path) -> io::Result<()> {
    let restoring = to.join(RESTORING);
    if !restoring.exists() {
        return Ok(());
    }
    PARTS.iter().try_for_each(|part| remove(&to.join(part)))?;
    remove(&restoring)
}

/// Removes a file, or a directory with its contents, if it exists.
fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Copies a file, or a directory with its contents, and syncs the copy. Links are refused, because
/// a backup contains none and a link could lead anywhere.
fn copy_tree(from: &Path, to: &Path) -> Result<(), Error> {
    let found = fs::symlink_metadata(from).map_err(read(from))?;
    if found.is_file() {
        return copy(from, to).map(drop).map_err(Error::output(to));
    }
    if !found.is_dir() {
        return Err(Error::input(from, InputProblem::NotOfBackup));
    }
    make_directory(to).map_err(Error::output(to))?;
    for entry in fs::read_dir(from).map_err(read(from))? {
        let entry = entry.map_err(read(from))?;
        copy_tree(&entry.path(), &to.join(entry.file_name()))?;
    }
    sync_directory(to).map_err(Error::output(to))
}

fn read(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |cause| Error::input(path, InputProblem::Unread { cause })
}
