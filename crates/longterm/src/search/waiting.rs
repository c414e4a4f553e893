//! What waits in the journal, decoded and analysed once, as parts to search.
//!
//! A row of the journal never changes under its `seq`, but that its vector may come later. So what
//! was read once holds for as long as the `seq` is there, and a row whose vector has come is read
//! again.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, RwLock},
};

use aios_record::{Gate, Provenance, Record, Scope};
use serde_json::Value;

use crate::{
    journal::{Corpus, KnownWaiting, Pending, Snapshot, Statistics},
    library::Row,
    search::{
        legs::{Home, Part},
        segment::{Builder, Names, Segment},
        strings::NONE,
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

/// A row that waits.
struct WaitingRow {
    seq: i64,
    row: Arc<Row>,
    is_new: bool,
}

/// The `seq` of a row that was read again and is in another batch.
const REREAD: i64 = -1;

/// No `seq` of a row.
const COUNTED: i64 = -1;

/// Rows that became one segment.
struct Batch {
    rows: Vec<WaitingRow>,
    segment: Arc<Segment>,
    records: Arc<[Record]>,
}

/// The journal as one search sees it.
#[derive(Default)]
pub(crate) struct Seen {
    /// The rows that were waiting, in rising order.
    seqs: Vec<i64>,
    pub(crate) parts: Vec<Part>,
    /// Of each part, the `seq` of each row that the statistics of the library do not count, and
    /// [`COUNTED`] for the others.
    uncounted: Vec<Vec<i64>>,
    /// The number of these rows, and of their terms, by the number of their user.
    totals: HashMap<u32, (u64, u64)>,
    /// Encoded identities of which the library's records count no more.
    pub(crate) masked: HashSet<String>,
    /// The scopes of rows that wait for their vector, by `seq`.
    outstanding: Vec<(i64, Scope)>,
}

impl Seen {
    /// The number of rows that `gate` sees and that wait for their vector.
    pub(crate) fn outstanding(&self, gate: &Gate) -> u64 {
        self.outstanding.iter().filter(|(_, scope)| gate.sees(scope)).count() as u64
    }

    /// Adds to the statistics of the library what waits of `corpus`, so that a record weighs the
    /// same in both.
    pub(crate) fn count(&self, statistics: &mut Statistics, corpus: &Corpus, names: &Names) {
        if self.totals.is_empty() {
            return;
        }
        let own = own(corpus, names);
        let is_of = |user: u32| is_of(corpus, own, user);
        for (_, (documents, terms)) in self.totals.iter().filter(|(user, _)| is_of(**user)) {
            statistics.documents += documents;
            statistics.terms_total += terms;
        }
        self.count_terms(&mut statistics.documents_with, is_of, names, &self.seqs);
    }

    /// As [`count`](Seen::count), for statistics that were read later, when only `waiting` was
    /// still waiting: what moved meanwhile is counted there. Returns `statistics` with as many
    /// documents as `first` has.
    pub(crate) fn count_later(
        &self,
        mut statistics: Statistics,
        waiting: &[i64],
        first: &Statistics,
        corpus: &Corpus,
        names: &Names,
    ) -> Statistics {
        if !self.totals.is_empty() {
            let own = own(corpus, names);
            let is_of = |user: u32| is_of(corpus, own, user);
            self.count_terms(&mut statistics.documents_with, is_of, names, waiting);
        }
        let Statistics { documents, terms_total, .. } = *first;
        Statistics { documents, terms_total, ..statistics }
    }

    fn count_terms(
        &self,
        documents_with: &mut HashMap<String, u64>,
        is_of: impl Fn(u32) -> bool,
        names: &Names,
        waiting: &[i64],
    ) {
        let all_wait = waiting == self.seqs;
        let waits = |seq: i64| seq != COUNTED && (all_wait || waiting.binary_search(&seq).is_ok());
        for (term, documents) in documents_with {
            let Some(term) = names.terms.find(term) else { continue };
            for (part, uncounted) in self.parts.iter().zip(&self.uncounted) {
                let rows = part.segment.postings.rows(term).map(|(at, _)| at as usize);
                let rows = rows.filter(|&at| is_of(part.segment.scopes[at][0]));
                *documents += rows.filter(|&at| waits(uncounted[at])).count() as u64;
            }
        }
    }
}

/// The number of the user whose records `corpus` has.
fn own(corpus: &Corpus, names: &Names) -> Option<u32> {
    match corpus {
        Corpus::All => None,
        Corpus::Of(owner) => owner.name().and_then(|name| names.others.find(name)),
    }
}

/// Returns `true` if a record of `user` is in `corpus`, whose user has the number `own`.
fn is_of(corpus: &Corpus, own: Option<u32>, user: u32) -> bool {
    *corpus == Corpus::All || user == NONE || own == Some(user)
}

impl Waiting {
    /// The rows that need not be read again.
    pub(crate) fn known(&self) -> KnownWaiting {
        let state = self.state.lock().expect("no holder panics");
        let outstanding = state.last.outstanding.iter().map(|(seq, _)| *seq).collect();
        KnownWaiting { newest: state.newest, outstanding }
    }

    /// The journal as a search sees it that took `snapshot`, having asked first for what is
    /// [`known`](Waiting::known). None where another search, which looked later, has let go of some
    /// of its rows already: look again.
    pub(crate) fn see(
        &self,
        snapshot: Snapshot,
        centre: &Arc<[f32]>,
        names: &RwLock<Names>,
    ) -> Option<Arc<Seen>> {
        let Snapshot { newest, seqs, fresh, embedded, .. } = snapshot;
        let mut state = self.state.lock().expect("no holder panics");
        let reread = state.take_out(embedded);
        if state.last.seqs == seqs && reread.is_empty() {
            return Some(Arc::clone(&state.last));
        }
        if newest < state.newest {
            if !reread.is_empty() {
                state.batches.push(Batch::new(reread, centre, names));
                let known = state.last.seqs.clone();
                state.last = Arc::new(state.seen(known));
            }
            // What is known must stay: it includes rows that this search did not see.
            return (state.waiting(&seqs) == seqs.len()).then(|| Arc::new(state.seen(seqs)));
        }
        let before = std::mem::replace(&mut state.newest, newest);
        let waits = |seq: i64| seqs.binary_search(&seq).is_ok();
        state.batches.retain(|batch| batch.rows.iter().any(|row| waits(row.seq)));
        state.removals.retain(|(seq, _)| waits(*seq));
        state.unreadable.retain(|seq| waits(*seq));
        let read: HashSet<i64> = fresh.iter().map(|pending| pending.seq).collect();
        state.unreadable.extend(seqs.iter().filter(|seq| before < **seq && !read.contains(*seq)));
        let mut rows = reread;
        // Another search may have been faster with some of them.
        for pending in fresh.into_iter().filter(|fresh| before < fresh.seq) {
            let (seq, key) = (pending.seq, pending.key.clone());
            match WaitingRow::of(pending) {
                Some(row) => rows.push(row),
                None => state.removals.push((seq, key)),
            }
        }
        if !rows.is_empty() {
            // Batches at least double, so that there are few and each row is moved seldom.
            while state.batches.last().is_some_and(|last| last.rows.len() < 2 * rows.len()) {
                let last = state.batches.pop().expect("there is one");
                let kept = last.rows.into_iter().filter(|row| waits(row.seq));
                rows = kept.chain(rows).collect();
            }
            state.batches.push(Batch::new(rows, centre, names));
        }
        state.last = Arc::new(state.seen(seqs));
        Some(Arc::clone(&state.last))
    }
}

impl State {
    /// Takes those of `embedded` that are known without their vector out of their batches, and
    /// returns them as they are now.
    fn take_out(&mut self, embedded: Vec<Pending>) -> Vec<WaitingRow> {
        let mut fresh: HashMap<i64, WaitingRow> = HashMap::new();
        for pending in embedded {
            fresh.extend(WaitingRow::of(pending).map(|row| (row.seq, row)));
        }
        let mut taken = Vec::new();
        if !fresh.is_empty() {
            for row in self.batches.iter_mut().flat_map(|batch| &mut batch.rows) {
                // Another search may have been faster.
                if row.row.is_outstanding
                    && let Some(fresh) = fresh.remove(&row.seq)
                {
                    row.seq = REREAD;
                    taken.push(fresh);
                }
            }
        }
        taken
    }

    /// The number of `seqs` that are known.
    fn waiting(&self, seqs: &[i64]) -> usize {
        let rows = self.batches.iter().flat_map(|batch| &batch.rows).map(|row| row.seq);
        let removals = self.removals.iter().map(|(seq, _)| *seq);
        let known = rows.chain(removals).chain(self.unreadable.iter().copied());
        known.filter(|seq| seqs.binary_search(seq).is_ok()).count()
    }

    fn seen(&self, seqs: Vec<i64>) -> Seen {
        let waits = |seq: i64| seqs.binary_search(&seq).is_ok();
        let removed = self.removals.iter().filter(|(seq, _)| waits(*seq));
        let mut masked: HashSet<String> = removed.map(|(_, key)| key.clone()).collect();
        let mut seen = Seen::default();
        for Batch { rows, segment, records } in &self.batches {
            let gone: Vec<bool> = rows.iter().map(|row| !waits(row.seq)).collect();
            let mut uncounted = Vec::with_capacity(rows.len());
            for (at, (row, gone)) in rows.iter().zip(&gone).enumerate() {
                let is_uncounted = row.is_new && !gone;
                uncounted.push(if is_uncounted { row.seq } else { COUNTED });
                if is_uncounted {
                    let total = seen.totals.entry(segment.scopes[at][0]).or_default();
                    *total = (total.0 + 1, total.1 + u64::from(segment.columns[at].length));
                }
                if !gone {
                    masked.insert(row.row.record.encoded_identity());
                }
                if !gone && row.row.is_outstanding {
                    seen.outstanding.push((row.seq, row.row.record.scope.clone()));
                }
            }
            seen.uncounted.push(uncounted);
            seen.parts.push(Part {
                segment: Arc::clone(segment),
                gone: gone.into(),
                home: Home::Here(Arc::clone(records)),
            });
        }
        Seen { seqs, masked, ..seen }
    }
}

impl Batch {
    fn new(rows: Vec<WaitingRow>, centre: &Arc<[f32]>, names: &RwLock<Names>) -> Batch {
        let mut builder = Builder::new(Arc::clone(centre), rows.len());
        let mut names = names.write().expect("no holder panics");
        rows.iter().for_each(|row| builder.push(&row.row.ranked(), &mut names));
        drop(names);
        let records = rows.iter().map(|row| row.row.record.clone()).collect();
        Batch { segment: Arc::new(builder.finish()), records, rows }
    }
}

impl WaitingRow {
    /// None for a deletion.
    fn of(pending: Pending) -> Option<WaitingRow> {
        let Pending { seq, row, is_new, .. } = pending;
        Some(WaitingRow { seq, row: Arc::new(without_payload(row?)), is_new })
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
