//! Commands that are killed midway, and data directories that are moved during a command.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use aios_memory_tests::child::Child;

use crate::program::{Ended, Program, text};

/// Maximum time to watch a child.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program with a stored secret, and a directory of its own for temporary files, where the secret
/// must not remain.
struct Place {
    program: Program,
    temporary: PathBuf,
}

const SECRET: &str = "the lighthouse keeper is called Zanzibarquux";

impl Place {
    fn new() -> Place {
        let program = Program::new();
        let temporary = program.path("temporary");
        fs::create_dir(&temporary).unwrap();
        let place = Place { program, temporary };
        assert_eq!(place.run(&["remember", SECRET]).code, 0);
        place
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aios-memory"));
        command.args(arguments).env_clear().env("HOME", self.program.path(""));
        command.env("TMPDIR", &self.temporary).current_dir(self.program.path(""));
        // The test needs many writes, without waiting for vectors.
        command.env("AIOS_MEMORY_EMBEDDING_MODEL", "static");
        command
    }

    fn start(&self, arguments: &[&str]) -> process::Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Starts a command and kills it once `reached` returns true. Returns false if the command
    /// ended before.
    fn kill_when(&self, arguments: &[&str], reached: impl Fn() -> bool) -> bool {
        let mut command = self.command(arguments);
        command.stderr(Stdio::null());
        Child::of(command).kill_when(reached)
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        Ended::from(self.command(arguments).output().unwrap())
    }
}

/// Returns every file below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(dir) else { return found };
    for entry in entries.filter_map(Result::ok) {
        match entry.path().is_dir() {
            true => found.extend(files(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found
}

/// Returns the paths in a directory that contain `part`.
fn named(dir: &Path, part: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| text(path).contains(part)).collect()
}

#[test]
fn a_killed_restore_leaves_the_old_state_and_is_reported() {
    let place = Place::new();
    assert_eq!(place.run(&["backup", "copy"]).code, 0);
    let (target, partial) = (place.program.path("new"), place.program.path(".new.partial"));
    let restore = ["--data-dir", "new", "restore", "copy"];
    let points: [&dyn Fn() -> bool; 4] = [
        &|| partial.exists(),
        &|| partial.join("working.db").exists(),
        &|| partial.join("longterm").exists(),
        &|| target.exists(),
    ];
    for reached in points {
        let is_killed = place.kill_when(&restore, reached);
        match target.exists() {
            true => assert!(!partial.exists(), "it was put in place by one rename"),
            false => {
                assert!(is_killed && partial.exists());
                let refused = place.run(&["--data-dir", "new", "remember", "anything"]);
                assert_eq!(refused.code, 1, "{refused:?}");
                assert!(
                    refused.stderr.contains("run `aios-memory restore DIR` again"),
                    "{refused:?}"
                );
                assert!(refused.stderr.contains(".new.partial"), "{refused:?}");
                assert!(!target.exists());
                let again = place.run(&restore);
                assert_eq!(again.code, 0, "{again:?}");
            }
        }
        let found = place.run(&["--data-dir", "new", "recall", "lighthouse"]);
        assert!(found.stdout.contains(SECRET), "{found:?}");
        assert!(!partial.exists() && files(&place.temporary).is_empty());
        fs::remove_dir_all(&target).unwrap();
    }
}

#[test]
fn a_killed_backup_or_export_leaves_no_target_and_can_be_repeated() {
    let place = Place::new();
    let cases: [(&[&str], &str, &str); 2] = [
        (&["backup", "copy"], "copy", ".copy.partial"),
        (&["export", "out.jsonl"], "out.jsonl", "out.jsonl.partial"),
    ];
    for (command, target, partial) in cases {
        let (target, partial) = (place.program.path(target), place.program.path(partial));
        let is_killed = place.kill_when(command, || partial.exists());
        assert_ne!(target.exists(), partial.exists(), "{command:?}");
        assert!(files(&place.temporary).is_empty(), "{command:?}");
        if is_killed {
            let again = place.run(command);
            assert_eq!(again.code, 0, "{command:?}: {again:?}");
        }
        assert!(target.exists() && !partial.exists(), "{command:?}");
    }
}

#[test]
fn a_killed_reindex_or_repair_leaves_the_old_library_or_the_new_one() {
    let place = Place::new();
    let library = place.program.data_dir().join("longterm");
    let tables = || named(&library, ".lance");
    for command in ["reindex", "repair", "reindex"] {
        if command == "repair" {
            // Damages the library, so that it must be rebuilt.
            let data = files(&library).into_iter().find(|path| text(path).contains("/data/"));
            fs::remove_file(data.unwrap()).unwrap();
        }
        let before = tables();
        let points: [&dyn Fn() -> bool; 3] = [
            &|| place.program.data_dir().join("rebuild.lock").exists(),
            &|| before.len() < tables().len(),
            &|| !before.iter().all(|table| table.exists()),
        ];
        for reached in points {
            place.kill_when(&[command], reached);
            assert!(files(&place.temporary).is_empty(), "{command}");
        }
        let ended = place.run(&[command]);
        assert_eq!(ended.code, i32::from(command == "repair"), "{command}: {ended:?}");
        let verified = place.run(&["verify"]);
        assert_eq!(verified.code, 0, "{command}: {verified:?}");
        assert_eq!(tables().len(), 1, "{command}");
        if command == "repair" {
            assert_eq!(place.run(&["remember", SECRET]).code, 0);
        }
        let found = place.run(&["recall", "lighthouse"]);
        assert!(found.stdout.contains(SECRET), "{command}: {found:?}");
    }
}

/// Creates a SQLite file of `rows` goals with a left-over write-ahead log, so that it is read from
/// a copy.
fn planner(dir: &Path, rows: u32) -> PathBuf {
    let made = dir.join("made.db");
    let db = rusqlite::Connection::open(&made).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
         CREATE TABLE goals (id TEXT PRIMARY KEY, description TEXT, status TEXT);",
    )
    .unwrap();
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
         INSERT INTO goals SELECT 'g' || i, '{SECRET}, goal ' || i, 'active' FROM n"
    );
    db.execute_batch(&sql).unwrap();
    for end in ["", "-wal"] {
        fs::copy(dir.join(format!("made.db{end}")), dir.join(format!("planner.db{end}"))).unwrap();
    }
    dir.join("planner.db")
}

#[test]
fn a_killed_import_leaves_no_copy_of_its_source() {
    let place = Place::new();
    let source = tempfile::tempdir().unwrap();
    let planner = planner(source.path(), 20_000);
    let (from, data) = (text(&planner).to_owned(), place.program.data_dir());
    let import = ["import", "--from", &from];
    let copied = || {
        let copies = files(&data).into_iter().chain(files(&place.temporary));
        copies.into_iter().find(|path| path.ends_with("copy.db"))
    };
    // Killed during the copy, and while reading the copy, which is already unlinked.
    assert!(place.kill_when(&import, || copied().is_some()));
    assert!(files(&place.temporary).is_empty());
    assert!(!named(&data, "aios-memory-reader.").is_empty(), "it was killed while it copied");
    let log = data.join("working.db-wal");
    let bytes = || fs::metadata(&log).map_or(0, |log| log.len());
    assert!(place.kill_when(&import, || {
        copied().is_none() && named(&data, "aios-memory-reader.").len() < 2 && 100_000 < bytes()
    }));
    assert!(files(&place.temporary).is_empty() && copied().is_none());
    assert_eq!(place.run(&["stats"]).code, 0);
    assert_eq!(named(&data, "aios-memory-reader."), Vec::<PathBuf>::new());
    assert_eq!(place.run(&import).code, 0);
}

/// Removes `dir`, even if a process still creates files in it.
fn remove_under_a_writer(dir: &Path) {
    let began = Instant::now();
    while let Err(error) = fs::remove_dir_all(dir) {
        assert!(began.elapsed() < PATIENCE, "{}: {error}", dir.display());
        thread::yield_now();
    }
}

#[test]
fn a_command_fails_if_its_data_directory_is_moved() {
    let place = Place::new();
    let data = place.program.data_dir();
    let changes: [(&str, &dyn Fn()); 3] = [
        ("moved", &|| fs::rename(&data, data.with_extension("moved")).unwrap()),
        ("removed", &|| remove_under_a_writer(&data)),
        ("replaced", &|| {
            let old = data.with_extension("old");
            fs::rename(&data, &old).unwrap();
            // `cp` fails if a file is removed meanwhile; the rest is copied. A library file in
            // flight may have created the directory again, so what is in it is copied.
            Command::new("cp").arg("-a").args([&old.join("."), &data]).output().unwrap();
            assert!(data.join("working.db").exists());
        }),
    ];
    for (what, change) in changes {
        let _ = fs::remove_dir_all(&data);
        assert_eq!(place.run(&["remember", SECRET]).code, 0);
        let mut child = place.start(&["--json", "ingest", "-"]);
        let began = Instant::now();
        // Waits until both databases are open.
        while !(data.join("working.db-shm").exists() && data.join("journal.db-shm").exists()) {
            assert!(began.elapsed() < PATIENCE && child.try_wait().unwrap().is_none());
            thread::yield_now();
        }
        // Waits for the first write.
        let mut input = child.stdin.take().unwrap();
        let line = |n: u32| format!("{{\"role\": \"user\", \"content\": \"wave {n}\"}}\n");
        let mut n = 0;
        let bytes = || fs::metadata(data.join("working.db-wal")).map_or(0, |log| log.len());
        let opened = bytes();
        while bytes() <= opened {
            assert!(began.elapsed() < PATIENCE, "{what}: nothing is written");
            input.write_all(line(n).as_bytes()).unwrap();
            n += 1;
        }
        change();
        // A failed command stops reading.
        while n < 200_000 && input.write_all(line(n).as_bytes()).is_ok() {
            n += 1;
        }
        drop(input);
        let ended = Ended::from(child.wait_with_output().unwrap());
        assert_eq!(ended.code, 1, "{what}: {ended:?}");
        assert!(ended.stderr.contains("moved, replaced or removed"), "{what}: {ended:?}");
        assert!(!ended.stderr.contains("panicked"), "{what}: {ended:?}");
        if what == "removed" {
            // A library file in flight may create its directories again.
            let is_made = |name: &str| data.join(name).exists();
            assert!(!is_made("working.db") && !is_made("journal.db"), "made in its place");
        }
    }
}
