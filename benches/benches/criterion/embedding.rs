//! Embedding of one query by each bundled model on one thread.

use std::hint::black_box;

use aios_embedding::{Embedder, StaticModel};
use criterion::Criterion;

const QUERY: &str = "which server went down today?";

pub(crate) fn operations(criterion: &mut Criterion) {
    let fast = StaticModel::bundled().expect("the model is in the program");
    let transformer = aios_minilm::load().expect("the model is in the program").with_threads(1);
    let mut group = criterion.benchmark_group("embedding");
    group.bench_function("query, static model", |b| {
        b.iter(|| black_box(fast.embed_query(QUERY).expect("it is text")));
    });
    group.bench_function("query, bundled transformer", |b| {
        b.iter(|| black_box(transformer.embed_query(QUERY).expect("it is text")));
    });
    group.finish();
}
