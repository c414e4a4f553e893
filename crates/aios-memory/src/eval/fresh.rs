//! An embedder whose figures are those of fresh queries.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aios_embedding::{Embedder, Error, Fingerprint};

/// Computes every query, also one that comes again, so that no latency is that of a cache. The
/// vectors of documents are kept, for the baselines need those that the index has.
pub(super) struct Fresh {
    inner: Arc<dyn Embedder>,
    documents: Mutex<HashMap<String, Vec<f32>>>,
}

impl Fresh {
    pub(super) fn new(inner: Arc<dyn Embedder>) -> Fresh {
        Fresh { inner, documents: Mutex::default() }
    }
}

impl Embedder for Fresh {
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        let kept: Vec<Option<Vec<f32>>> = {
            let documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
            texts.iter().map(|text| documents.get(*text).cloned()).collect()
        };
        let missing: Vec<&str> =
            texts.iter().zip(&kept).filter(|(_, kept)| kept.is_none()).map(|it| *it.0).collect();
        let computed = self.inner.embed_documents(&missing)?;
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        for (text, vector) in missing.iter().zip(&computed) {
            documents.insert((*text).to_owned(), vector.clone());
        }
        let mut computed = computed.into_iter();
        Ok(kept.into_iter().filter_map(|kept| kept.or_else(|| computed.next())).collect())
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, Error> {
        self.inner.embed_query(text)
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

#[cfg(test)]
mod tests;
