//! Paths of files: their canonical form and its rules.

use std::{borrow::Borrow, fmt};

use aios_record::forms;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{FILE_DEPTH_MAX, FILE_PATH_BYTES_MAX, FILES_ROOT},
    problem::FileProblem,
};
use crate::{Error, column::Column};

/// Maximum number of characters of a refused path that a message repeats.
const CHARS_SHOWN: usize = 200;

/// The canonical path of a file or directory: absolute, at or below [`FILES_ROOT`], without `.`,
/// `..` and empty names, in NFC.
///
/// ```
/// use aios_working::FilePath;
///
/// assert_eq!(FilePath::new("/memories/a/./b/../notes.md")?.as_str(), "/memories/a/notes.md");
/// assert!(FilePath::new("/memories/../etc/passwd").is_err());
/// # Ok::<(), aios_working::FileProblem>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FilePath(String);

impl FilePath {
    /// Returns the canonical form of `path`. The names `.` and `..` are resolved without reading
    /// stored files.
    ///
    /// # Errors
    /// - [`FileProblem::NotBelowRoot`] if it does not begin with [`FILES_ROOT`].
    /// - [`FileProblem::Escapes`] if it leads out of that directory, in plain or percent-encoded
    ///   characters.
    /// - [`FileProblem::Control`] if it has a control character.
    /// - [`FileProblem::LongPath`] and [`FileProblem::DeepPath`] if it is beyond a limit.
    pub fn new(path: &str) -> Result<FilePath, FileProblem> {
        let below = path.strip_prefix(FILES_ROOT);
        let Some(below) = below.filter(|rest| rest.is_empty() || rest.starts_with('/')) else {
            return Err(FileProblem::NotBelowRoot { path: shown(path) });
        };
        if path.contains(char::is_control) {
            return Err(FileProblem::Control { path: shown(path) });
        }
        let composed = forms::composed(below);
        let Some(names) = resolved(&composed).filter(|_| !climbs_encoded(&composed)) else {
            return Err(FileProblem::Escapes { path: shown(path) });
        };
        let canonical = names.iter().fold(FILES_ROOT.to_owned(), |all, name| all + "/" + name);
        if FILE_PATH_BYTES_MAX < canonical.len() {
            return Err(FileProblem::LongPath { bytes: canonical.len() });
        }
        if FILE_DEPTH_MAX < names.len() {
            return Err(FileProblem::DeepPath { path: canonical, levels: names.len() });
        }
        Ok(FilePath(canonical))
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if this is [`FILES_ROOT`], which is always a directory.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0 == FILES_ROOT
    }

    /// Returns true if this path is in the directory `dir` or in one below it.
    #[must_use]
    pub fn is_below(&self, dir: &FilePath) -> bool {
        self.0.strip_prefix(dir.as_str()).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Returns the path of `self`, which is at or below `from`, after `from` was renamed to `to`.
    ///
    /// # Errors
    /// As [`new`](FilePath::new), if the new path is beyond a limit.
    pub(crate) fn moved(&self, from: &FilePath, to: &FilePath) -> Result<FilePath, FileProblem> {
        let rest = self.0.strip_prefix(from.as_str()).unwrap_or_default();
        FilePath::new(&format!("{to}{rest}"))
    }

    /// Returns the directories that contain it, nearest first, without the root.
    pub(crate) fn directories(&self) -> impl Iterator<Item = &str> {
        let ends = self.0.rmatch_indices('/').map(|(at, _)| at);
        ends.map(|at| &self.0[..at]).take_while(|dir| FILES_ROOT.len() < dir.len())
    }
}

impl Borrow<str> for FilePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for FilePath {
    type Error = FileProblem;

    fn try_from(path: String) -> Result<FilePath, FileProblem> {
        FilePath::new(&path)
    }
}

impl From<FilePath> for String {
    fn from(path: FilePath) -> String {
        path.0
    }
}

impl Column for FilePath {
    fn bind(&self) -> rusqlite::types::ToSqlOutput<'_> {
        self.as_str().into()
    }

    fn decode(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<FilePath> {
        FilePath::new(value.as_str()?).map_err(rusqlite::types::FromSqlError::other)
    }

    fn check(&self, _: &'static str, _: usize) -> Result<(), Error> {
        if self.is_root() { Err(FileProblem::Root.into()) } else { Ok(()) }
    }
}

/// Returns the names below the root that a path has after `.` and `..`; `None` if it ends outside
/// of the root.
fn resolved(below: &str) -> Option<Vec<&str>> {
    let root = FILES_ROOT.trim_start_matches('/');
    let mut names = vec![root];
    for name in below.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()?),
            name => names.push(name),
        }
    }
    (names.first() == Some(&root)).then(|| names.split_off(1))
}

/// Returns true if a program that decodes `%2e` and the like would find another `..` among the
/// names, including the names that a plain `..` removes.
fn climbs_encoded(below: &str) -> bool {
    let climbs = |text: &[u8]| {
        let names = text.split(|byte| matches!(byte, b'/' | b'\\'));
        names.filter(|name| *name == b"..").count()
    };
    let mut text = below.as_bytes().to_vec();
    let plain = climbs(&text);
    loop {
        let decoded = decoded(&text);
        if decoded.len() == text.len() {
            return false;
        }
        text = decoded;
        if plain < climbs(&text) {
            return true;
        }
    }
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let code = match (byte, digit(text.get(at + 1)), digit(text.get(at + 2))) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        decoded.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    decoded
}

/// Returns a path for a message: a long one truncated, control characters escaped.
fn shown(path: &str) -> String {
    let escaped = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    let begin: String = path.chars().take(CHARS_SHOWN).map(escaped).collect();
    if path.chars().nth(CHARS_SHOWN).is_some() { begin + "..." } else { begin }
}
