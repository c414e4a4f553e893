//! Rivals of working memory: plain rusqlite with one transaction per row, with the same schema and
//! the same statements for words and feed; the same on a table without them, which is the limit of
//! SQLite; and a script with aiosqlite that commits at every call.

use std::path::{Path, PathBuf};

use aios_analysis::{Analyzer, Language};
use aios_record::Id;
use aios_working::{Config, Durability, Working};
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};
use serde::Deserialize;

use crate::python;

/// One connection, one transaction per row.
pub(super) struct Plain {
    connection: Connection,
    rows: i64,
}

impl Plain {
    /// Opens a fresh working memory at `path`.
    pub(super) fn open(path: &Path, durability: Durability) -> Plain {
        fresh(path);
        let connection = connect(path, durability);
        let sql = "INSERT INTO sessions (row, id, owner, last_active, message_count, scope_session,
            module, importance, created_at, updated_at, recorded_at) VALUES (1, 's', '', 0, 0, 's',
            'bench', 0.5, 0, 0, 0)";
        connection.execute(sql, []).expect("a session");
        Plain { connection, rows: 0 }
    }

    /// Adds a message, which is committed on return.
    pub(super) fn add(&mut self, text: &str) {
        self.insert(text).expect("the row is fine");
        self.rows += 1;
    }

    fn insert(&self, text: &str) -> rusqlite::Result<()> {
        let db = &self.connection;
        let (id, now) = (Id::generate(), Timestamp::now().as_microsecond());
        db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        db.prepare_cached(
            "UPDATE sessions SET message_count = message_count + 1, last_active = ?1,
             updated_at = ?1 WHERE id = 's' AND owner = ''",
        )?
        .execute([now])?;
        db.prepare_cached(
            "INSERT INTO messages (id, owner, position, role, content, timestamp, metadata,
             scope_session, session_row, module, importance, created_at, updated_at, recorded_at)
             VALUES (?1, '', ?2, 'user', ?3, ?4, 'null', 's', 1, 'bench', 0.5, ?4, ?4, ?4)",
        )?
        .execute((id.as_str(), self.rows, text, now))?;
        let words = Analyzer::of(Language::default()).terms(text).join(" ");
        db.prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?
            .execute((db.last_insert_rowid() << 5 | 7, words))?;
        let sql = "INSERT INTO feed (kind, id, op, owner) VALUES ('message', ?1, 'upsert', '')";
        db.prepare_cached(sql)?.execute([id.as_str()])?;
        db.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

/// One connection, one transaction per row, one table without an index.
pub(super) struct Bare(Connection);

impl Bare {
    pub(super) fn open(path: &Path, durability: Durability) -> Bare {
        let connection = Connection::open(path).expect("a database");
        let sql = "PRAGMA journal_mode = WAL; CREATE TABLE bare (row INTEGER PRIMARY KEY, id TEXT,
            text TEXT)";
        connection.execute_batch(sql).expect("a table");
        drop(connection);
        Bare(connect(path, durability))
    }

    pub(super) fn add(&mut self, text: &str) {
        let id = Id::generate();
        let sql = "INSERT INTO bare (id, text) VALUES (?1, ?2)";
        let mut statement = self.0.prepare_cached(sql).expect("a statement");
        statement.execute((id.as_str(), text)).expect("the row is fine");
    }
}

/// A script of `rivals/`.
pub(super) struct Script {
    database: PathBuf,
    texts: PathBuf,
    /// The library that writes the rows, with its version.
    pub(super) name: String,
}

#[derive(Deserialize)]
struct Written {
    aiosqlite: String,
    seconds: f64,
}

impl Script {
    /// Opens the script with a fresh working memory in `folder`. The error is the reason why the
    /// script cannot run here.
    pub(super) fn open(folder: &Path, durability: Durability) -> Result<Script, String> {
        let database = folder.join("aiosqlite.db");
        older(folder, &database);
        let texts = folder.join("texts");
        let mut script = Script { database, texts, name: String::new() };
        script.name = format!("aiosqlite {}", script.write(&[])?.aiosqlite);
        let full = durability == Durability::Full;
        assert!(full, "the script commits with synchronous=FULL");
        Ok(script)
    }

    /// Writes a message for each text and returns the seconds that it took, without start-up.
    pub(super) fn add_all(&self, texts: &[String]) -> Result<f64, String> {
        Ok(self.write(texts)?.seconds)
    }

    fn write(&self, texts: &[String]) -> Result<Written, String> {
        std::fs::write(&self.texts, texts.join("\n")).map_err(|error| error.to_string())?;
        let mut script = python::script("aiosqlite_writes.py");
        script.args([&self.database, &self.texts]);
        python::answer(script)
    }
}

/// Creates a database with the schema of working memory.
fn fresh(path: &Path) {
    drop(Working::open(path, Config::default()).expect("a working memory"));
}

/// Creates the schema for a SQLite older than ours: Python's often lacks the option for deleting
/// from the word index. Nothing is deleted here.
fn older(folder: &Path, path: &Path) {
    let newer = folder.join("newer.db");
    fresh(&newer);
    let (from, to) = (Connection::open(newer), Connection::open(path));
    let (from, to) = (from.expect("a database"), to.expect("a database"));
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
        AND name NOT LIKE 'search_%' ORDER BY rowid";
    let mut statement = from.prepare(sql).expect("a statement");
    let mut rows = statement.query([]).expect("a schema");
    while let Some(row) = rows.next().expect("a row") {
        let create: String = row.get(0).expect("a statement");
        to.execute_batch(&create.replace("contentless_delete = 1,", "")).expect("a table");
    }
}

fn connect(path: &Path, durability: Durability) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).expect("a database");
    let synchronous = if durability == Durability::Full { "FULL" } else { "NORMAL" };
    connection.pragma_update(None, "synchronous", synchronous).expect("a pragma");
    connection.pragma_update(None, "cache_size", -8 * 1024).expect("a pragma");
    connection.set_prepared_statement_cache_capacity(32);
    connection
}
