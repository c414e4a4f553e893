//! An embedder that counts its calls.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use aios_embedding::StaticModel;

use super::*;

struct Counting {
    inner: Arc<StaticModel>,
    queries: AtomicUsize,
    documents: AtomicUsize,
}

impl Embedder for Counting {
    fn embed_documents(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        self.documents.fetch_add(texts.len(), Relaxed);
        self.inner.embed_documents(texts)
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>, Error> {
        self.queries.fetch_add(1, Relaxed);
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

#[test]
fn queries_are_computed_each_time_and_documents_once() {
    let inner = StaticModel::bundled().unwrap();
    let (queries, documents) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let counting = Arc::new(Counting { inner: Arc::clone(&inner), queries, documents });
    let fresh = Fresh::new(Arc::clone(&counting) as Arc<dyn Embedder>);
    fresh.embed_documents(&["a tin lantern"]).unwrap();
    let texts = ["a wet harbour", "a tin lantern", "an old kettle"];
    let vectors = fresh.embed_documents(&texts).unwrap();
    assert_eq!(vectors, inner.embed_documents(&texts).unwrap());
    assert_eq!(counting.documents.load(Relaxed), 3);
    for _ in 0..2 {
        assert_eq!(fresh.embed_query("kettle").unwrap(), inner.embed_query("kettle").unwrap());
    }
    assert_eq!(counting.queries.load(Relaxed), 2);
}
