//! The handle: opening, draining and closing. Not here: operations on records, see `view`.

use std::{
    collections::BTreeSet,
    fs,
    ops::Deref,
    path::Path,
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aios_analysis::Analyzer;
use aios_embedding::Embedder;
use aios_files::{Anchor, secure_tree};
use aios_ledger::Access;
use aios_record::{Gate, Generation, Timestamp};
use tokio::{
    sync::{Mutex, Notify, watch},
    task, time,
};

use crate::{
    Config, Error, LongtermView,
    change::Turns,
    checksums::Which,
    journal::{Journal, Limits},
    library::{Edition, Library, Site},
    owner::{self, Owner, Places, compare_files, refuse_any_damage},
    rebuild,
    search::{Backgrounds, Names, Resident, Waiting, Weights},
    sync::{Disk, System, make_directory},
    vectors::{Space, Vectors},
    worker::Worker,
};

/// Interval at which [`Longterm::drain`] checks the progress of another process.
pub(crate) const DRAIN_POLL: Duration = Duration::from_millis(20);
/// Attempts to open the library while a new owner may be healing it, [`DRAIN_POLL`] apart.
const HEAL_TRIES: u32 = 50;
/// Attempts of a short read while the owner may prune its version.
const READ_TRIES: u32 = 4;

/// The handle on one data directory's long-term memory: the administrator's [view](LongtermView),
/// and maintenance. Clones share everything.
///
/// When the last clone and the last view are dropped, waiting changes stay in the journal for the
/// next owner. [`close`](Longterm::close) moves them into the library first.
#[derive(Clone)]
pub struct Longterm {
    view: LongtermView,
}

impl Deref for Longterm {
    type Target = LongtermView;

    fn deref(&self) -> &LongtermView {
        &self.view
    }
}

/// State that the handle and its worker share.
pub(crate) struct Shared {
    pub(crate) places: Places,
    /// The directories that searches and copies read.
    pub(crate) anchor: Anchor,
    pub(crate) config: Arc<Config>,
    pub(crate) journal: Journal,
    pub(crate) vectors: Vectors,
    pub(crate) analyzer: &'static Analyzer,
    /// Created by the first search.
    pub(crate) backgrounds: Backgrounds,
    /// Names behind the numbers that searches hold in RAM.
    pub(crate) names: RwLock<Names>,
    /// Waiting rows of the journal, as searches see them.
    pub(crate) waiting: Waiting,
    /// The library in RAM, from the first search on.
    pub(crate) resident: Resident,
    /// The library that searches read. `None` until an owner has created the table.
    library: RwLock<Option<Library>>,
    /// `Some` while this process is the owner.
    owner: Mutex<Option<Owner>>,
    /// Held while outstanding vectors are computed.
    pub(crate) embedding: Mutex<()>,
    /// Columns whose damaged indexes this process has rebuilt.
    pub(crate) mended: std::sync::Mutex<BTreeSet<String>>,
    /// Set if the index of keys was found to miss records.
    pub(crate) has_missed: AtomicBool,
    /// Sequence number of the newest change that this process has moved into the library.
    drained: watch::Sender<i64>,
    /// Notified when there is something to drain.
    pub(crate) wake: Notify,
    pub(crate) turns: Turns,
}

impl Longterm {
    /// Opens long-term memory in the data directory `dir`, and creates it (mode 0700) if it does
    /// not exist. Background work runs on the current tokio runtime. A library of a former version
    /// is converted first, which takes as long as copying it.
    ///
    /// With [`Access::ReadOnly`] nothing is created or written; an empty `dir` is read as an empty
    /// memory.
    ///
    /// # Errors
    /// - [`Error::ModelMismatch`] if the stored vectors are from another model.
    /// - [`Error::Io`], [`Error::Journal`] if `dir` cannot be used; [`Error::Place`] if something
    ///   in it belongs to another user of the system.
    /// - [`Error::DamagedFile`] if the library that the journal names is gone, or a deletion file
    ///   cannot be read.
    /// - [`Error::Older`] if the journal has not reached [`Config::reached`].
    /// - [`Error::FormerLibrary`] if a library of a former version may only be read.
    pub async fn open(
        dir: &Path,
        config: Config,
        embedder: Arc<dyn Embedder>,
    ) -> Result<Longterm, Error> {
        Longterm::open_on(Arc::new(System), dir, config, Vectors::Model(embedder)).await
    }

    /// As [`open`](Longterm::open), for a store that embeds nothing: records and knowledge come
    /// with the caller's own vectors ([`store_with_vectors`](LongtermView::store_with_vectors),
    /// [`Knowledge::with_vector`]), and so do searches ([`SearchOptions::vector`]). Vectors of any
    /// length are stored and compared at length 1; a vector of zeros is similar to nothing. Records
    /// from the feed have no vector and are found by their words.
    ///
    /// [`Knowledge::with_vector`]: crate::Knowledge::with_vector
    /// [`SearchOptions::vector`]: crate::SearchOptions::vector
    ///
    /// # Errors
    /// As [`open`](Longterm::open).
    pub async fn open_with_vectors(
        dir: &Path,
        config: Config,
        space: Space,
    ) -> Result<Longterm, Error> {
        Longterm::open_on(Arc::new(System), dir, config, Vectors::Given(space)).await
    }

    /// Opens long-term memory on a disk that may be a stand-in for the operating system's.
    pub(crate) async fn open_on(
        disk: Arc<dyn Disk>,
        dir: &Path,
        config: Config,
        vectors: Vectors,
    ) -> Result<Longterm, Error> {
        // LanceDB ends the process if the clock is before 1970.
        SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| Error::Clock)?;
        let places = Places::new(dir, disk);
        let library = places.library.clone();
        let was_there = library.exists();
        let opened = Box::pin(Longterm::open_at(places, config, vectors)).await;
        if opened.is_err() && !was_there {
            // Leaves the path free for a library that was moved away. This fails if the directory
            // is not empty.
            let _ = fs::remove_dir(library);
        }
        opened
    }

    async fn open_at(
        places: Places,
        mut config: Config,
        vectors: Vectors,
    ) -> Result<Longterm, Error> {
        let library = &places.library;
        match config.access {
            Access::ReadWrite => {
                make_directory(&*places.disk, library).map_err(Error::io("create", library))?;
                secure(library)?;
            }
            // A read-only handle computes no outstanding vectors.
            Access::ReadOnly => config.vector_wait = Duration::ZERO,
        }
        let (site, access, durability) = (places.clone(), config.access, config.durability);
        let given = vectors.fingerprint();
        let of = vectors.clone();
        let journal = task::spawn_blocking(move || Journal::open(&site, access, durability, &of));
        let journal = journal.await.map_err(|_| Error::Closed)??;
        let stored = journal.claim_embedder().await?;
        if stored != given {
            return Err(Error::ModelMismatch { stored, given });
        }
        journal.check_reached(config.reached).await?;
        if config.access == Access::ReadOnly {
            owner::check_journal(&places, &journal).await?;
        }
        rebuild::bring_over(&places, &config, &journal, &vectors).await?;
        let held = [places.dir.clone(), places.library.clone()];
        let shared = Arc::new(Shared {
            places,
            anchor: Anchor::new(held)?,
            analyzer: Analyzer::of(config.language),
            backgrounds: Backgrounds::default(),
            names: RwLock::default(),
            waiting: Waiting::default(),
            resident: Resident::default(),
            config: Arc::new(config),
            journal,
            vectors,
            library: RwLock::new(None),
            owner: Mutex::new(None),
            embedding: Mutex::default(),
            mended: std::sync::Mutex::default(),
            has_missed: AtomicBool::default(),
            drained: watch::Sender::new(0),
            wake: Notify::new(),
            turns: Turns::default(),
        });
        match shared.own().await {
            // Searches work without an owner; the worker tries again.
            Err(Error::NoRoom(_) | Error::DamagedRows { .. }) => {}
            owned => owned?,
        }
        let worker = Arc::new(Worker::start(Arc::clone(&shared)));
        let gate = Gate::administrator();
        Ok(Longterm { view: LongtermView { shared, gate, worker } })
    }

    /// Returns the generation of the journal, to be stored outside of it; see [`Config::reached`].
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn generation(&self) -> Result<Generation, Error> {
        self.shared.journal.generation().await
    }

    /// Returns a receiver that changes each time this process has moved changes into the library.
    #[must_use]
    pub fn drained(&self) -> watch::Receiver<i64> {
        self.shared.drained.subscribe()
    }

    /// Returns long-term memory as `gate` sees it.
    #[must_use]
    pub fn scoped(&self, gate: Gate) -> LongtermView {
        LongtermView { gate, ..self.view.clone() }
    }

    /// Makes durable everything that was acknowledged before the call. [`Durability::Full`] does
    /// that with each acknowledgement; with [`Durability::Normal`] call this before you delete the
    /// source of the records.
    ///
    /// [`Durability::Full`]: crate::Durability::Full
    /// [`Durability::Normal`]: crate::Durability::Normal
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be written.
    pub async fn sync(&self) -> Result<(), Error> {
        self.shared.journal.sync().await
    }

    /// Waits until the library holds everything that was acknowledged before the call, whichever
    /// process moves it there, and whatever is written meanwhile.
    ///
    /// # Errors
    /// The error that kept this process, as the owner, from moving it; [`Error::ReadOnly`] if
    /// changes wait and the handle is read-only.
    pub async fn drain(&self) -> Result<(), Error> {
        let through = self.shared.journal.newest_pending().await?;
        while self.shared.journal.is_waiting(through).await? {
            if self.shared.config.access == Access::ReadOnly {
                return Err(Error::ReadOnly);
            }
            self.shared.own().await?;
            if self.shared.drain_owned(through).await? {
                return Ok(());
            }
            time::sleep(DRAIN_POLL).await;
        }
        Ok(())
    }

    /// Moves the waiting changes into the library if this process is the owner, ends the background
    /// work, releases the ownership and closes the journal. Other clones fail with
    /// [`Error::Closed`] afterwards.
    ///
    /// # Errors
    /// The error that kept the journal from being drained. The journal is closed all the same and
    /// loses nothing.
    pub async fn close(self) -> Result<(), Error> {
        self.worker.stop().await;
        let drained = self.shared.drain_now().await;
        drop(self.shared.owner.lock().await.take());
        self.shared.journal.close().await;
        drained.map(|_| ())
    }
}

/// Counts the attempts of a short read. If the library cannot be read, its owner may have pruned
/// the version that was read, or a rebuild removed the table. Then there is a newer one.
#[derive(Default)]
pub(crate) struct Tries(u32);

impl Tries {
    pub(crate) fn are_left(&mut self, error: &Error) -> bool {
        let is_gone = matches!(
            error,
            Error::Library { .. } | Error::DamagedFile { .. } | Error::DamagedRows { .. }
        );
        is_gone && self.is_left()
    }

    pub(crate) fn is_left(&mut self) -> bool {
        self.0 += 1;
        self.0 < READ_TRIES
    }
}

/// Refuses a library that other users have written to, and removes their access.
fn secure(library: &Path) -> Result<(), Error> {
    let tightened = secure_tree(library)?;
    if 0 < tightened {
        let path = library.display();
        tracing::warn!(%path, files = tightened, "others could read or write it; it is closed now");
    }
    Ok(())
}

impl Shared {
    pub(crate) fn now(&self) -> Timestamp {
        (self.config.clock)()
    }

    pub(crate) fn limits(&self) -> Limits {
        let Config { journal_rows_max, disk_bytes_max, .. } = *self.config;
        Limits { rows_max: journal_rows_max, disk_bytes_max }
    }

    pub(crate) fn weights(&self) -> Weights {
        self.config.weights
    }

    /// Returns the library that searches read, at `edition` or later. `None` if nothing was ever
    /// moved there. Fails if one of its files is damaged.
    pub(crate) async fn library(&self, edition: Edition) -> Result<Option<Library>, Error> {
        if edition.version == 0 {
            return Ok(None);
        }
        self.anchor.check()?;
        let opened = self.library.read().expect("no holder panics").clone();
        let library = match opened.filter(|library| library.site().table == edition.table) {
            Some(library) => library,
            None => {
                let (dimension, cache_bytes) = (self.vectors.dimension(), self.config.cache_bytes);
                let site = self.places.site(edition.table, dimension, cache_bytes);
                let library = self.open_library(site, edition.version).await?;
                let known = self.journal.checksums().await?;
                let compared = compare_files(&library, &known, Which::Changed).await?;
                refuse_any_damage(&compared.damage)?;
                self.keep_library(library.clone());
                library
            }
        };
        library.catch_up(edition.version).await?;
        Ok(Some(library))
    }

    /// Returns the library at `edition` or later, damaged or not. `None` if nothing was ever moved
    /// there.
    pub(crate) async fn library_as_it_is(
        &self,
        edition: Edition,
    ) -> Result<Option<Library>, Error> {
        if edition.version == 0 {
            return Ok(None);
        }
        let (dimension, cache_bytes) = (self.vectors.dimension(), self.config.cache_bytes);
        let site = self.places.site(edition.table, dimension, cache_bytes);
        self.open_library(site, edition.version).await.map(Some)
    }

    /// Opens the library at `version`. Lance reads the newest version first, and later versions may
    /// be damaged until a new owner has moved them to the quarantine, so this waits for that.
    pub(crate) async fn open_library(&self, site: Site, version: u64) -> Result<Library, Error> {
        for tries in 1.. {
            match self.try_open_library(site.clone(), version).await {
                Err(Error::Library { .. })
                    if tries < HEAL_TRIES
                        && site.manifests()?.range(version + 1..).next().is_some() =>
                {
                    if tries == 1 {
                        tracing::info!("the newest version cannot be read; waiting for its owner");
                    }
                    time::sleep(DRAIN_POLL).await;
                }
                outcome => return outcome,
            }
        }
        unreachable!("the last try is not repeated")
    }

    async fn try_open_library(&self, site: Site, version: u64) -> Result<Library, Error> {
        let known = self.journal.checksums().await?;
        if let Some(manifest) = site.manifests()?.get(&version) {
            self.places.check_manifest(manifest, &known)?;
        }
        // A manifest that a power cut has damaged may make its reader panic.
        let opening = task::spawn(Library::open(site));
        let opened = opening.await.map_err(Error::library("open the table"))??;
        let library = opened.ok_or_else(|| owner::lost(&self.places))?;
        library.stay_at(version).await?;
        Ok(library)
    }

    /// Lets later reads use this library, unless the present one is of a newer table.
    fn keep_library(&self, library: Library) {
        let mut kept = self.library.write().expect("no holder panics");
        if kept.as_ref().is_none_or(|kept| kept.site().table <= library.site().table) {
            *kept = Some(library);
        }
    }

    /// Becomes the owner if no process is. Does nothing with [`Access::ReadOnly`].
    pub(crate) async fn own(&self) -> Result<(), Error> {
        if self.config.access == Access::ReadOnly {
            return Ok(());
        }
        let mut owner = self.owner.lock().await;
        if owner.is_some() {
            return Ok(());
        }
        let dimension = self.vectors.dimension();
        let taking = Owner::take(&self.places, &self.journal, &self.config, dimension);
        let taken = Box::pin(taking).await;
        let taken = match taken {
            // A rebuild was faster. The next call finds its table.
            Err(Error::Ousted) => None,
            taken => taken?,
        };
        if let Some(taken) = taken {
            self.keep_library(taken.library().clone());
            let mut mended = self.mended.lock().expect("no holder panics");
            mended.extend(taken.mended().iter().cloned());
            drop(mended);
            *owner = Some(taken);
        }
        Ok(())
    }

    /// Drains all changes that wait now, see [`drain_owned`](Shared::drain_owned).
    pub(crate) async fn drain_now(self: &Arc<Shared>) -> Result<bool, Error> {
        let through = self.journal.newest_pending().await?;
        self.drain_owned(through).await
    }

    /// If this process is the owner, embeds and drains the changes up to sequence number `through`,
    /// and continues requested purges. Returns `true` if all changes are drained. Once begun it
    /// runs to its end, whether or not the caller waits for it. An owner that fails is dropped,
    /// which releases the lock; the next owner heals the library.
    async fn drain_owned(self: &Arc<Shared>, through: i64) -> Result<bool, Error> {
        let shared = Arc::clone(self);
        let work = task::spawn(async move {
            if shared.owner.lock().await.is_none() {
                return Ok(false);
            }
            shared.embed_outstanding(through).await?;
            let mut place = shared.owner.lock().await;
            let Some(mut owner) = place.take() else { return Ok(false) };
            let worked = async {
                let is_drained = owner.drain(through).await?;
                if shared.has_missed.swap(false, Ordering::Relaxed) {
                    owner.renew_indexes().await?;
                }
                owner.purge().await?;
                Ok(is_drained)
            };
            let worked = worked.await;
            if worked.is_ok() {
                // Receivers are notified only if the number changes.
                shared.drained.send_if_modified(|last| std::mem::replace(last, through) != through);
            }
            if worked.is_err() {
                // The owner's handle may be at a version that the next owner moves to the
                // quarantine.
                *shared.library.write().expect("no holder panics") = None;
                return match owner.or_ousted(worked).await {
                    Err(Error::Ousted) => Ok(false),
                    failed => failed,
                };
            }
            shared.keep_library(owner.library().clone());
            shared.follow_library();
            *place = Some(owner);
            worked
        });
        work.await.unwrap_or_else(|_| {
            *self.library.write().expect("no holder panics") = None;
            Err(Error::Closed)
        })
    }
}
