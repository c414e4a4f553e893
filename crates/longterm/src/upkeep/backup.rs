//! Backups of long-term memory while it is in use.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::Arc,
};

use aios_embedding::Fingerprint;
use aios_files::Temporary;
use aios_record::Progress;
use futures::future::BoxFuture;
use tokio::task;

use crate::{
    Access, Durability, Error, Space, Upkeep,
    intake::Vectors,
    journal::Journal,
    library::open_guarded,
    owner::{Places, compare_files, lost, refuse_any_damage},
    sync::{System, checksums::Which, make_directory, unless_gone},
};

impl Upkeep<'_> {
    /// Copies `journal.db` and the library into the directory `dir`. When this returns, the copy is
    /// on disk and holds everything that was acknowledged before the call. Reads and writes
    /// continue during the copy; nothing is pruned. Calls `progress` with the number of bytes
    /// copied so far. Compares the copied files with their checksums.
    ///
    /// # Errors
    /// - [`Error::Place`] if `dir` is inside the library's directory or contains it.
    /// - [`Error::DamagedRows`], [`Error::DamagedFile`] if the library is damaged.
    /// - [`Error::Journal`], [`Error::Io`] if `dir` cannot be written or already holds a copy.
    pub async fn backup(
        self,
        dir: &Path,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<(), Error> {
        aios_files::check_apart(dir, &self.longterm.parts.places.library)?;
        let _pin = self.longterm.parts.shelf.pin().await?;
        // Recorded before the copy exists, so that no purge misses it.
        if let Ok(dir) = fs::canonicalize(dir) {
            self.note_backup(&dir).await?;
        }
        // The version that the journal's copy names was synced before and is pinned, so all of its
        // files exist. Opening the copy moves later versions to the quarantine.
        self.longterm.parts.journal.backup(&dir.join("journal.db")).await?;
        if let Some(library) =
            self.longterm.parts.shelf.library(self.longterm.parts.journal.edition().await?).await?
        {
            let known = self.longterm.parts.journal.checksums().await?;
            refuse_any_damage(&compare_files(&library, &known, Which::All).await?.damage)?;
        }
        let (places, to) = (self.longterm.parts.places.clone(), dir.join("longterm"));
        let copying = task::spawn_blocking(move || {
            let mut bytes = 0;
            let mut copied = |more| {
                bytes += more;
                progress(Progress::new(bytes));
            };
            make_directory(&*places.disk, &to)
                .and_then(|()| copy_tree(&places.library, &to, &mut copied))
                .map_err(Error::io("copy the library to", to))
        });
        copying.await.map_err(|_| Error::Closed)??;
        // Checks that the copied library belongs to this journal.
        self.longterm.parts.shelf.check_place()?;
        check_files(dir).await
    }

    /// Records that `dir` is about to receive a copy, so that purges can name it. A path that is
    /// not UTF-8 is not recorded.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be written.
    pub async fn note_backup(self, dir: &Path) -> Result<(), Error> {
        match dir.to_str() {
            Some(_) => self.longterm.parts.journal.note_backup(dir.to_owned()).await,
            None => Ok(()),
        }
    }

    /// Returns the directories that received a copy and still exist.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn backups(self) -> Result<Vec<PathBuf>, Error> {
        self.longterm.parts.journal.backups().await
    }
}

/// Compares the library files in the directory `dir` with the checksums in its journal. No other
/// process or handle may have `dir` open.
///
/// # Errors
/// [`Error::DamagedRows`], [`Error::DamagedFile`] if a file differs; [`Error::Journal`],
/// [`Error::Library`] if a store cannot be read.
pub async fn check_files(dir: &Path) -> Result<(), Error> {
    let (_link, dir) = written(dir)?;
    let places = Places::new(&dir, Arc::new(System));
    let site = places.clone();
    // Vectors are not read, so any space will do.
    let vectors = Vectors::Given(Space { fingerprint: Fingerprint::new(""), dimension: 1 });
    let opening = task::spawn_blocking(move || {
        Journal::open(&site, Access::ReadOnly, Durability::Full, &vectors)
    });
    let journal = opening.await.map_err(|_| Error::Closed)??;
    let compared = compare_all(&places, &journal).await;
    journal.close().await;
    compared
}

/// Returns a UTF-8 path to `dir`, as LanceDB requires. If the path of `dir` is not UTF-8, the
/// result is a symbolic link in a temporary directory, which is removed with the result.
fn written(dir: &Path) -> Result<(Option<Temporary>, PathBuf), Error> {
    if dir.to_str().is_some() {
        return Ok((None, dir.to_owned()));
    }
    let target = std::path::absolute(dir).map_err(Error::io("find", dir))?;
    let temporary = Temporary::below(&Temporary::of_the_system())?;
    let link = temporary.path().join("copy");
    symlink(target, &link).map_err(Error::io("make a link to", dir))?;
    Ok((Some(temporary), link))
}

fn compare_all<'a>(places: &'a Places, journal: &'a Journal) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        let (edition, known) = (journal.edition_of_any_model().await?, journal.checksums().await?);
        // Opening converts a library of a former version, so its files are not compared.
        if edition.version == 0 || journal.has_former_library().await? {
            return Ok(());
        }
        let site = places.site(edition.table, 1, 0);
        let manifest = site.manifests()?.remove(&edition.version).ok_or_else(|| lost(places))?;
        places.check_manifest(&manifest, &known)?;
        let library = open_guarded(site).await?.ok_or_else(|| lost(places))?;
        library.stay_at(edition.version).await?;
        refuse_any_damage(&compare_files(&library, &known, Which::All).await?.damage)
    })
}

/// Copies all files below `from`, except those that vanish during the call, and syncs the copies.
fn copy_tree(from: &Path, to: &Path, copied: &mut impl FnMut(u64)) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            aios_files::make_directory(&target)?;
            copy_tree(&entry.path(), &target, copied)?;
        } else if let Some(bytes) = unless_gone(aios_files::copy(&entry.path(), &target))? {
            copied(bytes);
        }
    }
    File::open(to)?.sync_all()
}
