//! Damage to every kind of file of the library: no command returns a wrong answer, `verify` detects
//! the damage, and its advice repairs it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use aios_memory_tests::directory;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Ended, Program};

/// Seed of the random positions.
const SEED: u64 = 0x5eed_0bad;
/// Texts of the records, one library file for each list.
const TEXTS: [&[&str]; 3] = [
    &["the harbour closes at nine", FORGOTTEN, "a red kite over the moor", "seven barrels of tar"],
    &["the ferry to Mull was late", "bread and a lamp for the night", "a key under the stone"],
    &["the well is dry since May", "an owl in the old barn"],
];
/// Text of a forgotten record that is still in the library's files.
const FORGOTTEN: &str = "nobody is to know of the pelican";

/// A query that matches several records.
const QUERY: &str = "the harbour, the ferry and the owl in the barn";

/// A kind of damage to a file.
#[derive(Debug, Clone, Copy)]
enum Damage {
    /// Flips one bit at this percentage of the file.
    Bit(usize),
    /// Flips bits at random positions.
    Bits,
    /// Writes a length that exceeds any memory.
    Lengths,
    Cut,
    Empty,
    Gone,
    /// Swaps the file with another of its kind.
    Swapped,
}

const DAMAGES: [Damage; 9] = [
    Damage::Bit(2),
    Damage::Bit(50),
    Damage::Bit(97),
    Damage::Bits,
    Damage::Lengths,
    Damage::Cut,
    Damage::Empty,
    Damage::Gone,
    Damage::Swapped,
];

/// An intact store and its answers.
struct Sound {
    /// Directory of the store alone.
    dir: TempDir,
    exported: BTreeSet<String>,
    found: Vec<Value>,
}

fn sound() -> &'static Sound {
    static SOUND: OnceLock<Sound> = OnceLock::new();
    SOUND.get_or_init(|| {
        let program = Program::new();
        for texts in TEXTS {
            let lines: Vec<String> =
                texts.iter().map(|text| serde_json::json!({ "text": text }).to_string()).collect();
            let input = program.file("in.jsonl", lines.join("\n"));
            program.json(&["ingest".as_ref(), input.as_os_str(), "--format=jsonl".as_ref()]);
        }
        program.json(&["reindex"]);
        let found = program.json(&["recall", FORGOTTEN]);
        let id = found["hits"][0]["id"].as_str().unwrap();
        program.json(&["forget", &format!("note/{id}"), "--yes"]);
        program.json(&["verify"]);
        let dir = tempfile::tempdir().unwrap();
        directory::copy(&program.data_dir(), dir.path());
        let found = recall(&program);
        assert!(!found.is_empty());
        Sound { dir, exported: export(&program).unwrap(), found }
    })
}

/// Creates a program with a copy of the intact store.
fn copied() -> Program {
    let program = Program::new();
    directory::copy(sound().dir.path(), &program.data_dir());
    program
}

/// Returns the lines of an export, or the failed run.
fn export(program: &Program) -> Result<BTreeSet<String>, Ended> {
    let ended = program.run(&["export", "-"]);
    match ended.code {
        0 => Ok(ended.stdout.lines().skip(1).map(str::to_owned).collect()),
        _ => Err(ended),
    }
}

fn recall(program: &Program) -> Vec<Value> {
    let found = program.json(&["recall", QUERY]);
    found["hits"].as_array().unwrap().iter().map(|hit| hit["text"].clone()).collect()
}

/// Returns the files below a directory of the intact table that its newest version needs, as paths
/// within the store.
fn needed(below: &str) -> Vec<PathBuf> {
    let manifest = fs::read(sound().dir.path().join(&files("_versions")[0])).unwrap();
    let names = |name: &[u8]| manifest.windows(name.len()).any(|part| part == name);
    let is_needed = |file: &PathBuf| {
        let dir = file.parent().unwrap().file_name().unwrap().to_str().unwrap().replace('-', "");
        let byte = |at: usize| u8::from_str_radix(dir.get(at..at + 2)?, 16).ok();
        let id: Option<Vec<u8>> = (0..dir.len()).step_by(2).map(byte).collect();
        let name = file.file_name().unwrap().as_encoded_bytes();
        id.map_or_else(|| names(name), |id| names(&id))
    };
    files(below).into_iter().filter(is_needed).collect()
}

/// Returns the files below a directory of the intact table, as paths within the store.
fn files(below: &str) -> Vec<PathBuf> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let dir = sound().dir.path();
    let mut found = Vec::new();
    walk(&dir.join("longterm/records_1.lance").join(below), &mut found);
    found.sort();
    found.into_iter().map(|path| path.strip_prefix(dir).unwrap().to_owned()).collect()
}

impl Damage {
    /// Damages the file at `path`; `other` is of the same kind. Returns false if the content does
    /// not change.
    fn apply(self, path: &Path, other: &Path, random: &mut impl FnMut() -> usize) -> bool {
        let before = fs::read(path).unwrap();
        let mut bytes = before.clone();
        match self {
            Damage::Bit(percent) => bytes[before.len() * percent / 100] ^= 0x10,
            Damage::Bits => (0..3).for_each(|_| bytes[random() % before.len()] ^= 1),
            Damage::Lengths => {
                let from = before.len() / 3;
                bytes[from..before.len().min(from + 16)].fill(0x7f);
            }
            Damage::Cut => bytes.truncate(before.len() / 2),
            Damage::Empty => bytes.clear(),
            Damage::Gone => return fs::remove_file(path).is_ok(),
            Damage::Swapped => {
                bytes = fs::read(other).unwrap();
                fs::write(other, &before).unwrap();
            }
        }
        fs::write(path, &bytes).unwrap();
        bytes != before
    }
}

/// Damages each of `files` in `ways` kinds of damage, taken in turn, and checks the answers of the
/// program. Files are swapped with one of `others`.
fn check(files: &[PathBuf], ways: usize, others: &[PathBuf]) {
    assert!(!files.is_empty());
    let mut ways_in_turn = DAMAGES.into_iter().cycle();
    let mut state = SEED;
    let mut random = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap()
    };
    for (at, file) in files.iter().enumerate() {
        for damage in ways_in_turn.by_ref().take(ways) {
            let program = copied();
            let other = others.iter().cycle().skip(at).find(|other| *other != file);
            let [path, other] =
                [file, other.unwrap_or(file)].map(|file| program.data_dir().join(file));
            if damage.apply(&path, &other, &mut random) {
                check_damaged(&program, &format!("seed {SEED}, {damage:?} of {}", file.display()));
            }
        }
    }
}

fn check_damaged(program: &Program, case: &str) {
    let sound = sound();
    let damaged = program.path("damaged");
    directory::copy(&program.data_dir(), &damaged);
    let again = || {
        fs::remove_dir_all(program.data_dir()).unwrap();
        directory::copy(&damaged, &program.data_dir());
    };
    match export(program) {
        Ok(lines) => assert_eq!(lines, sound.exported, "{case}: a wrong export"),
        Err(ended) => assert_eq!(ended.code, 1, "{case}: {ended:?}"),
    }
    again();
    let found = program.run(&["recall", QUERY]);
    match found.code {
        0 => assert_eq!(recall(program), sound.found, "{case}: a wrong search"),
        code => assert_eq!(code, 1, "{case}: {found:?}"),
    }
    again();
    let seen = program.run(&["verify"]);
    assert_eq!(seen.code, 1, "{case}: not seen: {seen:?}");
    let told = seen.stdout + &seen.stderr;
    let repaired = match told.contains("`aios-memory repair`") {
        true => program.run(&["repair"]),
        false => {
            assert!(told.contains("run `aios-memory verify` again"), "{case}: no advice: {told}");
            program.run(&["verify"])
        }
    };
    let after = program.run(&["verify"]);
    assert_eq!(after.code, 0, "{case}: the advice does not help: {repaired:?}, then {after:?}");
    let left = export(program).unwrap_or_else(|ended| panic!("{case}: {ended:?}"));
    assert!(left.is_subset(&sound.exported), "{case}: {left:?}");
    for lost in sound.exported.difference(&left) {
        let record: Value = serde_json::from_str(lost).unwrap();
        let key =
            format!("{}/{}", record["kind"].as_str().unwrap(), record["id"].as_str().unwrap());
        let names_it = repaired.stdout.contains(&format!("lost: {key}"));
        assert!(names_it && repaired.code == 1, "{case}: {key} is not named: {repaired:?}");
    }
}

#[test]
fn damaged_records() {
    check(&needed("data")[..1], DAMAGES.len(), &files("data"));
}

#[test]
fn damaged_lists_of_deleted_records() {
    check(&files("_deletions"), DAMAGES.len(), &files("data"));
}

#[test]
fn damaged_manifests() {
    let manifests = files("_versions");
    // The newest manifest sorts first.
    check(&manifests[..1], DAMAGES.len(), &manifests[1..]);
}

#[test]
fn damaged_indexes() {
    let files = needed("_indices");
    check(&files, 3, &files);
}

#[test]
fn a_damaged_journal_is_set_aside() {
    let program = copied();
    let journal = program.data_dir().join("journal.db");
    let mut bytes = fs::read(&journal).unwrap();
    // All pages except the first two.
    bytes[8192..].fill(0xff);
    fs::write(&journal, bytes).unwrap();
    let seen = program.run(&["verify"]);
    let told = seen.stdout + &seen.stderr;
    assert!(seen.code == 1 && told.contains("`aios-memory repair`"), "{told}");
    let repaired = program.run(&["repair"]);
    assert_eq!(repaired.code, 1, "{repaired:?}");
    assert!(repaired.stdout.contains("lost with the damaged journal"), "{repaired:?}");
    assert_eq!(program.run(&["verify"]).code, 0);
    assert_eq!(export(&program).unwrap(), sound().exported);
}

#[test]
fn a_damaged_library_is_neither_backed_up_nor_restored_silently() {
    let program = copied();
    let copied = program.path("copy");
    program.json(&["backup".as_ref(), copied.as_os_str()]);
    let file = &needed("data")[0];
    let damage = |dir: &Path| {
        let mut bytes = fs::read(dir.join(file)).unwrap();
        bytes[100] ^= 1;
        fs::write(dir.join(file), bytes).unwrap();
    };
    damage(&program.data_dir());
    let again = program.path("again");
    let refused = program.run(&["backup".as_ref(), again.as_os_str()]);
    assert!(refused.code == 1 && refused.stderr.contains("`aios-memory repair`"), "{refused:?}");
    damage(&copied);
    let other = Program::new();
    let restored = other.run(&["restore".as_ref(), copied.as_os_str()]);
    assert!(restored.code == 1 && restored.stderr.contains("is damaged"), "{restored:?}");
}

#[test]
fn a_failed_move_to_long_term_memory_is_a_warning_of_a_stored_write() {
    let program = Program::new();
    program.json(&["remember", "The harbour is quiet."]);
    // Every change of the library writes into this directory.
    let transactions = program.data_dir().join("longterm/records.lance/_transactions");
    fs::remove_dir_all(&transactions).unwrap();
    fs::write(&transactions, "").unwrap();
    let ended = program.run(&["--json", "remember", "The lighthouse is red."]);
    assert_eq!((ended.code, ended.json()["known"].as_bool()), (0, Some(false)), "{ended:?}");
    assert!(!ended.stderr.contains("\"level\":\"error\""), "{ended:?}");
    assert!(ended.stderr.contains("\"code\":\"pending\""), "{ended:?}");
    assert!(!ended.stderr.contains("nothing of it was written"), "{ended:?}");
    fs::remove_file(&transactions).unwrap();
    assert_eq!(program.recall("lighthouse")[0], "The lighthouse is red.");
}
