//! Advice: every command mentioned in a hint or a page exists, with its flags and settings, and
//! every remedy has a text.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use aios_memory::Remedy;
use regex::Regex;

use crate::program::Program;

/// The words of the program, compiled into this test as well.
#[path = "../../src/remedy.rs"]
mod words;

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

/// Other programs that a hint mentions, the field `next` of a list, and names of models.
const OTHERS: &[&str] = &["chmod", "chown", "sqlite3", "next", "auto", "static"];

#[test]
fn every_remedy_has_words_with_flags_and_settings_that_exist() {
    let program = Program::new();
    let flags = program.run(&["completions", "bash"]).stdout;
    let shown = program.run(&["config", "show", "--json"]).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let settings = shown["settings"].as_object().unwrap();
    let quoted = Regex::new("`([^` ]+)([^`]*)`").unwrap();
    let setting = Regex::new(r"^[a-z_]+(\.[a-z_]+)+$").unwrap();
    for remedy in Remedy::examples() {
        let words = words::words(&remedy).unwrap_or_else(|| panic!("no words for {remedy:?}"));
        for found in quoted.captures_iter(&words) {
            let (first, rest) = (&found[1], &found[2]);
            let is_known = match first {
                "aios-memory" => {
                    let rest = rest.split_whitespace().map(|word| {
                        let known = PLACEHOLDERS.iter().find(|(it, _)| *it == word);
                        known.map_or(word.trim_matches('\''), |(_, value)| value)
                    });
                    program.run(&rest.chain(["--help"]).collect::<Vec<_>>()).code == 0
                }
                flag if flag.starts_with("--") => flags.contains(&format!(" {flag} ")),
                name if setting.is_match(name) => settings.contains_key(name),
                other => OTHERS.contains(&other),
            };
            assert!(is_known, "`{first}{rest}` in {words:?} of {remedy:?}");
        }
    }
}
