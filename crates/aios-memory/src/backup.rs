//! Copies of a whole data directory while it is in use, and putting one back.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use aios_files::{Staging, check_apart, copy, create, make_directory, sync_directory};
use aios_working::{Problem, Working};
use serde::Serialize;
use tokio::task;

use crate::{
    Administrator, Config, Error,
    directory::{RESTORING, check_owner},
};

/// The file that says that a copy is whole; written last.
const MARK: &str = "backup.json";
/// What it says: the version of the layout.
const MARKED: &str = "{\"aios_memory_backup\": 1}\n";
/// What a copy consists of, beside the mark.
const PARTS: &[&str] = &["working.db", "journal.db", "longterm"];
/// The same with the mark, which comes last.
const MARKED_PARTS: &[&str] = &["working.db", "journal.db", "longterm", MARK];

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
    /// the library are copied. The copy is made beside `dir` and put there as a whole, by one
    /// rename; it is on disk when this returns.
    ///
    /// # Errors
    /// [`Error::ReadOnly`] when nothing can be written into the memory itself, which notes where
    /// its copies are;
    /// [`Error::Output`] when `dir` is not empty or cannot be written, [`Error::Input`] when it
    /// lies in the data directory or the other way round; [`Error::Place`] while another process
    /// writes there; what the tiers report, a damaged `journal.db` included.
    pub async fn backup(
        &self,
        dir: &Path,
        progress: impl Fn(u64) + Send + 'static,
    ) -> Result<Copied, Error> {
        self.check_writable()?;
        check_apart(dir, &self.config().memory.data_dir)?;
        let damage = self.longterm().journal_damage().await?;
        if let Some(damage) = damage.first() {
            let path = self.config().memory.data_dir.join(PARTS[1]);
            let reason = format!(
                "{damage}; restore an earlier backup, or go on with what the library \
                 holds by `aios-memory repair`"
            );
            return Err(aios_longterm::Error::DamagedFile { path, reason }.into());
        }
        let problems = self.working().verify().await?;
        let damaged = problems
            .iter()
            .any(|problem| matches!(problem, Problem::Damaged { .. } | Problem::Unreadable { .. }));
        if damaged {
            let path = self.config().memory.data_dir.join(PARTS[0]);
            let problem = "it is damaged, and so would be a copy; restore an earlier backup, or go \
                           on with what can be read by `aios-memory repair`";
            return Err(Error::Input { path, problem: problem.to_owned() });
        }
        let staging = Staging::begin(dir, MARKED_PARTS)?;
        let copy = staging.path();
        // Working memory first: what it tells while the journal is copied is in the journal, and
        // not the other way round.
        let working = copy.join(PARTS[0]);
        self.working().backup(&working).await?;
        self.longterm().backup(copy, progress).await?;
        let watermark = self.longterm().watermark().await?;
        let settings = self.config().to_working();
        let opening = task::spawn_blocking(move || Working::open(&working, settings));
        let opened = opening.await.map_err(|_| Error::Interrupted)??;
        // Its next changes must be told after those that the journal's copy has heard.
        opened.advance_feed(watermark).await?;
        opened.close().await;
        let mark = copy.join(MARK);
        let marked = create(&mark).and_then(|mut file| {
            file.write_all(MARKED.as_bytes())?;
            file.sync_all()
        });
        marked.map_err(Error::output(&mark))?;
        let bytes = bytes_below(copy).map_err(Error::output(copy))?;
        // Before it is there, for purges to name it from the beginning on.
        self.longterm().note_backup(staging.target()).await?;
        self.shared().anchor.check()?;
        staging.commit()?;
        Ok(Copied { path: dir.to_owned(), bytes })
    }
}

/// Puts a copy that [`Administrator::backup`] made into the data directory of `config`, which
/// must be empty or absent, and which nobody has open. It is made beside the data directory, with
/// the modes of private files, and put there as a whole, by one rename; until then nobody can open
/// the data directory. Blocks no async worker. One that was interrupted is begun again. Files of
/// the library are compared with their checksums; a damaged one is put back all the same, and told.
///
/// # Errors
/// [`Error::Input`] when `from` is no whole copy, or when one of the directories lies in the other;
/// [`Error::Output`] when the data directory is not empty or cannot be written,
/// [`Error::ForeignDirectory`] when it is another user's; [`Error::Place`] while another process
/// does the same.
pub async fn restore(from: &Path, config: &Config) -> Result<Copied, Error> {
    let (source, to) = (from.to_owned(), config.memory.data_dir.clone());
    let from = source.clone();
    if to.as_os_str().is_empty() {
        return Err(Error::NoDirectory);
    }
    let restoring = task::spawn_blocking(move || {
        if fs::read_to_string(from.join(MARK)).ok().as_deref() != Some(MARKED) {
            let problem = "it is no whole backup of aios-memory; name the directory that \
                           `backup` was given";
            return Err(Error::Input { path: from, problem: problem.to_owned() });
        }
        check_apart(&to, &from)?;
        if to.exists() {
            check_owner(&to)?;
        }
        remove_former(&to).map_err(Error::output(&to))?;
        let staging = Staging::begin(&to, PARTS)?;
        for part in PARTS {
            copy_tree(&from.join(part), &staging.path().join(part))?;
        }
        let bytes = bytes_below(staging.path()).map_err(Error::output(&to))?;
        staging.commit()?;
        Ok(Copied { path: to, bytes })
    });
    let copied = restoring.await.map_err(|_| Error::Interrupted)??;
    let databases = [PARTS[0], PARTS[1]].map(|name| copied.path.join(name));
    let looking = task::spawn_blocking(move || {
        databases.into_iter().find(|path| aios_working::is_damaged(path))
    });
    let damage = match looking.await.map_err(|_| Error::Interrupted)? {
        Some(path) => format!("{} is damaged", path.display()),
        None => match aios_longterm::check_files(&copied.path).await {
            Ok(()) => return Ok(copied),
            Err(error) => error.to_string(),
        },
    };
    let to = copied.path.display();
    let problem = format!(
        "it was restored to {to}, but the backup is damaged: {damage}; run `aios-memory repair`, \
         or restore another backup into an empty directory"
    );
    Err(Error::Input { path: source, problem })
}

/// Removes what a restore of a former version left in the data directory that was interrupted.
fn remove_former(to: &Path) -> io::Result<()> {
    let restoring = to.join(RESTORING);
    if !restoring.exists() {
        return Ok(());
    }
    PARTS.iter().try_for_each(|part| remove(&to.join(part)))?;
    remove(&restoring)
}

/// Removes a file, or a directory with all below it, if it is there.
fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Copies a file, or a directory with all below it, to a new one, and syncs the copy. A backup
/// consists of nothing else; a link could lead anywhere.
fn copy_tree(from: &Path, to: &Path) -> Result<(), Error> {
    let found = fs::symlink_metadata(from).map_err(read(from))?;
    if found.is_file() {
        return copy(from, to).map(drop).map_err(Error::output(to));
    }
    if !found.is_dir() {
        let problem = "it is neither a file nor a directory, and no part of a backup; put what it \
                       stands for in its place";
        return Err(Error::Input { path: from.to_owned(), problem: problem.to_owned() });
    }
    make_directory(to).map_err(Error::output(to))?;
    for entry in fs::read_dir(from).map_err(read(from))? {
        let entry = entry.map_err(read(from))?;
        copy_tree(&entry.path(), &to.join(entry.file_name()))?;
    }
    sync_directory(to).map_err(Error::output(to))
}

fn read(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |error| Error::Input { path, problem: format!("failed to read: {error}") }
}

fn bytes_below(path: &Path) -> io::Result<u64> {
    if !path.is_dir() {
        return Ok(fs::metadata(path)?.len());
    }
    fs::read_dir(path)?.map(|entry| bytes_below(&entry?.path())).sum()
}
