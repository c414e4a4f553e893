//! Copies of the whole of long-term memory while it is in use.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use tokio::task;

use crate::{
    Error, Longterm,
    sync::{make_directory, unless_gone},
};

impl Longterm {
    /// Copies `journal.db` and the library into the directory `dir`, on disk when this returns.
    /// Together they hold all that was acknowledged before the call; reading and writing go on
    /// meanwhile, while nothing is pruned. `progress` is told how many bytes are copied.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Io`] when `dir` cannot be written, or holds a copy already.
    pub async fn backup(
        &self,
        dir: &Path,
        progress: impl Fn(u64) + Send + 'static,
    ) -> Result<(), Error> {
        aios_files::check_apart(dir, &self.shared.places.dir)?;
        let places = self.shared.places.clone();
        let access = self.shared.config.access;
        let pin = task::spawn_blocking(move || places.pin(access));
        let _pin = pin.await.map_err(|_| Error::Closed)??;
        // Before there is anything to forget there.
        if let Ok(dir) = fs::canonicalize(dir) {
            self.note_backup(&dir).await?;
        }
        // The version that the journal's copy names was synced before, and is pinned: all of its
        // files are there. What the copy has beyond it is set aside when it is opened.
        self.shared.journal.backup(&dir.join("journal.db")).await?;
        let (places, to) = (self.shared.places.clone(), dir.join("longterm"));
        let copying = task::spawn_blocking(move || {
            let mut bytes = 0;
            let mut copied = |more| {
                bytes += more;
                progress(bytes);
            };
            make_directory(&*places.disk, &to)
                .and_then(|()| copy_tree(&places.library, &to, &mut copied))
                .map_err(Error::io("copy the library to", to))
        });
        copying.await.map_err(|_| Error::Closed)??;
        // The copied library is the one of this journal.
        Ok(self.shared.anchor.check()?)
    }

    /// Notes that a copy is about to be put into `dir`, for purges to name it.
    ///
    /// # Errors
    /// [`Error::Journal`] when the disk refuses.
    pub async fn note_backup(&self, dir: &Path) -> Result<(), Error> {
        // A name that is no text is left out.
        match dir.to_str() {
            Some(_) => self.shared.journal.note_backup(dir.to_owned()).await,
            None => Ok(()),
        }
    }

    /// The directories that copies were put into and that are still there.
    ///
    /// # Errors
    /// [`Error::Journal`] when the journal cannot be read.
    pub async fn backups(&self) -> Result<Vec<PathBuf>, Error> {
        self.shared.journal.backups().await
    }
}

/// Copies all files below `from`, but those that vanish meanwhile, and syncs the copies.
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
