//! Databases that are older than the others, damaged or missing: no forgotten record comes back,
//! and every loss is reported.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::program::{Ended, Program};

/// A text that is forgotten.
const SECRET: &str = "nobody is to know of the pelican";

/// Returns all output of a command.
fn told(ended: &Ended) -> String {
    format!("{}{}", ended.stdout, ended.stderr)
}

/// Returns the data files of the library.
fn data_files(program: &Program) -> BTreeSet<PathBuf> {
    fn walk(dir: &Path, found: &mut BTreeSet<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, found),
                false => drop(found.insert(path)),
            }
        }
    }
    let mut found = BTreeSet::new();
    let library = program.data_dir().join("longterm");
    if library.is_dir() {
        walk(&library, &mut found);
    }
    found.retain(|path| path.parent().unwrap().ends_with("data"));
    found
}

/// Stores records in one file of the library.
fn ingest(program: &Program, texts: &[&str]) {
    let lines: Vec<String> =
        texts.iter().map(|text| serde_json::json!({ "text": text }).to_string()).collect();
    let input = program.file("in.jsonl", lines.join("\n"));
    program.json(&["ingest".as_ref(), input.as_os_str(), "--format=jsonl".as_ref()]);
}

#[test]
fn with_an_older_journal_no_forgotten_record_comes_back_from_damaged_files() {
    let together = [&["the harbour closes at nine", SECRET][..], &["seven barrels of tar"]];
    let apart = [&["the harbour closes at nine"][..], &[SECRET], &["seven barrels of tar"]];
    for (layout, damaged) in [(&together[..], 0), (&together, 1), (&apart, 0), (&apart, 2)] {
        let program = Program::new();
        let mut files = Vec::new();
        for texts in layout {
            let before = data_files(&program);
            ingest(&program, texts);
            files.extend(data_files(&program).difference(&before).cloned());
        }
        assert_eq!(files.len(), layout.len());
        let journal = program.data_dir().join("journal.db");
        let older = program.path("older.db");
        fs::copy(&journal, &older).unwrap();
        program.json(&["forget", "--query", SECRET, "--yes"]);
        fs::copy(&older, &journal).unwrap();
        let mut bytes = fs::read(&files[damaged]).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 0x10;
        fs::write(&files[damaged], bytes).unwrap();
        let repaired = program.run(&["repair"]);
        let exported = program.run(&["export", "-"]);
        assert_eq!(exported.code, 0, "{exported:?}");
        assert!(!exported.stdout.contains(SECRET), "{damaged} of {layout:?}: {repaired:?}");
        assert_eq!(program.run(&["verify"]).code, 0, "{repaired:?}");
    }
}

#[test]
fn a_scope_that_was_never_known_is_not_purged() {
    let program = Program::new();
    program.json(&["remember", "the harbour closes at nine", "--user", "ada"]);
    let goal = ["record", "goal", "--id", "g1", "--description", "paint", "--agent", "smith"];
    program.json(&goal);
    let forget = |scope: &[&str]| {
        let ended = program.run(&[&["forget", "--purge", "--yes"], scope].concat());
        (ended.code, told(&ended))
    };
    for scope in [
        &["--user", "Ada(typo)"][..],
        &["--session", "nosuch"],
        &["--agent", "nosuch"],
        &["--user", "ada", "--session", "nosuch"],
    ] {
        let (code, told) = forget(scope);
        assert_eq!(code, 3, "{scope:?}: {told}");
        assert!(!told.contains("purged:"), "{scope:?}: {told}");
    }
    for scope in [&["--user", "ada"][..], &["--user", "ada"], &["--agent", "smith"]] {
        assert_eq!(forget(scope).0, 0, "{scope:?}");
    }
}

/// Creates a store with records that only working memory keeps, and others.
fn full() -> Program {
    let program = Program::new();
    // Uses the fast model, which the store keeps: no test here depends on meaning.
    let fast = [("AIOS_MEMORY_EMBEDDING_MODEL", "static")];
    let goal = ["record", "goal", "--id", "g1", "--description", "paint the boat"];
    let made = program.run_with(&goal, b"", &fast);
    assert_eq!(made.code, 0, "{made:?}");
    let task =
        ["record", "task", "--id", "t1", "--goal-id", "g1", "--description", "buy the paint"];
    program.json(&task);
    program.json(&["remember", "the harbour closes at nine"]);
    let lines: Vec<String> = (0..200)
        .map(|n| {
            let text = format!("message number {n}, {}", "of some length ".repeat(40));
            serde_json::json!({ "role": "user", "content": text }).to_string()
        })
        .collect();
    let input = program.file("said.jsonl", lines.join("\n"));
    program.json(&["ingest".as_ref(), input.as_os_str(), "--session".as_ref(), "s1".as_ref()]);
    program
}

/// Checks that the commands advise `repair`, and that `repair` names the losses, exits with 1, and
/// leaves a consistent store with the goal and all messages.
fn check_working(program: &Program, case: &str) {
    for command in [&["list", "goals"][..], &["verify"]] {
        let ended = program.run(command);
        if ended.code != 0 {
            assert!(
                told(&ended).contains("`aios-memory repair`"),
                "{case}: {command:?}: {ended:?}"
            );
        }
    }
    let repaired = program.run(&["repair"]);
    assert_eq!(repaired.code, 1, "{case}: {repaired:?}");
    assert!(repaired.stdout.contains("persona"), "{case}: {repaired:?}");
    let verified = program.run(&["verify"]);
    assert_eq!(verified.code, 0, "{case}: {verified:?} after {repaired:?}");
    let goals = program.run(&["list", "goals"]);
    assert!(goals.stdout.contains("paint the boat"), "{case}: {goals:?} after {repaired:?}");
    let exported = program.run(&["export", "-"]);
    let is_said =
        |line: &&str| line.contains("message number") && line.starts_with(r#"{"kind":"message""#);
    let said = exported.stdout.lines().filter(is_said);
    assert_eq!(said.count(), 200, "{case}");
    assert!(exported.stdout.contains("the harbour closes at nine"), "{case}");
    let again = program.run(&["repair"]);
    assert_eq!(again.code, 0, "{case}: {again:?}");
}

#[test]
fn lost_working_memory_is_restored_from_the_library_and_reported() {
    for content in [None, Some(b"")] {
        let program = full();
        let path = program.data_dir().join("working.db");
        match content {
            None => fs::remove_file(&path).unwrap(),
            Some(content) => fs::write(&path, content).unwrap(),
        }
        check_working(&program, &format!("{content:?}"));
    }
}

#[test]
fn damaged_working_memory_is_quarantined_and_read_as_far_as_possible() {
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 5] = [
        ("a zeroed page", |bytes| {
            let middle = bytes.len() / 2 / 4096 * 4096;
            bytes[middle..middle + 4096].fill(0);
        }),
        ("zeroed pages", |bytes| bytes[8192..].fill(0)),
        ("cut", |bytes| bytes.truncate(bytes.len() / 2 + 100)),
        ("the first page", |bytes| bytes[..4096].fill(0)),
        ("the schema", |bytes| bytes[100..4096].fill(0xff)),
    ];
    for (case, damage) in damages {
        let program = full();
        let path = program.data_dir().join("working.db");
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, bytes).unwrap();
        let copied = program.run(&["backup".as_ref(), program.path("copy").as_os_str()]);
        assert_eq!(copied.code, 1, "{case}: {copied:?}");
        check_working(&program, case);
        let aside = fs::read_dir(program.data_dir().join("quarantine")).unwrap();
        let is_aside = |name: &str| name.starts_with("working-damaged-");
        let mut names = aside.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert!(names.any(|name| is_aside(&name)), "{case}");
    }
}

#[test]
fn a_journal_that_is_not_a_database_is_quarantined() {
    for (case, from, to) in [("the first page", 0, 4096), ("its mark", 0, 16)] {
        let program = full();
        let path = program.data_dir().join("journal.db");
        let mut bytes = fs::read(&path).unwrap();
        bytes[from..to].fill(0);
        fs::write(&path, bytes).unwrap();
        let seen = program.run(&["verify"]);
        assert_eq!(seen.code, 1, "{case}: {seen:?}");
        assert!(told(&seen).contains("`aios-memory repair`"), "{case}: {seen:?}");
        let repaired = program.run(&["repair"]);
        assert_eq!(repaired.code, 1, "{case}: {repaired:?}");
        assert_eq!(program.run(&["verify"]).code, 0, "{case}: {repaired:?}");
        let exported = program.run(&["export", "-"]);
        assert!(exported.stdout.contains("the harbour closes at nine"), "{case}: {exported:?}");
    }
}

#[test]
fn with_a_lost_journal_the_records_of_the_library_are_kept() {
    for notes in [&[][..], &["generations.json"]] {
        let program = full();
        for name in ["journal.db", "journal.db-wal", "journal.db-shm"].iter().chain(notes) {
            let _ = fs::remove_file(program.data_dir().join(name));
        }
        let seen = program.run(&["verify"]);
        assert_eq!(seen.code, 1, "{notes:?}: {seen:?}");
        assert!(told(&seen).contains("`aios-memory repair`"), "{notes:?}: {seen:?}");
        program.run(&["repair"]);
        assert_eq!(program.run(&["verify"]).code, 0, "{notes:?}");
        let exported = program.run(&["export", "-"]);
        assert!(exported.stdout.contains("the harbour closes at nine"), "{notes:?}: {exported:?}");
    }
}

#[test]
fn the_command_named_by_repair_imports_the_quarantined_records() {
    let program = Program::new();
    program.json(&["--user", "ada", "remember", "the tide turns at noon"]);
    program.json(&["remember", "seven barrels of tar"]);
    for name in ["journal.db", "working.db"] {
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(program.data_dir().join(format!("{name}{end}")));
        }
    }
    let versions = program.data_dir().join("longterm/records.lance/_versions");
    for entry in fs::read_dir(&versions).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let repaired = program.run(&["repair"]);
    assert_eq!(repaired.code, 1, "{repaired:?}");
    let advice = repaired.stdout.split('`').find(|said| said.starts_with("aios-memory import"));
    let arguments: Vec<&str> = advice.unwrap().split(' ').skip(1).collect();
    let taken = program.run(&arguments);
    assert_eq!(taken.code, 0, "{taken:?}");
    assert_eq!(program.recall("barrels of tar"), ["seven barrels of tar"]);
    let found = program.json(&["--user", "ada", "recall", "tide at noon"]);
    assert_eq!(found["hits"][0]["text"], "the tide turns at noon");
}

#[test]
fn a_library_that_was_moved_away_can_be_put_back() {
    let program = Program::new();
    program.json(&["remember", "seven barrels of tar"]);
    let (library, away) = (program.data_dir().join("longterm"), program.path("away"));
    fs::rename(&library, &away).unwrap();
    let refused = program.run(&["list", "note"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(!library.exists(), "its place is free");
    fs::rename(&away, &library).unwrap();
    assert_eq!(program.recall("barrels of tar"), ["seven barrels of tar"]);
    assert_eq!(program.run(&["verify"]).code, 0);
}
