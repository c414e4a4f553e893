//! Searches that look at the journal at different times, and see what they found in another order.

use aios_record::{Id, Kind, Scope};

use super::*;

/// What a search finds that looks when the highest `seq` is `newest`, all up to `drained` are in
/// the library, and another has seen all up to `known`. Every third `seq` is a deletion.
fn look(waiting: &Waiting, drained: i64, known: i64, newest: i64) -> Option<Arc<Seen>> {
    let fresh = (drained.max(known) + 1..=newest).map(|seq| {
        let id = Id::new(seq.to_string()).unwrap();
        let record = Record::new(Kind::Note, id, "text", Scope::default());
        let key = record.encoded_identity();
        let row =
            Row { record, terms: "text".to_owned(), vector: None, content_hash: String::new() };
        Pending { seq, key, row: (seq % 3 != 0).then_some(row) }
    });
    let seqs = (drained + 1..=newest).collect();
    waiting.see(newest, seqs, fresh.collect(), &Arc::from([0.0; 4]), &RwLock::default())
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
        let known = waiting.newest();
        // The one looks, the other looks later and sees first.
        assert_eq!(look(&waiting, 1, known, newer).unwrap().masked, keys(2..=newer));
        assert_eq!(look(&waiting, 1, known, 11).unwrap().masked, keys(2..=11));
        let again = look(&waiting, 2, waiting.newest(), newer);
        assert_eq!(again.expect("nothing is missing").masked, keys(3..=newer));
        let rows = look(&waiting, 2, waiting.newest(), newer + 2).unwrap();
        let there = rows.parts.iter().map(|part| part.gone.iter().filter(|gone| !**gone).count());
        assert_eq!(there.sum::<usize>(), (3..=newer + 2).filter(|seq| seq % 3 != 0).count());
    }
}

#[test]
fn a_search_that_looked_before_rows_were_let_go_looks_again() {
    let waiting = Waiting::default();
    look(&waiting, 0, 0, 4).unwrap();
    let known = waiting.newest();
    look(&waiting, 4, known, 8).unwrap();
    assert!(look(&waiting, 0, known, 5).is_none());
    assert_eq!(look(&waiting, 4, waiting.newest(), 8).unwrap().masked, keys(5..=8));
}

#[test]
fn nothing_is_kept_once_all_is_in_the_library() {
    let waiting = Waiting::default();
    look(&waiting, 0, 0, 9).unwrap();
    assert!(look(&waiting, 9, waiting.newest(), 9).unwrap().parts.is_empty());
    let state = waiting.state.lock().unwrap();
    assert!(state.batches.is_empty() && state.removals.is_empty());
}
