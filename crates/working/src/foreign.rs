//! Another program's SQLite file, read without changing a byte of it.
//!
//! A file in use is read through SQLite, as one snapshot. One that lies still is read as immutable,
//! so that SQLite makes no `-wal` and `-shm` beside it; one whose last writer did not end cleanly
//! is copied, log and all, and the copy is brought in order. Not here: what the tables mean.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Read},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    time::Duration,
};

use aios_files::Temporary;
use rusqlite::{Connection, ErrorCode, OpenFlags, types::ValueRef};
use serde_json::{Map, Value};

/// With this every SQLite file begins.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// The time to wait for a program that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);
/// In the header: how the file is read, 2 for a file with a write-ahead log.
const READ_VERSION: usize = 19;

/// Another program's SQLite file, read as it was when it was opened.
#[derive(Debug)]
pub struct ForeignFile {
    connection: Connection,
    path: PathBuf,
}

/// A table of a [`ForeignFile`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignTable {
    /// Its name.
    pub name: String,
    /// The names of its columns, in order.
    pub columns: Vec<String>,
    /// The number of its rows.
    pub rows: u64,
}

/// A row of a [`ForeignTable`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForeignRow {
    /// The values by column; numbers and texts as they are.
    pub fields: Map<String, Value>,
    /// Columns with bytes that are no text, or numbers that are none: they are left out.
    pub unreadable: Vec<String>,
}

/// Why another program's file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignError {
    /// The file cannot be opened.
    #[error("failed to {action} {}", path.display())]
    Io {
        /// The attempted action.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The file is not one of SQLite's.
    #[error("{} is no SQLite database; check that it is the right file", path.display())]
    NotSqlite {
        /// Which file.
        path: PathBuf,
    },
    /// Another program writes to it.
    #[error(
        "{} is locked by another program that writes to it; end that program or wait for it, then \
         try again", path.display()
    )]
    Locked {
        /// Which file.
        path: PathBuf,
    },
    /// The disk is full, and reading it takes room.
    #[error("{} cannot be read on a full disk; free some of it and try again", path.display())]
    NoRoom {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// SQLite cannot read it.
    #[error(
        "{} cannot be read; if it is damaged, `sqlite3 FILE .recover` makes a new file of what is \
         readable", path.display()
    )]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ForeignFile {
    /// Returns `true` if a file that begins with `head` is one of SQLite's.
    #[must_use]
    pub fn is_sqlite(head: &[u8]) -> bool {
        head.starts_with(MAGIC)
    }

    /// Opens the file at `path` to read. Blocks.
    ///
    /// # Errors
    /// - [`ForeignError::NotSqlite`] when it is something else, or empty.
    /// - [`ForeignError::Locked`] when another program keeps writing to it.
    /// - [`ForeignError::Io`] and [`ForeignError::Unreadable`] when it cannot be opened or read.
    pub fn open(path: &Path) -> Result<ForeignFile, ForeignError> {
        ForeignFile::open_in(path, &Temporary::of_the_system())
    }

    /// Opens the file as [`open`](ForeignFile::open) does, with the directory below which a copy is
    /// made of a file that has to be repaired before it is read. By default that is the system's
    /// directory for temporary files, and it is where nothing can be made in `dir`.
    ///
    /// # Errors
    /// As [`open`](ForeignFile::open).
    pub fn open_in(path: &Path, dir: &Path) -> Result<ForeignFile, ForeignError> {
        let header = header(path)?;
        let has_log = header.get(READ_VERSION) == Some(&2);
        let opened = match (has_log, waiting(path, "-wal"), waiting(path, "-shm")) {
            // Nobody has it open: whoever does has an index of the log beside it.
            (true, false, false) => snapshot(path, "immutable=1"),
            // A log without an index: the copy of a file, or one that was left behind.
            (true, true, false) => return copied(path, dir),
            _ => snapshot(path, "mode=ro"),
        };
        match opened {
            Ok(connection) => Ok(ForeignFile { connection, path: path.to_owned() }),
            Err(error) if needs_writing(&error) => copied(path, dir),
            Err(error) => Err(refuse(path, error)),
        }
    }

    /// The version of the schema: `PRAGMA user_version`.
    ///
    /// # Errors
    /// [`ForeignError::Unreadable`].
    pub fn schema_version(&self) -> Result<u32, ForeignError> {
        let version: i32 = self.number("user_version")?;
        // A negative version is no version; as a huge one it is newer than any.
        Ok(version.cast_unsigned())
    }

    /// Whose file it says that it is: `PRAGMA application_id`, 0 where it says nothing.
    ///
    /// # Errors
    /// [`ForeignError::Unreadable`].
    pub fn application_id(&self) -> Result<i32, ForeignError> {
        self.number("application_id")
    }

    /// The tables that hold rows of their own, by name: no views, no virtual tables, and none that
    /// belong to one.
    ///
    /// # Errors
    /// [`ForeignError::Unreadable`].
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

    /// Hands the rows of a table to `each`, in the order in which they are stored, until it says
    /// that it wants no more.
    ///
    /// # Errors
    /// [`ForeignError::Unreadable`], after the rows before the damage.
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

/// The first bytes of a file that is one of SQLite's.
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

/// Returns `true` if the file beside `path` with this ending is not empty.
fn waiting(path: &Path, ending: &str) -> bool {
    fs::metadata(beside(path, ending)).is_ok_and(|file| 0 < file.len())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// A connection that can only read, and stays with what the file holds now.
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
    // The snapshot is taken by the first read.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// Returns `true` if SQLite cannot read the file before it has repaired it.
fn needs_writing(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen))
        || aios_ledger::is_no_room(error)
}

/// A private copy of a file and its logs, made in a directory below `dir`. As soon as it is open it
/// has no name any more.
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
        _ if aios_ledger::is_no_room(&error) => {
            ForeignError::NoRoom { path, source: Box::new(error) }
        }
        _ => ForeignError::Unreadable { path, source: Box::new(error) },
    }
}

/// A name of the file's own as an identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value as JSON; `None` for bytes that are not text, and for NaN.
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
