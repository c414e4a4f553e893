//! Vectors computed in the background: words find a record at once, its meaning once any process
//! has embedded it.

use std::{
    path::Path,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use aios_embedding::{Embedder, Fingerprint, StaticModel};
use aios_longterm::{Applied, Config, Explain, FeedPage, Longterm, SearchOptions};
use aios_record::{Change, FeedItem, Gate, Owner, Record};

use crate::support::{keys, model, note};

/// The bundled model, blocked until the test allows it to embed.
struct Slow {
    inner: Arc<StaticModel>,
    is_let: Mutex<bool>,
    changed: Condvar,
    embedded: AtomicU64,
}

/// Number of sentences that set the scale, which are embedded in one call.
const SENTENCES: usize = 32;

impl Slow {
    fn new(is_let: bool) -> Arc<Slow> {
        let (is_let, changed) = (Mutex::new(is_let), Condvar::new());
        let inner = StaticModel::bundled().unwrap();
        Arc::new(Slow { inner, is_let, changed, embedded: AtomicU64::new(0) })
    }

    fn allow(&self) {
        *self.is_let.lock().unwrap() = true;
        self.changed.notify_all();
    }
}

/// Unblocks a model at the end of a test, which would never end otherwise.
struct Held(Arc<Slow>);

impl Held {
    fn new() -> Held {
        Held(Slow::new(false))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.allow();
    }
}

impl Embedder for Slow {
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, aios_embedding::Error> {
        if texts.len() != SENTENCES {
            let is_let = self.is_let.lock().unwrap();
            drop(self.changed.wait_while(is_let, |is_let| !*is_let).unwrap());
            self.embedded.fetch_add(texts.len() as u64, Ordering::Relaxed);
        }
        self.inner.embed_documents(texts)
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, aios_embedding::Error> {
        self.inner.embed_query(text)
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.inner.count_tokens(text)
    }

    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn fingerprint(&self) -> &Fingerprint {
        self.inner.fingerprint()
    }
}

async fn open(dir: &Path, model: Arc<Slow>) -> Longterm {
    Longterm::open(dir, Config::default(), model).await.unwrap()
}

fn animals() -> Vec<Record> {
    vec![
        note("dog", "my puppy ran around the garden all afternoon"),
        note("tax", "quarterly taxes are due in April"),
    ]
}

async fn feed(longterm: &Longterm, records: Vec<Record>) {
    let after = longterm.feed().watermark().await.unwrap();
    let through = after + records.len() as u64;
    let items = (after + 1..).zip(records);
    let changes = items.map(|(seq, record)| {
        let change = Change::Upsert(Box::new(record));
        FeedItem { seq, change }
    });
    let page = FeedPage { after, through, changes: changes.collect() };
    let applied = longterm.feed().apply(page).await.unwrap();
    assert_eq!(applied, Applied::Yes { refused: Vec::new() });
}

/// Returns the keys that a query finds by meaning alone, since none of its words is stored, and the
/// number of outstanding vectors.
async fn by_meaning(longterm: &Longterm) -> (Vec<String>, u64) {
    let options = SearchOptions::default().with_explain(Explain::Yes);
    let mut found = longterm.search("a hound outside", &options).await.unwrap();
    // Relative to the centre of the model, an unrelated text has a cosine below 0.
    found.hits.retain(|hit| hit.explain.as_ref().unwrap().cosine != 0.0);
    (keys(&found), found.vectors_outstanding)
}

/// Returns the animals in the order of [`by_meaning`].
fn both() -> (Vec<String>, u64) {
    (vec!["note/dog".to_owned(), "note/tax".to_owned()], 0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_find_records_before_they_are_embedded() {
    for is_feed in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let held = Held::new();
        let slow = Arc::clone(&held.0);
        let longterm = open(dir.path(), Arc::clone(&slow)).await;
        match is_feed {
            true => feed(&longterm, animals()).await,
            false => drop(longterm.store_deferred(animals()).await.unwrap()),
        }
        let found = longterm.search("puppy garden", &SearchOptions::default()).await.unwrap();
        assert_eq!(keys(&found), ["note/dog"]);
        assert_eq!(found.vectors_outstanding, 2);
        assert_eq!(by_meaning(&longterm).await, (Vec::new(), 2));
        slow.allow();
        longterm.upkeep().drain().await.unwrap();
        assert_eq!(by_meaning(&longterm).await, both());
        assert_eq!(slow.embedded.load(Ordering::Relaxed), 2);
        assert!(longterm.upkeep().verify_rows(|_| {}).await.unwrap().is_clean());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_get_their_vectors_before_they_move_to_the_library() {
    let dir = tempfile::tempdir().unwrap();
    let slow = Slow::new(true);
    let config = Config { drain_delay: Duration::from_secs(3600), ..Config::default() };
    let config = Config { vector_wait: Duration::from_secs(60), ..config };
    let longterm = Longterm::open(dir.path(), config, slow).await.unwrap();
    longterm.store_deferred(animals()).await.unwrap();
    // A search that has the rows without their vectors reads them again.
    let found = by_meaning(&longterm).await;
    assert_eq!(found, both());
    assert_eq!(longterm.stats().await.unwrap().pending, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn store_and_a_fast_model_embed_before_the_acknowledgement() {
    let dir = tempfile::tempdir().unwrap();
    let slow = Slow::new(true);
    let longterm = open(dir.path(), Arc::clone(&slow)).await;
    longterm.store(animals()).await.unwrap();
    assert_eq!(slow.embedded.load(Ordering::Relaxed), 2);
    let fast = tempfile::tempdir().unwrap();
    let config = Config { drain_delay: Duration::from_secs(3600), ..Config::default() };
    let config = Config { vector_wait: Duration::ZERO, ..config };
    let longterm = Longterm::open(fast.path(), config, model()).await.unwrap();
    longterm.store_deferred(animals()).await.unwrap();
    assert_eq!(by_meaning(&longterm).await, both());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_waits_only_for_vectors_of_records_that_its_view_sees() {
    let dir = tempfile::tempdir().unwrap();
    let held = Held::new();
    let slow = Arc::clone(&held.0);
    let config = Config { vector_wait: Duration::from_secs(600), ..Config::default() };
    let longterm = Longterm::open(dir.path(), config, slow.clone()).await.unwrap();
    let view = |user: &str| longterm.scoped(Gate::owner(Owner::user(user).unwrap()));
    view("u1").store_deferred(animals()).await.unwrap();
    let before = Instant::now();
    let found = view("u2").search("puppy", &SearchOptions::default()).await.unwrap();
    assert_eq!((found.hits.len(), found.vectors_outstanding), (0, 0));
    assert!(before.elapsed() < Duration::from_secs(300));
    slow.allow();
    let found = view("u1").search("puppy", &SearchOptions::default()).await.unwrap();
    assert_eq!((found.hits.len(), found.vectors_outstanding), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_was_written_again_keeps_its_newer_vector() {
    let dir = tempfile::tempdir().unwrap();
    let held = Held::new();
    let slow = Arc::clone(&held.0);
    let longterm = open(dir.path(), Arc::clone(&slow)).await;
    longterm.store_deferred(animals()).await.unwrap();
    // Another process rewrites the record while this one is about to embed it.
    let other = Longterm::open(dir.path(), Config::default(), model()).await.unwrap();
    other.store(vec![note("dog", "the stock exchange closed higher on Monday")]).await.unwrap();
    slow.allow();
    longterm.upkeep().drain().await.unwrap();
    assert_eq!(by_meaning(&longterm).await.1, 0);
    let options = SearchOptions::default().with_explain(Explain::Yes);
    let found = longterm.search("shares and markets", &options).await.unwrap();
    let cosine = |at: usize| found.hits[at].explain.as_ref().unwrap().cosine;
    assert_eq!(keys(&found), ["note/dog", "note/tax"]);
    assert!(cosine(1) + 0.01 < cosine(0), "{found:?}");
    assert!(longterm.upkeep().verify_rows(|_| {}).await.unwrap().is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_owner_embeds_the_rows_that_the_last_one_left() {
    let dir = tempfile::tempdir().unwrap();
    let held = Held::new();
    let longterm = open(dir.path(), Arc::clone(&held.0)).await;
    longterm.store_deferred(animals()).await.unwrap();
    // A backup has the state that a kill leaves.
    let copy = tempfile::tempdir().unwrap();
    longterm.upkeep().backup(copy.path(), |_| ()).await.unwrap();
    let next = Longterm::open(copy.path(), Config::default(), model()).await.unwrap();
    next.upkeep().drain().await.unwrap();
    assert_eq!(by_meaning(&next).await, both());
    let record = next.get(&"note/dog".parse().unwrap()).await.unwrap();
    assert_eq!(record.unwrap().text, animals()[0].text);
}
