//! The cache in front of an embedder.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
};

use aios_embedding::{Cached, Embedder, Error, Fingerprint, StaticModel};

/// Records the texts that reach the embedder.
struct Watched {
    inner: Arc<StaticModel>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Embedder for Watched {
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        self.seen.lock().unwrap().extend(texts.iter().map(|text| format!("document {text}")));
        self.inner.embed_documents(texts)
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, Error> {
        self.seen.lock().unwrap().push(format!("query {text}"));
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

fn cached(entries: usize) -> (Cached<Watched>, Arc<StaticModel>, Arc<Mutex<Vec<String>>>) {
    let inner = StaticModel::bundled().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let watched = Watched { inner: Arc::clone(&inner), seen: Arc::clone(&seen) };
    (Cached::new(watched, NonZeroUsize::new(entries).unwrap()), inner, seen)
}

#[test]
fn repeated_texts_are_computed_once() {
    let (cached, inner, seen) = cached(100);
    for texts in [&["red", "green", "red"][..], &["green", "blue", "red", "blue"], &["blue"], &[]] {
        let expected = inner.embed_documents(texts).unwrap();
        assert_eq!(cached.embed_documents(texts).unwrap(), expected);
    }
    for _ in 0..3 {
        assert_eq!(cached.embed_query("red").unwrap(), inner.embed_query("red").unwrap());
    }
    let expected = ["document red", "document green", "document blue", "query red"];
    assert_eq!(*seen.lock().unwrap(), expected);
    assert_eq!(cached.fingerprint(), inner.fingerprint());
    assert_eq!(cached.dimension(), inner.dimension());
    assert_eq!(cached.count_tokens("red green"), 2);
}

#[test]
fn more_texts_than_entries_get_correct_vectors() {
    let (cached, inner, seen) = cached(2);
    let texts: Vec<String> = (0..50).map(|number| format!("number {number}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let expected = inner.embed_documents(&texts).unwrap();
    for _ in 0..2 {
        assert_eq!(cached.embed_documents(&texts).unwrap(), expected);
    }
    assert!(50 + 40 < seen.lock().unwrap().len());
}

#[test]
fn queries_are_not_cached_by_of_documents() {
    let inner = StaticModel::bundled().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let watched = Watched { inner: Arc::clone(&inner), seen: Arc::clone(&seen) };
    let cached = Cached::of_documents(watched, NonZeroUsize::new(100).unwrap());
    cached.embed_documents(&["a tin lantern"]).unwrap();
    let texts = ["a wet harbour", "a tin lantern", "an old kettle"];
    assert_eq!(cached.embed_documents(&texts).unwrap(), inner.embed_documents(&texts).unwrap());
    for _ in 0..2 {
        assert_eq!(cached.embed_query("kettle").unwrap(), inner.embed_query("kettle").unwrap());
    }
    let documents = ["a tin lantern", "a wet harbour", "an old kettle"];
    let documents = documents.iter().map(|text| format!("document {text}"));
    let expected: Vec<String> =
        documents.chain((0..2).map(|_| "query kettle".to_owned())).collect();
    assert_eq!(*seen.lock().unwrap(), expected);
}
