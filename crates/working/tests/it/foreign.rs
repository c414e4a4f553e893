//! Files of other programs are read in any state, and never changed.

use std::{
    collections::BTreeMap,
    fs,
    ops::ControlFlow,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use aios_record::Remedy;
use aios_working::{ForeignError, ForeignFile, ForeignRow};
use rusqlite::Connection;
use serde_json::{Value, json};

/// Creates a directory with a file that `make` filled; its name needs escaping in a URI.
fn made(make: impl FnOnce(&Connection)) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("it's 100% #1.db");
    let connection = Connection::open(&path).unwrap();
    make(&connection);
    connection.close().unwrap();
    (folder, path)
}

fn two_notes(connection: &Connection) {
    let sql = "CREATE TABLE \"my \"\"notes\" (id INTEGER PRIMARY KEY, text, extra);
        INSERT INTO \"my \"\"notes\" VALUES (1, 'one', x'00ff'), (2, x'74776f', 2.5);
        CREATE VIEW shown AS SELECT 1;
        CREATE VIRTUAL TABLE words USING fts5(text);
        CREATE TABLE empty (a, b);";
    connection.execute_batch(sql).unwrap();
}

/// Returns the contents of all files in a directory, by path.
fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn rows(file: &ForeignFile) -> Vec<ForeignRow> {
    let tables = file.tables().unwrap();
    let table = tables.iter().find(|table| table.name.contains("notes")).unwrap();
    let mut rows = Vec::new();
    let each = &mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    };
    file.each_row(table, each).unwrap();
    rows
}

fn texts(file: &ForeignFile) -> Vec<Value> {
    rows(file).into_iter().map(|row| row.fields["text"].clone()).collect()
}

#[test]
fn tables_and_rows_are_read_unchanged() {
    let (folder, path) = made(two_notes);
    let before = bytes(folder.path());
    let file = ForeignFile::open(&path).unwrap();
    let tables: Vec<_> =
        file.tables().unwrap().into_iter().map(|t| (t.name, t.columns.len(), t.rows)).collect();
    assert_eq!(tables, [("empty".to_owned(), 2, 0), ("my \"notes".to_owned(), 3, 2)]);
    let found = rows(&file);
    assert_eq!(found[0].unreadable, ["extra"]);
    assert_eq!(Value::Object(found[0].fields.clone()), json!({"id": 1, "text": "one"}));
    assert_eq!(
        Value::Object(found[1].fields.clone()),
        json!({"id": 2, "text": "two", "extra": 2.5})
    );
    drop(file);
    assert_eq!(bytes(folder.path()), before);
}

#[test]
fn a_log_is_read_and_not_changed() {
    let (folder, path) = made(|_| {});
    let writer = Connection::open(&path).unwrap();
    writer.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0").unwrap();
    two_notes(&writer);

    // In use: committed rows are visible, later ones are not.
    let file = ForeignFile::open(&path).unwrap();
    writer.execute_batch("INSERT INTO \"my \"\"notes\" VALUES (3, 'three', NULL)").unwrap();
    assert_eq!(texts(&file), ["one", "two"]);
    drop(file);

    // A copy of the file and its log, without the index.
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    fs::copy(format!("{}-wal", path.display()), copies.path().join("copy.db-wal")).unwrap();
    let before = bytes(copies.path());
    fs::set_permissions(copies.path(), fs::Permissions::from_mode(0o500)).unwrap();
    assert_eq!(texts(&ForeignFile::open(&copy).unwrap()), ["one", "two", "three"]);
    fs::set_permissions(copies.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(bytes(copies.path()), before);

    // Closed cleanly, the file has no log beside it.
    writer.close().unwrap();
    let before = bytes(folder.path());
    assert_eq!(before.len(), 1);
    let file = ForeignFile::open(&path).unwrap();
    assert_eq!(texts(&file).len(), 3);
    assert_eq!(bytes(folder.path()), before);
}

#[test]
fn an_unfinished_transaction_is_rolled_back_in_a_copy() {
    let (folder, path) = made(two_notes);
    let writer = Connection::open(&path).unwrap();
    // One page of cache: the changes go to the file before they are committed.
    writer.execute_batch("PRAGMA cache_size = 1; BEGIN").unwrap();
    let sql = "INSERT INTO \"my \"\"notes\" (text) SELECT hex(randomblob(2000)) FROM
        (WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i FROM n)";
    writer.execute_batch(sql).unwrap();
    let copies = tempfile::tempdir().unwrap();
    let copy = copies.path().join("copy.db");
    fs::copy(&path, &copy).unwrap();
    fs::copy(format!("{}-journal", path.display()), copies.path().join("copy.db-journal")).unwrap();
    let before = bytes(copies.path());
    assert_eq!(texts(&ForeignFile::open(&copy).unwrap()), ["one", "two"]);
    assert_eq!(bytes(copies.path()), before);
    drop(folder);
}

#[test]
fn unreadable_files_give_specific_errors() {
    let (folder, path) = made(two_notes);
    let writer = Connection::open(&path).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let locked = ForeignFile::open(&path).unwrap_err();
    assert!(matches!(locked, ForeignError::Locked { .. }), "{locked}");
    assert_eq!(locked.remedy(), Some(Remedy::EndProcess));
    writer.execute_batch("ROLLBACK").unwrap();

    for (name, content) in [("empty", &b""[..]), ("text", b"hello"), ("short", b"SQLite form")] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        let error = ForeignFile::open(&path).unwrap_err();
        assert!(matches!(error, ForeignError::NotSqlite { .. }), "{name}: {error}");
    }
    let missing = ForeignFile::open(&folder.path().join("missing")).unwrap_err();
    assert!(matches!(missing, ForeignError::Io { action: "open", .. }), "{missing}");

    let mut damaged = fs::read(&path).unwrap();
    damaged[100..].fill(0xaa);
    fs::write(&path, damaged).unwrap();
    let error = ForeignFile::open(&path).unwrap_err();
    assert!(matches!(error, ForeignError::Unreadable { .. }), "{error}");
}
