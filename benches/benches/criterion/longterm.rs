//! Tier 2 with 10,000 records and the bundled static model: storing one record, searching.

use std::hint::black_box;

use aios_embedding::StaticModel;
use aios_longterm::{Config, Longterm, SearchOptions};
use aios_memory_benches::longterm::corpus;
use criterion::Criterion;
use tokio::runtime::Runtime;

const RECORDS: u64 = 10_000;
const BATCH: u64 = 1_000;

pub(crate) fn operations(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("threads start");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let model = StaticModel::bundled().expect("the model is in the program");
    let longterm = runtime
        .block_on(Longterm::open(dir.path(), Config::default(), model))
        .expect("the store opens");
    runtime.block_on(async {
        for first in (0..RECORDS).step_by(BATCH as usize) {
            let records = (first..first + BATCH).map(corpus::record).collect();
            longterm.store(records).await.expect("they are stored");
        }
        longterm.upkeep().drain().await.expect("the library takes them");
    });
    let options = SearchOptions::default();
    let (mut next, mut asked) = (RECORDS, 0);
    let mut group = criterion.benchmark_group("longterm");
    group.bench_function("store one record", |b| {
        b.iter(|| {
            next += 1;
            let stored = runtime.block_on(longterm.store(vec![corpus::record(next)]));
            stored.expect("it is stored")
        });
    });
    group.bench_function("search of 10,000 records and more", |b| {
        b.iter(|| {
            asked += 1;
            let question = corpus::question(asked);
            let found = runtime.block_on(longterm.search(&question, &options));
            black_box(found.expect("the store can be read"))
        });
    });
    group.finish();
    runtime.block_on(longterm.close()).expect("the store closes");
}
