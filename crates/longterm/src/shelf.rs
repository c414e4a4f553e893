//! The library as opened by this process, at the version that the journal names. Short reads that
//! fail because the owner pruned their version are repeated.

mod newest;

use std::{
    fs::File,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use aios_files::Anchor;
use aios_ledger::Access;
use futures::future::BoxFuture;
use tokio::{sync::Notify, task, time};

use crate::{
    Config, Error,
    blocking::blocking,
    config::DRAIN_POLL,
    intake::{Rules, Vectors},
    journal::Journal,
    library::{Edition, Library, Site},
    owner::{Places, compare_files, lost, refuse_any_damage},
    sync::checksums::Which,
};

/// Attempts to open the library while a new owner may be healing it, [`DRAIN_POLL`] apart.
const HEAL_TRIES: u32 = 50;
/// Attempts of a short read while the owner may prune its version.
const READ_TRIES: u32 = 4;

/// The open library, for reads.
pub(crate) struct Shelf {
    journal: Journal,
    places: Places,
    /// The directories that searches and copies read.
    anchor: Anchor,
    access: Access,
    dimension: usize,
    cache_bytes: usize,
    rules: Rules,
    /// `None` until an owner has created the table.
    library: RwLock<Option<Library>>,
    /// Set if the index of keys was found to miss records.
    has_missed: AtomicBool,
    /// Wakes the worker.
    wake: Arc<Notify>,
}

impl Shelf {
    pub(crate) fn new(
        places: &Places,
        config: &Config,
        journal: &Journal,
        vectors: &Vectors,
        wake: &Arc<Notify>,
    ) -> Result<Shelf, Error> {
        Ok(Shelf {
            journal: journal.clone(),
            anchor: Anchor::new([places.dir.clone(), places.library.clone()])?,
            places: places.clone(),
            access: config.access,
            dimension: vectors.dimension(),
            cache_bytes: config.cache_bytes,
            rules: Rules::of(vectors),
            library: RwLock::new(None),
            has_missed: AtomicBool::default(),
            wake: Arc::clone(wake),
        })
    }

    /// Returns the library at `edition` or later. `None` if nothing was ever moved there. Fails if
    /// one of its files is damaged.
    pub(crate) fn library(
        &self,
        edition: Edition,
    ) -> BoxFuture<'_, Result<Option<Library>, Error>> {
        Box::pin(async move {
            if edition.version == 0 {
                return Ok(None);
            }
            self.check_place()?;
            let opened = self.library.read().expect("no holder panics").clone();
            let library = match opened.filter(|library| library.site().table == edition.table) {
                Some(library) => library,
                None => {
                    let library = self.open_library(edition).await?;
                    let known = self.journal.checksums().await?;
                    let compared = compare_files(&library, &known, Which::Changed).await?;
                    refuse_any_damage(&compared.damage)?;
                    self.keep_library(library.clone());
                    library
                }
            };
            library.catch_up(edition.version).await?;
            Ok(Some(library))
        })
    }

    /// Returns the library at `edition` or later, damaged or not. `None` if nothing was ever moved
    /// there.
    pub(crate) fn library_as_it_is(
        &self,
        edition: Edition,
    ) -> BoxFuture<'_, Result<Option<Library>, Error>> {
        Box::pin(async move {
            match edition.version {
                0 => Ok(None),
                _ => self.open_library(edition).await.map(Some),
            }
        })
    }

    /// Opens the library at `edition`. Lance reads the newest version first, and later versions may
    /// be damaged until a new owner has moved them to the quarantine, so this waits for that.
    async fn open_library(&self, edition: Edition) -> Result<Library, Error> {
        let (site, version) =
            (self.places.site(edition.table, self.dimension, self.cache_bytes), edition.version);
        for tries in 1.. {
            match self.try_open_library(site.clone(), version).await {
                Err(Error::Library { .. })
                    if tries < HEAL_TRIES
                        && site.manifests()?.range(version + 1..).next().is_some() =>
                {
                    if tries == 1 {
                        tracing::info!("the newest version is unreadable; waiting for its owner");
                    }
                    time::sleep(DRAIN_POLL).await;
                }
                outcome => return outcome,
            }
        }
        unreachable!("the last attempt returns")
    }

    async fn try_open_library(&self, site: Site, version: u64) -> Result<Library, Error> {
        let known = self.journal.checksums().await?;
        if let Some(manifest) = site.manifests()?.get(&version) {
            self.places.check_manifest(manifest, &known)?;
        }
        // A manifest that a power cut has damaged may make its reader panic.
        let opening = task::spawn(Library::open(site));
        let opened = opening.await.map_err(Error::library("open the table"))??;
        let library = opened.ok_or_else(|| lost(&self.places))?;
        library.stay_at(version).await?;
        Ok(library)
    }

    /// Makes `library` the one for later reads, unless the present one has a newer table.
    pub(crate) fn keep_library(&self, library: Library) {
        let mut kept = self.library.write().expect("no holder panics");
        if kept.as_ref().is_none_or(|kept| kept.site().table <= library.site().table) {
            *kept = Some(library);
        }
    }

    /// Closes the library, so that later reads open it again.
    pub(crate) fn drop_library(&self) {
        *self.library.write().expect("no holder panics") = None;
    }

    /// Fails if the directories are no longer the opened ones.
    pub(crate) fn check_place(&self) -> Result<(), Error> {
        Ok(self.anchor.check()?)
    }

    /// Keeps every process from pruning versions of the library while the returned file is open.
    /// For long reads.
    pub(crate) async fn pin(&self) -> Result<Option<File>, Error> {
        let (places, access) = (self.places.clone(), self.access);
        blocking(move || places.pin(access)).await?
    }

    /// As [`pin`](Shelf::pin), for a caller that may block.
    pub(crate) fn pin_blocking(&self) -> Result<Option<File>, Error> {
        self.places.pin(self.access)
    }

    /// Returns `true` if the index of keys was found to miss records since the last call.
    pub(crate) fn take_missed(&self) -> bool {
        self.has_missed.swap(false, Ordering::Relaxed)
    }
}

/// Runs a short read, and repeats it if the library cannot be read: its owner may have pruned the
/// version that was read, or a rebuild removed the table. Then there is a newer one.
pub(crate) async fn retried<T, R: Future<Output = Result<T, Error>>>(
    read: impl FnMut() -> R,
) -> Result<T, Error> {
    retried_until(read, |_| true).await
}

/// As [`retried`], and repeats it while the outcome is not whole.
async fn retried_until<T, R: Future<Output = Result<T, Error>>>(
    mut read: impl FnMut() -> R,
    is_whole: impl Fn(&T) -> bool,
) -> Result<T, Error> {
    for _ in 1..READ_TRIES {
        match read().await {
            Err(Error::Library { .. } | Error::DamagedFile { .. } | Error::DamagedRows { .. }) => {}
            Ok(found) if !is_whole(&found) => {}
            outcome => return outcome,
        }
    }
    read().await
}
