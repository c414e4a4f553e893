//! Opening a file read-only: nothing is written into it or beside it.
//!
//! | the file | is read |
//! |---|---|
//! | has a usable index of its log (`-shm`) | live, with its log and locks |
//! | no log, or an empty one | as it is, without locks; it must not change meanwhile |
//! | a log that is not empty, or an older schema | from a copy in a temporary directory |
//! | missing, or empty | as an empty database in RAM |
//!
//! A log without its index is never skipped: it holds the last acknowledged writes.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs::{self, Metadata},
    io::ErrorKind,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use aios_files::Temporary;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::{
    Error, Options, busy, mark,
    open::{self, State},
};

/// Attempts to copy a file that others change.
const COPY_TRIES: u32 = 5;

/// Source that a file is read from.
pub(crate) enum Source {
    /// The file, with its log and its locks.
    Live,
    /// The file, without locks.
    Still(Stamp),
    /// A copy that is already unlinked and disappears with the last connection.
    Copy,
    /// An empty database in RAM, which lives as long as a connection to it.
    Empty,
}

impl Source {
    /// Rejects the data read if the file may have changed during the read.
    pub(crate) fn check(&self, path: &Path) -> Result<(), Error> {
        match self {
            Source::Still(stamp) if Stamp::of(path)?.as_ref() != Some(stamp) => {
                Err(Error::Changed { path: path.to_owned() })
            }
            _ => Ok(()),
        }
    }
}

/// Fingerprint that shows a change of a file and its log. A writer creates a log before it changes
/// the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    file: Seen,
    log: Option<Seen>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    inode: (u64, u64),
    bytes: u64,
    changed: (i64, i64),
}

impl Seen {
    fn of(path: &Path) -> Result<Option<Seen>, Error> {
        let seen = |found: &Metadata| Seen {
            inode: (found.dev(), found.ino()),
            bytes: found.len(),
            changed: (found.mtime(), found.mtime_nsec()),
        };
        match fs::metadata(path) {
            Ok(found) => Ok(Some(seen(&found))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(path, error)),
        }
    }
}

impl Stamp {
    /// Returns `None` if the file does not exist.
    fn of(path: &Path) -> Result<Option<Stamp>, Error> {
        // An empty log contains nothing. Connections create and remove it.
        let log = Seen::of(&beside(path, "-wal"))?.filter(|log| 0 < log.bytes);
        Ok(Seen::of(path)?.map(|file| Stamp { file, log }))
    }
}

/// Opens the reader connections.
pub(crate) fn open(path: &Path, options: &Options) -> Result<(Source, Vec<Connection>), Error> {
    choose(path, options).map_err(|error| open::refuse(path, error))
}

fn choose(path: &Path, options: &Options) -> Result<(Source, Vec<Connection>), Error> {
    let stamp = match Stamp::of(path)? {
        Some(stamp) if 0 < stamp.file.bytes || stamp.log.is_some() => stamp,
        _ => return empty(options),
    };
    if Seen::of(&beside(path, "-shm"))?.is_some() {
        match live(path, options) {
            Err(error) if error.is_unwritable() || is_unfit(&error) => {}
            opened => return or_copied(opened?, path, options),
        }
    }
    match stamp.log {
        Some(_) => copied(path, options),
        None => or_copied(still(path, options, stamp)?, path, options),
    }
}

/// Returns true if SQLite rejected an index that does not fit the log and cannot be rebuilt in its
/// directory, such as one copied at another moment.
fn is_unfit(error: &Error) -> bool {
    matches!(error, Error::Sqlite(source)
        if source.sqlite_error_code() == Some(ErrorCode::FileLockingProtocolFailed))
}

/// Opens a connection to a file that does not change, without its log and without locks.
pub(crate) fn immutable(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(uri(path, "immutable=1"), flags)?)
}

/// Opened connections and the state of the file.
struct Opened {
    source: Source,
    readers: Vec<Connection>,
    state: State,
}

/// Returns the opened file if its schema is current, else a migrated copy.
fn or_copied(
    opened: Opened,
    path: &Path,
    options: &Options,
) -> Result<(Source, Vec<Connection>), Error> {
    let Opened { source, readers, state } = opened;
    if state.is_fresh() {
        return empty(options);
    }
    match state.is_current(options) {
        true => Ok((source, readers)),
        false => {
            drop(readers);
            copied(path, options)
        }
    }
}

fn live(path: &Path, options: &Options) -> Result<Opened, Error> {
    let readers = connections(options, || open::reader(path, options))?;
    let state = state(path, &readers[0], options)?;
    mark::check(path, &readers[0])?;
    Ok(Opened { source: Source::Live, readers, state })
}

fn still(path: &Path, options: &Options, stamp: Stamp) -> Result<Opened, Error> {
    let readers = connections(options, || {
        let connection = immutable(path)?;
        open::set_up(&connection, options)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    })?;
    let state = state(path, &readers[0], options)?;
    Ok(Opened { source: Source::Still(stamp), readers, state })
}

fn copied(path: &Path, options: &Options) -> Result<(Source, Vec<Connection>), Error> {
    let no_copy = |dir: &Path, source: Error| Error::NoCopy {
        path: path.to_owned(),
        dir: dir.to_owned(),
        source: Box::new(source),
    };
    let temporary = Temporary::of_the_system();
    let directory =
        Temporary::below(&temporary).map_err(|error| no_copy(&temporary, error.into()))?;
    let target = directory.path().join(path.file_name().unwrap_or(OsStr::new("database")));
    copy(path, &target).map_err(|error| match error {
        error @ Error::Changed { .. } => error,
        error => no_copy(directory.path(), error),
    })?;
    // The writer recovers the log and migrates the copy.
    let opened = open::writer(&target, options).and_then(|_writer| {
        connections(options, || {
            let reader = open::reader(&target, options)?;
            // This opens all of the copy's files, which are unlinked afterwards.
            State::of(&reader)?;
            Ok(reader)
        })
    });
    let readers = opened.map_err(|error| match error {
        Error::Foreign { reason, .. } => Error::Foreign { path: path.to_owned(), reason },
        Error::ForeignLog { .. } => Error::ForeignLog { path: path.to_owned() },
        Error::Newer { found, known, .. } => Error::Newer { path: path.to_owned(), found, known },
        error if error.is_unwritable() => no_copy(directory.path(), error),
        error => error,
    })?;
    Ok((Source::Copy, readers))
}

/// Copies a file with its log. A file that this process has open also has an index and is not
/// copied: closing it here would drop the locks of its other connections.
fn copy(path: &Path, target: &Path) -> Result<(), Error> {
    let ends = ["", "-wal"];
    for _ in 0..COPY_TRIES {
        let before = Stamp::of(path)?;
        for end in ends {
            let (from, to) = (beside(path, end), beside(target, end));
            match aios_files::copy(&from, &to) {
                Err(error) if error.kind() == ErrorKind::NotFound && !end.is_empty() => {}
                copied => copied.map(drop).map_err(|error| Error::io(&from, error))?,
            }
        }
        if before == Stamp::of(path)? {
            return Ok(());
        }
        for end in ends {
            // A file that is already missing needs no removal.
            let _ = fs::remove_file(beside(target, end));
        }
    }
    Err(Error::Changed { path: path.to_owned() })
}

fn empty(options: &Options) -> Result<(Source, Vec<Connection>), Error> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    // ORDERING: numbers only have to differ.
    let name = format!("/aios-memory-empty-{}", MADE.fetch_add(1, Ordering::Relaxed));
    let connect = || -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(uri(Path::new(&name), "vfs=memdb"), flags)?;
        open::set_up(&connection, options)?;
        Ok(connection)
    };
    let connection = connect()?;
    open::migrate(&connection, Path::new(&name), options)?;
    let readers = connections(options, || {
        let reader = connect()?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(reader)
    })?;
    Ok((Source::Empty, readers))
}

/// Opens one connection per reader thread.
fn connections(
    options: &Options,
    connect: impl Fn() -> Result<Connection, Error>,
) -> Result<Vec<Connection>, Error> {
    (0..options.readers.max(1)).map(|_| connect()).collect()
}

/// Reads the state of the file and refuses a newer or foreign one.
fn state(path: &Path, connection: &Connection, options: &Options) -> Result<State, Error> {
    let state = busy::retry(options.busy_timeout, || State::of(connection))?;
    state.check(path, options)?;
    Ok(state)
}

/// Returns the path of a file that SQLite keeps beside `path`.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Formats a path as a URI with parameters for SQLite.
fn uri(path: &Path, parameters: &str) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            byte => write!(uri, "%{byte:02x}").expect("writing to a string cannot fail"),
        }
    }
    uri + "?" + parameters
}
