//! Opening a file read-only.

use std::{collections::BTreeMap, fs, path::Path, process::Stdio, time::SystemTime};

use aios_ledger::{Access, Error, Ledger, Migration, Options};
use aios_memory_tests::child;

use crate::{V1, V2, V3, insert, opened, options, place, texts};

fn to_read(migrations: &'static [Migration]) -> Options {
    Options { access: Access::ReadOnly, migrations, ..options() }
}

/// Returns the names in a directory, with the sizes and times of the files.
fn listing(dir: &Path) -> BTreeMap<String, (u64, SystemTime)> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let found = entry.metadata().unwrap();
        let name = entry.file_name().into_string().unwrap();
        (name, (found.len(), found.modified().unwrap()))
    });
    entries.collect()
}

/// Copies to `to` the files at `from` while a writer has them open, without the index of the log,
/// as a disk copy of a crashed machine would.
fn copy_crashed(from: &Path, to: &Path) {
    for end in ["", "-wal"] {
        let name = |path: &Path| format!("{}{end}", path.display());
        fs::copy(name(from), name(to)).unwrap();
    }
}

#[test]
fn reading_changes_nothing_and_writing_is_refused() {
    let check = |name: &str, make: &dyn Fn(&Path), expect: &[&str]| {
        let (folder, path) = place();
        make(&path);
        let before = listing(folder.path());
        let ledger = Ledger::open(&path, to_read(V1)).unwrap();
        assert_eq!(ledger.read_blocking(texts).unwrap(), expect, "{name}");
        let refused = ledger.write_blocking(insert("b")).unwrap_err();
        assert!(matches!(refused, Error::ReadOnly { .. }), "{name}: {refused}");
        assert!(refused.is_read_only(), "{name}");
        drop(ledger);
        assert_eq!(listing(folder.path()), before, "{name}");
    };
    let write = |path: &Path| {
        opened(path).write_blocking(insert("a")).unwrap();
    };
    check("a closed file", &write, &["a"]);
    check(
        "a file with an empty log",
        &|path| {
            write(path);
            fs::write(format!("{}-wal", path.display()), "").unwrap();
        },
        &["a"],
    );
    check(
        "a file with a log that was not taken over",
        &|path| {
            let (_elsewhere, source) = place();
            let writer = opened(&source);
            writer.write_blocking(insert("a")).unwrap();
            copy_crashed(&source, path);
        },
        &["a"],
    );
    check("no file", &|_| {}, &[]);
    check("an empty file", &|path| fs::write(path, "").unwrap(), &[]);
}

#[test]
fn an_older_schema_is_read_and_stays_as_it_is() {
    let (folder, path) = place();
    opened(&path).write_blocking(insert("a")).unwrap();
    let before = listing(folder.path());
    let ledger = Ledger::open(&path, to_read(V3)).unwrap();
    let marks = ledger.read_blocking(|db| -> Result<i64, Error> {
        Ok(db.query_row("SELECT sum(mark) + count(*) FROM rows", [], |row| row.get(0))?)
    });
    assert_eq!(marks.unwrap(), 1);
    drop(ledger);
    assert_eq!(listing(folder.path()), before);
}

#[test]
fn a_file_that_is_newer_or_foreign_is_refused() {
    let (_folder, path) = place();
    drop(Ledger::open(&path, Options { migrations: V2, ..options() }).unwrap());
    let newer = Ledger::open(&path, to_read(V1)).unwrap_err();
    assert!(matches!(newer, Error::Newer { found: 2, known: 1, .. }), "{newer}");
    fs::write(&path, "not a database, but long enough to be taken for one".repeat(30)).unwrap();
    let foreign = Ledger::open(&path, to_read(V1)).unwrap_err();
    assert!(matches!(foreign, Error::Foreign { .. }), "{foreign}");
}

#[test]
fn a_log_of_another_file_is_refused() {
    let ((_a, path), (_b, other)) = (place(), place());
    opened(&path).write_blocking(insert("a")).unwrap();
    let writer = opened(&other);
    writer.write_blocking(insert("b")).unwrap();
    fs::copy(format!("{}-wal", other.display()), format!("{}-wal", path.display())).unwrap();
    let refused = Ledger::open(&path, to_read(V1)).unwrap_err();
    assert!(matches!(&refused, Error::ForeignLog { path: named } if *named == path), "{refused}");
}

#[test]
fn a_reader_beside_a_writer_sees_every_commit() {
    let (_folder, path) = place();
    let writer = opened(&path);
    writer.write_blocking(insert("0")).unwrap();
    let reader = Ledger::open(&path, to_read(V1)).unwrap();
    for n in 1..50 {
        writer.write_blocking(insert(n.to_string())).unwrap();
        assert_eq!(reader.read_blocking(texts).unwrap().len(), n + 1);
    }
}

#[test]
fn a_change_of_a_file_read_without_locks_is_reported() {
    let (_folder, path) = place();
    opened(&path).write_blocking(insert("a")).unwrap();
    let reader = Ledger::open(&path, to_read(V1)).unwrap();
    assert_eq!(reader.read_blocking(texts).unwrap(), ["a"]);
    let writer = opened(&path);
    writer.write_blocking(insert("b")).unwrap();
    let changed = reader.read_blocking(texts).unwrap_err();
    assert!(matches!(changed, Error::Changed { .. }) && changed.is_retryable(), "{changed}");
    let again = Ledger::open(&path, to_read(V1)).unwrap();
    assert_eq!(again.read_blocking(texts).unwrap(), ["a", "b"]);
}

#[tokio::test]
async fn a_read_only_ledger_can_be_closed() {
    let (_folder, path) = place();
    opened(&path).write(insert("a")).await.unwrap();
    let reader = Ledger::open(&path, to_read(V1)).unwrap();
    reader.close().await;
    assert!(matches!(reader.read(texts).await, Err(Error::Closed)));
}

const DIES: &str = "AIOS_LEDGER_TEST_READER_DIES";

/// Runs as a child, which reads a file and may abort before closing it.
#[test]
fn child() {
    let Some(path) = child::place() else { return };
    let ledger = Ledger::open(&path, to_read(V1)).unwrap();
    assert_eq!(ledger.read_blocking(texts).unwrap(), ["a"]);
    if std::env::var_os(DIES).is_some() {
        std::process::abort();
    }
}

#[test]
fn copies_disappear_even_after_a_crash() {
    let ((_elsewhere, source), (_folder, path)) = (place(), place());
    let writer = opened(&source);
    writer.write_blocking(insert("a")).unwrap();
    copy_crashed(&source, &path);
    let temporary = tempfile::tempdir().unwrap();
    fs::create_dir(temporary.path().join("another program's")).unwrap();
    let read = |dies: Option<&str>| {
        let mut child = child::command("read_only::child", &path);
        child.env("TMPDIR", temporary.path()).stdout(Stdio::null());
        child.stderr(Stdio::null()).envs(dies.map(|_| (DIES, "1")));
        child.status().unwrap().success()
    };
    // The copy is unlinked as soon as it is open.
    assert!(!read(Some("before it closes")));
    assert_eq!(listing(temporary.path()).keys().collect::<Vec<_>>(), ["another program's"]);
    // A partial copy that a killed reader left is removed by the next reader.
    let left = temporary.path().join("aios-memory-reader.killed");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("test.db"), "half of it").unwrap();
    assert!(read(None));
    let left = listing(temporary.path());
    assert_eq!(left.keys().collect::<Vec<_>>(), ["another program's"]);
}
