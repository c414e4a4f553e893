//! The pending rows of the journal, decoded and analysed once, as parts to search.
//!
//! A row of the journal never changes under its `seq`, except that its vector may be added later. A
//! row that was read is therefore valid while its `seq` exists, and a row is read again when its
//! vector was added. The same holds for the library's row of its key, unless [`Base`] changes.

mod held;
mod tally;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, RwLock},
};

use aios_record::{Gate, Provenance, Record, Scope};
use serde_json::Value;

pub(crate) use self::held::HeldRow;
use self::{
    held::HeldRows,
    tally::{COUNTED, Tally},
};
use crate::{
    journal::{Base, Corpus, KnownWaiting, Pending, Snapshot, Statistics},
    library::Row,
    search::segments::{
        part::{Home, Part},
        segment::{Builder, Names, Segment},
        strings::NONE,
    },
};

/// Pending rows at the time of the latest search.
#[derive(Default)]
pub(crate) struct Waiting {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Base of all other fields.
    base: Base,
    /// Highest `seq` that existed at the latest search. The rows that were pending then are below.
    newest: i64,
    batches: Vec<Batch>,
    /// Deletions, as `seq` and key.
    removals: Vec<(i64, String)>,
    /// Rows of the library whose keys are pending.
    held: HeldRows,
    /// Unreadable rows.
    unreadable: Vec<i64>,
    last: Arc<Seen>,
}

/// A pending row.
struct WaitingRow {
    seq: i64,
    row: Arc<Row>,
}

/// Mark in place of the `seq` of a row that was read again and is in another batch.
const REREAD: i64 = -1;

/// Rows of one segment.
struct Batch {
    rows: Vec<WaitingRow>,
    segment: Arc<Segment>,
    records: Arc<[Record]>,
}

/// The journal as one search sees it.
#[derive(Default)]
pub(crate) struct Seen {
    /// Pending rows, in rising order.
    seqs: Vec<i64>,
    pub(crate) parts: Vec<Part>,
    /// Rows that the statistics of the library lack, and rows that they count in excess.
    tallies: Vec<Tally>,
    /// Numbers of these rows and of their terms, by the number of their user.
    totals: HashMap<u32, (i64, i64)>,
    /// Encoded identities whose records in the library are hidden.
    pub(crate) masked: HashSet<String>,
    /// Scopes of rows that wait for their vector, by `seq`.
    outstanding: Vec<(i64, Scope)>,
}

impl Seen {
    /// Returns the number of rows that `gate` sees and that wait for their vector.
    pub(crate) fn outstanding(&self, gate: &Gate) -> u64 {
        self.outstanding.iter().filter(|(_, scope)| gate.sees(scope)).count() as u64
    }

    /// Corrects the statistics of the library for `corpus`: adds its pending rows and subtracts the
    /// rows that they replace or remove.
    pub(crate) fn count(&self, statistics: &mut Statistics, corpus: &Corpus, names: &Names) {
        if self.tallies.is_empty() {
            return;
        }
        let own = own(corpus, names);
        let is_of = |user: u32| is_of(corpus, own, user);
        for (_, (documents, terms)) in self.totals.iter().filter(|(user, _)| is_of(**user)) {
            statistics.documents = statistics.documents.saturating_add_signed(*documents);
            statistics.terms_total = statistics.terms_total.saturating_add_signed(*terms);
        }
        self.count_terms(&mut statistics.documents_with, is_of, names, &self.seqs);
    }

    /// Like [`count`](Seen::count), for statistics that were read later, when only `waiting` was
    /// still pending: rows moved in the meantime are already counted in them. Returns `statistics`
    /// with the number of documents of `first`.
    pub(crate) fn count_later(
        &self,
        mut statistics: Statistics,
        waiting: &[i64],
        first: &Statistics,
        corpus: &Corpus,
        names: &Names,
    ) -> Statistics {
        if !self.tallies.is_empty() {
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
            let mut change = 0;
            for Tally { segment, seqs, weight } in &self.tallies {
                let rows = segment.postings.rows(term, 0).map(|(at, _)| at as usize);
                let rows = rows.filter(|&at| is_of(segment.scopes[at][0]));
                change += rows.filter(|&at| waits(seqs[at])).map(|_| weight).sum::<i64>();
            }
            *documents = documents.saturating_add_signed(change);
        }
    }
}

/// Returns the number of the user whose records are in `corpus`.
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
    /// Returns the rows that need not be read again.
    pub(crate) fn known(&self) -> KnownWaiting {
        let state = self.state.lock().expect("no holder panics");
        let outstanding = state.last.outstanding.iter().map(|(seq, _)| *seq).collect();
        KnownWaiting { base: state.base, newest: state.newest, outstanding }
    }

    /// Returns the journal for a search with `snapshot`, which was taken after the
    /// [`known`](Waiting::known) rows were read, and with the rows `held` in the library. `None` if
    /// a later search has dropped some of its rows; the caller must read the journal again.
    pub(crate) fn see(
        &self,
        snapshot: Snapshot,
        held: Vec<HeldRow>,
        centre: &Arc<[f32]>,
        names: &RwLock<Names>,
    ) -> Option<Arc<Seen>> {
        let Snapshot { base, newest, seqs, fresh, embedded, .. } = snapshot;
        let mut state = self.state.lock().expect("no holder panics");
        if base < state.base {
            return None;
        }
        if state.base < base {
            // All pending rows are new.
            *state = State { base, ..State::default() };
        }
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
            // All known rows must be kept, because they include rows that this search did not see.
            return (state.waiting(&seqs) == seqs.len()).then(|| Arc::new(state.seen(seqs)));
        }
        let before = std::mem::replace(&mut state.newest, newest);
        let waits = |seq: i64| seqs.binary_search(&seq).is_ok();
        state.batches.retain(|batch| batch.rows.iter().any(|row| waits(row.seq)));
        state.removals.retain(|(seq, _)| waits(*seq));
        state.unreadable.retain(|seq| waits(*seq));
        state.held.retain(waits);
        let read: HashSet<i64> = fresh.iter().map(|pending| pending.seq).collect();
        state.unreadable.extend(seqs.iter().filter(|seq| before < **seq && !read.contains(*seq)));
        let mut rows = reread;
        // Another search may already have added some of them.
        for pending in fresh.into_iter().filter(|fresh| before < fresh.seq) {
            let (seq, key) = (pending.seq, pending.key.clone());
            match WaitingRow::of(pending) {
                Some(row) => rows.push(row),
                None => state.removals.push((seq, key)),
            }
        }
        let held = held.into_iter().filter(|held| before < held.seq).collect();
        state.held.add(held, waits, names);
        if !rows.is_empty() {
            // Batches at least double, so that there are few and each row is rarely moved.
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
    /// Removes the rows of `embedded` that are known without their vector from their batches, and
    /// returns their present form.
    fn take_out(&mut self, embedded: Vec<Pending>) -> Vec<WaitingRow> {
        let mut fresh: HashMap<i64, WaitingRow> = HashMap::new();
        for pending in embedded {
            fresh.extend(WaitingRow::of(pending).map(|row| (row.seq, row)));
        }
        let mut taken = Vec::new();
        if !fresh.is_empty() {
            for row in self.batches.iter_mut().flat_map(|batch| &mut batch.rows) {
                // Another search may already have done so.
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

    /// Returns the number of `seqs` that are known.
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
            let there = rows.iter().zip(&gone).filter(|(_, gone)| !**gone).map(|(row, _)| row);
            for WaitingRow { seq, row } in there {
                masked.insert(row.record.encoded_identity());
                if row.is_outstanding {
                    seen.outstanding.push((*seq, row.record.scope.clone()));
                }
            }
            seen.tallies.push(Tally {
                segment: Arc::clone(segment),
                seqs: rows.iter().map(|it| if waits(it.seq) { it.seq } else { COUNTED }).collect(),
                weight: 1,
            });
            seen.parts.push(Part {
                segment: Arc::clone(segment),
                gone: gone.into(),
                home: Home::Here(Arc::clone(records)),
            });
        }
        seen.tallies.extend(self.held.tallies(waits));
        for Tally { segment, seqs, weight } in &seen.tallies {
            for (at, _) in seqs.iter().enumerate().filter(|(_, seq)| **seq != COUNTED) {
                let (documents, terms) = seen.totals.entry(segment.scopes[at][0]).or_default();
                *documents += weight;
                *terms += weight * i64::from(segment.lengths[at]);
            }
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
    /// Reads a row; `None` for a deletion.
    fn of(pending: Pending) -> Option<WaitingRow> {
        let Pending { seq, row, .. } = pending;
        Some(WaitingRow { seq, row: Arc::new(without_payload(row?)) })
    }
}

/// Removes payload, provenance and references, which a search does not show.
fn without_payload(mut row: Row) -> Row {
    row.record.payload = Value::Null;
    row.record.references = Vec::new();
    row.record.provenance = Provenance::default();
    row
}

#[cfg(test)]
mod tests;
