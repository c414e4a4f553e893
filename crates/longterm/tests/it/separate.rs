//! Searches of one owner in a shared store, which give the same results as in a store of its own.

use std::time::Duration;

use aios_longterm::{
    Config, Counted, Explain, Explanation, Found, Longterm, LongtermView, SearchOptions,
};
use aios_record::{Gate, Id, Kind, Owner, Record, Scope, Timestamp};
use proptest::{collection::vec, option, prelude::*, sample::select, test_runner::TestRunner};

use crate::support::{model, note, open, turn};

pub(crate) fn gate(user: Option<&str>) -> Gate {
    user.map_or_else(Gate::shared, |user| Gate::owner(Owner::user(user).unwrap()))
}

fn explained() -> SearchOptions {
    SearchOptions::default().with_explain(Explain::Yes).with_limit(20)
}

/// Everything that a search returns, to the bit.
#[derive(Debug, PartialEq)]
pub(crate) struct Said {
    record: Record,
    bits: [u64; 2],
    folded: Vec<String>,
    explanation: Explanation,
}

/// Compares the results of two searches, hit by hit.
#[track_caller]
pub(crate) fn assert_same(expect: &[Vec<Said>], found: &[Vec<Said>], when: &str) {
    for (query, (expect, found)) in expect.iter().zip(found).enumerate() {
        for (place, (expect, found)) in expect.iter().zip(found).enumerate() {
            assert_eq!(expect, found, "{when}: query {query}, hit {place}");
        }
        assert_eq!(expect.len(), found.len(), "{when}: query {query}");
    }
}

fn assert_all_same(expect: &[Vec<Vec<Said>>; 2], found: &[Vec<Vec<Said>>; 2], when: &str) {
    assert_same(&expect[0], &found[0], &format!("{when}, own"));
    assert_same(&expect[1], &found[1], &format!("{when}, shared"));
}

fn said(found: Found) -> Vec<Said> {
    let hits = found.hits.into_iter().map(|hit| Said {
        record: hit.record,
        bits: [hit.score.to_bits(), hit.relevance.to_bits()],
        folded: hit.folded.iter().map(ToString::to_string).collect(),
        explanation: hit.explain.unwrap(),
    });
    hits.collect()
}

pub(crate) async fn ask(view: &LongtermView, queries: &[&str]) -> Vec<Vec<Said>> {
    let mut all = Vec::new();
    for query in queries {
        all.push(said(view.search(query, &explained()).await.unwrap()));
    }
    all
}

/// Returns a conversation and some notes, in which several words repeat.
fn records() -> Vec<Record> {
    let mut records = vec![
        turn("s", 0, "Ada", "Did you adopt the kitten from the shelter near the harbour?"),
        turn("s", 1, "Will", "Yes, last week, she is called Mochi and she sleeps all day."),
        turn("s", 2, "Ada", "The kitten and the dog must meet at the harbour in July."),
        note("engine", "the engine of the boat was mended in the harbour by Otto"),
        note("engine2", "the engine of the boat was painted in the harbour by Otto"),
        note("tax", "quarterly taxes are due in April, says the letter of the office"),
        note("tea", "we purchased the vehicle, a van, a truck and tea from a cousin"),
    ];
    for record in &mut records {
        record.recorded_at = Timestamp::from_second(1_700_000_000).unwrap();
    }
    records
}

const QUERIES: [&str; 7] = [
    "who adopted a kitten from the shelter?",
    "What did Will say of the kitten?",
    "When do the dog and the kitten meet in the harbour?",
    "engine of the boat in the harbour",
    "where did they buy the car, automobile, wagon or lorry?",
    "taxes due office letter",
    "mochi mended painted van tea engine kitten",
];

/// Returns thousands of words in few records: the words of the queries, others, and the names of
/// the speakers.
fn noise() -> Vec<Record> {
    let mut records: Vec<Record> = (0..60)
        .map(|n| {
            let words: Vec<String> = (0..60).map(|w| format!("w{}", n * 60 + w)).collect();
            let text = format!("lorry car kitten harbour engine taxes {} boat", words.join(" "));
            turn("s", n, ["Will", "Kitten", "Otto", "Harbour"][n as usize % 4], &text)
        })
        .collect();
    records.extend(self::records());
    records
}

#[tokio::test]
async fn records_of_another_owner_change_no_bit_of_a_search() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let views = [Some("u1"), None].map(|user| longterm.scoped(gate(user)));
    let [own, shared] = &views;
    let (mine, all) = (records().split_off(3), records());
    own.store(mine).await.unwrap();
    shared.store(all).await.unwrap();
    let before = [ask(own, &QUERIES).await, ask(shared, &QUERIES).await];
    assert!(before.iter().flatten().all(|hits| !hits.is_empty()));
    let other = longterm.scoped(gate(Some("u2")));
    other.store(noise()).await.unwrap();
    let with_pending = [ask(own, &QUERIES).await, ask(shared, &QUERIES).await];
    assert_all_same(&before, &with_pending, "while the other's records wait");
    longterm.upkeep().drain().await.unwrap();
    assert!(longterm.upkeep().warm().await.unwrap());
    let drained = [ask(own, &QUERIES).await, ask(shared, &QUERIES).await];
    assert_all_same(&before, &drained, "in the library");
    longterm.close().await.unwrap();
    // Names and words get other numbers in a process that reads the other owner's first.
    let longterm = open(dir.path()).await;
    ask(&longterm.scoped(gate(Some("u2"))), &QUERIES).await;
    let again = [
        ask(&longterm.scoped(gate(Some("u1"))), &QUERIES).await,
        ask(&longterm.scoped(gate(None)), &QUERIES).await,
    ];
    assert_all_same(&before, &again, "in another process");
}

/// Drains and purges recount the words of all owners.
#[tokio::test]
async fn changes_removals_and_purges_of_another_owner_change_no_bit_of_a_search() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { drain_delay: Duration::from_secs(3600), ..Config::default() };
    let longterm = Longterm::open(dir.path(), config, model()).await.unwrap();
    let views = [Some("u1"), None].map(|user| longterm.scoped(gate(user)));
    let [own, shared] = &views;
    let other = longterm.scoped(gate(Some("u2")));
    for view in [own, shared, &other] {
        view.store(records()).await.unwrap();
    }
    longterm.upkeep().drain().await.unwrap();
    // Waiting versions of rows that the library holds.
    let mut changed = records().split_off(3);
    changed[0].text = "the kitten of Otto bought a car in the harbour".to_owned();
    changed[2].text = "no letter of any office in April".to_owned();
    for view in [own, shared] {
        view.store(changed.clone()).await.unwrap();
        let owner = view.gate().acts_for().unwrap().clone();
        view.forget(vec![changed[3].key().of(owner)]).await.unwrap();
    }
    let before = [ask(own, &QUERIES).await, ask(shared, &QUERIES).await];
    other.store(noise()).await.unwrap();
    let after = [ask(own, &QUERIES).await, ask(shared, &QUERIES).await];
    assert_all_same(&before, &after, "changes");
    let theirs = Owner::user("u2").unwrap();
    let mut theirs = records().into_iter().map(|record| record.key().of(theirs.clone()));
    other.forget(theirs.by_ref().take(3).collect()).await.unwrap();
    let after = [ask(own, &QUERIES).await, ask(shared, &QUERIES).await];
    assert_all_same(&before, &after, "removals");
    longterm.upkeep().purge(theirs.collect()).await.unwrap();
    let after = [ask(own, &QUERIES).await, ask(shared, &QUERIES).await];
    assert_all_same(&before, &after, "a purge");
}

#[tokio::test]
async fn an_explanation_names_the_counted_owners() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(records()).await.unwrap();
    let of = async |view: &LongtermView| {
        let found = view.search("engine of the boat", &explained()).await.unwrap();
        found.hits[0].explain.clone().unwrap().statistics
    };
    assert_eq!(of(&longterm).await, Counted::All);
    assert_eq!(of(&longterm.scoped(gate(Some("u1")))).await, Counted::OwnAndShared);
    assert_eq!(of(&longterm.scoped(gate(None))).await, Counted::Shared);
    assert_eq!(serde_json::to_value(Counted::OwnAndShared).unwrap(), "own and shared");
}

#[tokio::test]
async fn the_words_of_all_count_for_the_administrator() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(records()).await.unwrap();
    longterm.scoped(gate(Some("u1"))).store(records()).await.unwrap();
    let words = async || {
        let found = longterm.search("taxes due says office letter", &explained()).await.unwrap();
        let is_tax = |record: &Record| record.id.as_str() == "tax" && record.scope.user.is_none();
        let hit = found.hits.into_iter().find(|hit| is_tax(&hit.record)).unwrap();
        hit.explain.unwrap().words
    };
    let before = words().await;
    longterm.scoped(gate(Some("u2"))).store(noise()).await.unwrap();
    assert!((before - words().await).abs() > 0.01);
}

#[tokio::test]
async fn copies_fold_within_an_owner_and_shared_ones_into_the_users_own() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let text = "the backup of the archive runs every night at two";
    for (user, id) in [(Some("u1"), "b"), (Some("u2"), "c"), (None, "a"), (None, "d")] {
        longterm.scoped(gate(user)).store(vec![note(id, text)]).await.unwrap();
    }
    let folded = async |view: &LongtermView| {
        let found = view.search("backup archive night", &explained()).await.unwrap();
        let hits = found.hits.iter().map(|hit| {
            let folded: Vec<String> = hit.folded.iter().map(ToString::to_string).collect();
            format!("{} < {}", hit.record.identity(), folded.join(", "))
        });
        hits.collect::<Vec<_>>()
    };
    for round in ["pending", "drained"] {
        let own = folded(&longterm.scoped(gate(Some("u1")))).await;
        assert_eq!(own, ["note/b of u1 < note/a, note/d"], "{round}");
        let shared = folded(&longterm.scoped(gate(None))).await;
        assert_eq!(shared, ["note/a < note/d"], "{round}");
        let all = folded(&longterm).await;
        assert_eq!(all, ["note/a < note/d", "note/b of u1 < ", "note/c of u2 < "], "{round}");
        longterm.upkeep().drain().await.unwrap();
    }
}

#[tokio::test]
async fn only_the_same_text_of_the_same_speaker_folds() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let texts = [
        "the balance of the account is -5 euro",
        "the balance  of the account\r\nis -5 euro",
        "the balance of the account is 5 euro",
        "the balance of the account is -5 EURO",
    ];
    let notes = texts.iter().zip(["a", "b", "c", "d"]).map(|(text, id)| note(id, text));
    let turns = [
        turn("s", 0, "Ada", texts[0]),
        turn("t", 0, "Bob", texts[0]),
        turn("u", 9, "Ada", texts[1]),
    ];
    longterm.store(notes.chain(turns).collect()).await.unwrap();
    let found = longterm.search("balance account euro", &explained()).await.unwrap();
    let mut hits: Vec<(String, usize)> =
        found.hits.iter().map(|hit| (hit.record.key().to_string(), hit.folded.len())).collect();
    hits.sort();
    let keys: Vec<&str> = hits.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys.len(), 5, "{hits:?}");
    assert!(keys.contains(&"note/c") && keys.contains(&"note/d") && keys.contains(&"message/t:0"));
    assert_eq!(hits.iter().map(|(_, folded)| folded).sum::<usize>(), 2, "{hits:?}");
}

#[tokio::test]
async fn sessions_of_the_same_name_are_not_neighbours() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let own = longterm.scoped(gate(Some("u1")));
    own.store(vec![turn("s", 1, "Bob", "Yes, she is called Mochi.")]).await.unwrap();
    let words = async || {
        let found = own.search("the kitten Mochi from the shelter", &explained()).await.unwrap();
        let hit = found.hits.iter().find(|hit| hit.record.scope.user.is_some()).unwrap();
        hit.explain.clone().unwrap()
    };
    // The statistics count the three turns, in either session.
    let shelter = "The kitten from the shelter?";
    longterm.store(vec![turn("t", 0, "Ada", shelter), turn("t", 2, "Ada", shelter)]).await.unwrap();
    let apart = words().await;
    let there =
        [turn("t", 0, "Ada", shelter), turn("t", 2, "Ada", shelter)].map(|it| it.identity());
    longterm.upkeep().purge(there.to_vec()).await.unwrap();
    longterm.store(vec![turn("s", 0, "Ada", shelter), turn("s", 2, "Ada", shelter)]).await.unwrap();
    let beside = words().await;
    assert!((apart.words - beside.words).abs() < 0.2, "{apart:?} {beside:?}");
    own.store(vec![turn("s", 0, "Ada", shelter)]).await.unwrap();
    assert!(beside.words + 0.5 < words().await.words);
}

const CASES: u32 = 12;

pub(crate) fn word() -> impl Strategy<Value = &'static str> {
    select(vec![
        "kitten",
        "harbour",
        "engine",
        "boat",
        "Otto",
        "Ada",
        "car",
        "vehicle",
        "truck",
        "lorry",
        "bought",
        "tax",
        "May",
        "2023",
        "yesterday",
        "night",
        "?",
        "the",
        "of",
        "Mochi",
    ])
}

/// Records with few ids, sessions, positions and texts, so that they coincide.
pub(crate) fn record() -> impl Strategy<Value = Record> {
    let session = option::of((select(vec!["s", "t"]), 0_i64..5));
    let speaker = option::of(select(vec!["Ada", "Otto", "May"]));
    let kind = select(vec![Kind::Note, Kind::Message]);
    (kind, 0..5_u8, vec(word(), 1..9), session, speaker).prop_map(
        |(kind, id, words, session, speaker)| {
            let id = Id::new(format!("{id}")).unwrap();
            let mut record = Record::new(kind, id, words.join(" "), Scope::default());
            if let Some((session, position)) = session {
                record.id = Id::new(format!("{session}{}", record.id)).unwrap();
                record.scope.session = Some(session.to_owned());
                record.position = Some(position);
            }
            record.speaker = speaker.map(str::to_owned);
            record.recorded_at = Timestamp::from_second(1_700_000_000).unwrap();
            record
        },
    )
}

#[derive(Debug, Clone, Copy)]
enum Verb {
    /// Stores new records, and new versions of earlier ones.
    Store,
    Forget,
    /// Also drains everything that waits in the store.
    Purge,
    /// Drains only the store that has all records.
    Drain,
}

/// Generates a call: its operation, its user, and its records.
fn call() -> impl Strategy<Value = (Verb, Option<&'static str>, Vec<Record>)> {
    use Verb::{Drain, Forget, Purge, Store};
    let verb = select(vec![Store, Store, Store, Store, Forget, Purge, Drain]);
    (verb, select(vec![Some("u1"), Some("u2"), None]), vec(record(), 1..6))
}

async fn make(store: &Longterm, verb: Verb, user: Option<&str>, records: &[Record]) {
    let view = store.scoped(gate(user));
    let owner = user.map_or(Owner::SHARED, |user| Owner::user(user).unwrap());
    let identities = records.iter().map(|record| record.key().of(owner.clone())).collect();
    match verb {
        Verb::Store => drop(view.store(latest(records)).await.unwrap()),
        Verb::Forget => drop(view.forget(identities).await.unwrap()),
        Verb::Purge => drop(store.upkeep().purge(identities).await.unwrap()),
        Verb::Drain => {}
    }
}

/// Tests two owners and the shared one in one store.
#[test]
fn one_store_of_two_owners_is_searched_like_two_stores() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(ProptestConfig { cases: CASES, ..Default::default() });
    let inputs = (vec(call(), 3..12), vec(vec(word(), 1..6), 6));
    let outcome = runner.run(&inputs, |(calls, queries)| {
        let queries: Vec<String> = queries.iter().map(|words| words.join(" ")).collect();
        let queries: Vec<&str> = queries.iter().map(String::as_str).collect();
        runtime.block_on(async {
            let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
            let mut stores = Vec::new();
            for dir in &dirs {
                // Nothing is drained unless requested.
                let config = Config { drain_delay: Duration::from_secs(3600), ..Config::default() };
                stores.push(Longterm::open(dir.path(), config, model()).await.unwrap());
            }
            // The first store has all records; each of the others has those of one user and the
            // shared ones.
            for (verb, user, records) in &calls {
                for (store, has) in stores.iter().zip([None, Some("u1"), Some("u2")]) {
                    if has.is_none() || user.is_none() || *user == has {
                        make(store, *verb, *user, records).await;
                    }
                }
                if matches!(verb, Verb::Drain) {
                    stores[0].upkeep().drain().await.unwrap();
                }
            }
            for round in ["pending", "drained"] {
                for (store, user) in stores[1..].iter().zip(["u1", "u2"]) {
                    let alone = ask(&store.scoped(gate(Some(user))), &queries).await;
                    let beside = ask(&stores[0].scoped(gate(Some(user))), &queries).await;
                    assert_same(&alone, &beside, &format!("{user}, {round}"));
                    let alone = ask(&store.scoped(gate(None)), &queries).await;
                    let beside = ask(&stores[0].scoped(gate(None)), &queries).await;
                    assert_same(&alone, &beside, &format!("shared, {round}"));
                }
                for store in &stores {
                    store.upkeep().drain().await.unwrap();
                    store.upkeep().warm().await.unwrap();
                }
            }
        });
        Ok(())
    });
    outcome.unwrap();
}

/// Returns the last record of each identity, since a call names each once.
pub(crate) fn latest(records: &[Record]) -> Vec<Record> {
    let is_last =
        |at: usize| records[at + 1..].iter().all(|later| later.key() != records[at].key());
    (0..records.len()).filter(|&at| is_last(at)).map(|at| records[at].clone()).collect()
}
