//! Every file that a command writes is private to its user, under any umask.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

use crate::program::{Ended, Program, text};

/// Umasks of the runs: one that denies nothing, one that denies others everything, and a common
/// one.
const UMASKS: [&str; 3] = ["000", "077", "022"];

/// A session of the binary under a umask.
struct Session<'a> {
    program: &'a Program,
    umask: &'a str,
    temporary: PathBuf,
}

impl Session<'_> {
    fn run(&self, arguments: &[&str], stdin: &[u8]) -> Ended {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("umask {}; exec \"$@\"", self.umask), "sh"]);
        command.arg(env!("CARGO_BIN_EXE_aios-memory")).args(arguments);
        self.program.complete(command, stdin, &[("TMPDIR", text(&self.temporary))])
    }

    fn succeeds(&self, arguments: &[&str]) {
        self.succeeds_with(arguments, b"");
    }

    fn succeeds_with(&self, arguments: &[&str], stdin: &[u8]) {
        let ended = self.run(arguments, stdin);
        assert_eq!(ended.code, 0, "{arguments:?} under {}: {}", self.umask, ended.stderr);
    }
}

/// Returns every path below a directory, except links.
fn below(dir: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            paths.extend(below(&entry.path()));
        }
        if !kind.is_symlink() {
            paths.push(entry.path());
        }
    }
    paths
}

/// Returns the paths below `dir` whose mode gives others a permission, or denies one to the user.
fn open_to_others(dir: &Path) -> Vec<String> {
    let wanted = |is_dir| if is_dir { 0o700 } else { 0o600 };
    let found = below(dir).into_iter().filter_map(|path| {
        let found = fs::symlink_metadata(&path).unwrap();
        let mode = found.mode() & 0o777;
        (mode != wanted(found.is_dir())).then(|| format!("{mode:o} {}", path.display()))
    });
    found.collect()
}

/// Sets the modes of `path` and everything below it.
fn chmod(modes: &str, path: &Path) {
    assert!(Command::new("chmod").args(["-R", modes]).arg(path).status().unwrap().success());
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

/// Creates a SQLite file of another program with a left-over write-ahead log.
fn planner(dir: &Path) -> PathBuf {
    let path = dir.join("planner.db");
    let made = dir.join("made.db");
    let db = rusqlite::Connection::open(&made).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE goals (id TEXT PRIMARY KEY, description TEXT, status TEXT);
         INSERT INTO goals VALUES ('g9', 'sail around the harbour', 'active');",
    )
    .unwrap();
    for end in ["", "-wal"] {
        fs::copy(dir.join(format!("made.db{end}")), dir.join(format!("planner.db{end}"))).unwrap();
    }
    path
}

#[test]
fn everything_that_is_written_is_private_whatever_the_umask() {
    for umask in UMASKS {
        let program = Program::new();
        let inputs = tempfile::tempdir().unwrap();
        let temporary = inputs.path().join("temporary");
        fs::create_dir(&temporary).unwrap();
        let session = Session { program: &program, umask, temporary };
        let input = |name: &str, content: &str| {
            let path = inputs.path().join(name);
            fs::write(&path, content).unwrap();
            path
        };
        let diary = input("diary.md", "# Monday\n\nThe harbour was quiet.\n");
        let goal = ["record", "goal", "--id", "g1", "--description", "paint the boat"];
        session.succeeds(&["config", "init"]);
        session.succeeds(&["remember", "The harbour is quiet at night."]);
        session.succeeds(&goal);
        session.succeeds_with(&["ingest", "-"], b"{\"role\": \"user\", \"content\": \"ahoy\"}\n");
        session.succeeds(&["ingest", text(&diary)]);
        session.succeeds(&["import", "--from", text(&planner(inputs.path()))]);
        session.succeeds(&["update", "goal/g1", "--priority", "1"]);
        session.succeeds(&["backup", "copies/first"]);
        session.succeeds(&["export", "exported.jsonl"]);
        session.succeeds(&["forget", "goal/g1", "--purge", "--yes"]);
        session.succeeds(&goal);
        session.succeeds(&["delete", "goal/g1", "--yes"]);
        session.succeeds(&["maintain", "--vacuum"]);
        session.succeeds(&["reindex"]);
        for reads in ["verify", "doctor", "stats", "snapshot", "demo"] {
            session.succeeds(&[reads]);
        }
        session.succeeds(&["recall", "harbour"]);
        session.succeeds(&["context", "harbour"]);
        // Into another store, and from a read-only copy.
        let restored = ["--data-dir", "restored/deep/store"];
        chmod("a-w,a+rX", &program.path("copies"));
        session.succeeds(&[&restored[..], &["restore", "copies/first"]].concat());
        chmod("u=rwX,go=", &program.path("copies"));
        session.succeeds(&[&restored[..], &["import", "--from", "exported.jsonl"]].concat());
        // A store of a former version that everybody may write.
        let former = program.path("former");
        let store = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/store-5/store");
        copy(Path::new(store), &former);
        chmod("a=rwX", &former);
        let migrated = session.run(&["--data-dir", "former", "migrate"], b"");
        assert_eq!(migrated.code, 0, "{migrated:?}");
        assert_eq!(migrated.stderr.matches("other users").count(), 1, "{migrated:?}");
        assert!(former.join("backup").is_dir());
        session.succeeds(&["--data-dir", "former", "recall", "harbour"]);
        // Damage, and the files that a repair quarantines.
        let data = below(&program.data_dir().join("longterm"));
        let is_data = |path: &&PathBuf| path.parent().unwrap().ends_with("data");
        let damaged = data.iter().rfind(is_data).unwrap();
        fs::write(damaged, "damaged").unwrap();
        fs::set_permissions(damaged, Permissions::from_mode(0o600)).unwrap();
        session.run(&["repair"], b"");

        assert_eq!(open_to_others(&program.path("")), [""; 0], "under {umask}");
        assert_eq!(open_to_others(&session.temporary), [""; 0], "under {umask}");
        assert_eq!(below(&session.temporary), Vec::<PathBuf>::new(), "under {umask}");
    }
}
