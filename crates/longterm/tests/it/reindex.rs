//! Reindexing with another model or the same one, while other handles are in use.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::{Arc, atomic::Ordering},
};

use aios_embedding::{Embedder, Fingerprint};
use aios_longterm::{Config, Error, Longterm, SearchOptions};
use aios_record::{Id, Key, Kind, Progress, Remedy};
use tokio::sync::watch;

use crate::support::{Letters, keys, model, note, open, search, shared};

async fn open_letters(dir: &Path) -> Longterm {
    Longterm::open(dir, Config::default(), Letters::new()).await.unwrap()
}

async fn reindex(dir: &Path, embedder: Arc<dyn Embedder>) -> aios_longterm::Reindexed {
    aios_longterm::reindex(dir, Config::default(), embedder, |_| {}).await.unwrap()
}

fn tables(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir.join("longterm")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Opens a handle that leaves waiting rows in the journal.
async fn open_undrained(dir: &Path) -> Longterm {
    let config = Config { drain_delay: std::time::Duration::from_secs(600), ..Config::default() };
    Longterm::open(dir, config, model()).await.unwrap()
}

/// A model that fails on every text.
struct Mute(Fingerprint);

impl Embedder for Mute {
    fn embed_documents(&self, _: &[&str]) -> Result<Vec<Vec<f32>>, aios_embedding::Error> {
        Err(aios_embedding::Error::Compute { source: "not a number".into() })
    }

    fn embed_query(&self, _: &str) -> Result<Vec<f32>, aios_embedding::Error> {
        Err(aios_embedding::Error::Compute { source: "not a number".into() })
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.len()
    }

    fn dimension(&self) -> usize {
        8
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.0
    }
}

#[tokio::test]
async fn a_model_that_embeds_nothing_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "apples")]).await.unwrap();
    longterm.close().await.unwrap();
    let mute = Arc::new(Mute(Fingerprint::new("mute")));
    let refused = aios_longterm::reindex(dir.path(), Config::default(), mute, |_| {}).await;
    assert!(matches!(refused, Err(Error::Embedding(_))), "{refused:?}");
    let longterm = open(dir.path()).await;
    assert_eq!(search(&longterm, "apples").await, ["note/a"]);
}

#[tokio::test]
async fn a_reindex_embeds_stored_and_waiting_records_with_the_new_model() {
    let dir = tempfile::tempdir().unwrap();
    let before = open_undrained(dir.path()).await;
    before.store(vec![note("a", "apples"), note("b", "before")]).await.unwrap();
    before.upkeep().drain().await.unwrap();
    before.store(vec![note("b", "bananas"), note("c", "cherries")]).await.unwrap();
    let letters = Letters::new();
    let done = reindex(dir.path(), letters.clone()).await;
    assert_eq!((done.records, done.embedded), (1, 1), "what waits is no part of the library");
    assert_eq!(letters.embedded.load(Ordering::Relaxed), 3, "each once, what waits included");

    // Every operation of the handle with the former model fails.
    let told = |error: Error| {
        assert!(matches!(&error, Error::Reembedded { .. }), "{error}");
        assert!(error.to_string().contains("letters/27"), "{error}");
    };
    told(before.search("apples", &SearchOptions::default()).await.unwrap_err());
    told(before.store(vec![note("d", "dates")]).await.unwrap_err());
    told(before.get(&Key::new(Kind::Note, Id::new("a").unwrap())).await.unwrap_err());
    drop(before);
    let again = Longterm::open(dir.path(), Config::default(), model()).await.err().unwrap();
    assert!(matches!(&again, Error::ModelMismatch { .. }), "{again}");
    let remedy = again.remedy();
    let stored =
        matches!(&remedy, Some(Remedy::Reindex { stored }) if stored.contains("letters/27"));
    assert!(stored, "{remedy:?}");

    let after = open_letters(dir.path()).await;
    let check = async || {
        for (query, id) in [("apples", "a"), ("bananas", "b"), ("cherries", "c")] {
            assert_eq!(search(&after, query).await[0], format!("note/{id}"));
            // Only their letters are the same.
            let letters: String = query.chars().rev().collect();
            assert_eq!(search(&after, &letters).await[0], format!("note/{id}"));
        }
    };
    check().await;
    after.upkeep().drain().await.unwrap();
    check().await;
    let report = after.upkeep().verify().await.unwrap();
    assert!(report.is_clean() && report.checked == 3, "{report:?}");
    let versions = after.history(&Key::new(Kind::Note, Id::new("b").unwrap())).await.unwrap();
    assert_eq!(versions.len(), 2);
    after.close().await.unwrap();
    assert_eq!(tables(dir.path()), ["records_1.lance"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writes_during_a_reindex_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let writer = open(dir.path()).await;
    let old: Vec<_> =
        (0..300).map(|n| note(&format!("old{n}"), &format!("old text {n}"))).collect();
    writer.store(old).await.unwrap();
    writer.upkeep().drain().await.unwrap();
    let writing = tokio::spawn(async move {
        let mut expect: BTreeSet<(String, String)> = BTreeSet::new();
        for at in 0.. {
            let id = format!("new{at}");
            let changed = format!("old{}", at % 300);
            let text = format!("text number {at}");
            let records = vec![note(&id, &text), note(&changed, &text)];
            match writer.store(records).await {
                Ok(_) => {}
                Err(Error::Reembedded { .. }) => return (writer, at, expect),
                Err(other) => panic!("{other}"),
            }
            expect.retain(|(id, _)| *id != changed);
            expect.extend([(id, text.clone()), (changed, text)]);
            if at % 7 == 3 {
                let gone = format!("new{}", at - 1);
                writer.forget(vec![shared(&format!("note/{gone}"))]).await.unwrap();
                expect.retain(|(id, _)| *id != gone);
            }
        }
        unreachable!("the model changes")
    });
    reindex(dir.path(), Letters::new()).await;
    let (writer, calls, expect) = writing.await.unwrap();
    assert!(0 < calls);
    drop(writer);
    let after = open_letters(dir.path()).await;
    after.upkeep().drain().await.unwrap();
    let report = after.upkeep().verify().await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    for (id, text) in &expect {
        let read = after.get(&Key::new(Kind::Note, Id::new(id.as_str()).unwrap())).await.unwrap();
        assert_eq!(&read.unwrap().text, text, "{id}, {calls} calls");
    }
    let untouched = (0..300).filter(|n| !expect.iter().any(|(id, _)| *id == format!("old{n}")));
    assert_eq!(report.checked, (expect.len() + untouched.count()) as u64);
}

#[tokio::test]
async fn a_reindex_with_the_same_model_rebuilds_the_library_and_handles_continue() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    longterm.store(vec![note("a", "apples"), note("b", "bananas")]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    assert_eq!(search(&longterm, "apples").await[0], "note/a");
    let done = reindex(dir.path(), model()).await;
    assert_eq!((done.records, done.embedded), (2, 0), "vectors stay");
    assert_eq!(search(&longterm, "apples").await[0], "note/a");
    longterm.store(vec![note("c", "cherries")]).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    assert_eq!(search(&longterm, "cherries").await[0], "note/c");
    assert!(longterm.upkeep().verify().await.unwrap().is_clean());
    longterm.close().await.unwrap();
    assert_eq!(tables(dir.path()), ["records_1.lance"]);
    reindex(dir.path(), model()).await;
    assert_eq!(tables(dir.path()), ["records_2.lance"]);
    assert_eq!(search(&*open(dir.path()).await, "bananas").await[0], "note/b");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_reindex_continues() {
    const RECORDS: u64 = 5000;
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let records = (0..RECORDS).map(|n| note(&n.to_string(), &format!("text number {n}")));
    longterm.store(records.collect()).await.unwrap();
    longterm.close().await.unwrap();
    let (told, mut done) = watch::channel(0);
    let path = dir.path().to_owned();
    let first = tokio::spawn(async move {
        let progress = move |progress: Progress| {
            assert_eq!(progress.total, Some(RECORDS));
            told.send_replace(progress.done);
        };
        aios_longterm::reindex(&path, Config::default(), Letters::new(), progress).await
    });
    done.wait_for(|done| 0 < *done).await.unwrap();
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    let at_least = *done.borrow();
    // The store still has the former model.
    let longterm = open(dir.path()).await;
    assert_eq!(longterm.stats().await.unwrap().records, RECORDS);
    longterm.forget(vec![shared("note/0")]).await.unwrap();
    longterm.close().await.unwrap();
    let second = reindex(dir.path(), Letters::new()).await;
    assert_eq!(second.records, RECORDS - 1);
    assert!(second.embedded <= RECORDS - at_least, "{second:?} after {at_least}");
    let longterm = open_letters(dir.path()).await;
    let report = longterm.upkeep().verify().await.unwrap();
    assert!(report.is_clean() && report.checked == RECORDS - 1, "{report:?}");
    let found = longterm.search("text number 4321", &SearchOptions::default()).await.unwrap();
    assert_eq!(keys(&found)[0], "note/4321");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reindexes_exclude_each_other_and_a_purge_meanwhile_reaches_the_new_table() {
    let dir = tempfile::tempdir().unwrap();
    let longterm = open(dir.path()).await;
    let secret = "unmistakablesecret";
    let records = (0..3000).map(|n| note(&n.to_string(), &format!("{secret} number {n}")));
    longterm.store(records.collect()).await.unwrap();
    longterm.upkeep().drain().await.unwrap();
    let (told, mut begun) = watch::channel(false);
    let (go, may_go) = std::sync::mpsc::channel::<()>();
    let may_go = std::sync::Mutex::new(may_go);
    let path = dir.path().to_owned();
    let first = tokio::spawn(async move {
        let progress = move |_| {
            if !told.send_replace(true) {
                may_go.lock().unwrap().recv().unwrap();
            }
        };
        aios_longterm::reindex(&path, Config::default(), model(), progress).await
    });
    begun.wait_for(|begun| *begun).await.unwrap();
    let second = aios_longterm::reindex(dir.path(), Config::default(), model(), |_| {}).await;
    assert!(matches!(second, Err(Error::Rebuilding)), "{second:?}");
    let all = (0..3000).map(|n| shared(&format!("note/{n}"))).collect();
    let purged = longterm.upkeep().purge(all).await.unwrap();
    assert_eq!(purged.pending, Some(aios_longterm::Obstacle::Rebuild));
    go.send(()).unwrap();
    first.await.unwrap().unwrap();
    let mut left = longterm.upkeep().finish_purges().await.unwrap();
    for _ in 0..100 {
        if left.is_none() {
            break;
        }
        left = longterm.upkeep().finish_purges().await.unwrap();
    }
    assert_eq!(left, None);
    longterm.close().await.unwrap();
    assert!(!holds(dir.path(), secret.as_bytes()));
}

fn holds(dir: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => holds(&path, bytes),
            false => fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes),
        }
    })
}
