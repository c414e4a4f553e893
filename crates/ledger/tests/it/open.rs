//! Opening: new, newer, foreign, half-migrated.

use std::process::Stdio;

use aios_ledger::{Error, Ledger, Options};
use aios_memory_tests::child;
use rusqlite::Connection;

use crate::{APPLICATION, V1, V2, V2_BROKEN, V3, insert, opened, options, place, texts};

fn at(migrations: &'static [aios_ledger::Migration]) -> Options {
    Options::new(APPLICATION, migrations)
}

fn columns(connection: &Connection) -> Result<Vec<String>, Error> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info('rows')")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

#[test]
fn a_missing_folder_is_an_error_that_names_it() {
    let (folder, _) = place();
    let path = folder.path().join("nowhere/test.db");
    let error = Ledger::open(&path, options()).unwrap_err();
    assert!(matches!(&error, Error::Io { .. }) && error.to_string().contains("nowhere"), "{error}");
}

#[test]
fn a_newer_file_is_refused_and_stays_usable() {
    let (_folder, path) = place();
    Ledger::open(&path, at(V2)).unwrap().write_blocking(insert("a")).unwrap();
    let error = Ledger::open(&path, at(V1)).unwrap_err();
    assert!(matches!(error, Error::Newer { found: 2, known: 1, .. }), "{error}");
    assert!(error.is_refused());
    assert_eq!(Ledger::open(&path, at(V2)).unwrap().read_blocking(texts).unwrap(), ["a"]);
}

#[test]
fn a_foreign_file_is_refused_untouched() {
    let check = |make: &dyn Fn(&std::path::Path)| {
        let (_folder, path) = place();
        make(&path);
        let before = std::fs::read(&path).unwrap();
        let error = Ledger::open(&path, options()).unwrap_err();
        assert!(matches!(&error, Error::Foreign { .. }), "{error:?}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    };
    check(&|path| std::fs::write(path, "no database at all, but long enough to be one").unwrap());
    check(&|path| {
        Connection::open(path).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
    });
    check(&|path| {
        let other = Options::new(APPLICATION + 1, V1);
        drop(Ledger::open(path, other).unwrap());
    });
}

#[test]
fn an_empty_file_is_a_new_one() {
    let (_folder, path) = place();
    std::fs::write(&path, "").unwrap();
    opened(&path).write_blocking(insert("a")).unwrap();
}

#[test]
fn a_migration_keeps_the_rows_and_a_copy_of_the_old_file() {
    let (folder, path) = place();
    opened(&path).write_blocking(insert("a")).unwrap();
    let ledger = Ledger::open(&path, at(V2)).unwrap();
    assert_eq!(ledger.read_blocking(texts).unwrap(), ["a"]);
    assert_eq!(ledger.read_blocking(columns).unwrap(), ["id", "text", "length"]);
    let saved = opened(&folder.path().join("backup/test.db.v1"));
    assert_eq!(saved.read_blocking(columns).unwrap(), ["id", "text"]);
    assert_eq!(saved.read_blocking(texts).unwrap(), ["a"]);
}

#[test]
fn a_new_file_leaves_no_backup() {
    let (folder, path) = place();
    Ledger::open(&path, at(V2)).unwrap().write_blocking(insert("a")).unwrap();
    assert!(!folder.path().join("backup").exists());
}

#[test]
fn a_failed_migration_leaves_the_old_version_usable() {
    let (_folder, path) = place();
    opened(&path).write_blocking(insert("a")).unwrap();
    for _ in 0..2 {
        let error = Ledger::open(&path, at(V2_BROKEN)).unwrap_err();
        assert!(matches!(error, Error::Migration { name: "broken", .. }), "{error:?}");
    }
    let ledger = opened(&path);
    assert_eq!(ledger.read_blocking(texts).unwrap(), ["a"]);
    assert_eq!(ledger.read_blocking(columns).unwrap(), ["id", "text"]);
}

const DIES_AT: &str = "AIOS_LEDGER_TEST_DIES_AT";

/// Runs as a child, which aborts in the middle of a migration.
#[test]
fn child() {
    let Some(path) = child::place() else { return };
    let migrated = |_: &Connection, version: u32| {
        if std::env::var(DIES_AT).as_deref() == Ok(version.to_string().as_str()) {
            std::process::abort();
        }
        Ok(())
    };
    drop(Ledger::open(&path, Options { migrated, ..at(V3) }).unwrap());
}

#[test]
fn a_crash_during_a_migration_leaves_the_previous_version_usable() {
    let check = |dies_at: u32, before: &'static [aios_ledger::Migration], expect: &[&str]| {
        let (folder, path) = place();
        opened(&path).write_blocking(insert("a")).unwrap();
        let died = child::command("open::child", &path)
            .env(DIES_AT, dies_at.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(!died.success());
        let ledger = Ledger::open(&path, at(before)).unwrap();
        assert_eq!(ledger.read_blocking(columns).unwrap(), expect);
        ledger.write_blocking(insert("b")).unwrap();
        drop(ledger);
        let saved = opened(&folder.path().join("backup/test.db.v1"));
        assert_eq!(saved.read_blocking(texts).unwrap(), ["a"]);
        let ledger = Ledger::open(&path, at(V3)).unwrap();
        assert_eq!(ledger.read_blocking(columns).unwrap(), ["id", "text", "length", "mark"]);
        assert_eq!(ledger.read_blocking(texts).unwrap(), ["a", "b"]);
    };
    check(2, V1, &["id", "text"]);
    check(3, V2, &["id", "text", "length"]);
}

#[test]
fn migration_code_runs_in_the_transaction_of_its_migration() {
    let (_folder, path) = place();
    opened(&path).write_blocking(insert("a")).unwrap();
    let fails = Options {
        migrated: |connection, version| {
            connection.execute("UPDATE rows SET text = 'changed'", [])?;
            Err(format!("not at {version}").into())
        },
        ..at(V2)
    };
    let error = Ledger::open(&path, fails).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(matches!(error, Error::Migration { name: "length", .. }) && source == "not at 2");
    assert_eq!(opened(&path).read_blocking(texts).unwrap(), ["a"]);
    let works = Options {
        migrated: |connection, version| {
            let sql = "UPDATE rows SET text = text || ?1";
            Ok(connection.execute(sql, [version]).map(drop)?)
        },
        ..at(V3)
    };
    let ledger = Ledger::open(&path, works).unwrap();
    assert_eq!(ledger.read_blocking(texts).unwrap(), ["a23"]);
}

#[test]
fn a_log_of_another_file_is_refused_and_changes_nothing() {
    let check = |fill: &dyn Fn(&std::path::Path) -> Box<dyn std::any::Any>| {
        let (folder, path) = place();
        opened(&path).write_blocking(insert("ours")).unwrap();
        let before = std::fs::read(&path).unwrap();
        let theirs = folder.path().join("theirs.db");
        let open = fill(&theirs);
        let log = folder.path().join("test.db-wal");
        std::fs::copy(folder.path().join("theirs.db-wal"), &log).unwrap();
        drop(open);
        for _ in 0..2 {
            let error = Ledger::open(&path, options()).unwrap_err();
            let is_refused = matches!(error, Error::Foreign { .. } | Error::ForeignLog { .. });
            assert!(is_refused && error.is_refused(), "{error:?}");
            assert!(std::fs::read(&path).unwrap() == before);
        }
        std::fs::remove_file(&log).unwrap();
        let ledger = opened(&path);
        ledger.write_blocking(insert("goes on")).unwrap();
        assert_eq!(ledger.read_blocking(texts).unwrap(), ["ours", "goes on"]);
    };
    // The log of another program's file.
    check(&|theirs| {
        let other = Connection::open(theirs).unwrap();
        let sql = "PRAGMA journal_mode = WAL; CREATE TABLE theirs (a)";
        other.execute_batch(sql).unwrap();
        Box::new(other)
    });
    // The log of another file of the same program.
    check(&|theirs| {
        let other = Ledger::open(theirs, options()).unwrap();
        for n in 0..50 {
            other.write_blocking(insert(format!("{n} {}", "x".repeat(500)))).unwrap();
        }
        Box::new(other)
    });
}

#[tokio::test]
async fn a_restored_backup_does_not_accept_a_leftover_log() {
    let (folder, path) = place();
    let ledger = opened(&path);
    let backup = folder.path().join("backup.db");
    ledger.write(insert("before")).await.unwrap();
    ledger.backup(&backup).await.unwrap();
    for n in 0..50 {
        ledger.write(insert(format!("{n} {}", "x".repeat(500)))).await.unwrap();
    }
    let restored = folder.path().join("restored.db");
    std::fs::copy(&backup, &restored).unwrap();
    std::fs::copy(folder.path().join("test.db-wal"), folder.path().join("restored.db-wal"))
        .unwrap();
    let error = Ledger::open(&restored, options()).unwrap_err();
    assert!(error.to_string().contains("-wal"), "{error}");
    std::fs::remove_file(folder.path().join("restored.db-wal")).unwrap();
    assert_eq!(opened(&restored).read(texts).await.unwrap(), ["before"]);
}

#[test]
fn concurrent_opens_create_or_migrate_one_file() {
    for old in [None, Some(V1)] {
        let (_folder, path) = place();
        if let Some(old) = old {
            drop(Ledger::open(&path, at(old)).unwrap());
        }
        std::thread::scope(|scope| {
            for n in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    let ledger = Ledger::open(path, at(V2)).unwrap();
                    ledger.write_blocking(insert(format!("{n}"))).unwrap();
                });
            }
        });
        let ledger = Ledger::open(&path, at(V2)).unwrap();
        assert_eq!(ledger.read_blocking(texts).unwrap().len(), 8);
    }
}

#[test]
fn missing_tables_and_columns_are_named() {
    let (_folder, path) = place();
    Ledger::open(&path, at(V2)).unwrap();
    let connection = Connection::open(&path).unwrap();
    assert_eq!(aios_ledger::missing(&connection, V2).unwrap(), [""; 0]);
    assert_eq!(aios_ledger::damage(&connection).unwrap(), [""; 0]);
    connection.execute_batch("ALTER TABLE rows RENAME COLUMN text TO words").unwrap();
    let missing = aios_ledger::missing(&connection, V2).unwrap();
    assert!(missing.len() == 1 && missing[0].contains("text"), "{missing:?}");
    connection.execute_batch("DROP TABLE rows").unwrap();
    let missing = aios_ledger::missing(&connection, V2).unwrap();
    assert!(missing[0].contains("no such table"), "{missing:?}");
}

#[test]
fn a_damaged_page_is_found() {
    let (_folder, path) = place();
    let ledger = Ledger::open(&path, at(V2)).unwrap();
    for n in 0..200 {
        ledger.write_blocking(insert(format!("a row {n}"))).unwrap();
    }
    drop(ledger);
    let mut bytes = std::fs::read(&path).unwrap();
    // The cell count of the second page.
    bytes[4096 + 3..4096 + 5].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let connection = Connection::open(&path).unwrap();
    assert_ne!(aios_ledger::damage(&connection).unwrap(), [""; 0]);
}
