//! Advice: every command that a message, a hint or a page mentions exists, with its flags.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;

use crate::program::Program;

/// Placeholders in advice, each with a value of its kind.
const PLACEHOLDERS: &[(&str, &str)] = &[
    ("KIND/ID", "goal/g-1"),
    ("KIND", "goal"),
    ("COMMAND", "recall"),
    ("QUERY", "query"),
    ("...", "query"),
];

/// Returns the sources of all crates and the pages for users, without line breaks in strings and
/// comments.
fn texts() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let mut paths = vec![root.join("README.md")];
    let crates = fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let mut open: Vec<PathBuf> = crates.map(|path| path.join("src")).collect();
    open.push(root.join("docs"));
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|ending| ending.to_str()) {
                _ if path.is_dir() => open.push(path),
                Some("rs" | "md") => paths.push(path),
                _ => {}
            }
        }
    }
    let broken = Regex::new(r"\\\n\s*|\n\s*//[/!] ?|\n").unwrap();
    let joined = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let text = broken.replace_all(&text, |found: &regex::Captures<'_>| {
            if found[0].starts_with('\\') { "" } else { " " }.to_owned()
        });
        text.into_owned()
    };
    paths.iter().map(|path| (path.clone(), joined(path))).collect()
}

#[test]
fn every_advised_command_exists() {
    let advised = Regex::new(r"`aios-memory((?: [^`]+)?)`").unwrap();
    let value = Regex::new(r"\{[^}]*\}").unwrap();
    let program = Program::new();
    let mut seen = BTreeSet::new();
    for (path, text) in texts() {
        for found in advised.captures_iter(&text) {
            let command = value.replace_all(&found[1], "org/name").into_owned();
            if !seen.insert(command.clone()) {
                continue;
            }
            let words = command.split_whitespace().map(|word| {
                let word = word.trim_matches(['"', '\\', '\'']);
                let known = PLACEHOLDERS.iter().find(|(placeholder, _)| *placeholder == word);
                known.map_or(word, |(_, value)| value)
            });
            // `--help` comes last, so everything before it has been parsed.
            let words: Vec<&str> = words.chain(["--help"]).collect();
            let ended = program.run(&words);
            assert_eq!(ended.code, 0, "{}: `aios-memory{command}`: {ended:?}", path.display());
        }
    }
    let expect = [" maintain --vacuum", " config path", " recall QUERY"];
    assert!(expect.iter().all(|command| seen.contains(*command)), "{seen:?}");
}
