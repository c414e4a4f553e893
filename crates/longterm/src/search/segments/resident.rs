//! The library in RAM: a segment for each of the table's fragments, so that a search needs no query
//! planner. Texts are kept, too, if there is room; otherwise hits are read from disk.
//!
//! A view is the immutable content of one version of the table. The view of the next version reuses
//! the segments of unchanged fragments, so its cost is that of the new ones. Views are built in the
//! background, from the first search on. If no view of the needed version is ready in time,
//! LanceDB's own indexes propose; the ranking is the same.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use futures::TryStreamExt;
use tokio::{runtime, sync::Mutex, task, time};

use crate::{
    Config, Error,
    blocking::blocking,
    journal::Journal,
    library::{Edition, Fragment, Library, Read},
    search::{
        backgrounds::Backgrounds,
        segments::{
            part::{Home, Part},
            segment::{Builder, Names},
            shown::Shown,
        },
    },
    shelf::Shelf,
};

/// Maximum wait of a search for a newer view before it uses LanceDB. It waits for the first view
/// without a limit: from some hundred thousand records on, LanceDB would answer sooner, but it
/// would then hold more in RAM than the view.
const PATIENCE: Duration = Duration::from_secs(1);

/// Time in which searches use LanceDB without waiting after a view failed or was too large.
const RETRY: Duration = Duration::from_secs(30);

/// The library in RAM, from the first search on.
pub(crate) struct Resident {
    config: Arc<Config>,
    journal: Journal,
    shelf: Arc<Shelf>,
    backgrounds: Arc<Backgrounds>,
    names: Arc<RwLock<Names>>,
    dimension: usize,
    /// The newest view.
    view: RwLock<Option<Arc<View>>>,
    /// Lock for building the next view. Contains the time before which no view is built after a
    /// failure.
    making: Mutex<Option<Instant>>,
}

/// One synced edition of the library, in RAM.
pub(crate) struct View {
    edition: Edition,
    /// The library at that edition.
    pub(crate) library: Library,
    fragments: Vec<Held>,
}

struct Held {
    fragment: Fragment,
    part: Part,
}

impl View {
    /// Returns the parts to search.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part> {
        self.fragments.iter().map(|held| held.part.clone())
    }

    /// Returns its approximate size in bytes, including vectors and names.
    pub(crate) fn bytes(&self) -> usize {
        self.fragments.iter().map(|held| held.part.bytes()).sum()
    }
}

impl Resident {
    pub(crate) fn new(
        config: &Arc<Config>,
        journal: &Journal,
        shelf: &Arc<Shelf>,
        backgrounds: &Arc<Backgrounds>,
        names: &Arc<RwLock<Names>>,
        dimension: usize,
    ) -> Resident {
        Resident {
            config: Arc::clone(config),
            journal: journal.clone(),
            shelf: Arc::clone(shelf),
            backgrounds: Arc::clone(backgrounds),
            names: Arc::clone(names),
            dimension,
            view: RwLock::default(),
            making: Mutex::default(),
        }
    }

    fn newest(&self) -> Option<Arc<View>> {
        self.view.read().expect("no holder panics").clone()
    }

    /// Returns the view of `edition` or a later one, if it exists or is ready within
    /// [`PATIENCE`].
    pub(crate) async fn view(self: &Arc<Resident>, edition: Edition) -> Option<Arc<View>> {
        if self.config.resident_bytes_max == 0 || edition.version == 0 {
            return None;
        }
        let newest = self.newest();
        if let Some(view) = &newest
            && edition <= view.edition
        {
            return newest;
        }
        let making = {
            let this = Arc::clone(self);
            task::spawn(async move { this.make_view(edition).await })
        };
        match newest {
            Some(_) => time::timeout(PATIENCE, making).await.ok()?.ok()?,
            None => making.await.ok()?,
        }
    }

    /// Brings the view up to date in the background, if searches use one.
    pub(crate) fn follow_library(self: &Arc<Resident>) {
        if self.newest().is_some() {
            let this = Arc::clone(self);
            task::spawn(async move {
                match this.journal.edition().await {
                    Ok(edition) => _ = this.make_view(edition).await,
                    Err(error) => tracing::debug!(%error, "failed to follow the library"),
                }
            });
        }
    }

    /// Builds the view of `edition`, or returns an existing view of it or a later one.
    pub(crate) async fn make_view(self: &Arc<Resident>, edition: Edition) -> Option<Arc<View>> {
        let mut not_before = self.making.lock().await;
        if let Some(view) = self.newest()
            && edition <= view.edition
        {
            return Some(view);
        }
        if not_before.is_some_and(|moment| Instant::now() < moment) {
            return None;
        }
        let made = match self.next_view(edition).await {
            Ok(made) => made.map(Arc::new),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "failed to load the library into RAM; searching on disk");
                // The next view can still reuse the segments of an earlier one.
                self.newest()
            }
        };
        *not_before = made.is_none().then(|| Instant::now() + RETRY);
        *self.view.write().expect("no holder panics") = made.clone();
        made.filter(|view| edition <= view.edition)
    }

    /// Builds the view of `edition`. `None` if it would exceed the RAM limit.
    async fn next_view(self: &Arc<Resident>, edition: Edition) -> Result<Option<View>, Error> {
        let Some(library) = self.shelf.library(edition).await? else { return Ok(None) };
        let this = Arc::clone(self);
        blocking(move || {
            // The first view takes so long that its version could be pruned meanwhile.
            let _pin = match this.newest() {
                Some(_) => None,
                None => this.shelf.pin_blocking()?,
            };
            on_one_thread(this.view_of(library, edition))
        })
        .await?
    }

    async fn view_of(
        self: Arc<Resident>,
        library: Library,
        edition: Edition,
    ) -> Result<Option<View>, Error> {
        let library = library.pinned(edition.version).await?;
        let rows = library.row_count().await?;
        let rows_max = self.config.resident_rows_max(self.dimension);
        if rows_max < rows {
            tracing::info!(rows, rows_max, "the library is too large for RAM; searching on disk");
            return Ok(None);
        }
        let before = self.newest();
        let before: HashMap<u64, &Held> = before
            .iter()
            .flat_map(|view| &view.fragments)
            .map(|held| (held.fragment.id, held))
            .collect();
        let mut room = self.config.resident_bytes_left(rows, self.dimension);
        let mut fragments = Vec::new();
        for fragment in library.fragments().await? {
            let part = match before.get(&fragment.id) {
                Some(held) if held.fragment == fragment => held.part.clone(),
                Some(held) if held.fragment.file == fragment.file => {
                    with_deletions(held, &library).await?
                }
                _ => self.read_part(&library, &fragment, room).await?,
            };
            room = room.saturating_sub(part.bytes_shown());
            fragments.push(Held { fragment, part });
        }
        let view = View { edition, library, fragments };
        tracing::debug!(?edition, bytes = view.bytes(), "the library is loaded into RAM");
        Ok(Some(view))
    }

    /// Reads a fragment into a segment. CPU-bound, so it must not run on a shared runtime. The
    /// columns that only hits show are kept if they take at most `room` bytes.
    async fn read_part(
        self: &Arc<Resident>,
        library: &Library,
        fragment: &Fragment,
        room: usize,
    ) -> Result<Part, Error> {
        let &Fragment { id, rows, .. } = fragment;
        let mut batches = Box::pin(library.read_fragment(id).await?);
        let mut builder = Builder::new(self.backgrounds.centre().await?, rows);
        let mut offsets = Vec::with_capacity(rows);
        let mut shown = Some(Shown::default());
        while let Some(batch) = batches.try_next().await? {
            let mut names = self.names.write().expect("no holder panics");
            for row in batch.rows()? {
                let Read { offset, ranked, extra } = row?;
                builder.push(&ranked, &mut names);
                offsets.push(offset);
                shown = shown.zip(extra).and_then(|(mut shown, extra)| {
                    shown.push(&extra);
                    (shown.bytes() <= room).then_some(shown)
                });
            }
        }
        if let Some(shown) = &mut shown {
            shown.shrink_to_fit();
        }
        let home = Home::Fragment { id, offsets: offsets.into(), shown: shown.map(Arc::new) };
        Ok(Part { segment: Arc::new(builder.finish()), gone: Arc::new([]), home })
    }
}

/// Runs `work` and everything that it spawns on this thread. Otherwise the memory that reading a
/// library leaves in the allocator would spread over the arenas of all threads, as large as the
/// view itself.
fn on_one_thread<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = runtime::Builder::new_current_thread();
    let runtime = runtime.max_blocking_threads(1).enable_all().build();
    runtime.expect("the system has a thread and a timer to give").block_on(work)
}

/// Returns the part of a fragment, updated for the rows that were deleted since.
async fn with_deletions(held: &Held, library: &Library) -> Result<Part, Error> {
    let mut part = held.part.clone();
    let Home::Fragment { id, offsets, .. } = &part.home else { return Ok(part) };
    let mut gone = vec![false; offsets.len()];
    for offset in library.deleted(*id).await? {
        if let Ok(at) = offsets.binary_search(&offset) {
            gone[at] = true;
        }
    }
    part.gone = gone.into();
    Ok(part)
}
