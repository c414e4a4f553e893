//! Opening, closing, and the records afterwards.

use aios_memory::{
    AgentMemory, Config, Error, Id, Key, Kind, Mode, Owner, Remedy, SearchOptions,
    working::NewMessage,
};
use serde_json::{Map, json};

use crate::{Fixture, of, texts};

#[tokio::test]
async fn a_closed_memory_returns_an_error() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let other = memory.clone();
    memory.shutdown().await.unwrap();
    let error = other.remember("too late").await.unwrap_err();
    assert!(chain(&error).contains("closed"), "{error:?}");
    let error = other.recall("anything").await.unwrap_err();
    assert!(chain(&error).contains("closed"), "{error:?}");
    other.shutdown().await.unwrap();
}

/// Returns an error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = error.source().map(chain).unwrap_or_default();
    format!("{error}: {causes}")
}

#[tokio::test]
async fn a_memory_needs_a_directory() {
    let error = AgentMemory::open(Config::default()).await.unwrap_err();
    assert!(matches!(error, Error::NoDirectory));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = AgentMemory::open(Config::at(file)).await.unwrap_err();
    assert!(matches!(error, Error::Directory { .. }), "{error}");
    assert_eq!(error.remedy(), Some(Remedy::NameDirectory));
}

#[tokio::test]
async fn a_setting_out_of_bounds_is_refused_before_anything_is_created() {
    let fixture = Fixture::new();
    let mut config = fixture.config();
    config.working.busy_timeout_ms = u64::MAX;
    let error = AgentMemory::open(config.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Config(_)), "{error}");
    assert!(error.to_string().contains("working.busy_timeout_ms"), "{error}");
    assert!(!config.memory.data_dir.exists());
}

#[tokio::test]
async fn an_expiry_at_the_end_of_time_is_accepted() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    for (kind, text) in [(Kind::Goal, "description"), (Kind::Note, "content")] {
        for never in ["9999-12-31", "9999-12-31T23:59:59Z"] {
            let said = format!("the {kind} stays until {never}");
            let record = json!({text: said, "expires_at": never});
            let id = memory.record(kind, record).await.unwrap();
            let kept = memory.get(&Key::new(kind, id.clone())).await.unwrap().unwrap();
            assert_eq!(kept.expires_at.unwrap().to_string(), "9999-12-30T22:00:00Z");
        }
    }
    memory.administrator().longterm().upkeep().drain().await.unwrap();
    assert_eq!(texts(&memory, "what stays?").await.len(), 4);
}

#[tokio::test]
async fn the_persona_is_machine_wide() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let own = json!({"key": "mood", "value": "calm", "scope": {"user": "zoe"}});
    let plain = json!({"key": "mood", "value": "calm"});
    let refused = memory.record(Kind::Persona, own).await.unwrap_err();
    assert!(refused.to_string().contains("has no scope"), "{refused}");
    let refused = of(&memory, "zoe").record(Kind::Persona, plain.clone()).await.unwrap_err();
    assert_eq!(refused.code(), "machine_wide", "{refused:?}");
    assert_eq!(memory.working().persona().list().await.unwrap().get("mood"), None);
    memory.record(Kind::Persona, plain).await.unwrap();
    let shown = of(&memory, "zoe").working().persona().list().await.unwrap();
    assert_eq!(shown["mood"], "calm", "everybody reads it");
}

/// Old messages leave working memory once they are in long-term memory, and are still found.
#[tokio::test]
async fn aged_messages_move_to_long_term_memory() {
    let fixture = Fixture::new();
    let open = async |days: u64| {
        let mut config = fixture.config();
        config.retention.messages_days = days;
        AgentMemory::open(config).await.unwrap()
    };
    let memory = open(30).await;
    let message = NewMessage::new(Id::new("s").unwrap(), "user", "the harbour freezes in March");
    let stored = memory.working().messages().add(message).await.unwrap();
    let id = stored.id().clone();
    assert!(
        memory.administrator().upkeep().maintain().await.unwrap().records.is_empty(),
        "it is new"
    );
    memory.shutdown().await.unwrap();

    let path = fixture.config().working_path();
    let file = rusqlite::Connection::open(path).unwrap();
    let month: i64 = 31 * 24 * 3600 * 1_000_000;
    file.execute("UPDATE messages SET recorded_at = recorded_at - ?1", [month]).unwrap();
    drop(file);

    let memory = open(0).await;
    assert!(
        memory.administrator().upkeep().maintain().await.unwrap().records.is_empty(),
        "0 days are for ever"
    );
    memory.shutdown().await.unwrap();
    let memory = open(30).await;
    assert_eq!(
        memory
            .administrator()
            .upkeep()
            .maintain_with(Mode::DryRun)
            .await
            .unwrap()
            .records
            .get("messages"),
        Some(&1)
    );
    let aged = memory.administrator().upkeep().maintain().await.unwrap();
    assert_eq!(aged.records.get("messages"), Some(&1));
    assert!(memory.working().messages().get(&id).await.unwrap().is_none());
    let kept = memory.get(&Key::new(Kind::Message, id.clone())).await.unwrap().unwrap();
    assert_eq!(kept.text, "the harbour freezes in March");
    assert_eq!(texts(&memory, "when is there ice?").await, ["the harbour freezes in March"]);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_record_cannot_name_an_owner_other_than_its_views() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let alice = of(&memory, "alice");
    for kind in [Kind::Note, Kind::Goal] {
        let planted = json!({"content": "x", "description": "x", "scope": {"user": "bob"}});
        let mut planted = planted.as_object().unwrap().clone();
        planted.remove(if kind == Kind::Note { "description" } else { "content" });
        let error = alice.record(kind, planted.into()).await.unwrap_err();
        assert_eq!(error.code(), "scope", "{error:?}");
        assert!(error.to_string().contains("user"), "{error}");
    }
}

#[tokio::test]
async fn a_search_without_a_limit_uses_the_configured_one() {
    let fixture = Fixture::new();
    let mut config = fixture.config();
    config.search.limit = 2;
    let memory = AgentMemory::open(config).await.unwrap();
    for pier in 0..5 {
        memory.remember(&format!("the harbour has pier {pier}")).await.unwrap();
    }
    let found = async |options: SearchOptions| {
        memory.recall_with("harbour pier", &options).await.unwrap().hits.len()
    };
    assert_eq!(found(SearchOptions::default()).await, 2);
    assert_eq!(found(SearchOptions::default().with_limit(4)).await, 4);
    let none = SearchOptions::default().with_limit(0);
    let refused = memory.recall_with("harbour pier", &none).await.unwrap_err();
    assert!(matches!(refused, Error::Limit { limit: 0, .. }), "{refused}");
}

#[tokio::test]
async fn a_record_whose_expiry_is_past_is_found_nowhere_and_maintenance_removes_it() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    for (kind, value) in [
        (Kind::Goal, json!({"id": "x", "description": "zebra crossing"})),
        (Kind::Task, json!({"id": "x", "description": "zebra crossing"})),
        (Kind::Decision, json!({"id": "x", "context": "zebra crossing", "chosen": "paint"})),
        (Kind::Entry, json!({"id": "x", "category": "c", "key": "zebra crossing", "value": 1})),
        (Kind::Fact, json!({"id": "x", "text": "The zebra crossing is new."})),
    ] {
        for is_changed in [true, false] {
            let key = Key::new(kind, Id::new("x").unwrap());
            memory.record(kind, value.clone()).await.unwrap();
            memory.feed().catch_up().await.unwrap();
            assert_eq!(texts(&memory, "zebra crossing").await.len(), 1, "{kind}");
            let past = json!({"expires_at": "2020-01-01T00:00:00Z"});
            if is_changed {
                memory.update(&key, past.as_object().cloned().unwrap()).await.unwrap();
            } else {
                let mut value = value.clone();
                value["expires_at"] = past["expires_at"].clone();
                memory.record(kind, value).await.unwrap();
            }
            assert_eq!(memory.get(&key).await.unwrap(), None, "{kind}");
            assert!(memory.list(kind, None, 10).await.unwrap().records.is_empty(), "{kind}");
            assert!(texts(&memory, "zebra crossing").await.is_empty(), "{kind}");
            let again = memory.update(&key, Map::new()).await.unwrap_err();
            assert!(again.is_not_found(), "{kind}: {again}");
            memory.administrator().upkeep().maintain().await.unwrap();
            let identity = [key.of(Owner::SHARED)];
            assert_eq!(memory.longterm().records().known(&identity).await.unwrap(), [false]);
            let here = memory.working().with_expired();
            let here = here.records().get_exactly(&identity[0]).await.unwrap();
            assert_eq!(here, None, "{kind}");
        }
    }
}

#[tokio::test]
async fn a_record_with_the_id_of_another_replaces_it() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    for value in [1, 2] {
        let entry = json!({"id": "e", "category": "c", "key": "k", "value": value});
        assert_eq!(ada.record(Kind::Entry, entry).await.unwrap().as_str(), "e");
    }
    let listed = ada.list(Kind::Entry, None, 10).await.unwrap().records;
    let values: Vec<_> = listed.iter().map(|it| it.payload["value"].clone()).collect();
    assert_eq!(values, [2]);
    let elsewhere = json!({
        "id": "e", "category": "c", "key": "k", "value": 3, "scope": {"project": "other"}
    });
    let refused = ada.record(Kind::Entry, elsewhere).await.unwrap_err();
    assert!(refused.to_string().contains("another scope"), "{refused}");
}
