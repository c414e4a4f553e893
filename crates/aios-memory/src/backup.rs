//! Copies of a whole data directory while it is in use, and putting one back.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, ErrorKind},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use aios_working::Working;
use serde::Serialize;
use tokio::task;

use crate::{Administrator, Config, Error};

/// The file that says that a copy is whole; written last.
const MARK: &str = "backup.json";
/// What it says: the version of the layout.
const MARKED: &str = "{\"aios_memory_backup\": 1}\n";
/// The file in a data directory that says that what is beside it is not yet a whole copy.
const RESTORING: &str = "restoring";
/// What a copy consists of, beside the mark.
const PARTS: [&str; 3] = ["working.db", "journal.db", "longterm"];

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// Where to.
    #[serde(serialize_with = "crate::written_path::one")]
    pub path: PathBuf,
    /// How many bytes.
    pub bytes: u64,
}

impl Administrator {
    /// Copies the whole memory into `dir`, which is made, or is empty: both databases and the
    /// library, of one moment each, which fit each other. All that was acknowledged before the
    /// call is in it; others may read and write meanwhile. `progress` is told how many bytes of
    /// the library are copied. The copy is on disk when this returns.
    ///
    /// # Errors
    /// [`Error::ReadOnly`] when nothing can be written into the memory itself, which notes where
    /// its copies are;
    /// [`Error::Output`] when `dir` is not empty or cannot be written, [`Error::Input`] when it
    /// lies in the data directory; what the tiers report, a damaged `journal.db` included.
    pub async fn backup(
        &self,
        dir: &Path,
        progress: impl Fn(u64) + Send + 'static,
    ) -> Result<Copied, Error> {
        self.check_writable()?;
        check_outside(dir, &self.config().memory.data_dir)?;
        let damage = self.longterm().journal_damage().await?;
        if let Some(damage) = damage.first() {
            let path = self.config().memory.data_dir.join(PARTS[1]);
            let reason = format!(
                "{damage}; restore an earlier backup, or go on with what the library \
                 holds by `aios-memory repair`"
            );
            return Err(aios_longterm::Error::DamagedFile { path, reason }.into());
        }
        empty_directory(dir)?;
        // Working memory first: what it tells while the journal is copied is in the journal, and
        // not the other way round.
        let working = dir.join(PARTS[0]);
        self.working().backup(&working).await?;
        self.longterm().backup(dir, progress).await?;
        let watermark = self.longterm().watermark().await?;
        let settings = self.config().to_working();
        let opening = task::spawn_blocking(move || Working::open(&working, settings));
        let copy = opening.await.map_err(|_| Error::Interrupted)??;
        // Its next changes must be told after those that the journal's copy has heard.
        copy.advance_feed(watermark).await?;
        copy.close().await;
        let mark = dir.join(MARK);
        fs::write(&mark, MARKED).and_then(|()| sync(&mark)).map_err(Error::output(&mark))?;
        let bytes = bytes_below(dir).map_err(Error::output(dir))?;
        Ok(Copied { path: dir.to_owned(), bytes })
    }
}

/// Puts a copy that [`Administrator::backup`] made into the data directory of `config`, which
/// must be empty or absent, and which nobody has open. Blocks no async worker. One that was
/// interrupted is begun again; until it has ended nobody can open the data directory. Files of the
/// library are compared with their checksums; a damaged one is put back all the same, and told.
///
/// # Errors
/// [`Error::Input`] when `from` is no whole copy; [`Error::Output`] when the data directory is not
/// empty or cannot be written.
pub async fn restore(from: &Path, config: &Config) -> Result<Copied, Error> {
    let (from, to) = (from.to_owned(), config.memory.data_dir.clone());
    let restoring = task::spawn_blocking(move || {
        if fs::read_to_string(from.join(MARK)).ok().as_deref() != Some(MARKED) {
            let problem = "it is no whole backup of aios-memory; name the directory that \
                           `backup` was given";
            return Err(Error::Input { path: from, problem: problem.to_owned() });
        }
        let restoring = to.join(RESTORING);
        if restoring.exists() {
            PARTS.iter().try_for_each(|part| remove(&to.join(part))).map_err(Error::output(&to))?;
        } else {
            empty_directory(&to)?;
            File::create(&restoring).map_err(Error::output(&restoring))?;
            sync(&to).map_err(Error::output(&to))?;
        }
        for part in PARTS {
            copy(&from.join(part), &to.join(part)).map_err(Error::output(to.join(part)))?;
        }
        sync(&to).map_err(Error::output(&to))?;
        remove(&restoring).and_then(|()| sync(&to)).map_err(Error::output(&to))?;
        let bytes = bytes_below(&to).map_err(Error::output(&to))?;
        Ok(Copied { path: to, bytes })
    });
    let copied = restoring.await.map_err(|_| Error::Interrupted)??;
    aios_longterm::check_files(&copied.path).await?;
    Ok(copied)
}

/// Refuses a data directory into which a copy was put back only in part.
pub(crate) fn check_restored(dir: &Path) -> Result<(), Error> {
    if !dir.join(RESTORING).exists() {
        return Ok(());
    }
    let problem = "a restore into it was interrupted; run `aios-memory restore` again".to_owned();
    Err(Error::Input { path: dir.to_owned(), problem })
}

/// Removes a file, or a directory with all below it, if it is there.
fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Refuses a place in the data directory itself: the copy would copy itself, and be purged as far
/// as it lies among what is.
fn check_outside(dir: &Path, data_dir: &Path) -> Result<(), Error> {
    let absolute = std::path::absolute(dir).map_err(Error::output(dir))?;
    let there = absolute.ancestors().find_map(|above| fs::canonicalize(above).ok());
    let data_dir = fs::canonicalize(data_dir).map_err(Error::output(data_dir))?;
    match there.is_some_and(|there| there.starts_with(&data_dir)) {
        true => {
            let problem = "it lies in the data directory; name one outside of it".to_owned();
            Err(Error::Input { path: dir.to_owned(), problem })
        }
        false => Ok(()),
    }
}

/// Makes `dir`, unless it is there and empty.
fn empty_directory(dir: &Path) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    let is_empty = made.and_then(|()| Ok(fs::read_dir(dir)?.next().is_none()));
    match is_empty.map_err(Error::output(dir))? {
        true => Ok(()),
        false => Err(Error::output(dir)(io::Error::from(ErrorKind::DirectoryNotEmpty))),
    }
}

/// Copies a file, or a directory with all below it, and syncs the copy.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        fs::copy(from, to)?;
        return sync(to);
    }
    DirBuilder::new().mode(0o700).create(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    sync(to)
}

fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn bytes_below(path: &Path) -> io::Result<u64> {
    if !path.is_dir() {
        return Ok(fs::metadata(path)?.len());
    }
    fs::read_dir(path)?.map(|entry| bytes_below(&entry?.path())).sum()
}
