//! A child process is killed while it writes: its acknowledged writes must survive.

use std::collections::BTreeSet;

use aios_ledger::Error;
use aios_memory_tests::{
    child::{self, Child},
    rounds,
};

use crate::{insert, opened, place, texts};

/// Default number of kills.
const ROUNDS: u64 = 5;

/// Runs as a child until it is killed.
#[test]
fn child() {
    let Some(path) = child::place() else { return };
    let ledger = opened(&path);
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let ledger = &ledger;
            scope.spawn(move || {
                for n in 0_u64.. {
                    let text = format!("{}/{writer}/{n}", std::process::id());
                    ledger.write_blocking(insert(text.clone())).unwrap();
                    child::say(text);
                }
            });
        }
    });
}

#[test]
fn acknowledged_rows_survive_a_kill() {
    let (_folder, path) = place();
    let mut acknowledged = BTreeSet::new();
    for round in 0..rounds(ROUNDS) {
        let mut child = Child::start("crash::child", &path);
        acknowledged.extend(child.hear_some(50 + 37 * (round as usize % 10)));
        // Lines written before the kill took effect are acknowledgements too.
        acknowledged.extend(child.kill());

        let ledger = opened(&path);
        let kept = ledger.read_blocking(texts).unwrap();
        let whole: BTreeSet<String> = kept.iter().cloned().collect();
        assert_eq!(whole.len(), kept.len());
        let lost: Vec<&String> = acknowledged.difference(&whole).collect();
        assert!(lost.is_empty(), "round {round}: {lost:?}");
        let check = |connection: &rusqlite::Connection| -> Result<String, Error> {
            Ok(connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?)
        };
        assert_eq!(ledger.read_blocking(check).unwrap(), "ok");
    }
}
