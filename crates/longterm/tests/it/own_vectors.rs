//! Stores with the callers' own vectors: they are stored and checked, and find a record that shares
//! no word with the query.

use std::{fs, path::Path};

use aios_embedding::Fingerprint;
use aios_longterm::{
    Config, Error, Explain, FeedPage, Found, Knowledge, Longterm, SearchOptions, Space,
};
use aios_record::{Change, FeedItem, Id, Key, Kind};

use crate::support::{keys, model, note, open};

const DIMENSION: usize = 8;

fn space(name: &str) -> Space {
    Space { fingerprint: Fingerprint::new(name), dimension: DIMENSION }
}

async fn open_own(dir: &Path) -> Longterm {
    Longterm::open_with_vectors(dir, Config::default(), space("mine/8")).await.unwrap()
}

/// Returns a vector of this length along an axis, with a small part of the next one.
fn along(axis: usize, length: f32) -> Vec<f32> {
    let mut vector = vec![0.0; DIMENSION];
    vector[axis % DIMENSION] = length;
    vector[(axis + 1) % DIMENSION] = length / 4.0;
    vector
}

async fn search(longterm: &Longterm, text: &str, vector: Vec<f32>) -> Result<Found, Error> {
    let options = SearchOptions::default().with_limit(3).with_vector(vector);
    longterm.search(text, &options).await
}

fn explained() -> SearchOptions {
    SearchOptions::default().with_explain(Explain::Yes)
}

#[tokio::test]
async fn a_record_is_found_by_its_own_vector_in_journal_and_library() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open_own(dir.path()).await;
    let texts = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"];
    let records = texts.iter().enumerate().map(|(axis, text)| {
        // The lengths of the vectors differ widely.
        (note(text, text), along(axis, 10_f32.powi(axis as i32 - 3)))
    });
    longterm.store_with_vectors(records.collect()).await.unwrap();
    for round in ["pending", "drained", "in RAM"] {
        for (axis, text) in texts.iter().enumerate() {
            let found = search(&longterm, "unheard of", along(axis, 3.0)).await.unwrap();
            assert_eq!(keys(&found)[0], format!("note/{text}"), "{round}");
            let found = search(&longterm, "", along(axis, 3.0)).await.unwrap();
            assert_eq!(keys(&found)[0], format!("note/{text}"), "{round}, without words");
        }
        longterm.upkeep().drain().await.unwrap();
        if round == "drained" {
            assert!(longterm.upkeep().warm().await.unwrap());
        }
    }
    // Words weigh as much as usual.
    let found = search(&longterm, "zeta", along(0, 1.0)).await.unwrap();
    assert_eq!(keys(&found)[0], "note/zeta");
}

#[tokio::test]
async fn unrelated_rows_set_the_scale_once_there_are_enough() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open_own(dir.path()).await;
    let records = (0..64).map(|n| (note(&format!("n{n}"), "filler"), along(n, 1.0))).collect();
    longterm.store_with_vectors(records).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    let options = explained().with_vector(along(3, 1.0));
    let found = longterm.search("nothing", &options).await.unwrap();
    let explained = found.hits[0].explain.clone().unwrap();
    assert!((explained.cosine - 1.0).abs() < 0.01, "{explained:?}");
    // One in eight rows is alike. On the neutral scale that would be two deviations, 0.8.
    assert!(0.9 < explained.meaning, "{explained:?}");
}

#[tokio::test]
async fn knowledge_with_a_vector_is_not_split() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open_own(dir.path()).await;
    let long = "One sentence of many that say the same. ".repeat(200);
    let knowledge = Knowledge::new("Long", long.clone()).with_vector(along(2, 1.0));
    let id = longterm.knowledge().put(knowledge).await.unwrap();
    let found = search(&longterm, "", along(2, 1.0)).await.unwrap();
    assert_eq!(keys(&found), [format!("knowledge/{id}")]);
    let read = longterm.knowledge().find(None, None).await.unwrap();
    assert_eq!(read[0].content, long);
    // The same content with another vector is a change.
    let moved = Knowledge { id: id.clone(), ..Knowledge::new("Long", long) };
    longterm.knowledge().put(moved.with_vector(along(5, 1.0))).await.unwrap();
    let options = explained().with_vector(along(5, 1.0));
    let found = longterm.search("", &options).await.unwrap();
    assert!(0.99 < found.hits[0].explain.as_ref().unwrap().cosine);
    let bare = longterm.knowledge().put(Knowledge::new("Bare", "no vector")).await.unwrap_err();
    assert!(matches!(&bare, Error::VectorMissing { of } if of.starts_with("knowledge/")), "{bare}");
}

#[tokio::test]
async fn a_missing_or_unfit_vector_is_refused_and_nothing_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open_own(dir.path()).await;
    let missing = longterm.store(vec![note("a", "x")]).await.unwrap_err();
    assert!(matches!(&missing, Error::VectorMissing { of } if of == "note/a"), "{missing}");
    for unfit in [vec![1.0; DIMENSION - 1], vec![f32::NAN; DIMENSION]] {
        let records = vec![(note("a", "x"), along(0, 1.0)), (note("b", "y"), unfit.clone())];
        let error = longterm.store_with_vectors(records).await.unwrap_err();
        assert!(matches!(&error, Error::VectorUnfit { of, .. } if of == "note/b"), "{error}");
        let error = search(&longterm, "x", unfit).await.unwrap_err();
        assert!(matches!(&error, Error::VectorUnfit { .. }), "{error}");
    }
    let bare = longterm.search("x", &SearchOptions::default()).await.unwrap_err();
    assert!(matches!(&bare, Error::VectorMissing { .. }), "{bare}");
    assert_eq!(longterm.stats().await.unwrap().records, 0);
}

#[tokio::test]
async fn feed_records_without_a_vector_are_found_by_their_words() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open_own(dir.path()).await;
    let change = Change::Upsert(Box::new(note("fed", "the feed brought this")));
    let page = FeedPage { after: 0, through: 1, changes: vec![FeedItem { seq: 1, change }] };
    longterm.feed().apply(page).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    let found = search(&longterm, "feed", along(0, 1.0)).await.unwrap();
    assert_eq!(keys(&found), ["note/fed"]);
    assert!(longterm.get(&Key::new(Kind::Note, Id::new("fed").unwrap())).await.unwrap().is_some());
}

#[tokio::test]
async fn a_store_with_a_model_refuses_vectors_and_another_space() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let error = longterm.store_with_vectors(vec![(note("a", "x"), along(0, 1.0))]).await;
    assert!(matches!(error, Err(Error::VectorUnfit { .. })), "{error:?}");
    let error = search(&longterm, "x", vec![0.5; model().dimension()]).await;
    assert!(matches!(error, Err(Error::VectorUnfit { .. })), "{error:?}");
    longterm.close().await.unwrap();
    let opened = Longterm::open_with_vectors(dir.path(), Config::default(), space("mine/8")).await;
    assert!(matches!(opened, Err(Error::ModelMismatch { .. })));
}

#[tokio::test]
async fn a_repair_keeps_the_callers_vectors() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open_own(dir.path()).await;
    let records = (0..DIMENSION).map(|axis| (note(&format!("n{axis}"), "alike"), along(axis, 1.0)));
    longterm.store_with_vectors(records.collect()).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    longterm.close().await.unwrap();
    fs::remove_dir_all(dir.path().join("longterm/records.lance/_indices")).unwrap();
    let (path, config) = (dir.path(), Config::default);
    let error = aios_longterm::repair_with_vectors(path, config(), space("other/8"), |_| {}).await;
    assert!(matches!(error, Err(Error::ModelMismatch { .. })), "{error:?}");
    let repaired =
        aios_longterm::repair_with_vectors(path, config(), space("mine/8"), |_| {}).await;
    assert_eq!(repaired.unwrap().records, DIMENSION as u64);
    let longterm = open_own(dir.path()).await;
    assert!(longterm.upkeep().verify_rows(|_| {}).await.unwrap().is_clean());
    for axis in 0..DIMENSION {
        let found = search(&longterm, "", along(axis, 1.0)).await.unwrap();
        assert_eq!(keys(&found)[0], format!("note/n{axis}"));
    }
}
