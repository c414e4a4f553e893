//! The record of an installation: the spans that were inserted into a file. It contains no text of
//! the file, which may include secrets.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    edit::{Edit, without_spans},
    file::missing,
};
use crate::{
    failure::Failure,
    hook::{DIRECTORY, replace},
};

/// The insertions into one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The file.
    path: PathBuf,
    /// Hash of the file after the insertions.
    hash: String,
    spans: Vec<(usize, usize)>,
    /// True if the file did not exist.
    pub(super) is_new: bool,
    /// Folders that were created for it or for this record, the deepest last.
    pub(super) folders: Vec<PathBuf>,
}

impl Record {
    pub(super) fn of(path: &Path, edit: &Edit, is_new: bool, folders: Vec<PathBuf>) -> Record {
        let (path, hash, spans) = (path.to_owned(), hash_of(&edit.text), edit.spans.clone());
        Record { path, hash, spans, is_new, folders }
    }

    /// Returns the text of the file before the insertions (`None` if it did not exist). The outer
    /// `None` means that the file has changed since.
    #[expect(clippy::option_option, reason = "no file is one of the results")]
    pub(super) fn undone(&self, text: &str) -> Option<Option<String>> {
        if hash_of(text) != self.hash {
            return None;
        }
        let before = without_spans(text, &self.spans)?;
        Some((!self.is_new || !before.is_empty()).then_some(before))
    }

    /// Reads the record of a file. An unreadable record counts as missing, in which case the
    /// entries are found by their content.
    pub(super) fn read(data_dir: &Path, path: &Path) -> Option<Record> {
        serde_json::from_slice(&fs::read(place(data_dir, path)).ok()?).ok()
    }

    /// Writes the record of a file. It also lists the folders that are created for itself.
    pub(super) fn write(&self, data_dir: &Path, path: &Path) -> Result<(), Failure> {
        let (place, mut record) = (place(data_dir, path), self.clone());
        record.folders.extend(missing(&place));
        let text = serde_json::to_vec(&record).expect("a record is plain data");
        replace(&place, &text).map_err(failed)
    }

    /// Removes the record of a file, and those of the folders created for the file and the record
    /// that are empty. The data directory is one of them if the installation created it.
    pub(super) fn remove(data_dir: &Path, path: &Path) -> Result<(), Failure> {
        let record = Record::read(data_dir, path);
        let file = place(data_dir, path);
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let folders = record.map(|record| record.folders).unwrap_or_default();
        let own = file.ancestors().skip(1).take(2).map(Path::to_owned);
        for folder in own.chain(folders.into_iter().rev()) {
            // The folder may contain other files.
            let _ = fs::remove_dir(folder);
        }
        Ok(())
    }
}

fn place(data_dir: &Path, path: &Path) -> PathBuf {
    let name = hash_of(&path.to_string_lossy());
    data_dir.join(DIRECTORY).join("installed").join(format!("{name}.json"))
}

fn hash_of(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..32].to_owned()
}

fn failed(source: io::Error) -> Failure {
    Failure::Io { action: "keep the record of the installation".to_owned(), source }
}
