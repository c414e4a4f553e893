//! Searches that read the journal at different times, and process the results in another order.

use aios_record::{Id, Kind, Owner, Scope};

use super::*;
use crate::library::RowTerms;

/// A record of a note, with the state of its vector.
fn row(seq: i64, is_outstanding: bool) -> Row {
    let id = Id::new(seq.to_string()).unwrap();
    let record = Record::new(Kind::Note, id, "text", Scope::default());
    let vector = (!is_outstanding).then(|| vec![0.5; 4]);
    let (terms, content_hash) = ("text".to_owned(), String::new());
    Row { record, terms, vector, content_hash, is_outstanding }
}

fn pending(seq: i64, row: Option<Row>) -> Pending {
    Pending { seq, key: format!("\u{1f}note/{seq}"), row, is_new: true }
}

fn see(waiting: &Waiting, snapshot: Snapshot) -> Option<Arc<Seen>> {
    waiting.see(snapshot, Vec::new(), &Arc::from([0.0; 4]), &RwLock::default())
}

/// The journal as seen by a search that reads it when the highest `seq` is `newest` and all rows up
/// to `drained` are in the library, after another search has seen all rows up to `known`. Every
/// third `seq` is a deletion.
fn look(waiting: &Waiting, drained: i64, known: i64, newest: i64) -> Option<Arc<Seen>> {
    let fresh = drained.max(known) + 1..=newest;
    let fresh = fresh.map(|seq| pending(seq, (seq % 3 != 0).then(|| row(seq, false)))).collect();
    let seqs = (drained + 1..=newest).collect();
    see(waiting, Snapshot { newest, seqs, fresh, ..Snapshot::default() })
}

fn keys(range: std::ops::RangeInclusive<i64>) -> HashSet<String> {
    range.map(|seq| format!("\u{1f}note/{seq}")).collect()
}

#[test]
fn a_search_that_looked_earlier_takes_nothing_from_those_that_looked_later() {
    // 12 is a deletion, 13 a row.
    for newer in [12, 13] {
        let waiting = Waiting::default();
        assert_eq!(look(&waiting, 0, 0, 11).unwrap().masked, keys(1..=11));
        let known = waiting.known().newest;
        // One search reads; the other reads later and is processed first.
        assert_eq!(look(&waiting, 1, known, newer).unwrap().masked, keys(2..=newer));
        assert_eq!(look(&waiting, 1, known, 11).unwrap().masked, keys(2..=11));
        let again = look(&waiting, 2, waiting.known().newest, newer);
        assert_eq!(again.expect("nothing is missing").masked, keys(3..=newer));
        let rows = look(&waiting, 2, waiting.known().newest, newer + 2).unwrap();
        let there = rows.parts.iter().map(|part| part.gone.iter().filter(|gone| !**gone).count());
        assert_eq!(there.sum::<usize>(), (3..=newer + 2).filter(|seq| seq % 3 != 0).count());
    }
}

#[test]
fn a_search_that_looked_before_rows_were_let_go_looks_again() {
    let waiting = Waiting::default();
    look(&waiting, 0, 0, 4).unwrap();
    let known = waiting.known().newest;
    look(&waiting, 4, known, 8).unwrap();
    assert!(look(&waiting, 0, known, 5).is_none());
    assert_eq!(look(&waiting, 4, waiting.known().newest, 8).unwrap().masked, keys(5..=8));
}

#[test]
fn nothing_is_kept_once_all_is_in_the_library() {
    let waiting = Waiting::default();
    look(&waiting, 0, 0, 9).unwrap();
    assert!(look(&waiting, 9, waiting.known().newest, 9).unwrap().parts.is_empty());
    let state = waiting.state.lock().unwrap();
    assert!(state.batches.is_empty() && state.removals.is_empty());
}

#[test]
fn a_row_is_taken_again_once_its_vector_is_there() {
    let waiting = Waiting::default();
    let gate = Gate::shared();
    let fresh = (1..=6).map(|seq| pending(seq, Some(row(seq, seq % 2 == 0)))).collect();
    let seqs: Vec<i64> = (1..=6).collect();
    let first = Snapshot { newest: 6, seqs: seqs.clone(), fresh, ..Snapshot::default() };
    assert_eq!(see(&waiting, first).unwrap().outstanding(&gate), 3);
    assert_eq!(waiting.known().outstanding, [2, 4, 6]);
    // Two searches see the same new vectors; a third has read earlier.
    for (embedded, left) in [(&[2, 6][..], 1), (&[2, 6], 1), (&[], 1), (&[4], 0)] {
        let embedded = embedded.iter().map(|&seq| pending(seq, Some(row(seq, false)))).collect();
        let seqs = seqs.clone();
        let later = Snapshot { newest: 6, seqs, embedded, ..Snapshot::default() };
        let seen = see(&waiting, later).unwrap();
        assert_eq!(seen.outstanding(&gate), left);
        assert_eq!(seen.masked, keys(1..=6));
        let rows = seen.parts.iter().map(|part| part.gone.iter().filter(|gone| !**gone).count());
        assert_eq!(rows.sum::<usize>(), 6);
    }
    assert_eq!(waiting.known().outstanding, [0_i64; 0]);
}

#[test]
fn what_waits_counts_by_owner_and_what_it_replaces_does_not() {
    let waiting = Waiting::default();
    let names = RwLock::default();
    let of = |seq: i64, user: Option<&str>| {
        let mut row = row(seq, false);
        row.record.scope.user = user.map(str::to_owned);
        pending(seq, Some(row))
    };
    let fresh = vec![of(1, Some("ada")), of(2, Some("bob")), of(3, None), of(4, None)];
    let fresh = fresh.into_iter().chain([pending(5, None)]).collect();
    let held = [(4, "", "text"), (5, "bob", "text text"), (3, "", "other")];
    let held = held.map(|(seq, owner, terms)| {
        let (key, owner, terms) = (String::new(), owner.to_owned(), terms.to_owned());
        HeldRow { seq, row: RowTerms { key, owner, terms } }
    });
    let snapshot = Snapshot { newest: 5, seqs: (1..=5).collect(), fresh, ..Snapshot::default() };
    let seen = waiting.see(snapshot, held.into(), &Arc::from([0.0; 4]), &names).unwrap();
    let user = |name: &str| Corpus::Of(Owner::user(name).unwrap());
    // The changes of the numbers of documents, of terms, and of documents with `text`.
    for (corpus, expect) in [
        (Corpus::All, [1, 0, 2]),
        (user("ada"), [1, 1, 2]),
        (user("bob"), [0, -1, 1]),
        (user("eve"), [0, 0, 1]),
        (Corpus::Of(Owner::SHARED), [0, 0, 1]),
    ] {
        let documents_with = [("text".to_owned(), 10)].into();
        let mut statistics = Statistics { documents: 10, terms_total: 10, documents_with };
        seen.count(&mut statistics, &corpus, &names.read().unwrap());
        let Statistics { documents, terms_total, documents_with } = statistics;
        let counted = [documents, terms_total, documents_with["text"]];
        assert_eq!(counted.map(|count| count as i64 - 10), expect, "{corpus:?}");
    }
}

#[test]
fn all_is_read_again_from_another_base() {
    let waiting = Waiting::default();
    look(&waiting, 0, 0, 4).unwrap();
    let base = Base::of(0, 1);
    let fresh = vec![pending(2, Some(row(2, false)))];
    let later = Snapshot { base, newest: 4, seqs: vec![2], fresh, ..Snapshot::default() };
    assert_eq!(see(&waiting, later).unwrap().masked, keys(2..=2));
    assert_eq!(waiting.known().base, base);
    assert!(look(&waiting, 0, 0, 4).is_none());
}
