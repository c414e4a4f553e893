//! The handle: opening, draining and closing. Not here: operations on records, see `view`.

use std::{
    fs,
    ops::Deref,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aios_embedding::Embedder;
use aios_files::secure_tree;
use aios_ledger::Access;
use aios_record::Gate;
use tokio::task;

use crate::{
    Config, Error, LongtermView,
    intake::{Space, Vectors},
    journal::Journal,
    owner::{Places, Worker, check_journal},
    parts::Parts,
    sync::{Disk, System, make_directory},
    upkeep::bring_over,
};

/// Handle to the long-term memory of one data directory: the administrator's [view](LongtermView),
/// and maintenance. Clones share everything.
///
/// When the last clone and the last view are dropped, waiting changes remain in the journal for the
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

    /// As [`open`](Longterm::open), for a store that embeds nothing. Records and knowledge carry
    /// the caller's own vectors ([`store_with_vectors`](LongtermView::store_with_vectors),
    /// [`Knowledge::with_vector`]), as do searches ([`SearchOptions::vector`]). Vectors are
    /// normalised to length 1; a vector of zeros is similar to nothing. Records from the feed have
    /// no vector and are found by their words.
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

    /// Opens long-term memory on `disk`, which tests replace.
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
            check_journal(&places, &journal).await?;
        }
        bring_over(&places, &config, &journal, &vectors).await?;
        let parts = Parts::new(places, config, journal, vectors)?;
        match parts.ownership.own().await {
            // Searches work without an owner; the worker tries again.
            Err(Error::DiskFull(_) | Error::DamagedRows { .. }) => {}
            owned => owned?,
        }
        let worker = Arc::new(Worker::start(Arc::clone(&parts.ownership)));
        let gate = Gate::administrator();
        Ok(Longterm { view: LongtermView { parts: Arc::new(parts), gate, worker } })
    }

    /// Returns long-term memory as `gate` sees it.
    #[must_use]
    pub fn scoped(&self, gate: Gate) -> LongtermView {
        LongtermView { gate, ..self.view.clone() }
    }

    /// Moves the waiting changes into the library if this process is the owner, ends the background
    /// work, releases the ownership and closes the journal. Other clones fail with
    /// [`Error::Closed`] afterwards.
    ///
    /// # Errors
    /// The error that prevented draining the journal. The journal is closed nevertheless and loses
    /// nothing.
    pub async fn close(self) -> Result<(), Error> {
        self.worker.stop().await;
        let drained = self.parts.ownership.drain_now().await;
        self.parts.ownership.release().await;
        self.parts.journal.close().await;
        drained.map(|_| ())
    }
}

/// Refuses a library that other users have written to, and removes their access.
fn secure(library: &Path) -> Result<(), Error> {
    let tightened = secure_tree(library)?;
    if 0 < tightened {
        let path = library.display();
        tracing::warn!(%path, files = tightened, "removed other users' access to the library");
    }
    Ok(())
}
