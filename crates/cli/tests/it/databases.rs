//! Databases that are older than what lies beside them, damaged or gone: nothing that was forgotten
//! comes back, and nothing that is lost is lost in silence.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::program::{Ended, Program};

/// A text that is forgotten.
const SECRET: &str = "nobody is to know of the pelican";

/// All that a command printed.
fn told(ended: &Ended) -> String {
    format!("{}{}", ended.stdout, ended.stderr)
}

/// The data files of the library.
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
fn beside_an_older_journal_nothing_forgotten_comes_back_from_damaged_files() {
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
