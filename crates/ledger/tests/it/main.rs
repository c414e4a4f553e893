//! The ledger through its public API.
#![allow(clippy::unwrap_used)]

mod crash;
mod open;
mod places;
mod read_only;
mod room;
mod write;

use std::path::{Path, PathBuf};

use aios_ledger::{Error, Ledger, Migration, Options};
use rusqlite::Connection;
use tempfile::TempDir;

const APPLICATION: i32 = 0x7465_7374;

const ROWS: Migration = Migration {
    name: "rows",
    sql: "CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;",
};
const V1: &[Migration] = &[ROWS];
const V2: &[Migration] = &[
    ROWS,
    Migration { name: "length", sql: "ALTER TABLE rows ADD COLUMN length INTEGER DEFAULT 0;" },
];
const V3: &[Migration] = &[
    ROWS,
    V2[1],
    Migration { name: "mark", sql: "ALTER TABLE rows ADD COLUMN mark INTEGER DEFAULT 0;" },
];
const V2_BROKEN: &[Migration] = &[
    ROWS,
    Migration {
        name: "broken",
        sql: "ALTER TABLE rows ADD COLUMN length INTEGER DEFAULT 0;
              INSERT INTO nowhere VALUES (1);",
    },
];

fn options() -> Options {
    Options::new(APPLICATION, V1)
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    (folder, path)
}

fn insert(text: impl Into<String>) -> impl FnOnce(&Connection) -> Result<i64, Error> {
    let text = text.into();
    move |connection| {
        connection.prepare_cached("INSERT INTO rows (text) VALUES (?1)")?.execute([text])?;
        Ok(connection.last_insert_rowid())
    }
}

fn texts(connection: &Connection) -> Result<Vec<String>, Error> {
    let mut statement = connection.prepare_cached("SELECT text FROM rows ORDER BY id")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn opened(path: &Path) -> Ledger {
    Ledger::open(path, options()).unwrap()
}
