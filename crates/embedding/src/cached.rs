//! A cache of vectors.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
    sync::Arc,
};

use quick_cache::sync::Cache;

use crate::{Embedder, Error, Fingerprint};

/// An embedder that caches the vectors of recent texts, by a hash of their content. A repeated
/// text, also within one call, is computed once. Worth its RAM for a [`Bert`](crate::Bert); a
/// [`StaticModel`](crate::StaticModel) is faster than any cache.
///
/// Queries and documents have separate caches of the given number of entries each. The texts
/// themselves are not kept.
pub struct Cached<E> {
    inner: E,
    /// `None` if queries are not cached.
    queries: Option<Entries>,
    documents: Entries,
}

type Key = [u8; 32];
type Entries = Cache<Key, Arc<[f32]>>;

impl<E: Embedder> Cached<E> {
    /// Creates a cache of `entries` queries and `entries` documents before `inner`.
    #[must_use]
    pub fn new(inner: E, entries: NonZeroUsize) -> Cached<E> {
        let entries = entries.get();
        Cached { inner, queries: Some(Cache::new(entries)), documents: Cache::new(entries) }
    }

    /// Creates a cache of `entries` documents before `inner`. Queries are not cached, for
    /// measurements of search times.
    #[must_use]
    pub fn of_documents(inner: E, entries: NonZeroUsize) -> Cached<E> {
        Cached { inner, queries: None, documents: Cache::new(entries.get()) }
    }
}

fn key(text: &str) -> Key {
    *blake3::hash(text.as_bytes()).as_bytes()
}

impl<E: Embedder> Embedder for Cached<E> {
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        let keys: Vec<Key> = texts.iter().map(|text| key(text)).collect();
        let kept = |key: &Key| Some((*key, self.documents.get(key)?));
        let mut vectors: HashMap<Key, Arc<[f32]>> = keys.iter().filter_map(kept).collect();
        let mut asked = HashSet::new();
        let missing: Vec<usize> = (0..texts.len())
            .filter(|&index| !vectors.contains_key(&keys[index]) && asked.insert(keys[index]))
            .collect();
        let missing_texts: Vec<&str> = missing.iter().map(|&index| texts[index]).collect();
        let computed = self.inner.embed_documents(&missing_texts)?;
        for (index, vector) in missing.into_iter().zip(computed) {
            let vector: Arc<[f32]> = vector.into();
            self.documents.insert(keys[index], Arc::clone(&vector));
            vectors.insert(keys[index], vector);
        }
        let vector = |key| vectors.get(key).expect("an embedder gives a vector per text").to_vec();
        Ok(keys.iter().map(vector).collect())
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, Error> {
        let compute = || self.inner.embed_query(text).map(Arc::from);
        match &self.queries {
            Some(kept) => kept.get_or_insert_with(&key(text), compute).map(|it| it.to_vec()),
            None => self.inner.embed_query(text),
        }
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.inner.count_tokens(text)
    }

    fn tokens_max(&self) -> Option<usize> {
        self.inner.tokens_max()
    }

    fn is_fast(&self) -> bool {
        self.inner.is_fast()
    }

    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn fingerprint(&self) -> &Fingerprint {
        self.inner.fingerprint()
    }
}
