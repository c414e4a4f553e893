//! The names of scheduled backups, the complete ones in a directory, and the time of the next one.
//! The clock is an argument. Nothing is written here.

use std::{fs, io, path::Path, path::PathBuf};

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{files::is_complete, status::Status};
use crate::{Config, together::Generations};

/// The file of a scheduled backup that names its memory, written before the marker.
pub(super) const ORIGIN: &str = "scheduled.json";
/// The form of a name: the time in UTC, to the second.
const NAME: &str = "%Y-%m-%dT%H%M%SZ";
/// The directory of the backups in the data directory, if the settings name none.
pub(super) const DIRECTORY: &str = "backups";
/// The wait after the first failure. It doubles with each further one.
const RETRY_MIN: SignedDuration = SignedDuration::from_mins(1);
/// The longest wait after a failure.
const RETRY_MAX: SignedDuration = SignedDuration::from_hours(1);

/// The memory that a scheduled backup copies: the random numbers of its databases. `repair` may
/// replace one of the databases, so one equal number is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    working: Option<i64>,
    journal: Option<i64>,
}

impl Origin {
    /// Returns the origin of the memory with these generations. `None` if nothing was ever stored.
    pub(super) fn of(generations: Generations) -> Option<Origin> {
        let store = |it: Option<aios_record::Generation>| it.and_then(|it| it.store);
        let origin =
            Origin { working: store(generations.working), journal: store(generations.journal) };
        (origin.working.is_some() || origin.journal.is_some()).then_some(origin)
    }

    fn is_same(self, other: Origin) -> bool {
        let is_equal = |a: Option<i64>, b: Option<i64>| a.is_some() && a == b;
        is_equal(self.working, other.working) || is_equal(self.journal, other.journal)
    }
}

/// A complete scheduled backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) path: PathBuf,
    pub(super) at: Timestamp,
}

impl Config {
    /// Returns the directory of the scheduled backups.
    #[must_use]
    pub fn backups_dir(&self) -> PathBuf {
        match self.backup.dir.as_os_str().is_empty() {
            true => self.memory.data_dir.join(DIRECTORY),
            // A relative path would depend on the working directory of each process. Within the
            // data directory it is refused.
            false => self.memory.data_dir.join(&self.backup.dir),
        }
    }

    /// Returns the time between two scheduled backups.
    pub(crate) fn backup_interval(&self) -> SignedDuration {
        let hours = i64::try_from(self.backup.interval_hours).unwrap_or(i64::MAX);
        // The setting is bounded far below the maximum.
        SignedDuration::from_secs(hours.saturating_mul(3600))
    }
}

/// Returns the name of a backup made at `time`.
pub(super) fn name_of(time: Timestamp) -> String {
    time.strftime(NAME).to_string()
}

/// Returns the time that a name states. `None` if it has another form.
pub(super) fn time_of(name: &str) -> Option<Timestamp> {
    let stated = DateTime::strptime(NAME, name).ok()?;
    let time = stated.to_zoned(TimeZone::UTC).ok()?.timestamp();
    (name_of(time) == name).then_some(time)
}

/// Returns the complete backups of a memory in `dir`, the oldest first. Other entries, and backups
/// of other memories, are left out. Empty if `dir` does not exist.
///
/// # Errors
/// The error of listing `dir`.
pub(super) fn complete(dir: &Path, origin: Origin) -> io::Result<Vec<Made>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut made = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Some(at) = entry.file_name().to_str().and_then(time_of) else { continue };
        let path = entry.path();
        if is_directory(&path) && origin_of(&path).is_some_and(|it| it.is_same(origin)) {
            made.push(Made { path, at });
        }
    }
    made.sort_by_key(|made| made.at);
    Ok(made)
}

/// Returns the newest of these that is not from after `now`. A clock that was once ahead must not
/// stop the schedule.
pub(super) fn newest(made: &[Made], now: Timestamp) -> Option<&Made> {
    made.iter().rev().find(|made| made.at <= now)
}

/// Returns the backups to remove so that `keep` are left. The one at `newest` is kept. Those from
/// after `now` count as the oldest, since they were made before the clock was corrected.
pub(super) fn surplus<'a>(
    made: &'a [Made],
    newest: &Path,
    keep: usize,
    now: Timestamp,
) -> impl Iterator<Item = &'a Made> {
    let (ahead, past): (Vec<&Made>, Vec<&Made>) = made.iter().partition(|made| now < made.at);
    let newest = newest.to_owned();
    let others = ahead.into_iter().chain(past).filter(move |made| made.path != newest);
    others.take(made.len().saturating_sub(keep))
}

/// Returns the time of the next backup: an interval after the newest, or now without one.
pub(super) fn due_at(
    newest: Option<Timestamp>,
    interval: SignedDuration,
    now: Timestamp,
) -> Timestamp {
    newest.map_or(now, |at| later(at, interval))
}

/// Returns the time before which a failed backup is not tried again. `None` if the last one did not
/// fail, or if its time is after `now`.
pub(super) fn retry_at(status: &Status, now: Timestamp) -> Option<Timestamp> {
    let failures = status.failed_in_a_row.checked_sub(1)?;
    let failure = status.last_failure.as_ref().filter(|failure| failure.at <= now)?;
    // The exponent is bounded, so that the product is.
    let wait = RETRY_MIN.saturating_mul(1 << failures.min(16)).min(RETRY_MAX);
    Some(later(failure.at, wait))
}

pub(super) fn later(time: Timestamp, wait: SignedDuration) -> Timestamp {
    time.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// Returns true for a directory, and false for a link to one.
fn is_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// Reads the origin of a complete backup. `None` if it is incomplete, or was not scheduled.
fn origin_of(dir: &Path) -> Option<Origin> {
    let origin = serde_json::from_slice(&fs::read(dir.join(ORIGIN)).ok()?).ok()?;
    is_complete(dir).then_some(origin)
}
