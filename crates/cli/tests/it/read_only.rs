//! Reading if nothing can be written: directories without write permission, directories of another
//! user, and a full disk.
//!
//! Permissions do not apply to root, so under root the readers run as another user.

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    io,
    os::unix::{fs::MetadataExt, fs::PermissionsExt, fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

use aios_memory::{
    AgentMemory, Config,
    working::{Config as WorkingConfig, FEED_KINDS, Goal, Working},
};
use serde_json::Value;

use crate::program::{Ended, Program, text};

/// User id of the readers under root.
const NOBODY: u32 = 65534;

/// A location where nothing can be written, and the way to run the binary there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The user's own directory, without write permission.
    Unwritable,
    /// Another user's directory, readable by all.
    Foreign,
    /// A full disk: no file can grow.
    FullDisk,
}
use Place::{Foreign, FullDisk, Unwritable};

const PLACES: [Place; 3] = [Unwritable, Foreign, FullDisk];

/// Commands that read, with a word of their output.
const READS: &[(&[&str], &str)] = &[
    (&["recall", "harbour"], "harbour"),
    (&["context", "harbour"], "harbour"),
    (&["list", "goal"], "boat"),
    (&["show", "goal/g1"], "boat"),
    (&["history", "goal/g1"], "boat"),
    (&["export", "-"], "harbour"),
    (&["files", "view"], "/memories"),
    (&["stats"], "goals"),
    (&["report"], "goals"),
    (&["snapshot"], ""),
    (&["verify"], "no problems found"),
];

/// Commands that write.
const WRITES: &[&[&str]] = &[
    &["remember", "something else"],
    &["update", "goal/g1", "--priority", "1"],
    &["delete", "goal/g1", "--yes"],
    &["files", "create", "/memories/a.md", "text"],
    &["forget", "goal/g1", "--yes"],
    &["maintain"],
];

/// Creates a program with a note and a goal.
fn stored() -> Program {
    let program = Program::new();
    program.json(&["remember", "The harbour is quiet at night."]);
    program.json(&["record", "goal", "--id", "g1", "--description", "paint the boat"]);
    program
}

/// As [`stored`], in the state after a power cut: write-ahead logs that are not checkpointed,
/// without their indexes.
fn crashed() -> Program {
    left_behind(&["-shm"])
}

/// As [`stored`], in the state after a kill: write-ahead logs with their indexes.
fn killed() -> Program {
    left_behind(&[])
}

/// Creates a program with the files of an open writer, except those with the suffixes `without`.
fn left_behind(without: &[&str]) -> Program {
    let program = stored();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let memory = AgentMemory::open(Config::at(program.data_dir())).await.unwrap();
        memory.remember("The lighthouse is red.").await.unwrap();
        // Repeats until the copy is consistent, despite background work.
        loop {
            let before = listing(&program.data_dir());
            copy(&program.data_dir(), &program.path("crashed"), without);
            if listing(&program.data_dir()) == before {
                break;
            }
            fs::remove_dir_all(program.path("crashed")).unwrap();
        }
        memory.shutdown().await.unwrap();
    });
    fs::remove_dir_all(program.data_dir()).unwrap();
    fs::rename(program.path("crashed"), program.data_dir()).unwrap();
    let log = fs::metadata(program.data_dir().join("journal.db-wal")).unwrap();
    assert!(0 < log.len(), "there is a log to be read");
    program
}

/// Copies a directory, except files with the suffixes `without`, and files that are removed
/// meanwhile.
fn copy(from: &Path, to: &Path, without: &[&str]) {
    fs::create_dir(to).unwrap();
    for entry in unless_gone(fs::read_dir(from)).into_iter().flatten() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target, without);
        } else if !without.iter().any(|end| text(&entry.path()).ends_with(end)) {
            unless_gone(fs::copy(entry.path(), target));
        }
    }
}

/// Returns the result of an operation on a file, or `None` if the file is gone.
fn unless_gone<T>(done: io::Result<T>) -> Option<T> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        done => Some(done.unwrap()),
    }
}

/// Returns every path below a directory, and the directory.
fn below(dir: &Path) -> Vec<PathBuf> {
    let mut paths = vec![dir.to_owned()];
    for entry in unless_gone(fs::read_dir(dir)).into_iter().flatten() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => paths.extend(below(&entry.path())),
            false => paths.push(entry.path()),
        }
    }
    paths
}

/// Returns the paths below a directory, with sizes and times. Files that are removed meanwhile are
/// left out.
fn listing(dir: &Path) -> BTreeMap<PathBuf, (u64, SystemTime)> {
    let stat = |path: PathBuf| {
        let found = unless_gone(fs::metadata(&path))?;
        Some((path, (found.len(), found.modified().unwrap())))
    };
    below(dir).into_iter().filter_map(stat).collect()
}

/// Returns true if the tests run as root.
fn is_root(program: &Program) -> bool {
    fs::metadata(program.path("")).unwrap().uid() == 0
}

impl Place {
    /// Returns true if this user can create the location.
    fn is_possible(self, program: &Program) -> bool {
        self != Foreign || is_root(program)
    }

    /// Turns the data directory of `program` into such a location.
    fn make(self, program: &Program) {
        if self == FullDisk {
            return;
        }
        let (file, directory) = (Permissions::from_mode(0o444), Permissions::from_mode(0o555));
        for path in below(&program.data_dir()).into_iter().rev() {
            if self == Unwritable && is_root(program) {
                chown(&path, Some(NOBODY), None).unwrap();
            }
            let mode = if path.is_dir() { &directory } else { &file };
            fs::set_permissions(path, mode.clone()).unwrap();
        }
        let temporary = program.path("tmp");
        fs::create_dir_all(&temporary).unwrap();
        fs::set_permissions(&temporary, Permissions::from_mode(0o777)).unwrap();
        // Lets another user traverse the path to it.
        for dir in ["", ".local", ".local/share"] {
            fs::set_permissions(program.path(dir), Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// Restores permissions, so that the test can remove its files.
    fn unmake(self, program: &Program) {
        for path in below(&program.data_dir()) {
            fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
        }
    }

    fn run(self, program: &Program, arguments: &[&str]) -> Ended {
        let temporary = program.path("tmp");
        let env = [("TMPDIR", text(&temporary))];
        let binary = env!("CARGO_BIN_EXE_aios-memory");
        if self == FullDisk {
            let mut command = Command::new("sh");
            // No file may grow, but pipes can be written.
            let script = "trap '' XFSZ; ulimit -f 0; exec \"$@\"";
            command.args(["-c", script, "sh", binary]).args(arguments);
            return program.complete(command, b"", &env);
        }
        if !is_root(program) {
            return program.run_with(arguments, b"", &env);
        }
        // The other user has no access to the directory of the binary.
        let reachable = program.path("aios-memory");
        if !reachable.exists() && fs::hard_link(binary, &reachable).is_err() {
            fs::copy(binary, &reachable).unwrap();
        }
        let mut command = Command::new(reachable);
        command.args(arguments).uid(NOBODY);
        program.complete(command, b"", &env)
    }
}

#[test]
fn reading_needs_neither_write_permission_nor_disk_space() {
    let states = [("closed", stored as fn() -> Program), ("crashed", crashed), ("killed", killed)];
    for (state, make) in states {
        for place in PLACES {
            let program = make();
            if !place.is_possible(&program) {
                continue;
            }
            place.make(&program);
            let before = listing(&program.data_dir());
            for (command, word) in READS {
                let ended = place.run(&program, command);
                let name = format!("{state} {place:?} {command:?}: {ended:?}");
                if state != "closed" && place == FullDisk {
                    // A copy is needed, and the disk has no space for it.
                    assert_eq!(ended.code, 1, "{name}");
                    assert!(ended.stderr.contains("TMPDIR"), "{name}");
                    continue;
                }
                assert_eq!(ended.code, 0, "{name}");
                assert!(ended.stdout.contains(word), "{name}");
                let notes = ended.stderr.matches("the data directory is opened read-only").count();
                assert_eq!(notes, 1, "{name}");
            }
            if state != "closed" && place == Unwritable {
                let found = place.run(&program, &["recall", "lighthouse"]);
                assert!(found.stdout.contains("red"), "what is in the log is read: {found:?}");
                let left = fs::read_dir(program.path("tmp")).unwrap().count();
                assert_eq!(left, 0, "copies are removed");
            }
            if place != FullDisk {
                assert_eq!(listing(&program.data_dir()), before, "{state} {place:?}");
            }
            place.unmake(&program);
        }
    }
}

#[test]
fn writing_is_refused_if_nothing_can_be_written() {
    for place in PLACES {
        let program = stored();
        if !place.is_possible(&program) {
            continue;
        }
        place.make(&program);
        for command in WRITES {
            let ended = place.run(&program, command);
            assert_eq!(ended.code, 1, "{place:?} {command:?}: {ended:?}");
            if place == Foreign {
                assert!(ended.stderr.contains("--read-only"), "{command:?}: {ended:?}");
            }
        }
        place.unmake(&program);
        let found = program.recall("harbour");
        assert_eq!(found[0], "The harbour is quiet at night.", "{place:?}");
    }
}

#[test]
fn the_read_only_flag_prevents_every_write() {
    for make in [stored as fn() -> Program, crashed] {
        let program = make();
        let before = listing(&program.data_dir());
        for (command, word) in READS {
            let ended = program.run(&[&["--read-only"], *command].concat());
            assert_eq!(ended.code, 0, "{command:?}: {ended:?}");
            assert!(ended.stdout.contains(word), "{command:?}: {ended:?}");
            assert!(!ended.stderr.contains("opened read-only"), "nothing to be said: {ended:?}");
        }
        let upkeep: &[&[&str]] = &[&["backup", "copy"], &["repair"], &["reindex"], &["migrate"]];
        for command in WRITES.iter().chain(upkeep) {
            let ended = program.run(&[&["--json", "--read-only"], *command].concat());
            let error: Value = serde_json::from_str(&ended.stderr).unwrap();
            assert_eq!((ended.code, &error["error"]["code"]), (1, &"read_only".into()));
        }
        assert_eq!(listing(&program.data_dir()), before);
    }
}

#[test]
fn changes_that_no_search_covers_yet_are_counted() {
    let program = stored();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let path = program.data_dir().join("working.db");
        let config = WorkingConfig { feed_kinds: FEED_KINDS.to_vec(), ..WorkingConfig::default() };
        let working = Working::open(&path, config).unwrap();
        working.goals().put(Goal::new("sail around the harbour")).await.unwrap();
        working.close().await;
    });
    let ended = program.run(&["--read-only", "--json", "recall", "harbour"]);
    assert_eq!(ended.json()["behind"], 1);
    let note: Value = serde_json::from_str(&ended.stderr).unwrap();
    assert!(note["message"].as_str().unwrap().starts_with("1 changes"), "{note}");
    let stats = program.run(&["--read-only", "--json", "stats"]);
    assert_eq!(stats.json()["behind"], 1);
    let list = program.run(&["--read-only", "list", "goal"]);
    assert!(list.stdout.contains("sail"), "{list:?}");
    assert_eq!(program.json(&["recall", "sail"])["behind"], 0);
    assert_eq!(program.recall("sail")[0], "sail around the harbour");
}

#[test]
fn a_reader_beside_a_writer_sees_acknowledged_records() {
    let program = stored();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let memory = runtime.block_on(AgentMemory::open(Config::at(program.data_dir()))).unwrap();
    for word in ["amber", "basalt", "copper"] {
        let text = format!("A stone of {word}.");
        runtime.block_on(memory.remember(&text)).unwrap();
        let ended = program.run(&["--read-only", "recall", word]);
        assert!(ended.stdout.contains(word), "{ended:?}");
    }
    runtime.block_on(memory.shutdown()).unwrap();
}

#[test]
fn a_reader_does_not_create_a_missing_directory() {
    let program = Program::new();
    let ended = program.run(&["--read-only", "recall", "anything"]);
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.contains("nothing is stored in"), "{ended:?}");
    assert!(!ended.stderr.contains("--read-only"), "{ended:?}");
    assert!(!program.data_dir().exists());
    let ended = program.run(&["recall", "anything"]);
    assert_eq!((ended.code, ended.stderr.trim()), (0, "no matches"));
}

#[test]
fn a_missing_or_older_database_is_reported_once_beside_the_result() {
    for (name, is_read) in [("working.db", true), ("journal.db", false)] {
        let program = stored();
        let path = program.data_dir().join(name);
        for is_empty in [false, true] {
            for end in ["", "-wal", "-shm"] {
                let _ = fs::remove_file(program.data_dir().join(format!("{name}{end}")));
            }
            if is_empty {
                fs::write(&path, b"").unwrap();
            }
            let ended = program.run_with(&["--read-only", "--json", "recall", "harbour"], b"", &[]);
            if is_read {
                assert_eq!(ended.code, 0, "{ended:?}");
                assert!(ended.stdout.contains("harbour"), "{ended:?}");
                let told: Vec<&str> =
                    ended.stderr.lines().filter(|it| it.contains("working.db")).collect();
                assert_eq!(told.len(), 1, "{ended:?}");
                let told: serde_json::Value = serde_json::from_str(told[0]).unwrap();
                assert!(told.to_string().contains("repair"), "{told}");
            } else {
                assert_eq!(ended.code, 1, "{ended:?}");
                assert!(ended.stderr.contains("journal.db"), "{ended:?}");
                assert!(!ended.stderr.contains("former version"), "{ended:?}");
            }
        }
    }
}

#[test]
fn an_empty_tmpdir_falls_back_to_the_systems_directory() {
    let program = crashed();
    let ended = program.run_with(&["--read-only", "recall", "harbour"], b"", &[("TMPDIR", "")]);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("harbour"), "{ended:?}");
}
