//! What waits in the journal, decoded and analysed once, as parts to search.
//!
//! A row of the journal never changes under its `seq`, so what was read once holds for as long as
//! the `seq` is there.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, RwLock},
};

use aios_record::{Provenance, Record};
use serde_json::Value;

use crate::{
    journal::Pending,
    library::Row,
    search::{
        legs::{Home, Part},
        segment::{Builder, Names, Segment},
    },
};

/// The rows that were waiting when a search last looked.
#[derive(Default)]
pub(crate) struct Waiting {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The highest `seq` that there had been when the latest search looked. What waited then is
    /// held below.
    newest: i64,
    batches: Vec<Batch>,
    /// Deletions: `seq` and key.
    removals: Vec<(i64, String)>,
    /// Rows that cannot be read.
    unreadable: Vec<i64>,
    last: Arc<Seen>,
}

/// Rows that became one segment.
struct Batch {
    rows: Vec<(i64, Arc<Row>)>,
    segment: Arc<Segment>,
    records: Arc<[Record]>,
}

/// What one search sees of the journal.
#[derive(Default)]
pub(crate) struct Seen {
    /// What was waiting, in rising order.
    seqs: Vec<i64>,
    pub(crate) parts: Vec<Part>,
    /// Encoded identities of which the library's records count no more.
    pub(crate) masked: HashSet<String>,
}

impl Waiting {
    /// The highest `seq` that need not be read again.
    pub(crate) fn newest(&self) -> i64 {
        self.state.lock().expect("no holder panics").newest
    }

    /// What a search sees that found `seqs` waiting, in rising order, when `newest` was the highest
    /// that there had been; `fresh` are those above what [`newest`](Waiting::newest) was before it
    /// looked. None where another search, which looked later, has let go of some of them already:
    /// look again.
    pub(crate) fn see(
        &self,
        newest: i64,
        seqs: Vec<i64>,
        fresh: Vec<Pending>,
        centre: &Arc<[f32]>,
        names: &RwLock<Names>,
    ) -> Option<Arc<Seen>> {
        let mut state = self.state.lock().expect("no holder panics");
        if state.last.seqs == seqs {
            return Some(Arc::clone(&state.last));
        }
        if newest < state.newest {
            // What is known must stay: it includes rows that this search did not see.
            return (state.waiting(&seqs) == seqs.len()).then(|| Arc::new(state.seen(seqs)));
        }
        let before = std::mem::replace(&mut state.newest, newest);
        let waits = |seq: i64| seqs.binary_search(&seq).is_ok();
        state.batches.retain(|batch| batch.rows.iter().any(|(seq, _)| waits(*seq)));
        state.removals.retain(|(seq, _)| waits(*seq));
        state.unreadable.retain(|seq| waits(*seq));
        let read: HashSet<i64> = fresh.iter().map(|pending| pending.seq).collect();
        state.unreadable.extend(seqs.iter().filter(|seq| before < **seq && !read.contains(*seq)));
        let mut rows = Vec::new();
        // Another search may have been faster with some of them.
        for Pending { seq, key, row } in fresh.into_iter().filter(|fresh| before < fresh.seq) {
            match row {
                Some(row) => rows.push((seq, Arc::new(without_payload(row)))),
                None => state.removals.push((seq, key)),
            }
        }
        if !rows.is_empty() {
            // Batches at least double, so that there are few and each row is moved seldom.
            while state.batches.last().is_some_and(|last| last.rows.len() < 2 * rows.len()) {
                let last = state.batches.pop().expect("there is one");
                let kept = last.rows.into_iter().filter(|(seq, _)| waits(*seq));
                rows = kept.chain(rows).collect();
            }
            state.batches.push(Batch::new(rows, centre, names));
        }
        state.last = Arc::new(state.seen(seqs));
        Some(Arc::clone(&state.last))
    }
}

impl State {
    /// How many of `seqs` are known.
    fn waiting(&self, seqs: &[i64]) -> usize {
        let rows = self.batches.iter().flat_map(|batch| &batch.rows).map(|(seq, _)| *seq);
        let removals = self.removals.iter().map(|(seq, _)| *seq);
        let known = rows.chain(removals).chain(self.unreadable.iter().copied());
        known.filter(|seq| seqs.binary_search(seq).is_ok()).count()
    }

    fn seen(&self, seqs: Vec<i64>) -> Seen {
        let waits = |seq: i64| seqs.binary_search(&seq).is_ok();
        let removed = self.removals.iter().filter(|(seq, _)| waits(*seq));
        let mut masked: HashSet<String> = removed.map(|(_, key)| key.clone()).collect();
        let mut parts = Vec::new();
        for batch in &self.batches {
            let gone: Vec<bool> = batch.rows.iter().map(|(seq, _)| !waits(*seq)).collect();
            let there = batch.rows.iter().zip(&gone).filter(|(_, gone)| !**gone);
            masked.extend(there.map(|((_, row), _)| row.record.encoded_identity()));
            parts.push(Part {
                segment: Arc::clone(&batch.segment),
                gone: gone.into(),
                home: Home::Here(Arc::clone(&batch.records)),
            });
        }
        Seen { seqs, parts, masked }
    }
}

impl Batch {
    fn new(rows: Vec<(i64, Arc<Row>)>, centre: &Arc<[f32]>, names: &RwLock<Names>) -> Batch {
        let mut builder = Builder::new(Arc::clone(centre), rows.len());
        let mut names = names.write().expect("no holder panics");
        rows.iter().for_each(|(_, row)| builder.push(&row.ranked(), &mut names));
        drop(names);
        let records = rows.iter().map(|(_, row)| row.record.clone()).collect();
        Batch { segment: Arc::new(builder.finish()), records, rows }
    }
}

/// A search shows neither payload nor provenance nor references.
fn without_payload(mut row: Row) -> Row {
    row.record.payload = Value::Null;
    row.record.references = Vec::new();
    row.record.provenance = Provenance::default();
    row
}

#[cfg(test)]
mod tests;
