//! Models of the Hugging Face hub that are on this machine, in the cache that the hub's own library
//! shares with us. Nothing here asks the network.
//!
//! The cache has a folder for each model: `blobs/` holds contents by their hash,
//! `snapshots/COMMIT/` links to them by their names, and `refs/REVISION` says which commit a branch
//! or tag means
//! ([description](https://huggingface.co/docs/huggingface_hub/guides/manage-cache)).

use std::{
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::{Bert, Error};

/// The revision that is meant where none is given.
const MAIN: &str = "main";

/// A model of the hub: `ORGANISATION/NAME`, or `ORGANISATION/NAME@REVISION` for a branch, a tag or
/// a commit other than `main`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelName {
    repository: String,
    revision: Option<String>,
}

/// A text that names no model of the hub.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` names no model of the hub; write ORGANISATION/NAME or ORGANISATION/NAME@REVISION"
)]
pub struct ModelNameError {
    text: String,
}

impl ModelName {
    /// The same model at another revision.
    ///
    /// # Errors
    /// When `revision` cannot be one.
    pub fn with_revision(self, revision: &str) -> Result<ModelName, ModelNameError> {
        format!("{}@{revision}", self.repository).parse()
    }

    /// `ORGANISATION/NAME`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The branch, tag or commit; `main` unless one was given.
    #[must_use]
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or(MAIN)
    }
}

impl FromStr for ModelName {
    type Err = ModelNameError;

    fn from_str(text: &str) -> Result<ModelName, ModelNameError> {
        let (repository, revision) = match text.split_once('@') {
            Some((repository, revision)) => (repository, Some(revision)),
            None => (text, None),
        };
        let is_repository = repository.split('/').count() == 2 && is_path(repository);
        if !is_repository || !revision.is_none_or(is_path) {
            return Err(ModelNameError { text: text.to_owned() });
        }
        let revision = revision.map(str::to_owned);
        Ok(ModelName { repository: repository.to_owned(), revision })
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.revision {
            Some(revision) => write!(f, "{}@{revision}", self.repository),
            None => f.write_str(&self.repository),
        }
    }
}

/// Whether `text` stays below the folder that it is joined to.
fn is_path(text: &str) -> bool {
    let is_part = |part: &str| {
        let mut letters = part.chars();
        !part.starts_with('.')
            && !part.is_empty()
            && letters.all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
    };
    text.split('/').all(is_part)
}

/// The hub's cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubCache {
    dir: PathBuf,
}

/// A snapshot in the cache.
#[derive(Debug)]
pub struct CachedModel {
    /// `ORGANISATION/NAME`.
    pub repository: String,
    /// The commit.
    pub commit: String,
    /// The branches and tags that mean it.
    pub revisions: Vec<String>,
    /// Its files.
    pub path: PathBuf,
    /// Why it cannot be used, if it cannot.
    pub unusable: Option<Error>,
}

impl HubCache {
    /// The cache in `dir`, which need not exist.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> HubCache {
        HubCache { dir: dir.into() }
    }

    /// Where the hub's own library has it: `HF_HUB_CACHE`, or `HUGGINGFACE_HUB_CACHE`, or `hub` in
    /// `HF_HOME`, or `huggingface/hub` in `XDG_CACHE_HOME`, or `.cache/huggingface/hub` in `HOME`;
    /// the first of these variables that is set. A `~` at the beginning means `HOME`.
    ///
    /// # Errors
    /// [`Error::NoCache`] when it takes `HOME`, which is not set.
    pub fn locate(variable: impl Fn(&str) -> Option<OsString>) -> Result<HubCache, Error> {
        let below = |name: &str, rest: &str| {
            let value = variable(name).filter(|value| !value.is_empty())?;
            Some(Path::new(&value).join(rest))
        };
        let dir = below("HF_HUB_CACHE", "")
            .or_else(|| below("HUGGINGFACE_HUB_CACHE", ""))
            .or_else(|| below("HF_HOME", "hub"))
            .or_else(|| below("XDG_CACHE_HOME", "huggingface/hub"))
            .unwrap_or_else(|| Path::new("~").join(".cache/huggingface/hub"));
        match dir.strip_prefix("~") {
            Ok(rest) => Ok(HubCache::new(below("HOME", "").ok_or(Error::NoCache)?.join(rest))),
            Err(_) => Ok(HubCache::new(dir)),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The folder of all that is kept of a model.
    #[must_use]
    pub fn folder(&self, model: &ModelName) -> PathBuf {
        self.dir.join(format!("models--{}", model.repository.replace('/', "--")))
    }

    /// The directory of a model's files, for [`Bert::open`].
    ///
    /// # Errors
    /// [`Error::NotCached`] when the model, or the revision, is not there; [`Error::Incomplete`]
    /// when a file of it is missing; [`Error::OtherMake`] when it has the files of another make;
    /// [`Error::Read`] when the cache cannot be read; what [`Bert::open`] says of a `modules.json`
    /// that it does not take.
    pub fn resolve(&self, model: &ModelName) -> Result<PathBuf, Error> {
        let folder = self.folder(model);
        let reference = folder.join("refs").join(model.revision());
        let commit = match fs::read_to_string(&reference) {
            Ok(commit) => commit.trim().to_owned(),
            // It may be a commit itself.
            Err(error) if is_absent(&error) => model.revision().to_owned(),
            Err(source) => return Err(Error::Read { path: reference, source }),
        };
        let snapshot = folder.join("snapshots").join(&commit);
        let read = |source| Error::Read { path: snapshot.clone(), source };
        if !is_path(&commit) || !snapshot.try_exists().map_err(read)? {
            let looked_at = vec![reference, snapshot];
            return Err(Error::NotCached { model: model.to_string(), looked_at });
        }
        check(model.to_string(), &snapshot)?;
        Ok(snapshot)
    }

    /// Every snapshot, in the order of the names, and whether it can be used.
    ///
    /// # Errors
    /// [`Error::Read`] when the cache cannot be read. One that is not there is empty.
    pub fn list(&self) -> Result<Vec<CachedModel>, Error> {
        let mut models = Vec::new();
        for name in names(&self.dir)? {
            let Some(repository) = name.strip_prefix("models--") else { continue };
            let repository = repository.replacen("--", "/", 1);
            let folder = self.dir.join(&name);
            let revisions = revisions(&folder.join("refs"))?;
            for commit in names(&folder.join("snapshots"))? {
                let of_commit = |(_, meant): &&(String, String)| *meant == commit;
                let revisions: Vec<String> =
                    revisions.iter().filter(of_commit).map(|(name, _)| name.clone()).collect();
                let path = folder.join("snapshots").join(&commit);
                let unusable = check(repository.clone(), &path).err();
                let repository = repository.clone();
                models.push(CachedModel { repository, commit, revisions, path, unusable });
            }
        }
        Ok(models)
    }
}

/// Whether a snapshot has all files of a model.
fn check(model: String, snapshot: &Path) -> Result<(), Error> {
    let Some(path) = Bert::missing_file(snapshot)? else { return Ok(()) };
    // What is linked but not there was meant to come: links whose files are gone count here.
    let names = names(snapshot)?;
    let has = |name: &str| names.iter().any(|found| found == name);
    let foreign = if !names.is_empty() && !has("modules.json") {
        Some("it has no `modules.json`")
    } else if has("model.safetensors") {
        None
    } else if has("model.safetensors.index.json") {
        Some("its weights are in several files, not in `model.safetensors`")
    } else if has("pytorch_model.bin") || has("pytorch_model.bin.index.json") {
        Some("its weights are a pickle of Python, not in `model.safetensors`")
    } else {
        None
    };
    Err(match foreign {
        Some(reason) => Error::OtherMake { model, reason },
        None => Error::Incomplete { model, path },
    })
}

/// What a directory holds, sorted; one that is not there holds nothing.
fn names(dir: &Path) -> Result<Vec<String>, Error> {
    let read = |source| Error::Read { path: dir.to_owned(), source };
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(source) => return Err(read(source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(read)?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// Each branch and tag with its commit. Those of a pull request lie deeper and are left out.
fn revisions(refs: &Path) -> Result<Vec<(String, String)>, Error> {
    let commit = |name: String| {
        let commit = fs::read_to_string(refs.join(&name)).ok()?;
        Some((name, commit.trim().to_owned()))
    };
    Ok(names(refs)?.into_iter().filter_map(commit).collect())
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
