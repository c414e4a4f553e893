//! The English of the docs: phrases that make a sentence hard to read.
//!
//! Checks comments in Rust and SQL, string literals in Rust outside of tests, and Markdown.

use super::finding::Finding;
use super::scan::scan;
use super::tree::File;

/// Files that must name the phrases to forbid them.
const EXEMPT: &[&str] =
    &["docs/STYLE.md", "xtask/src/tidy/language.rs", "xtask/src/tidy/language/tests.rs"];

/// Openings of a doc sentence that postpone its subject, with the form to use.
const OPENINGS: &[(&str, &str)] = &[
    ("What ", "begin with a noun phrase or a verb, not with `What`"),
    ("Whether ", "begin with `Returns true if` or a noun phrase, not with `Whether`"),
    ("How ", "begin with a noun phrase or a verb, not with `How`"),
    ("Where there is ", "say `If there is`"),
];

/// Phrases with a plainer form, in lower case.
const PHRASES: &[(&str, &str)] = &[
    ("unless told", "name the option: `unless --x is given`"),
    (" anew", "say `again`"),
    ("of which", "begin a new sentence"),
    ("is no object", "say `expected an object`"),
    (" is none", "say what is missing, or use a word such as `unset`"),
    ("no matter which", "say `any`"),
];

pub(super) fn check(file: &File) -> Vec<Finding> {
    let Some(text) = file.text.as_deref() else { return Vec::new() };
    if EXEMPT.contains(&file.path.as_str()) {
        return Vec::new();
    }
    match file.extension() {
        "rs" => in_rust(&file.path, text),
        "md" => in_lines(&file.path, text, ""),
        "sql" => in_lines(&file.path, text, "--"),
        _ => Vec::new(),
    }
}

fn in_rust(path: &str, text: &str) -> Vec<Finding> {
    let is_test = super::sources::is_test(path);
    let mut findings = Vec::new();
    let mut follows = String::new();
    for (line, number) in scan(text).iter().zip(1..) {
        let comment = prose(&line.comment);
        findings.extend(opening(path, number, &comment, &follows));
        findings.extend(phrases(path, number, &comment));
        if !is_test {
            findings.extend(phrases(path, number, line.literal.trim()));
        }
        follows = comment;
    }
    findings
}

/// Returns a comment without its slashes.
fn prose(comment: &str) -> String {
    let text = comment.trim().trim_start_matches(['/', '!', '*']);
    text.trim().to_owned()
}

/// Checks the text in lines after `mark`.
fn in_lines(path: &str, text: &str, mark: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut follows = "";
    let mut is_code = false;
    for (line, number) in text.lines().zip(1..) {
        is_code ^= line.trim_start().starts_with("```");
        let Some(line) = line.trim_start().strip_prefix(mark).filter(|_| !is_code) else {
            follows = "";
            continue;
        };
        let line = line.trim_start_matches(['-', '*', ' ']);
        findings.extend(opening(path, number, line, follows));
        findings.extend(phrases(path, number, line));
        follows = line;
    }
    findings
}

/// Finds a sentence with a forbidden opening in `line`, which comes after `follows`.
fn opening(path: &str, number: usize, line: &str, follows: &str) -> Option<Finding> {
    let begins = follows.is_empty() || follows.ends_with(['.', ':', '?', '!']);
    OPENINGS.iter().find_map(|(opening, form)| {
        let inside = [". ", "| "].iter().any(|end| line.contains(&format!("{end}{opening}")));
        let found = inside || begins && line.starts_with(opening);
        found.then(|| Finding::new(path, number, *form))
    })
}

fn phrases(path: &str, number: usize, line: &str) -> Option<Finding> {
    let line = line.to_ascii_lowercase();
    let is_phrase = |phrase: &str| {
        let ends = |at: usize| {
            let rest = line[at + phrase.len()..].chars().next();
            !rest.is_some_and(char::is_alphanumeric)
        };
        line.match_indices(phrase).any(|(at, _)| ends(at))
    };
    let (phrase, form) = PHRASES.iter().find(|(phrase, _)| is_phrase(phrase))?;
    Some(Finding::new(path, number, format!("`{}`: {form}", phrase.trim())))
}

#[cfg(test)]
mod tests;
