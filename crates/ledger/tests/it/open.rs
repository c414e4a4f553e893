//! Opening: new, newer, foreign, half-migrated.

use aios_ledger::{Error, Ledger, Options};
use rusqlite::Connection;

use crate::{APPLICATION, V1, V2, V2_BROKEN, insert, opened, options, place, texts};

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
fn a_migration_that_breaks_off_leaves_the_old_version_usable() {
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

#[test]
fn many_who_create_or_migrate_at_once_agree() {
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
