//! The files of a model on disk.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::error::LocalError;

const HOLDS: &str = "a GGUF file, or a directory that holds one GGUF file, or config.json, \
                     tokenizer.json and model.safetensors";

pub(super) const CONFIG: &str = "config.json";
pub(super) const TOKENIZER: &str = "tokenizer.json";
pub(super) const WEIGHTS: &str = "model.safetensors";

/// The files of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Files {
    /// One file with everything, and perhaps a tokenizer beside it.
    Gguf { path: PathBuf, tokenizer: Option<PathBuf> },
    /// A directory of `transformers` with weights in safetensors.
    Directory(PathBuf),
}

impl Files {
    pub(super) fn find(path: &Path) -> Result<Files, LocalError> {
        if !is_there(path)? {
            return Err(LocalError::Missing { path: path.to_owned(), holds: HOLDS });
        }
        if !path.is_dir() {
            return Files::gguf(path.to_owned());
        }
        let failed = |source| LocalError::Read { path: path.to_owned(), source };
        let mut found = Vec::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
            if file.extension().is_some_and(|it| it.eq_ignore_ascii_case("gguf")) {
                found.push(file);
            }
        }
        match found.len() {
            0 => Files::directory(path),
            1 => Files::gguf(found.remove(0)),
            count => {
                let reason = format!("it holds {count} GGUF files, expected the path of one");
                Err(LocalError::Malformed { path: path.to_owned(), reason })
            }
        }
    }

    fn gguf(path: PathBuf) -> Result<Files, LocalError> {
        let beside = path.with_file_name(TOKENIZER);
        let tokenizer = is_there(&beside)?.then_some(beside);
        Ok(Files::Gguf { path, tokenizer })
    }

    fn directory(path: &Path) -> Result<Files, LocalError> {
        for name in [CONFIG, TOKENIZER, WEIGHTS] {
            let file = path.join(name);
            if !is_there(&file)? {
                return Err(LocalError::Missing { path: file, holds: HOLDS });
            }
        }
        Ok(Files::Directory(path.to_owned()))
    }

    /// Returns the name of the model, for provenance: that of its file or directory.
    pub(super) fn name(&self) -> String {
        let name = match self {
            Files::Gguf { path, .. } => path.file_stem(),
            Files::Directory(path) => path.file_name(),
        };
        name.map_or_else(|| "local".to_owned(), |name| name.to_string_lossy().into_owned())
    }
}

/// Reads a file as a whole.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, LocalError> {
    fs::read(path).map_err(|source| LocalError::Read { path: path.to_owned(), source })
}

fn is_there(path: &Path) -> Result<bool, LocalError> {
    path.try_exists().map_err(|source| LocalError::Read { path: path.to_owned(), source })
}
