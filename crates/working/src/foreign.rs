//! SQLite files of other programs, read without changing them.
//!
//! A file in use is read through SQLite, as one snapshot. A file that is not in use is read as
//! immutable, so that SQLite creates no `-wal` and `-shm` beside it. A file whose last writer did
//! not close it cleanly is copied with its log, and the copy is recovered. The meaning of the
//! tables is out of scope.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Read},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    time::Duration,
};

use aios_files::Temporary;
use aios_record::Remedy;
use rusqlite::{Connection, ErrorCode, OpenFlags, types::ValueRef};
use serde_json::{Map, Value};

/// First bytes of every SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Maximum wait for a program that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// Header offset of the read version: 2 for a file with a write-ahead log.
const READ_VERSION: usize = 19;

/// SQLite file of another program, read as of when it was opened.
#[derive(Debug)]
pub struct ForeignFile {
    connection: Connection,
    path: PathBuf,
}

/// A table of a [`ForeignFile`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignTable {
    /// Name of the table.
    pub name: String,
    /// Names of its columns, in order.
    pub columns: Vec<String>,
    /// Number of its rows.
    pub rows: u64,
}

/// A row of a [`ForeignTable`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForeignRow {
    /// The values by column.
    pub fields: Map<String, Value>,
    /// Columns omitted because they hold bytes that are not text, or numbers that are not finite.
    pub unreadable: Vec<String>,
}

/// Error of reading another program's file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignError {
    /// The file cannot be opened.
    #[error("failed to {action} {}", path.display())]
    Io {
        /// The attempted action.
        action: &'static str,
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// The file is not a SQLite database.
    #[error("{} is not a SQLite database", path.display())]
    NotSqlite {
        /// Path of the file.
        path: PathBuf,
    },
    /// Another program is writing to the file.
    #[error("{} is locked by another program", path.display())]
    Locked {
        /// Path of the file.
        path: PathBuf,
    },
    /// The disk is full, and reading the file needs space.
    #[error("{} cannot be read, because the disk is full", path.display())]
    DiskFull {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// SQLite cannot read the file.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ForeignError {
    /// Returns the next step.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            ForeignError::Io { .. } | ForeignError::NotSqlite { .. } => Remedy::CheckPath,
            ForeignError::Locked { .. } => Remedy::EndProcess,
            ForeignError::DiskFull { .. } => Remedy::FreeDisk,
            ForeignError::Unreadable { path, .. } => Remedy::RecoverFile { path: path.clone() },
        })
    }
}

impl ForeignFile {
    /// Returns true if `head` is the beginning of a SQLite file.
    #[must_use]
    pub fn is_sqlite(head: &[u8]) -> bool {
        head.starts_with(MAGIC)
    }

    /// Opens the file at `path` for reading. Blocks.
    ///
    /// # Errors
    /// - [`ForeignError::NotSqlite`] if it is not a SQLite database, or empty.
    /// - [`ForeignError::Locked`] if another program keeps writing to it.
    /// - [`ForeignError::Io`] and [`ForeignError::Unreadable`] if it cannot be opened or read.
    /// - [`ForeignError::DiskFull`] if the disk is too full to read it.
    pub fn open(path: &Path) -> Result<ForeignFile, ForeignError> {
        ForeignFile::open_in(path, &Temporary::of_the_system())
    }

    /// Like [`open`](ForeignFile::open), with the directory in which a copy is made if the file
    /// must be repaired before it is read. If nothing can be created in `dir`, the system's
    /// temporary directory is used.
    ///
    /// # Errors
    /// As [`open`](ForeignFile::open).
    pub fn open_in(path: &Path, dir: &Path) -> Result<ForeignFile, ForeignError> {
        let header = header(path)?;
        let has_log = header.get(READ_VERSION) == Some(&2);
        let opened = match (has_log, waiting(path, "-wal"), waiting(path, "-shm")) {
            // The file is not in use: a program that uses it has an index of the log beside it.
            (true, false, false) => snapshot(path, "immutable=1"),
            // A log without an index: a copied file, or one that was not closed cleanly.
            (true, true, false) => return copied(path, dir),
            _ => snapshot(path, "mode=ro"),
        };
        match opened {
            Ok(connection) => Ok(ForeignFile { connection, path: path.to_owned() }),
            Err(error) if needs_writing(&error) => copied(path, dir),
            Err(error) => Err(refuse(path, error)),
        }
    }

    /// Returns the version of the schema: `PRAGMA user_version`.
    ///
    /// # Errors
    /// [`ForeignError::Unreadable`] if SQLite cannot read the file.
    pub fn schema_version(&self) -> Result<u32, ForeignError> {
        let version: i32 = self.number("user_version")?;
        // A negative version is not valid; as a huge one it is newer than any.
        Ok(version.cast_unsigned())
    }

    /// Returns the program that the file belongs to: `PRAGMA application_id`, 0 if not set.
    ///
    /// # Errors
    /// [`ForeignError::Unreadable`] if SQLite cannot read the file.
    pub fn application_id(&self) -> Result<i32, ForeignError> {
        self.number("application_id")
    }

    /// Returns the ordinary tables, by name: no views, no virtual tables and no tables that belong
    /// to one.
    ///
    /// # Errors
    /// [`ForeignError::Unreadable`] if SQLite cannot read the file.
    pub fn tables(&self) -> Result<Vec<ForeignTable>, ForeignError> {
        let sql = "SELECT name FROM pragma_table_list
             WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
             ORDER BY name";
        let names = self.connection.prepare(sql).and_then(|mut statement| {
            let names = statement.query_map([], |row| row.get::<_, String>(0))?;
            names.collect::<rusqlite::Result<Vec<_>>>()
        });
        let names = names.map_err(|error| self.failed(error))?;
        names.into_iter().map(|name| self.table(name)).collect()
    }

    /// Passes the rows of a table to `each`, in storage order, until it breaks.
    ///
    /// # Errors
    /// [`ForeignError::Unreadable`], after the rows before the damage were passed.
    pub fn each_row(
        &self,
        table: &ForeignTable,
        each: &mut dyn FnMut(ForeignRow) -> std::ops::ControlFlow<()>,
    ) -> Result<(), ForeignError> {
        let failed = |error| self.failed(error);
        let sql = format!("SELECT * FROM {}", quoted(&table.name));
        let mut statement = self.connection.prepare(&sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let mut read = ForeignRow::default();
            for (index, column) in table.columns.iter().enumerate() {
                match value(row.get_ref(index).map_err(failed)?) {
                    Some(value) => {
                        read.fields.insert(column.clone(), value);
                    }
                    None => read.unreadable.push(column.clone()),
                }
            }
            if each(read).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn table(&self, name: String) -> Result<ForeignTable, ForeignError> {
        let sql = format!("SELECT * FROM {} LIMIT 0", quoted(&name));
        let columns = self
            .connection
            .prepare(&sql)
            .map(|statement| statement.column_names().map(str::to_owned).collect::<Vec<_>>());
        let columns = columns.map_err(|error| self.failed(error))?;
        let sql = format!("SELECT count(*) FROM {}", quoted(&name));
        let rows = self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0));
        let rows = rows.map_err(|error| self.failed(error))?.cast_unsigned();
        Ok(ForeignTable { name, columns, rows })
    }

    fn number(&self, pragma: &str) -> Result<i32, ForeignError> {
        let number = self.connection.pragma_query_value(None, pragma, |row| row.get(0));
        number.map_err(|error| self.failed(error))
    }

    fn failed(&self, error: rusqlite::Error) -> ForeignError {
        refuse(&self.path, error)
    }
}

/// Reads the header; fails if the file is not a SQLite database.
fn header(path: &Path) -> Result<Vec<u8>, ForeignError> {
    const HEADER_BYTES: u64 = 100;
    let failed = |source| ForeignError::Io { action: "open", path: path.to_owned(), source };
    let mut header = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(HEADER_BYTES).read_to_end(&mut header).map_err(failed)?;
    match ForeignFile::is_sqlite(&header) {
        true => Ok(header),
        false => Err(ForeignError::NotSqlite { path: path.to_owned() }),
    }
}

/// Returns true if the file beside `path` with this suffix is not empty.
fn waiting(path: &Path, ending: &str) -> bool {
    fs::metadata(beside(path, ending)).is_ok_and(|file| 0 < file.len())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Opens a read-only connection with a snapshot of the current state.
fn snapshot(path: &Path, how: &str) -> rusqlite::Result<Connection> {
    let mut uri = String::from("file:");
    for byte in std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).as_os_str().as_bytes()
    {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                uri.push(char::from(*byte));
            }
            other => write!(uri, "%{other:02X}").expect("a text takes all that is written"),
        }
    }
    write!(uri, "?{how}").expect("a text takes all that is written");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    begin(Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?)
}

fn begin(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.execute_batch("BEGIN")?;
    // The first read takes the snapshot.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// Returns true if SQLite must repair the file before reading it, or the disk is full.
fn needs_writing(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen))
        || aios_ledger::is_disk_full(error)
}

/// Opens a private copy of a file and its logs, made in a directory below `dir`. The copy is
/// unlinked once it is open.
fn copied(path: &Path, dir: &Path) -> Result<ForeignFile, ForeignError> {
    let failed = |action, path: &Path| {
        let path = path.to_owned();
        move |source| ForeignError::Io { action, path, source }
    };
    let made = Temporary::below(dir).or_else(|_| Temporary::below(&Temporary::of_the_system()));
    let copies = made.map_err(|error| match error {
        aios_files::Error::Io { path, source } => failed("make a copy in", &path)(source),
        error => failed("make a copy in", dir)(io::Error::other(error)),
    })?;
    let target = copies.path().join("copy.db");
    aios_files::copy(path, &target).map_err(failed("copy", path))?;
    for ending in ["-wal", "-journal"] {
        let log = beside(path, ending);
        if waiting(path, ending) {
            aios_files::copy(&log, &beside(&target, ending)).map_err(failed("copy", &log))?;
        }
    }
    let connection = Connection::open(&target).and_then(begin);
    let connection = connection.map_err(|error| refuse(path, error))?;
    Ok(ForeignFile { connection, path: path.to_owned() })
}

fn refuse(path: &Path, error: rusqlite::Error) -> ForeignError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ForeignError::Locked { path },
        Some(ErrorCode::NotADatabase) => ForeignError::NotSqlite { path },
        _ if aios_ledger::is_disk_full(&error) => {
            ForeignError::DiskFull { path, source: Box::new(error) }
        }
        _ => ForeignError::Unreadable { path, source: Box::new(error) },
    }
}

/// Quotes a name as an SQL identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Converts a value to JSON; `None` for bytes that are not text, and for numbers that are not
/// finite.
fn value(value: ValueRef<'_>) -> Option<Value> {
    match value {
        ValueRef::Null => Some(Value::Null),
        ValueRef::Integer(number) => Some(number.into()),
        ValueRef::Real(number) => serde_json::Number::from_f64(number).map(Value::Number),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            std::str::from_utf8(bytes).ok().map(Value::from)
        }
    }
}
