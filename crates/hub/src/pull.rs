//! Downloads a model from the Hugging Face hub into the hub's cache. This is the only module of the
//! workspace that accesses the network, and only when called.
//!
//! A file is written beside its final path until its size and hash are verified, so an interrupted
//! download resumes. The snapshot is linked file by file, and the revision is written last. The
//! hub's Rust client is not used, because it would change the enabled features of reqwest and
//! therefore of LanceDB.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, Write},
    os::unix::fs::{OpenOptionsExt, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

use aios_embedding::{Bert, HubCache, ModelName};
use aios_files::{FILE_MODE, make_directory, set_mode};
use aios_record::Progress;
use reqwest::{Client, Response, StatusCode, header::RANGE};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio::{runtime::Handle, task::spawn_blocking};

use crate::Error;

/// The default address of the hub.
pub const HUB: &str = "https://huggingface.co";

/// Maximum time without data from the hub.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// The hub's description of a revision.
#[derive(Deserialize)]
struct Listing {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    blob_id: String,
    size: u64,
    lfs: Option<Lfs>,
}

/// A large file, whose hash is that of its content.
#[derive(Deserialize)]
struct Lfs {
    sha256: String,
}

/// Downloads the files of `model` that [`Bert`] reads from the hub at `endpoint`, such as [`HUB`],
/// and returns their directory. Files in the cache are not downloaded again. Calls `progress` with
/// the name of the file in progress, and its bytes.
///
/// # Errors
/// [`Error::Unknown`], [`Error::NoFile`], [`Error::Network`], [`Error::Damaged`] or
/// [`Error::Write`] if the download fails; [`Error::Embedding`] if this build does not support the
/// model's architecture.
pub async fn pull_model(
    cache: HubCache,
    endpoint: String,
    model: ModelName,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<PathBuf, Error> {
    let runtime = Handle::current();
    // The task writes files between responses.
    let pulling = spawn_blocking(move || {
        runtime.block_on(pull(&cache, endpoint.trim_end_matches('/'), &model, &progress))
    });
    pulling.await.map_err(|_| Error::Interrupted)?
}

async fn pull(
    cache: &HubCache,
    endpoint: &str,
    model: &ModelName,
    progress: &impl Fn(Progress),
) -> Result<PathBuf, Error> {
    let client = Client::builder().connect_timeout(SILENCE_MAX).read_timeout(SILENCE_MAX).build();
    let client = client.map_err(|error| network(endpoint, error))?;
    let listing = list(&client, endpoint, model).await?;
    let root = format!("{endpoint}/{}/resolve/{}", model.repository(), listing.sha);
    let pull = Pull { client, root, folder: cache.folder(model), model, listing };
    let modules = pull.file("modules.json", progress).await?;
    let names = Bert::file_names(&fs::read(&modules).map_err(write(&modules))?)?;
    for file in &names.needed {
        pull.file(file, progress).await?;
    }
    for file in names.optional.iter().filter(|file| pull.find(file).is_some()) {
        pull.file(file, progress).await?;
    }
    pull.finish()
}

async fn list(client: &Client, endpoint: &str, model: &ModelName) -> Result<Listing, Error> {
    // A slash in a revision would become part of the path.
    let revision = model.revision().replace('/', "%2F");
    let url =
        format!("{endpoint}/api/models/{}/revision/{revision}?blobs=true", model.repository());
    let answer = client.get(&url).send().await.map_err(|error| network(&url, error))?;
    // The hub does not distinguish private from missing models.
    if matches!(answer.status(), StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND) {
        return Err(Error::Unknown { model: model.to_string() });
    }
    let answer = answer.error_for_status().map_err(|error| network(&url, error))?;
    let listing: Listing = answer.json().await.map_err(|error| network(&url, error))?;
    let hashes = listing.siblings.iter().map(Sibling::hash).chain([&*listing.sha]);
    if !hashes.into_iter().all(is_hash) {
        return Err(Error::Damaged { url, reason: "expected hexadecimal hashes" });
    }
    Ok(listing)
}

/// The download of one model.
struct Pull<'a> {
    client: Client,
    /// The common prefix of the files' addresses.
    root: String,
    folder: PathBuf,
    model: &'a ModelName,
    listing: Listing,
}

impl Pull<'_> {
    fn find(&self, file: &str) -> Option<&Sibling> {
        self.listing.siblings.iter().find(|sibling| sibling.rfilename == file)
    }

    /// Ensures that a file is in the snapshot, and returns its path.
    async fn file(&self, name: &str, progress: &impl Fn(Progress)) -> Result<PathBuf, Error> {
        let sibling = self.find(name).ok_or_else(|| Error::NoFile {
            model: self.model.to_string(),
            file: name.to_owned(),
        })?;
        let blob = self.folder.join("blobs").join(sibling.hash());
        if !blob.exists() {
            self.fetch(sibling, &blob, progress).await?;
        }
        let path = self.folder.join("snapshots").join(&self.listing.sha).join(name);
        make_parent(&path)?;
        let up = "../".repeat(name.split('/').count() + 1);
        match symlink(format!("{up}blobs/{}", sibling.hash()), &path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(write(&path)(error)),
            _ => Ok(path),
        }
    }

    async fn fetch(
        &self,
        sibling: &Sibling,
        blob: &Path,
        progress: &impl Fn(Progress),
    ) -> Result<(), Error> {
        let part_path = blob.with_extension("part");
        make_parent(&part_path)?;
        let failed = write(&part_path);
        let mut part = open_part(&part_path).map_err(&failed)?;
        // The previous holder of the lock may have downloaded the file. The partial file is then
        // empty or missing.
        if blob.exists() {
            let _ = fs::remove_file(&part_path);
            return Ok(());
        }
        let url = format!("{}/{}", self.root, sibling.rfilename);
        let mut bytes = part.metadata().map_err(&failed)?.len();
        if bytes < sibling.size {
            let mut answer = self.ask(&url, bytes).await?;
            if answer.status() != StatusCode::PARTIAL_CONTENT {
                part.set_len(0).map_err(&failed)?;
                bytes = 0;
            }
            while let Some(chunk) = answer.chunk().await.map_err(|error| network(&url, error))? {
                part.write_all(&chunk).map_err(&failed)?;
                bytes += chunk.len() as u64;
                let file = Progress::new(bytes).with_total(sibling.size);
                progress(file.with_part(&*sibling.rfilename));
            }
        }
        let wrong = if bytes != sibling.size {
            Some("its size differs from the one that the hub states")
        } else if !sibling.fits(&mut part).map_err(&failed)? {
            Some("its hash differs from the one that the hub states")
        } else {
            None
        };
        if let Some(reason) = wrong {
            fs::remove_file(&part_path).map_err(&failed)?;
            return Err(Error::Damaged { url, reason });
        }
        part.sync_all().and_then(|()| fs::rename(&part_path, blob)).map_err(&failed)
    }

    /// Requests a file from byte `start` on.
    async fn ask(&self, url: &str, start: u64) -> Result<Response, Error> {
        let mut question = self.client.get(url);
        if 0 < start {
            question = question.header(RANGE, format!("bytes={start}-"));
        }
        let answer = question.send().await.and_then(Response::error_for_status);
        answer.map_err(|error| network(url, error))
    }

    /// Records the commit of the revision, and returns the snapshot's directory.
    fn finish(self) -> Result<PathBuf, Error> {
        let Listing { sha, .. } = &self.listing;
        if self.model.revision() != sha {
            let reference = self.folder.join("refs").join(self.model.revision());
            let dir = make_parent(&reference)?;
            let written = tempfile::NamedTempFile::new_in(dir).and_then(|mut file| {
                file.write_all(sha.as_bytes())?;
                file.persist(&reference).map_err(|error| error.error)
            });
            written.map_err(write(&reference))?;
        }
        Ok(self.folder.join("snapshots").join(sha))
    }
}

impl Sibling {
    /// Returns the name of the file's blob.
    fn hash(&self) -> &str {
        self.lfs.as_ref().map_or(&self.blob_id, |lfs| &lfs.sha256)
    }

    /// Returns `true` if a large file has the expected hash. For small files the hub lists only
    /// git's hash, so only their size is checked.
    fn fits(&self, part: &mut File) -> io::Result<bool> {
        let Some(lfs) = &self.lfs else { return Ok(true) };
        part.rewind()?;
        let (mut hasher, mut block) = (Sha256::new(), vec![0; 1 << 20]);
        loop {
            match part.read(&mut block)? {
                0 => break,
                count => hasher.update(&block[..count]),
            }
        }
        let found: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(found == lfs.sha256)
    }
}

/// Opens the partial file and locks it, so that concurrent downloads of one file take turns.
fn open_part(path: &Path) -> io::Result<File> {
    // If the cache were writable by other users, they could replace the model.
    let mut options = File::options();
    let part = options.create(true).read(true).append(true).mode(FILE_MODE).open(path)?;
    set_mode(path, FILE_MODE)?;
    part.lock()?;
    Ok(part)
}

fn is_hash(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn make_parent(path: &Path) -> Result<&Path, Error> {
    let parent = path.parent().expect("the path is inside the cache");
    make_directory(parent).map_err(write(parent))?;
    Ok(parent)
}

fn write(path: &Path) -> impl Fn(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Write { path: path.clone(), source }
}

fn network(url: &str, source: reqwest::Error) -> Error {
    Error::Network { url: url.to_owned(), source: source.without_url().into() }
}
