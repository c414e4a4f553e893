//! Tier 0: pushing and reading events, metrics, snapshots.

use std::{hint::black_box, sync::Arc};

use aios_memory_benches::operational::{CAPACITY, Contender, Queue, RECENT, event, ring};
use aios_operational::{Config, Filter, Operational};
use criterion::Criterion;

pub(crate) fn operations(criterion: &mut Criterion) {
    let config = Config::default().with_capacity(CAPACITY);
    let memory = Operational::open(config).expect("the configuration is valid");
    let (ring, queue, shared) = (ring(), Queue::default(), Arc::new(event()));
    for _ in 0..CAPACITY {
        memory.push_event(event()).expect("it is small");
    }
    let filter = Filter::all().with_category("event");

    let mut group = criterion.benchmark_group("operational");
    group.bench_function("push", |b| b.iter(|| ring.push(Arc::clone(&shared))));
    group.bench_function("force_push", |b| b.iter(|| queue.push(Arc::clone(&shared))));
    group.bench_function("push_event", |b| b.iter(|| memory.push_event(event())));
    group.bench_function("recent(100)", |b| {
        b.iter(|| black_box(memory.recent(RECENT, &Filter::all())));
    });
    group.bench_function("recent(100, category)", |b| {
        b.iter(|| black_box(memory.recent(RECENT, &filter)));
    });
    group.bench_function("update_metric", |b| b.iter(|| memory.update_metric("cpu.usage", 1.0)));
    group.bench_function("snapshot", |b| b.iter(|| black_box(memory.snapshot())));
    group.finish();
}
