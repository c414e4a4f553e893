//! The journal as one search reads it: the pending rows, and the counts of the query's terms.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use aios_record::Gate;
use tokio::time;

use crate::{
    Error,
    blocking::blocking,
    journal::{Corpus, Journal, Snapshot, Statistics},
    library::Edition,
    search::segments::{
        segment::Names,
        waiting::{HeldRow, Seen, Waiting},
    },
    shelf::Shelf,
};

/// Keys per library lookup.
const HELD_KEYS: usize = 4096;
/// Interval between checks for outstanding vectors.
const VECTOR_POLL: Duration = Duration::from_millis(5);

/// The journal at the moment of a search.
pub(crate) struct Looked {
    pub(crate) edition: Edition,
    pub(crate) statistics: Statistics,
    pub(crate) seen: Arc<Seen>,
}

/// Reader of the journal for searches.
pub(crate) struct Lookout {
    journal: Journal,
    shelf: Arc<Shelf>,
    names: Arc<RwLock<Names>>,
    /// Pending rows, as searches see them.
    waiting: Arc<Waiting>,
    /// Maximum time for which a search waits for outstanding vectors.
    vector_wait: Duration,
}

impl Lookout {
    pub(crate) fn new(
        journal: &Journal,
        shelf: &Arc<Shelf>,
        names: &Arc<RwLock<Names>>,
        vector_wait: Duration,
    ) -> Lookout {
        Lookout {
            journal: journal.clone(),
            shelf: Arc::clone(shelf),
            names: Arc::clone(names),
            waiting: Arc::default(),
            vector_wait,
        }
    }

    /// Returns the journal once no row that `gate` sees waits for its vector, at the latest after
    /// the maximum wait.
    pub(crate) async fn look_for_vectors(
        &self,
        terms: &[String],
        corpus: &Corpus,
        centre: &Arc<[f32]>,
        gate: &Gate,
    ) -> Result<Looked, Error> {
        let end = Instant::now() + self.vector_wait;
        loop {
            let looked = self.look(terms, corpus, centre).await?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || looked.seen.outstanding(gate) == 0 {
                return Ok(looked);
            }
            time::sleep(left.min(VECTOR_POLL)).await;
        }
    }

    /// Returns the journal as it is now.
    async fn look(
        &self,
        terms: &[String],
        corpus: &Corpus,
        centre: &Arc<[f32]>,
    ) -> Result<Looked, Error> {
        loop {
            let known = self.waiting.known();
            let mut snapshot = self.journal.snapshot(terms.to_vec(), corpus.clone(), known).await?;
            let edition = snapshot.edition;
            let held = self.held_rows(&snapshot).await?;
            let mut statistics = std::mem::take(&mut snapshot.statistics);
            // Without pending rows there is nothing to compute.
            let is_quick = snapshot.seqs.is_empty();
            let (waiting, names) = (Arc::clone(&self.waiting), Arc::clone(&self.names));
            let (corpus, centre) = (corpus.clone(), Arc::clone(centre));
            let see = move || {
                let seen = waiting.see(snapshot, held, &centre, &names)?;
                let names = names.read().expect("no holder panics");
                seen.count(&mut statistics, &corpus, &names);
                Some(Looked { edition, statistics, seen })
            };
            let looked = if is_quick { see() } else { blocking(see).await? };
            // Each repetition means that another search has read a later journal.
            if let Some(looked) = looked {
                return Ok(looked);
            }
        }
    }

    /// Returns the library's rows of the keys of new changes.
    async fn held_rows(&self, snapshot: &Snapshot) -> Result<Vec<HeldRow>, Error> {
        let changes = snapshot.fresh.iter().filter(|change| !change.is_new);
        let mut seqs: HashMap<&str, i64> = HashMap::new();
        seqs.extend(changes.map(|change| (&*change.key, change.seq)));
        let mut held = Vec::new();
        if seqs.is_empty() {
            return Ok(held);
        }
        let Some(library) = self.shelf.library(snapshot.edition).await? else { return Ok(held) };
        // A later version may contain the changes themselves.
        let library = library.pinned(snapshot.edition.version).await?;
        let keys: Vec<String> = seqs.keys().map(|key| (*key).to_owned()).collect();
        for keys in keys.chunks(HELD_KEYS) {
            let rows = library.terms_of(keys).await?;
            held.extend(rows.into_iter().map(|row| HeldRow { seq: seqs[&*row.key], row }));
        }
        Ok(held)
    }
}
