//! The models and caches that settings select.

use std::sync::atomic::{AtomicUsize, Ordering};

use aios_embedding::Fingerprint;

use super::*;

/// Counts embedded queries.
struct Counting {
    bundled: Arc<StaticModel>,
    queries: Arc<AtomicUsize>,
}

impl Embedder for Counting {
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, aios_embedding::Error> {
        self.bundled.embed_documents(texts)
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, aios_embedding::Error> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        self.bundled.embed_query(text)
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.bundled.count_tokens(text)
    }

    fn dimension(&self) -> usize {
        self.bundled.dimension()
    }

    fn fingerprint(&self) -> &Fingerprint {
        self.bundled.fingerprint()
    }
}

#[test]
fn the_cache_is_sized_by_the_settings() {
    for (entries, computed) in [(0, 4), (4096, 2)] {
        let queries = Arc::new(AtomicUsize::new(0));
        let bundled = StaticModel::bundled().unwrap();
        let embedder = cached(Counting { bundled, queries: Arc::clone(&queries) }, entries);
        for text in ["red", "red", "blue", "red"] {
            embedder.embed_query(text).unwrap();
        }
        assert_eq!(queries.load(Ordering::Relaxed), computed, "with {entries} entries");
    }
}
