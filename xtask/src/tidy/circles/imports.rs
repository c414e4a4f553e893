//! Parses the imports of a file: `use` declarations, and the paths in its code.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::scan::scan;

/// The names that a file imports, and the names that it uses.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Imports {
    /// Each imported name with its path, re-exports included.
    pub(super) names: BTreeMap<String, Vec<String>>,
    /// Child modules that are compiled only for tests.
    pub(super) tests: Vec<String>,
    /// The paths of globs, and of imports that are not re-exports.
    imported: Vec<Vec<String>>,
    /// Paths in code, with one or more segments.
    named: BTreeSet<Vec<String>>,
}

impl Imports {
    /// Returns the paths on which the file's own code depends.
    pub(super) fn used(&self) -> impl Iterator<Item = &[String]> {
        self.imported.iter().chain(&self.named).map(Vec::as_slice)
    }
}

/// Parses the imports of a file.
pub(super) fn read(text: &str) -> Imports {
    let code: String = scan(text).into_iter().map(|line| line.code + "\n").collect();
    let (tokens, tests) = without_tests(&tokens(&code));
    let mut imports = Imports { tests, ..Imports::default() };
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at] == "use" {
            let end = at + position(&tokens[at..], ";");
            let is_public = 0 < at && matches!(tokens[at - 1], "pub" | ")");
            imports.declare(&tokens[at + 1..end], is_public);
            at = end + 1;
            continue;
        }
        let path = path(&tokens[at..]);
        let is_first = at == 0 || !matches!(tokens[at - 1], "::" | ".");
        if is_first && !path.is_empty() {
            imports.named.insert(path.iter().map(|name| (*name).to_owned()).collect());
        }
        at += (2 * path.len()).saturating_sub(1).max(1);
    }
    imports
}

impl Imports {
    /// Adds a `use` declaration.
    fn declare(&mut self, tree: &[&str], is_public: bool) {
        let mut paths = Vec::new();
        leaves(tree, &[], &mut paths);
        for (path, name) in paths {
            if name == "*" || !is_public {
                self.imported.push(path.clone());
            }
            self.names.insert(name, path);
        }
    }
}

/// Adds the paths in a tree of imports, with their imported names.
fn leaves(tree: &[&str], before: &[String], paths: &mut Vec<(Vec<String>, String)>) {
    let mut prefix = before.to_vec();
    let mut at = 0;
    while at < tree.len() {
        match tree[at] {
            "::" => {}
            "{" => {
                let inner = &tree[at + 1..at + closing(&tree[at..])];
                for part in split(inner) {
                    leaves(part, &prefix, paths);
                }
                return;
            }
            "as" => {
                paths.push((prefix, tree[at + 1].to_owned()));
                return;
            }
            "self" if !prefix.is_empty() => {}
            name => prefix.push(name.to_owned()),
        }
        at += 1;
    }
    if let Some(name) = prefix.last().cloned() {
        paths.push((prefix, name));
    }
}

/// Splits a list at commas outside of braces.
fn split<'a, 't>(list: &'t [&'a str]) -> Vec<&'t [&'a str]> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, token) in list.iter().enumerate() {
        match *token {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 0 => {
                parts.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&list[start..]);
    parts
}

/// Returns the names in the path at the start of `tokens`; empty without a path.
fn path<'a>(tokens: &[&'a str]) -> Vec<&'a str> {
    let mut names = Vec::new();
    let mut at = 0;
    while tokens.get(at).is_some_and(|token| is_name(token)) {
        names.push(tokens[at]);
        if tokens.get(at + 1) != Some(&"::") {
            break;
        }
        at += 2;
    }
    names
}

/// Returns the tokens outside of items that are compiled only for tests, and the names of modules
/// among those items.
fn without_tests<'a>(tokens: &[&'a str]) -> (Vec<&'a str>, Vec<String>) {
    const TEST: &[&str] = &["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut tests) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].starts_with(TEST) {
            kept.push(tokens[at]);
            at += 1;
            continue;
        }
        let item = &tokens[at + TEST.len()..];
        let is_end = |token: &&str| matches!(*token, ";" | "{");
        let end = item.iter().position(is_end).unwrap_or(item.len());
        if let [.., "mod", name] = &item[..end] {
            tests.push((*name).to_owned());
        }
        let is_declaration = item.get(end) == Some(&";") || item[..end].contains(&"use");
        at += TEST.len();
        at += match is_declaration {
            true => position(item, ";") + 1,
            false => end + closing(item.get(end..).unwrap_or_default()) + 1,
        };
    }
    (kept, tests)
}

/// Returns the position of `wanted`, or the length.
fn position(tokens: &[&str], wanted: &str) -> usize {
    tokens.iter().position(|token| *token == wanted).unwrap_or(tokens.len())
}

/// Returns the position of the brace that closes the first one, or the length.
fn closing(tokens: &[&str]) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "{" => depth += 1,
            "}" if depth == 1 => return at,
            "}" => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Splits code into names, `::`, and single characters.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            c if is_of_name(c) => rest.find(|c| !is_of_name(c)).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            c => c.len_utf8(),
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests;
