//! The two tables of a rebuild: the old one, and the one that replaces it.

use std::{fs, path::PathBuf};

use tokio::task;

use super::plan::{Purpose, Rebuild};
use crate::{
    Error,
    library::{self, Edition, Library},
    owner::{compare_files, heal, lock, refuse_damage, remove_older_tables, set_aside},
    sync::{
        checksums::{Known, Which},
        unless_gone,
    },
};

impl Rebuild {
    /// Opens the table to replace. `None` if nothing was ever moved there.
    pub(super) async fn old_table(
        &self,
        from: Edition,
        known: &Known,
    ) -> Result<Option<Library>, Error> {
        if from.version == 0 && self.purpose != Purpose::Adopt {
            return Ok(None);
        }
        let site = self.places.site(from.table, self.vectors.dimension(), self.config.cache_bytes);
        let Some(_owner) = lock(&self.places.lock)? else {
            let opened = library::open_guarded(site).await?;
            let library = opened.ok_or_else(|| crate::owner::lost(&self.places))?;
            return self.checked(library, known).await.map(Some);
        };
        // The owner may have added versions before this process held the lock.
        let from = self.journal.end_term().await?;
        if !self.purpose.saves() {
            let library = heal(&self.places, site, from.version, known).await?;
            return self.checked(library, known).await.map(Some);
        }
        // Searches for the newest version that can be opened.
        let newest = if self.purpose == Purpose::Adopt { u64::MAX } else { from.version };
        let versions: Vec<u64> = site.manifests()?.into_keys().collect();
        for version in versions.into_iter().rev().filter(|it| *it <= newest) {
            set_aside(&self.places, &site, version)?;
            let manifest = site.manifests()?.remove(&version);
            if manifest.is_none_or(|path| self.places.check_manifest(&path, known).is_err()) {
                tracing::warn!(version, "the manifest of a version is damaged");
                continue;
            }
            match library::open_guarded(site.clone()).await {
                Ok(Some(library)) => return Ok(Some(library)),
                Ok(None) => {}
                Err(error) => tracing::warn!(version, %error, "failed to open a version"),
            }
        }
        Ok(None)
    }

    /// Returns `library`. Fails if it is damaged and this is not a repair.
    async fn checked(&self, library: Library, known: &Known) -> Result<Library, Error> {
        if !self.purpose.saves() {
            let compared = compare_files(&library, known, Which::All).await?;
            refuse_damage(&compared.damage)?;
        }
        Ok(library)
    }

    /// Returns the old table at `edition`. A repair falls back to the newest version that can be
    /// opened.
    pub(super) async fn at(
        &self,
        old: &Library,
        edition: Edition,
    ) -> Result<Option<Library>, Error> {
        if old.site().table != edition.table {
            return Err(Error::Contended { key: "the library".to_owned() });
        }
        if self.purpose == Purpose::Adopt {
            return old.pinned(old.version().await?).await.map(Some);
        }
        match (old.pinned(edition.version).await, self.purpose) {
            (Err(error), Purpose::Repair) => {
                tracing::warn!(%error, "the recorded version is unreadable; reading another one");
                old.pinned(old.version().await?).await.map(Some)
            }
            (pinned, _) => pinned.map(Some),
        }
    }

    /// Opens the new table, as far as it is on disk, or creates it.
    pub(super) async fn new_table(
        &self,
        table: u64,
        built_version: u64,
        known: &Known,
    ) -> Result<Library, Error> {
        let site = self.places.site(table, self.vectors.dimension(), self.config.cache_bytes);
        if 0 < built_version
            && let Ok(library) = heal(&self.places, site.clone(), built_version, known).await
            && compare_files(&library, known, Which::All).await?.damage.is_empty()
        {
            return Ok(library);
        }
        site.discard()?;
        self.journal.begin_again().await?;
        Library::create(site).await
    }

    /// Removes the replaced table if nothing reads it. Moves a damaged one to the quarantine, and
    /// returns its path there.
    pub(super) async fn clear_away(
        &self,
        table: u64,
        is_damaged: bool,
    ) -> Result<Option<PathBuf>, Error> {
        let places = self.places.clone();
        let removal = task::spawn_blocking(move || {
            let mut moved = None;
            if is_damaged {
                let _unread = places.alone()?;
                let old = places.site(table, 0, 0).table_dir();
                let to = places.make_quarantine()?.join(format!("{table}-damaged.lance"));
                library::remove(&to)?;
                let renamed = unless_gone(fs::rename(&old, &to)).map_err(Error::io("move", old))?;
                moved = renamed.map(|()| to);
            } else {
                remove_older_tables(&places, table + 1)?;
            }
            let all = &places.library;
            places.disk.sync_directory(all).map_err(Error::io("sync", all))?;
            Ok(moved)
        });
        removal.await.map_err(|_| Error::Closed)?
    }
}
