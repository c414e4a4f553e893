//! Hugging Face hub models on this machine, in the cache of the hub's own library. Nothing here
//! accesses the network.
//!
//! The cache has a folder for each model: `blobs/` holds contents by their hash,
//! `snapshots/COMMIT/` links to them by their names, and `refs/REVISION` holds the commit of a
//! branch or tag ([description](https://huggingface.co/docs/huggingface_hub/guides/manage-cache)).

use std::{
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::{Bert, Error};

/// The default revision.
const MAIN: &str = "main";

/// The name of a model of the hub: `ORGANISATION/NAME`, or `ORGANISATION/NAME@REVISION` for a
/// branch, tag or commit other than `main`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelName {
    repository: String,
    revision: Option<String>,
}

/// The text is not the name of a hub model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a model name; expected ORGANISATION/NAME or ORGANISATION/NAME@REVISION")]
pub struct ModelNameError {
    text: String,
}

impl ModelName {
    /// Sets the revision.
    ///
    /// # Errors
    /// [`ModelNameError`] if `revision` is not valid.
    pub fn with_revision(self, revision: &str) -> Result<ModelName, ModelNameError> {
        format!("{}@{revision}", self.repository).parse()
    }

    /// Returns `ORGANISATION/NAME`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Returns the branch, tag or commit. Default: `main`.
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

/// Returns true if `text` stays below the folder that it is joined to.
fn is_path(text: &str) -> bool {
    let is_part = |part: &str| {
        let mut letters = part.chars();
        !part.starts_with('.')
            && !part.is_empty()
            && letters.all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
    };
    text.split('/').all(is_part)
}

/// The cache of the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubCache {
    dir: PathBuf,
}

/// A snapshot in the cache.
#[derive(Debug)]
pub struct CachedModel {
    /// `ORGANISATION/NAME`.
    pub repository: String,
    /// Commit of the snapshot.
    pub commit: String,
    /// Branches and tags that refer to the commit.
    pub revisions: Vec<String>,
    /// Directory of its files.
    pub path: PathBuf,
    /// Reason it cannot be used, if any.
    pub unusable: Option<Error>,
}

impl HubCache {
    /// Creates a handle for the cache in `dir`, which need not exist.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> HubCache {
        HubCache { dir: dir.into() }
    }

    /// Returns the cache that the hub's own library uses. The first of these variables that is set
    /// determines it: `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE`, `HF_HOME` (its subfolder `hub`),
    /// `XDG_CACHE_HOME` (`huggingface/hub`), `HOME` (`.cache/huggingface/hub`). `variable` reads a
    /// variable; an empty one counts as unset. A leading `~` means `HOME`.
    ///
    /// # Errors
    /// [`Error::NoCache`] if `HOME` is needed and not set.
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

    /// Returns the directory of the cache.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Returns the folder of a model in the cache.
    #[must_use]
    pub fn folder(&self, model: &ModelName) -> PathBuf {
        self.dir.join(format!("models--{}", model.repository.replace('/', "--")))
    }

    /// Returns the directory of a model's files, for [`Bert::open`].
    ///
    /// # Errors
    /// [`Error::NotCached`] if the model or the revision is not in the cache; [`Error::Incomplete`]
    /// if a file of it is missing; [`Error::OtherMake`] if its files are of an unsupported kind;
    /// [`Error::Read`] if the cache cannot be read; the error of [`Bert::open`] if `modules.json`
    /// is malformed or unsupported.
    pub fn resolve(&self, model: &ModelName) -> Result<PathBuf, Error> {
        let folder = self.folder(model);
        let reference = folder.join("refs").join(model.revision());
        let commit = match fs::read_to_string(&reference) {
            Ok(commit) => commit.trim().to_owned(),
            // The revision may be a commit itself.
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

    /// Returns every snapshot, sorted by name, with the reason it cannot be used, if any.
    ///
    /// # Errors
    /// [`Error::Read`] if the cache cannot be read. A cache that does not exist is empty.
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

/// Checks that a snapshot has all files of a model.
fn check(model: String, snapshot: &Path) -> Result<(), Error> {
    let Some(path) = Bert::missing_file(snapshot)? else { return Ok(()) };
    // A link without a target was meant to be downloaded, so it counts as listed.
    let names = names(snapshot)?;
    let has = |name: &str| names.iter().any(|found| found == name);
    let foreign = if !names.is_empty() && !has("modules.json") {
        Some("it has no `modules.json`")
    } else if has("model.safetensors") {
        None
    } else if has("model.safetensors.index.json") {
        Some("its weights are split into several files, not in `model.safetensors`")
    } else if has("pytorch_model.bin") || has("pytorch_model.bin.index.json") {
        Some("its weights are a Python pickle, not `model.safetensors`")
    } else {
        None
    };
    Err(match foreign {
        Some(reason) => Error::OtherMake { model, reason },
        None => Error::Incomplete { model, path },
    })
}

/// Returns the names of a directory's entries, sorted. A directory that does not exist is empty.
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

/// Returns each branch and tag with its commit, except those of pull requests, which are in
/// subfolders.
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
