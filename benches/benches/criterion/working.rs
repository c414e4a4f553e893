//! Tier 1, on the disk of the temporary directory: writes are durable commits.

use std::hint::black_box;

use aios_memory_benches::working::text::Texts;
use aios_record::Id;
use aios_working::{Config, Decision, FindOptions, Goal, NewMessage, Task, Working};
use criterion::Criterion;
use tokio::runtime::Runtime;

/// Number of messages for a search.
const MESSAGES: usize = 1_000;

pub(crate) fn operations(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("threads start");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let open = async { Working::open(&dir.path().join("working.db"), Config::default()) };
    let working = runtime.block_on(open).expect("the file opens");
    let session = Id::new("bench").expect("the id is valid");
    let mut texts = Texts::new(1);
    let message = |text: String| NewMessage::new(session.clone(), "user", text);
    runtime.block_on(async {
        for _ in 0..MESSAGES {
            working.messages().add(message(texts.text())).await.expect("it is stored");
        }
    });
    let mut group = criterion.benchmark_group("working");
    group.bench_function("one message", |b| {
        b.iter(|| {
            let stored = runtime.block_on(working.messages().add(message(texts.text())));
            stored.expect("it is stored")
        });
    });
    group.bench_function("a goal with a task and a decision", |b| {
        b.iter(|| {
            let stored = runtime.block_on(async {
                let goal = working.goals().put(Goal::new("move the blog")).await?;
                let task = Task { goal_id: Some(goal.id), ..Task::new("choose a server") };
                working.tasks().put(task).await?;
                working.decisions().put(Decision::new("which web server", "nginx")).await
            });
            stored.expect("they are stored")
        });
    });
    group.bench_function("search of 1,000 messages and more", |b| {
        b.iter(|| {
            let found = working.records().find(texts.question(), FindOptions::default());
            black_box(runtime.block_on(found).expect("the file can be read"))
        });
    });
    group.finish();
    runtime.block_on(working.close());
}
