//! Rows of the library that pending changes replace or remove. The journal's statistics count them
//! until the changes are moved to the library, so a search subtracts their words.

use std::sync::{Arc, RwLock};

use aios_record::Kind;

use super::tally::{COUNTED, Tally};
use crate::{
    library::{Ranked, RowTerms},
    search::segments::segment::{Builder, Names, Segment},
};

/// A row of the library, with the `seq` of the change that replaces or removes it.
pub(crate) struct HeldRow {
    pub(crate) seq: i64,
    pub(crate) row: RowTerms,
}

/// All known rows of this kind.
#[derive(Default)]
pub(super) struct HeldRows {
    batches: Vec<Batch>,
}

struct Batch {
    rows: Vec<HeldRow>,
    segment: Arc<Segment>,
}

impl HeldRows {
    /// Drops the rows whose change is no longer pending.
    pub(super) fn retain(&mut self, waits: impl Fn(i64) -> bool) {
        self.batches.retain(|batch| batch.rows.iter().any(|row| waits(row.seq)));
    }

    pub(super) fn add(
        &mut self,
        mut rows: Vec<HeldRow>,
        waits: impl Fn(i64) -> bool,
        names: &RwLock<Names>,
    ) {
        if rows.is_empty() {
            return;
        }
        // As with the pending rows, batches at least double.
        while self.batches.last().is_some_and(|last| last.rows.len() < 2 * rows.len()) {
            let last = self.batches.pop().expect("there is one");
            let kept = last.rows.into_iter().filter(|row| waits(row.seq));
            rows = kept.chain(rows).collect();
        }
        self.batches.push(Batch::new(rows, names));
    }

    /// Returns the rows to subtract from the statistics for the pending changes.
    pub(super) fn tallies(&self, waits: impl Fn(i64) -> bool) -> impl Iterator<Item = Tally> {
        self.batches.iter().map(move |Batch { rows, segment }| Tally {
            segment: Arc::clone(segment),
            seqs: rows.iter().map(|it| if waits(it.seq) { it.seq } else { COUNTED }).collect(),
            weight: -1,
        })
    }
}

impl Batch {
    fn new(rows: Vec<HeldRow>, names: &RwLock<Names>) -> Batch {
        let mut builder = Builder::new(Arc::from([]), rows.len());
        let mut names = names.write().expect("no holder panics");
        rows.iter().for_each(|held| builder.push(&words(&held.row), &mut names));
        drop(names);
        Batch { segment: Arc::new(builder.finish()), rows }
    }
}

/// Returns the owner and the terms of a row, which are all that statistics count.
fn words(row: &RowTerms) -> Ranked<'_> {
    let owner = Some(&*row.owner).filter(|owner| !owner.is_empty());
    Ranked {
        kind: Kind::Note,
        id: "",
        text: "",
        terms: &row.terms,
        vector: None,
        speaker: None,
        position: None,
        tags: Vec::new(),
        scope: [owner, None, None, None],
        occurred_at: None,
        recorded_at: 0,
        valid_from: None,
        valid_to: None,
        expires_at: None,
        superseded: false,
    }
}
