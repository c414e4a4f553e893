//! Backgrounds of a handle: shipped, stored in the journal, or measured.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use aios_embedding::Embedder;
use aios_record::{Gate, Owner};
use lancedb::expr::DfExpr;

use crate::{
    Access, Error,
    blocking::blocking,
    intake::Vectors,
    journal::{Corpus, Journal},
    search::{
        candidates::filter::visible,
        ranking::background::{Background, SHIPPED},
    },
    shelf::Shelf,
};

/// Maximum number of owners whose backgrounds are cached.
const OWNERS_MAX: usize = 64;
/// Number of stored vectors that represent unrelated texts.
const STORED: usize = 256;

/// Backgrounds of a handle. A model has one for all owners. For the caller's own vectors every
/// owner has a separate one, so that a score reveals nothing about the records of others.
pub(crate) struct Backgrounds {
    journal: Journal,
    shelf: Arc<Shelf>,
    vectors: Vectors,
    access: Access,
    kept: Mutex<HashMap<Option<Owner>, Arc<Background>>>,
}

impl Backgrounds {
    pub(super) fn new(
        journal: &Journal,
        shelf: &Arc<Shelf>,
        vectors: &Vectors,
        access: Access,
    ) -> Backgrounds {
        Backgrounds {
            journal: journal.clone(),
            shelf: Arc::clone(shelf),
            vectors: vectors.clone(),
            access,
            kept: Mutex::default(),
        }
    }

    /// Returns the point from which the vectors of all texts are measured.
    pub(super) async fn centre(&self) -> Result<Arc<[f32]>, Error> {
        Ok(self.background(&Corpus::All).await?.centre())
    }

    fn get(&self, of: &Option<Owner>) -> Option<Arc<Background>> {
        self.kept.lock().expect("no holder panics").get(of).cloned()
    }

    fn keep(&self, of: Option<Owner>, background: Background) -> Arc<Background> {
        let mut kept = self.kept.lock().expect("no holder panics");
        if OWNERS_MAX <= kept.len() {
            kept.clear();
        }
        Arc::clone(kept.entry(of).or_insert_with(|| Arc::new(background)))
    }

    /// Returns the background for searches in `corpus`.
    pub(crate) async fn background(&self, corpus: &Corpus) -> Result<Arc<Background>, Error> {
        let of = match (&self.vectors, corpus) {
            (Vectors::Given(_), Corpus::Of(owner)) => Some(owner.clone()),
            _ => None,
        };
        if let Some(background) = self.get(&of) {
            return Ok(background);
        }
        let background = match &self.vectors {
            Vectors::Model(model) => self.measured(model).await?,
            Vectors::Given(space) => {
                let edition = self.journal.edition().await?;
                let visible = of.clone().map(|owner| visible(&Gate::owner(owner)));
                let filter = visible.and_then(|all| all.into_iter().reduce(DfExpr::and));
                let vectors = match self.shelf.library(edition).await? {
                    Some(library) => library.spread_vectors(STORED, filter).await?,
                    None => Vec::new(),
                };
                let background = Background::of_stored(vectors, space.dimension);
                if background.is_empty() {
                    return Ok(Arc::new(background));
                }
                background
            }
        };
        Ok(self.keep(of, background))
    }

    /// Returns a model's background: shipped with the program, read from the journal, or measured.
    async fn measured(&self, model: &Arc<dyn Embedder>) -> Result<Background, Error> {
        if let Some(shipped) = Background::of_kept(SHIPPED, &**model) {
            return Ok(shipped);
        }
        let kept = self.journal.background().await?;
        if let Some(known) = kept.and_then(|kept| Background::of_kept(&kept, &**model)) {
            return Ok(known);
        }
        let measuring = Arc::clone(model);
        let measured = blocking(move || Background::new(&*measuring)).await??;
        let Some(kept) = measured.to_kept(model.fingerprint()) else { return Ok(measured) };
        // Exactly the bits that later handles read.
        let same = Background::of_kept(&kept, &**model).unwrap_or(measured);
        if self.access == Access::ReadWrite {
            // If it cannot be stored, as on a full disk, the next handle measures it again.
            let _ = self.journal.keep_background(kept).await;
        }
        Ok(same)
    }
}
