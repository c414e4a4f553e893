//! Rules for every source file: module doc, ASCII, line length, and banned words.

use super::finding::Finding;
use super::scan::{Line, scan};
use super::tree::File;

const COLUMNS_MAX: usize = 100;

/// Extensions of hand-written source files. Test data is excluded.
const SOURCES: &[&str] = &["rs", "toml", "sql", "proto", "sh", "py"];

/// Paths that may use `unsafe`: the slots of the lock-free ring, which are verified; the int8
/// kernels, which are compared with plain arithmetic; and the calls that return a process's memory
/// to the system.
const UNSAFE_IN: &[&str] = &[
    "crates/operational/src/ring/",
    "crates/embedding/src/bert/int8/kernels.rs",
    "crates/cli/src/resident/",
];

/// First line of a `lib.rs` whose front page begins with the README of its crate. `documents.rs`
/// requires it if there is a README.
pub(super) const FRONT_PAGE: &str = "#![doc = include_str!(\"../README.md\")]\n";

/// Marks of unfinished work, split so that this line does not match.
const LEFTOVERS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

pub(super) fn check(file: &File) -> Vec<Finding> {
    let Some(text) = file.text.as_deref() else { return Vec::new() };
    if file.extension() == "rs" {
        return rust(&file.path, text);
    }
    let is_script = file.path == ".ci/run";
    if is_script || SOURCES.contains(&file.extension()) {
        return plain(&file.path, text);
    }
    Vec::new()
}

/// Checks manifests, SQL, protobuf and scripts line by line.
fn plain(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if !line.is_ascii() {
            findings.push(Finding::new(path, number, "not ASCII"));
        }
        findings.extend(too_long(path, number, line));
        findings.extend(leftover(path, number, line));
    }
    findings
}

fn rust(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_front_page = path.ends_with("/src/lib.rs") && text.starts_with(FRONT_PAGE);
    if !text.starts_with("//!") && !is_front_page {
        let message =
            "missing `//!`: state the purpose of the file, and what is deliberately not in it";
        findings.push(Finding::new(path, 1, message));
    }
    for ((raw, line), number) in text.lines().zip(scan(text)).zip(1..) {
        if !ascii(&line, is_test(path)) {
            let message = "not ASCII; only tests and doc examples may quote other text";
            findings.push(Finding::new(path, number, message));
        }
        if !is_data(&line) {
            findings.extend(too_long(path, number, raw));
        }
        findings.extend(leftover(path, number, &line.code));
        findings.extend(leftover(path, number, &line.comment));
        findings.extend(words(path, &line).map(|message| Finding::new(path, number, message)));
    }
    findings
}

/// Returns true if `path` belongs to tests, which may quote other languages but must not sleep.
pub(super) fn is_test(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "tests.rs"))
}

/// Returns true if a line is ASCII where required: in code always, in literals outside of tests, in
/// comments except for text quoted in a doc example.
fn ascii(line: &Line, is_test: bool) -> bool {
    let quoted = |comment: &str| {
        let is_doc = comment.trim_start().starts_with("//");
        is_doc && comment.split('"').step_by(2).all(str::is_ascii)
    };
    line.code.is_ascii()
        && (is_test || line.literal.is_ascii())
        && (line.comment.is_ascii() || quoted(&line.comment))
}

/// Returns true if a line consists of a literal or a part of one, which no formatter can break.
fn is_data(line: &Line) -> bool {
    let alone = line.code.chars().all(|c| matches!(c, ' ' | ',' | ';' | ')'));
    line.opens_in_literal || (alone && !line.literal.trim().is_empty())
}

/// Finds a line over the limit. A line with a URL may be longer, because a URL cannot be broken.
fn too_long(path: &str, number: usize, line: &str) -> Option<Finding> {
    let columns = line.chars().count();
    let long = columns > COLUMNS_MAX && !line.contains("://");
    long.then(|| {
        Finding::new(path, number, format!("{columns} columns; the limit is {COLUMNS_MAX}"))
    })
}

fn leftover(path: &str, number: usize, text: &str) -> Option<Finding> {
    let found = LEFTOVERS.iter().find(|word| identifiers(text).any(|it| it == **word))?;
    Some(Finding::new(path, number, format!("`{found}`: finish it, or file an issue")))
}

/// Returns a message for each banned word in a line.
fn words(path: &str, line: &Line) -> impl Iterator<Item = &'static str> {
    let code = &line.code;
    let says = |word: &str| identifiers(code).any(|it| it == word);
    let unsafe_here = UNSAFE_IN.iter().any(|place| path.starts_with(place));
    let ignored = code.contains("#[ignore") || code.contains(" ignore)]");
    let sleeps = is_test(path) && (says("sleep") || says("sleep_until"));
    [
        (says("unsafe") && !unsafe_here)
            .then_some("`unsafe` is allowed in the files of `UNSAFE_IN` only"),
        code.contains("dbg!").then_some("remove `dbg!`"),
        says("should_panic").then_some("replace `should_panic`: return the error and check it"),
        (ignored || line.comment.contains("```ignore"))
            .then_some("remove `ignore`: a test that does not run proves nothing"),
        sleeps.then_some("tests never sleep: wait for the event, or inject the clock"),
        code.trim_start()
            .starts_with("mod tests {")
            .then_some("move unit tests to `<file>/tests.rs`"),
    ]
    .into_iter()
    .flatten()
}

fn identifiers(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests;
