//! Damaged and missing databases in a repair: a damaged one is quarantined, and working memory is
//! restored from its readable part and from the library. The library itself is repaired elsewhere.

use std::{
    fs::{self, DirBuilder, File},
    io::ErrorKind,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use aios_record::{Id, Identity, Kind, Record};
use aios_working::{KINDS, Problem, RestoreOutcome};

use super::accepted::{Accepted, PAGE};
use crate::{Administrator, Error, InputProblem, together::WORKING};

/// The journal of long-term memory.
pub(super) const JOURNAL: &str = "journal.db";
/// The lock of the process that writes to the library.
const OWNER: &str = "owner.lock";

/// Moves a damaged database and its write-ahead log into the quarantine, if no process writes to
/// the library.
pub(super) fn set_aside(dir: &Path, name: &str) -> Result<PathBuf, Error> {
    let path = dir.join(name);
    let failed = |path: &Path| Error::output(path.to_owned());
    let lock = File::options().create(true).truncate(false).write(true).open(dir.join(OWNER));
    let lock = lock.map_err(failed(&dir.join(OWNER)))?;
    if lock.try_lock().is_err() {
        return Err(Error::input(path, InputProblem::DamagedAndOpen));
    }
    let quarantine = dir.join("quarantine");
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&quarantine)
        .map_err(failed(&quarantine))?;
    let aside = format!("{}-damaged-{}.db", name.trim_end_matches(".db"), Id::generate());
    for end in ["-shm", "-wal", ""] {
        let from = dir.join(format!("{name}{end}"));
        match fs::rename(&from, quarantine.join(format!("{aside}{end}"))) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(&from)(error)),
            _ => {}
        }
    }
    Ok(quarantine.join(aside))
}

/// Returns `true` if working memory's database is gone or empty beside a journal.
pub(super) fn is_working_gone(dir: &Path) -> bool {
    let length = |name: &str| fs::metadata(dir.join(name)).map_or(0, |found| found.len());
    length(WORKING) == 0 && 0 < length(JOURNAL)
}

/// Returns the kinds that only working memory stores.
pub(super) fn kinds_of_working_alone(memory: &Administrator) -> Vec<Kind> {
    let fed = &memory.config().longterm.feed_kinds;
    let is_alone = |kind: &&Kind| **kind == Kind::Event || !fed.contains(kind);
    KINDS.iter().filter(is_alone).copied().collect()
}

/// Restores to working memory the records read from the damaged file and the library's records of
/// its kinds, and returns the number of restored records. Forgotten records are skipped.
pub(super) async fn bring_back(memory: &Administrator, accepted: &Accepted) -> Result<u64, Error> {
    let mut brought = 0;
    for records in accepted.salvaged.chunks(PAGE) {
        brought += put_back(memory, records.to_vec()).await?;
    }
    let identities = memory.longterm().records().identities().await?;
    // `KINDS` lists kinds that others refer to first.
    for &kind in KINDS {
        let of_kind: Vec<Identity> =
            identities.iter().filter(|it| it.kind == kind).cloned().collect();
        for some in of_kind.chunks(PAGE) {
            let records = memory.longterm().records().get_all(some).await?;
            brought += put_back(memory, records).await?;
        }
    }
    Ok(brought)
}

async fn put_back(memory: &Administrator, mut records: Vec<Record>) -> Result<u64, Error> {
    let mut forgotten = memory.longterm().tombstones().are_forgotten(&records).await?.into_iter();
    records.retain(|_| !forgotten.next().unwrap_or(false));
    let mut brought = 0;
    for restored in memory.working().intake().restore(records).await? {
        match restored {
            Ok(RestoreOutcome::Added | RestoreOutcome::Detached { .. }) => brought += 1,
            Ok(RestoreOutcome::Known | RestoreOutcome::Elsewhere) => {}
            Err(error) => tracing::warn!(%error, "a record does not go back to working memory"),
        }
    }
    Ok(brought)
}

/// Verifies working memory, rebuilds its word index if it does not match, and returns the
/// remaining problems.
pub(super) async fn with_word_index(memory: &Administrator) -> Result<Vec<Problem>, Error> {
    let working = memory.working();
    let problems = working.upkeep().verify().await?;
    if !problems.iter().any(|problem| matches!(problem, Problem::IndexOutOfStep { .. })) {
        return Ok(problems);
    }
    tracing::warn!("the word index of working memory does not match the records; rebuilding it");
    working.upkeep().reindex().await?;
    Ok(working.upkeep().verify().await?)
}
