//! A memory opened read-only.

use aios_memory::{Access, AgentMemory, Error, Event, Id, Key, Kind, working::Goal};
use serde_json::json;

use crate::{Fixture, texts};

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_that_writes_is_refused_by_its_type() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    memory.remember("the harbour is quiet").await.unwrap();
    let goal = memory.working().goals().put(Goal::new("paint the boat")).await.unwrap();
    memory.shutdown().await.unwrap();

    let config = fixture.config().with_access(Access::ReadOnly);
    let memory = AgentMemory::open(config).await.unwrap();
    assert_eq!(memory.config().memory.access, Access::ReadOnly);
    assert_eq!(texts(&memory, "harbour").await[0], "the harbour is quiet");
    let changes = json!({"priority": 1}).as_object().cloned().unwrap();
    let event = Event::new("system", "test", json!({"n": 1})).critical();
    let copy = fixture.dir.path().join("copy");
    let administrator = memory.administrator();
    let refused = [
        ("remember", memory.remember("more").await.map(drop)),
        ("record", memory.record(Kind::Goal, json!({"description": "x"})).await.map(drop)),
        ("update", memory.update(&Key::new(Kind::Goal, goal.id.clone()), changes).await.map(drop)),
        ("delete", memory.delete(&Key::new(Kind::Goal, goal.id.clone())).await.map(drop)),
        ("observe", memory.observe(event.clone()).map(drop)),
        ("push", memory.events().push_durable(event).await.map(drop)),
        ("backup", administrator.upkeep().backup(&copy, |_| {}).await.map(drop)),
        ("maintain", administrator.upkeep().maintain().await.map(drop)),
        (
            "tier 1",
            memory.working().goals().put(Goal::new("x")).await.map(drop).map_err(Error::from),
        ),
    ];
    for (name, outcome) in refused {
        assert!(matches!(outcome, Err(Error::ReadOnly)), "{name}: {outcome:?}");
    }
    assert!(!copy.exists());
    let gone = memory.get(&Key::new(Kind::Goal, Id::new("none").unwrap())).await.unwrap();
    assert!(gone.is_none());
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_missing_directory_is_not_created() {
    let fixture = Fixture::new();
    let config = fixture.config().with_access(Access::ReadOnly);
    let refused = AgentMemory::open(config.clone()).await.unwrap_err();
    assert!(matches!(refused, Error::NoMemory { .. }) && refused.is_not_found(), "{refused}");
    std::fs::create_dir(&config.memory.data_dir).unwrap();
    let memory = AgentMemory::open(config.clone()).await.unwrap();
    assert!(memory.recall("x").await.unwrap().hits.is_empty());
    memory.shutdown().await.unwrap();
    assert_eq!(std::fs::read_dir(&config.memory.data_dir).unwrap().count(), 0);
}
