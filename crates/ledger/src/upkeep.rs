//! Operations on a whole file: emptying its log, compacting it, copying it.

use std::{fs::File, io, path::Path, time::Duration};

use rusqlite::{Connection, backup::Backup};

use crate::{Error, busy, mark};

/// Empties the write-ahead log as far as readers and other processes allow, without waiting.
pub(crate) fn checkpoint(connection: &Connection, _: Duration) -> Result<(), Error> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// Syncs the committed data: moves the log into the file as far as readers allow, and syncs the log
/// for the rest.
pub(crate) fn sync_log(connection: &Connection, _: Duration) -> Result<(), Error> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    let Some(path) = connection.path() else { return Ok(()) };
    match sync(Path::new(&format!("{path}-wal"))) {
        Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

pub(crate) fn vacuum(connection: &Connection, busy_timeout: Duration) -> Result<(), Error> {
    busy::retry(busy_timeout, || connection.execute_batch("VACUUM"))?;
    checkpoint(connection, busy_timeout)
}

/// Like `vacuum`, but waits for readers of the log: all of it must be removed.
pub(crate) fn scrub(connection: &Connection, busy_timeout: Duration) -> Result<(), Error> {
    busy::retry(busy_timeout, || connection.execute_batch("VACUUM"))?;
    busy::retry(busy_timeout, || {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let is_blocked: bool = connection.query_row(sql, [], |row| row.get(0))?;
        if is_blocked {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
            return Err(rusqlite::Error::SqliteFailure(code, None));
        }
        Ok(())
    })
}

/// Refreshes the planner's statistics and empties the log; the writer's last step.
pub(crate) fn finish(connection: &Connection, busy_timeout: Duration) -> Result<(), Error> {
    let refreshed = busy::retry(busy_timeout, || connection.execute_batch("PRAGMA optimize"));
    checkpoint(connection, busy_timeout)?;
    refreshed
}

/// Copies the state that `connection` sees to `target`, which must not exist.
pub(crate) fn backup(connection: &Connection, target: &Path) -> Result<(), Error> {
    create(target)?;
    copy(connection, target).inspect_err(|_| {
        // A partial copy must not remain. The first error is the one to report.
        let _ = std::fs::remove_file(target);
    })
}

fn copy(connection: &Connection, target: &Path) -> Result<(), Error> {
    let mut copy = Connection::open(target)?;
    let backup = Backup::new(connection, &mut copy)?;
    backup.step(-1)?;
    drop(backup);
    // The log of the original must not be accepted as the copy's.
    mark::renew(&copy)?;
    copy.close().map_err(|(_, source)| Error::from(source))?;
    sync(target)
}

/// Creates an empty file that only its owner may read.
pub(crate) fn create(path: &Path) -> Result<(), Error> {
    aios_files::create(path).map(drop).map_err(|source| Error::io(path, source))
}

/// Syncs a file and its directory entry.
pub(crate) fn sync(path: &Path) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let both = || -> io::Result<()> {
        File::open(path)?.sync_all()?;
        File::open(folder)?.sync_all()
    };
    both().map_err(|source| Error::io(path, source))
}
