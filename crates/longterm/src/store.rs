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

/// How long [`Longterm::drain`] waits between looks at another process's progress.
pub(crate) const DRAIN_POLL: Duration = Duration::from_millis(20);
/// How often the library is opened while a new owner may be healing it, [`DRAIN_POLL`] apart.
const HEAL_TRIES: u32 = 50;
/// How often a short read is tried while the owner prunes what it reads.
const READ_TRIES: u32 = 4;

/// The handle on one data directory's long-term memory: the administrator's
/// [view](LongtermView), and upkeep. Clones share everything.
///
/// When the last clone goes, and the last view, what waits in the journal stays there for the next
/// owner; [`close`](Longterm::close) moves it into the library first.
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

/// What the handle and its worker share.
pub(crate) struct Shared {
    pub(crate) places: Places,
    /// The directories that searches and copies read.
    pub(crate) anchor: Anchor,
    pub(crate) config: Arc<Config>,
    pub(crate) journal: Journal,
    pub(crate) vectors: Vectors,
    pub(crate) analyzer: &'static Analyzer,
    /// From the first search on.
    pub(crate) backgrounds: Backgrounds,
    /// What numbers stand for in what searches hold in RAM.
    pub(crate) names: RwLock<Names>,
    /// What waits in the journal, as searches see it.
    pub(crate) waiting: Waiting,
    /// The library in RAM, from the first search on.
    pub(crate) resident: Resident,
    /// What searches read; none until an owner has made the table.
    library: RwLock<Option<Library>>,
    /// Present while this process is the owner.
    owner: Mutex<Option<Owner>>,
    /// Held by whoever makes vectors that were put off.
    pub(crate) embedding: Mutex<()>,
    /// The columns whose damaged indexes this process has made again.
    pub(crate) mended: std::sync::Mutex<BTreeSet<String>>,
    /// Set when the index of keys was found to miss records.
    pub(crate) has_missed: AtomicBool,
    /// The number of the newest change that this process has moved into the library.
    drained: watch::Sender<i64>,
    /// Told when there is something to drain.
    pub(crate) wake: Notify,
    pub(crate) turns: Turns,
}

impl Longterm {
    /// Opens long-term memory in the data directory `dir`, which is made (mode 0700) if it does
    /// not exist. Background work runs on the tokio runtime that this is called on. The library of
    /// a former version is brought over first, which takes as long as copying it.
    ///
    /// With [`Access::ReadOnly`] nothing is made or written; a `dir` that holds nothing is read as
    /// an empty memory.
    ///
    /// # Errors
    /// - [`Error::ModelMismatch`] when the stored vectors came from another model.
    /// - [`Error::Io`], [`Error::Journal`] when `dir` cannot be used; [`Error::Place`] when
    ///   something in it belongs to another user of the system.
    /// - [`Error::DamagedFile`] when the library that the journal speaks of is gone, or cannot say
    ///   which of its rows are deleted.
    /// - [`Error::Older`] when the journal has not reached [`Config::reached`].
    /// - [`Error::FormerLibrary`] when a library of a former version may only be read.
    pub async fn open(
        dir: &Path,
        config: Config,
        embedder: Arc<dyn Embedder>,
    ) -> Result<Longterm, Error> {
        Longterm::open_on(Arc::new(System), dir, config, Vectors::Model(embedder)).await
    }

    /// As [`open`](Longterm::open), for a store that embeds nothing: records and knowledge come
    /// with vectors of the caller's own ([`store_with_vectors`](LongtermView::store_with_vectors),
    /// [`Knowledge::with_vector`]), and so do searches ([`SearchOptions::vector`]). Vectors are
    /// stored and compared at length 1, whatever length they come with; one of all zeros is alike
    /// to nothing. What comes by the feed has no vector and is found by its words.
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

    /// Opens it on a disk that may be another than the operating system's.
    pub(crate) async fn open_on(
        disk: Arc<dyn Disk>,
        dir: &Path,
        config: Config,
        vectors: Vectors,
    ) -> Result<Longterm, Error> {
        // LanceDB ends the process otherwise.
        SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| Error::Clock)?;
        let places = Places::new(dir, disk);
        let library = places.library.clone();
        let was_there = library.exists();
        let opened = Box::pin(Longterm::open_at(places, config, vectors)).await;
        if opened.is_err() && !was_there {
            // Its place stays free for one that was moved away. This fails if anything is in it.
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
            // Nobody here makes the vectors that are outstanding.
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
            // It can be read all the same; the worker tries again.
            Err(Error::NoRoom(_) | Error::DamagedRows { .. }) => {}
            owned => owned?,
        }
        let worker = Arc::new(Worker::start(Arc::clone(&shared)));
        let gate = Gate::administrator();
        Ok(Longterm { view: LongtermView { shared, gate, worker } })
    }

    /// The generation of the journal, to be kept outside of it; see [`Config::reached`].
    ///
    /// # Errors
    /// [`Error::Journal`] when the journal cannot be read.
    pub async fn generation(&self) -> Result<Generation, Error> {
        self.shared.journal.generation().await
    }

    /// Changes each time that this process has moved changes into the library.
    #[must_use]
    pub fn drained(&self) -> watch::Receiver<i64> {
        self.shared.drained.subscribe()
    }

    /// Long-term memory as `gate` sees it.
    #[must_use]
    pub fn scoped(&self, gate: Gate) -> LongtermView {
        LongtermView { gate, ..self.view.clone() }
    }

    /// Makes durable all that was acknowledged before the call. With [`Durability::Full`] it is
    /// already; with [`Durability::Normal`] call this before deleting what it was made from.
    ///
    /// [`Durability::Full`]: crate::Durability::Full
    /// [`Durability::Normal`]: crate::Durability::Normal
    ///
    /// # Errors
    /// [`Error::Journal`] when the disk refuses.
    pub async fn sync(&self) -> Result<(), Error> {
        self.shared.journal.sync().await
    }

    /// Returns when the library holds all that was acknowledged before the call, whichever process
    /// moves it there, and however much comes meanwhile.
    ///
    /// # Errors
    /// What kept the owner from moving it, if that is this process.
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

    /// Moves what waits into the library if this process is the owner, ends the background work,
    /// gives the ownership up and closes the journal. Other clones get errors from then on.
    ///
    /// # Errors
    /// What kept the journal from being drained; it is closed all the same and loses nothing.
    pub async fn close(self) -> Result<(), Error> {
        self.worker.stop().await;
        let drained = self.shared.drain_now().await;
        drop(self.shared.owner.lock().await.take());
        self.shared.journal.close().await;
        drained.map(|_| ())
    }
}

/// Counts how often a short read was tried. Where the library cannot be read its owner may have
/// pruned the version that was being read, or a rebuild removed the table, and then there is a
/// newer one.
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

/// Refuses a library that other users have written to, and closes it to them.
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

    /// What searches read, at `edition` or later; none where nothing was ever moved there. Refused
    /// if a file of it is damaged.
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

    /// The library at `edition` or later, damaged or not; none where nothing was ever moved there.
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

    /// Opens the library at `version`. Above it there may be anything until a new owner has set it
    /// aside, and Lance looks at the newest version first, so that is waited for.
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

    /// Lets later reads use this handle, unless theirs is on a newer table.
    fn keep_library(&self, library: Library) {
        let mut kept = self.library.write().expect("no holder panics");
        if kept.as_ref().is_none_or(|kept| kept.site().table <= library.site().table) {
            *kept = Some(library);
        }
    }

    /// Becomes the owner where nobody is, unless nothing may be written.
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
            // A rebuild was faster; the next call finds its table.
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

    /// Drains what waits now, see [`drain_owned`](Shared::drain_owned).
    pub(crate) async fn drain_now(self: &Arc<Shared>) -> Result<bool, Error> {
        let through = self.journal.newest_pending().await?;
        self.drain_owned(through).await
    }

    /// Embeds and drains what came no later than `through`, and purges what is to be, if this
    /// process is the owner, and says whether all of it is done. Once begun it runs to its end,
    /// whether or not the caller waits for it. An owner that fails is given up: the lock is free,
    /// and whoever takes it next heals.
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
                // Only what was moved is a change; looking for it changes nothing.
                shared.drained.send_if_modified(|last| std::mem::replace(last, through) != through);
            }
            if worked.is_err() {
                // The owner's handle may be at a version that is about to be set aside.
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
