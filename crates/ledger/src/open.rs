//! Opening a file: check that it is ours and not newer, migrate it, set up the connections.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use aios_files::{Anchor, check_file, make_directory, secure_file};
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use crate::{Durability, Error, Migration, Options, busy, mark, read_only::beside, upkeep};

/// Page cache per connection, in KiB.
const CACHE_KIB: i64 = 8 * 1024;
/// Size to which the write-ahead log is truncated when it is reused.
const LOG_BYTES_MAX: i64 = 64 * 1024 * 1024;
/// Log size in pages from which a commit moves the log into the file. If more commits share a
/// checkpoint, fewer pages are moved twice; SQLite's default of 1,000 pages is filled by about ten
/// batches.
const LOG_PAGES: i64 = LOG_BYTES_MAX / 4096;
/// Prepared statements cached per connection.
const STATEMENTS_MAX: usize = 256;

/// Suffixes of the file and of the files that SQLite keeps open beside it.
const FILES: [&str; 3] = ["", "-wal", "-shm"];
/// Suffix of the rollback journal that SQLite uses while it creates a file.
const JOURNAL: &str = "-journal";

/// Opens the write connection and migrates the file.
pub(crate) fn writer(path: &Path, options: &Options) -> Result<Connection, Error> {
    match upkeep::create(path) {
        Err(Error::Io { source, .. }) if source.kind() == ErrorKind::AlreadyExists => {}
        other => other?,
    }
    for end in FILES.into_iter().chain([JOURNAL]) {
        let path = beside(path, end);
        if secure_file(&path)? {
            let path = path.display();
            tracing::warn!(%path, "removed other users' access; the mode is now 0600");
        }
    }
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, options)
        .map_err(|error| refuse(path, error))?;
    // The log of another database may be beside the file. Until it is known to be ours, no page may
    // move from the log into the file, and closing the connection would move them.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let state = busy::retry(options.busy_timeout, || State::of(&connection));
    state.map_err(|error| refuse(path, error))?.check(path, options)?;
    // If others may write in the directory, they may have created a file before SQLite did.
    FILES.iter().try_for_each(|end| check_file(&beside(path, end)))?;
    mark::check(path, &connection)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    busy::retry(options.busy_timeout, || {
        connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
    })?;
    let synchronous = match options.durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // On macOS `fsync` leaves data in the drive; elsewhere this changes nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES_MAX)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    migrate(&connection, path, options)?;
    mark::ensure(&connection, options.busy_timeout)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    limit(&connection, options.file_bytes_max)?;
    // From here on `busy` waits, which is fairer with many writers.
    connection.busy_timeout(Duration::ZERO)?;
    Ok(connection)
}

/// Anchors the opened file, the files that SQLite has open beside it, and `options.beside`.
pub(crate) fn anchor(path: &Path, options: &Options) -> Result<Anchor, Error> {
    let files = FILES.iter().map(|end| beside(path, end));
    Ok(Anchor::new(files.chain(options.beside.iter().cloned()))?)
}

/// Limits the file to `bytes`, or to its current size if that is larger.
fn limit(connection: &Connection, bytes: Option<u64>) -> Result<(), Error> {
    let Some(bytes) = bytes else { return Ok(()) };
    let page_bytes: u32 = connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    let pages = (bytes / u64::from(page_bytes)).clamp(1, u64::from(u32::MAX - 1));
    let sql = format!("PRAGMA max_page_count = {pages}");
    Ok(connection.query_row(&sql, [], |_| Ok(()))?)
}

/// Opens a connection that can only read.
pub(crate) fn reader(path: &Path, options: &Options) -> Result<Connection, Error> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, options)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn connect(path: &Path, mode: OpenFlags, options: &Options) -> Result<Connection, Error> {
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    if mode.contains(OpenFlags::SQLITE_OPEN_READ_WRITE) && connection.is_readonly("main")? {
        // SQLite would fall back to read-only and create a log that nobody may write.
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
        return Err(rusqlite::Error::SqliteFailure(code, None).into());
    }
    set_up(&connection, options)?;
    Ok(connection)
}

/// Applies the settings shared by all connections.
pub(crate) fn set_up(connection: &Connection, options: &Options) -> Result<(), Error> {
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

/// Reports a file that SQLite cannot read at all as foreign.
pub(crate) fn refuse(path: &Path, error: Error) -> Error {
    match error {
        Error::Sqlite(source)
            if source.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) =>
        {
            Error::Foreign { path: path.to_owned(), reason: source.to_string() }
        }
        other => other,
    }
}

/// Identity and version that a file states.
pub(crate) struct State {
    application_id: i32,
    version: u32,
    tables: i64,
}

impl State {
    pub(crate) fn of(connection: &Connection) -> rusqlite::Result<State> {
        connection.query_row(
            "SELECT a.application_id, v.user_version, (SELECT count(*) FROM sqlite_schema)
             FROM pragma_application_id a, pragma_user_version v",
            [],
            |row| {
                // A negative version is not ours; as a huge one it is refused as newer.
                let version = row.get::<_, i32>(1)?.cast_unsigned();
                Ok(State { application_id: row.get(0)?, version, tables: row.get(2)? })
            },
        )
    }

    /// Returns true if nothing was ever stored in the file.
    pub(crate) fn is_fresh(&self) -> bool {
        self.application_id == 0 && self.version == 0 && self.tables == 0
    }

    /// Returns true if the schema is the newest one that this program knows.
    pub(crate) fn is_current(&self, options: &Options) -> bool {
        self.version == known(options)
    }

    /// Refuses a file that is newer or foreign.
    pub(crate) fn check(&self, path: &Path, options: &Options) -> Result<(), Error> {
        if !self.is_fresh() && self.application_id != options.application_id {
            let (found, ours) = (self.application_id, options.application_id);
            let reason = format!("application id {found:#x}, expected {ours:#x}");
            return Err(Error::Foreign { path: path.to_owned(), reason });
        }
        let known = known(options);
        if known < self.version {
            return Err(Error::Newer { path: path.to_owned(), found: self.version, known });
        }
        Ok(())
    }
}

/// Returns the newest version that this program knows.
fn known(options: &Options) -> u32 {
    u32::try_from(options.migrations.len()).expect("a program has few migrations")
}

/// Applies the missing migrations, one transaction each. Another process may do the same, so each
/// step reads the version again under the write lock.
pub(crate) fn migrate(
    connection: &Connection,
    path: &Path,
    options: &Options,
) -> Result<(), Error> {
    let mut saved = false;
    loop {
        let state = busy::retry(options.busy_timeout, || State::of(connection))?;
        if state.version == known(options) {
            return Ok(());
        }
        // A newly created file holds nothing to save.
        saved |= state.version == 0;
        busy::retry(options.busy_timeout, || connection.execute_batch("BEGIN IMMEDIATE"))?;
        let step = step(connection, path, options, &mut saved);
        if step.is_err() && !connection.is_autocommit() {
            // The step's own error is the one to report.
            let _ = connection.execute_batch("ROLLBACK");
        }
        step?;
    }
}

/// Applies one migration under the write lock that the caller holds.
fn step(
    connection: &Connection,
    path: &Path,
    options: &Options,
    saved: &mut bool,
) -> Result<(), Error> {
    let state = State::of(connection)?;
    state.check(path, options)?;
    let Some(migration) = options.migrations.get(state.version as usize) else {
        return connection.execute_batch("COMMIT").map_err(Error::from);
    };
    if 0 < state.version && !*saved {
        save(path, state.version, options)?;
        *saved = true;
    }
    apply(connection, migration, state.version + 1, options).map_err(|source| {
        let source = Arc::from(source);
        Error::Migration { path: path.to_owned(), name: migration.name, source }
    })?;
    tracing::info!(path = %path.display(), migration = migration.name, "migrated");
    Ok(())
}

fn apply(
    connection: &Connection,
    migration: &Migration,
    version: u32,
    options: &Options,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    connection.execute_batch(migration.sql)?;
    (options.migrated)(connection, version)?;
    connection.pragma_update(None, "user_version", version)?;
    connection.pragma_update(None, "application_id", options.application_id)?;
    connection.prepare("PRAGMA foreign_key_check")?.query([])?.next()?.map_or(Ok(()), |row| {
        let table: String = row.get(0)?;
        Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY),
            Some(format!("a row of {table} refers to one that does not exist")),
        ))
    })?;
    Ok(connection.execute_batch("COMMIT")?)
}

/// Copies the file to `backup/NAME.vVERSION` beside it and replaces an earlier copy of that
/// version. The caller holds the write lock, so the copy is the state before the migration.
fn save(path: &Path, version: u32, options: &Options) -> Result<(), Error> {
    let folder = path.with_file_name("backup");
    make_directory(&folder).map_err(|source| Error::io(&folder, source))?;
    let target = backup_path(&folder, path, version);
    let partial = target.with_added_extension("partial");
    match std::fs::remove_file(&partial) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            return Err(Error::io(&partial, source));
        }
        _ => {}
    }
    upkeep::backup(&reader(path, options)?, &partial)?;
    std::fs::rename(&partial, &target).map_err(|source| Error::io(&target, source))?;
    upkeep::sync(&target)
}

fn backup_path(folder: &Path, path: &Path, version: u32) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".v{version}"));
    folder.join(name)
}
