//! Word statistics are those of the stored records, whatever happened to others and whenever each
//! moved to the library.

use std::{collections::BTreeMap, path::Path, time::Duration};

use aios_longterm::{Config, FeedPage, Longterm};
use aios_record::{Change, FeedItem, Identity, Key, Record, Timestamp};
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};

use crate::{
    former::former,
    separate::{ask, assert_same, gate, latest, record, word},
    support::{Letters, model, note, open},
};

/// The tables `terms` and `totals`, by owner.
#[derive(Debug, PartialEq)]
pub(crate) struct Counts {
    documents_with: BTreeMap<(String, String), i64>,
    totals: BTreeMap<String, (i64, i64)>,
}

/// Returns the counts of the journal.
pub(crate) fn counted(dir: &Path) -> Counts {
    let journal = rusqlite::Connection::open(dir.join("journal.db")).unwrap();
    let mut terms = journal.prepare("SELECT owner, term, documents FROM terms").unwrap();
    let terms = terms.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
    let mut totals = journal.prepare("SELECT owner, documents, terms FROM totals").unwrap();
    let totals = totals.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).unwrap();
    Counts {
        documents_with: terms.map(Result::unwrap).collect(),
        totals: totals.map(Result::unwrap).collect(),
    }
}

/// Returns the counts of a new store with only the records of `longterm`.
pub(crate) async fn counted_afresh(longterm: &Longterm) -> Counts {
    let dir = tempfile::tempdir().unwrap();
    let fresh = open(dir.path()).await;
    let identities = longterm.records().identities().await.unwrap();
    let mut records = longterm.records().get_all(&identities).await.unwrap();
    assert_eq!(records.len(), identities.len());
    // A former store has users with names that are refused today.
    let mut names: Vec<String> = records.iter().filter_map(|it| it.scope.user.clone()).collect();
    names.sort();
    names.dedup();
    for user in records.iter_mut().filter_map(|record| record.scope.user.as_mut()) {
        *user = names.binary_search(user).unwrap().to_string();
    }
    fresh.store(records).await.unwrap();
    fresh.upkeep().drain().await.unwrap();
    let Counts { documents_with, totals } = counted(dir.path());
    let own = |owner: String| match owner.parse::<usize>() {
        Ok(number) => names[number].clone(),
        Err(_) => owner,
    };
    let documents_with = documents_with.into_iter();
    Counts {
        documents_with: documents_with.map(|((owner, term), n)| ((own(owner), term), n)).collect(),
        totals: totals.into_iter().map(|(owner, n)| (own(owner), n)).collect(),
    }
}

#[derive(Debug, Clone, Copy)]
enum Verb {
    Store,
    Delete,
    Forget,
    Purge,
    Drain,
    Reopen,
    Rebuild,
}

type Action = (Verb, Option<&'static str>, Vec<Record>);

fn action() -> impl Strategy<Value = Action> {
    use Verb::*;
    let verbs = vec![
        Store, Store, Store, Store, Store, Store, Delete, Forget, Forget, Purge, Drain, Drain,
        Drain, Reopen, Rebuild,
    ];
    (select(verbs), select(vec![Some("u1"), Some("u2"), None]), vec(record(), 1..6))
}

/// Returns a configuration in which nothing is drained unless requested.
fn idle() -> Config {
    Config { drain_delay: Duration::from_secs(3600), ..Config::default() }
}

async fn delete(longterm: &Longterm, identities: Vec<Identity>) {
    let after = longterm.feed().watermark().await.unwrap();
    let through = after + identities.len() as u64;
    let changes = (after + 1..).zip(identities).map(|(seq, identity)| {
        let (owner, key) = (Some(identity.owner.clone()), identity.key());
        FeedItem { seq, change: Change::Delete { owner, key } }
    });
    let changes = changes.collect();
    longterm.feed().apply(FeedPage { after, through, changes }).await.unwrap();
}

/// Applies `action`. A store that is `idle` neither drains nor rebuilds by itself.
async fn act(longterm: Longterm, dir: &Path, action: &Action, is_idle: bool) -> Longterm {
    let (verb, user, records) = action;
    let view = longterm.scoped(gate(*user));
    let mut records = latest(records);
    for record in &mut records {
        record.scope.user = user.map(str::to_owned);
    }
    let identities: Vec<Identity> = records.iter().map(Record::identity).collect();
    match verb {
        Verb::Store => drop(view.store(records).await.unwrap()),
        Verb::Delete => delete(&longterm, identities).await,
        Verb::Forget => drop(view.forget(identities).await.unwrap()),
        Verb::Purge => drop(longterm.upkeep().purge(identities).await.unwrap()),
        Verb::Drain | Verb::Reopen | Verb::Rebuild if is_idle => {}
        Verb::Drain => longterm.upkeep().drain().await.unwrap(),
        Verb::Reopen | Verb::Rebuild => {
            longterm.close().await.unwrap();
            if matches!(verb, Verb::Rebuild) {
                aios_longterm::reindex(dir, idle(), model(), |_| {}).await.unwrap();
            }
            return Longterm::open(dir, idle(), model()).await.unwrap();
        }
    }
    longterm
}

#[test]
fn the_counts_are_those_of_the_stored_records_whenever_they_were_drained() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(ProptestConfig { cases: 12, ..Default::default() });
    let inputs = (vec(action(), 4..16), vec(vec(word(), 1..6), 4));
    let outcome = runner.run(&inputs, |(actions, queries)| {
        let queries: Vec<String> = queries.iter().map(|words| words.join(" ")).collect();
        let queries: Vec<&str> = queries.iter().map(String::as_str).collect();
        runtime.block_on(async {
            let dirs = [(); 2].map(|()| tempfile::tempdir().unwrap());
            let [mut busy, mut late] = [
                Longterm::open(dirs[0].path(), idle(), model()).await.unwrap(),
                Longterm::open(dirs[1].path(), idle(), model()).await.unwrap(),
            ];
            for action in &actions {
                busy = act(busy, dirs[0].path(), action, false).await;
                late = act(late, dirs[1].path(), action, true).await;
                ask(&busy, &queries[..1]).await;
            }
            for round in ["one drained later", "both drained"] {
                for user in [Some("u1"), Some("u2"), None] {
                    let expect = ask(&busy.scoped(gate(user)), &queries).await;
                    let found = ask(&late.scoped(gate(user)), &queries).await;
                    assert_same(&expect, &found, &format!("{user:?}, {round}"));
                }
                let (expect, found) = (ask(&busy, &queries).await, ask(&late, &queries).await);
                assert_same(&expect, &found, round);
                busy.upkeep().drain().await.unwrap();
                late.upkeep().drain().await.unwrap();
            }
            let expect = counted_afresh(&busy).await;
            assert_eq!(counted(dirs[0].path()), expect);
            assert_eq!(counted(dirs[1].path()), expect);
        });
        Ok(())
    });
    outcome.unwrap();
}

#[tokio::test]
async fn a_repair_a_reindex_and_a_conversion_recount_exactly() {
    let dir = former();
    let longterm = open(dir.path()).await;
    longterm.upkeep().drain().await.unwrap();
    let expect = counted_afresh(&longterm).await;
    assert_eq!(counted(dir.path()), expect);
    longterm.close().await.unwrap();
    aios_longterm::repair(dir.path(), Config::default(), model(), |_| {}).await.unwrap();
    assert_eq!(counted(dir.path()), expect);
    aios_longterm::reindex(dir.path(), Config::default(), Letters::new(), |_| {}).await.unwrap();
    assert_eq!(counted(dir.path()), expect);
}

/// A program that did not subtract left counts that no version of the library ever had.
#[tokio::test]
async fn the_next_owner_recounts_after_an_older_program() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "the harbour"), note("b", "the boat")]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.close().await.unwrap();
    let expect = counted(dir.path());
    let journal = rusqlite::Connection::open(dir.path().join("journal.db")).unwrap();
    let drift = "UPDATE terms SET documents = 7; UPDATE totals SET documents = 7, terms = 9;
                 DELETE FROM meta WHERE name = 'counted_version'";
    journal.execute_batch(drift).unwrap();
    drop(journal);
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "the harbour"), note("b", "the boat")]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    assert_eq!(counted(dir.path()), expect);
}

#[tokio::test]
async fn a_replaced_or_removed_row_stops_counting_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = Longterm::open(dir.path(), idle(), model()).await.unwrap();
    let notes = [
        note("a", "the kitten sleeps in the harbour"),
        note("b", "the kitten and the boat"),
        note("c", "a kitten in the garden of the office"),
    ];
    longterm.store(notes.to_vec()).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    let alone = tempfile::tempdir().unwrap();
    let expect = Longterm::open(alone.path(), idle(), model()).await.unwrap();
    let a = note("a", "the engine is in the harbour");
    let mut expected = vec![a.clone(), notes[2].clone()];
    longterm.store(vec![a]).await.unwrap();
    longterm.forget(vec![notes[1].identity()]).await.unwrap();
    // Read from the other store, since their times differ otherwise.
    for record in &mut expected {
        let found = longterm.get(&Key::new(record.kind, record.id.clone())).await.unwrap();
        *record = found.unwrap();
    }
    expect.store(expected).await.unwrap();
    let queries = ["kitten harbour", "engine office boat"];
    for round in ["waiting", "drained"] {
        let (expect, found) = (ask(&expect, &queries).await, ask(&longterm, &queries).await);
        assert_same(&expect, &found, round);
        longterm.upkeep().drain().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_rewritten_while_it_moves_counts_once() {
    let dirs = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let config = Config { drain_delay: Duration::ZERO, ..Config::default() };
    let busy = Longterm::open(dirs[0].path(), config, model()).await.unwrap();
    let late = Longterm::open(dirs[1].path(), idle(), model()).await.unwrap();
    let words = ["kitten", "harbour", "engine", "boat", "office"];
    for round in 0..60 {
        let text = |id: usize| format!("{} and {}", words[(round + id) % 5], words[round * id % 5]);
        let mut notes: Vec<Record> = (0..3).map(|id| note(&format!("n{id}"), &text(id))).collect();
        for note in &mut notes {
            note.recorded_at = Timestamp::from_second(1_700_000_000).unwrap();
        }
        if round % 7 == 6 {
            let gone = notes.pop().unwrap().identity();
            busy.forget(vec![gone.clone()]).await.unwrap();
            late.forget(vec![gone]).await.unwrap();
        }
        busy.store(notes.clone()).await.unwrap();
        late.store(notes).await.unwrap();
        let queries = ["kitten engine", "harbour office"];
        let (expect, found) = (ask(&late, &queries).await, ask(&busy, &queries).await);
        assert_same(&expect, &found, &format!("round {round}"));
    }
    busy.upkeep().drain().await.unwrap();
    assert_eq!(counted(dirs[0].path()), counted_afresh(&busy).await);
}
