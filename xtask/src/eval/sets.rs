//! Labelled data sets, identified by their files.
//!
//! | set | recognised by |
//! |---|---|
//! | documents | a directory with `cran.all.1400`, `CISI.ALL` or `corpus.jsonl` |
//! | conversations | a `.json` file of samples with `conversation` and `qa`, or of haystacks |
//! | notes | a `.jsonl` file of memories, and of questions with `q` and `gold` |
//!
//! Everything else in a directory is ignored.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;

/// Directories with irregular inputs that are not sets.
const PASSED_OVER: &[&str] = &["cases"];

/// Format of labelled data, as the binary names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Locomo,
    LongMemEval,
    Beir,
    Cranfield,
    Cisi,
    Notes,
}

impl Format {
    const ALL: &[Format] = &[
        Format::Locomo,
        Format::LongMemEval,
        Format::Beir,
        Format::Cranfield,
        Format::Cisi,
        Format::Notes,
    ];

    /// Returns the binary's name of the format.
    pub(super) fn name(self) -> &'static str {
        match self {
            Format::Locomo => "locomo",
            Format::LongMemEval => "longmemeval",
            Format::Beir => "beir",
            Format::Cranfield => "cranfield",
            Format::Cisi => "cisi",
            Format::Notes => "notes",
        }
    }

    pub(super) fn named(name: &str) -> Option<Format> {
        Format::ALL.iter().copied().find(|format| format.name() == name)
    }

    pub(super) fn is_conversations(self) -> bool {
        matches!(self, Format::Locomo | Format::LongMemEval)
    }

    pub(super) fn is_documents(self) -> bool {
        matches!(self, Format::Beir | Format::Cranfield | Format::Cisi)
    }
}

/// A labelled data set: a file or directory.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Set {
    pub(super) format: Format,
    pub(super) path: PathBuf,
}

impl Set {
    /// Returns the last component of the path.
    pub(super) fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }
}

/// Returns the set at `path`, or all sets below that directory, ordered by path. Fails with
/// [`Error::NoSets`] if there are none.
pub(super) fn find(path: &Path) -> Result<Vec<Set>, Error> {
    let sets = within(path)?;
    match sets.is_empty() {
        true => Err(Error::NoSets { path: path.to_owned() }),
        false => Ok(sets),
    }
}

fn within(path: &Path) -> Result<Vec<Set>, Error> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    let set = |format| Set { format, path: path.to_owned() };
    if !path.is_dir() {
        return Ok(of_file(path).map_err(failed)?.into_iter().map(set).collect());
    }
    if let Some(format) = of_dir(path) {
        return Ok(vec![set(format)]);
    }
    let entries = fs::read_dir(path).map_err(failed)?;
    let entries = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut entries = entries.collect::<Result<Vec<PathBuf>, _>>().map_err(failed)?;
    entries.sort();
    let mut sets = Vec::new();
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with('.') && !PASSED_OVER.contains(&&*name) {
            sets.extend(within(&entry)?);
        }
    }
    Ok(sets)
}

fn of_dir(dir: &Path) -> Option<Format> {
    let has = |name: &str| dir.join(name).exists();
    match () {
        () if has("cran.all.1400") => Some(Format::Cranfield),
        () if has("CISI.ALL") => Some(Format::Cisi),
        () if has("corpus.jsonl") => Some(Format::Beir),
        () => None,
    }
}

/// Returns the format of a file, or `None` if it is not a set.
fn of_file(file: &Path) -> Result<Option<Format>, std::io::Error> {
    let extension = file.extension().and_then(|extension| extension.to_str());
    let is_set: fn(&str) -> Option<Format> = match extension {
        Some("json") => of_json,
        Some("jsonl") => of_lines,
        // The given path must exist.
        _ => return fs::metadata(file).map(|_| None),
    };
    Ok(is_set(&String::from_utf8_lossy(&fs::read(file)?)))
}

fn of_json(text: &str) -> Option<Format> {
    let value: Value = serde_json::from_str(text).ok()?;
    let elements = value.as_array().map_or(std::slice::from_ref(&value), Vec::as_slice);
    let has = |element: &Value, name: &str| element.get(name).is_some();
    elements.iter().find_map(|element| match () {
        () if has(element, "haystack_sessions") => Some(Format::LongMemEval),
        () if has(element, "conversation") && has(element, "qa") => Some(Format::Locomo),
        () => None,
    })
}

fn of_lines(text: &str) -> Option<Format> {
    let mut lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.any(|line| line.get("q").is_some() && line.get("gold").is_some()).then_some(Format::Notes)
}

#[cfg(test)]
mod tests;
