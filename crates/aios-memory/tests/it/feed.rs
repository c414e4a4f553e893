//! Changes that working memory acknowledges are found at once, by every handle, exactly once.

use aios_memory::{
    Access, AgentMemory, Error, Event, ForgetOptions, ForgetTarget, Id, Key, Kind, Page,
    working::{self, Entry, EventFilter, FEED_KINDS, Goal, NewMessage, Working},
};
use serde_json::json;

use crate::{Fixture, of, texts};

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_change_is_found() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let mut writers = Vec::new();
    for writer in 0..4 {
        let memory = memory.clone();
        writers.push(tokio::spawn(async move {
            for n in 0..5 {
                let text = format!("goal number {n} of writer {writer}");
                memory.working().goals().put(Goal::new(text.clone())).await.unwrap();
                assert!(texts(&memory, &text).await.contains(&text));
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let stats = memory.stats().await.unwrap();
    assert_eq!(stats.longterm.collections.get("goals"), Some(&20));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_handles_apply_each_change_of_the_feed_once() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.open().await, fixture.open().await);
    let session = Id::new("s").unwrap();
    for n in 0..20 {
        let (writer, reader) = if n % 2 == 0 { (&one, &two) } else { (&two, &one) };
        let text = format!("sentence {n} about the harbour");
        let message = NewMessage::new(session.clone(), "user", text.clone());
        writer.working().messages().add(message).await.unwrap();
        let (here, there) = tokio::join!(texts(writer, &text), texts(reader, &text));
        assert_eq!((here.first(), there.first()), (Some(&text), Some(&text)));
    }
    for memory in [&one, &two] {
        assert_eq!(memory.stats().await.unwrap().longterm.records, 20);
    }
    two.shutdown().await.unwrap();
    assert_eq!(texts(&one, "sentence 7 about the harbour").await.len(), 10);
    one.shutdown().await.unwrap();
}

#[tokio::test]
async fn changes_and_removals_reach_long_term_memory() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let entry = Entry::new("note", "garden", json!("the roses want water"));
    let entry = memory.working().entries().add(entry).await.unwrap();
    assert_eq!(texts(&memory, "roses").await.len(), 1);
    let goal = memory.working().goals().put(Goal::new("prune the apple tree")).await.unwrap();
    let result = Some("done with the long ladder".to_owned());
    memory.working().goals().set_status(&goal.id, "completed", result).await.unwrap();
    let pruned = "prune the apple tree\ndone with the long ladder";
    assert_eq!(texts(&memory, "long ladder").await[0], pruned);

    memory.working().entries().remove(&entry.id).await.unwrap();
    assert!(!texts(&memory, "roses").await.concat().contains("roses"));
    assert_eq!(memory.get(&Key::new(Kind::Entry, entry.id.clone())).await.unwrap(), None);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn messages_moved_out_of_working_memory_are_still_found() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let session = Id::new("s").unwrap();
    let mut ids = Vec::new();
    for n in 0..5 {
        let message = NewMessage::new(session.clone(), "user", format!("lighthouse {n}"));
        ids.push(memory.working().messages().add(message).await.unwrap().id().clone());
    }
    memory.feed().catch_up().await.unwrap();
    let head = memory.administrator().working().feed().head().await.unwrap();
    memory.administrator().working().feed().trim(head).await.unwrap();
    assert_eq!(memory.working().messages().trim(&session, 2).await.unwrap(), 3);
    assert_eq!(memory.working().messages().get(&ids[0]).await.unwrap(), None);
    let record = memory.get(&Key::new(Kind::Message, ids[0].clone())).await.unwrap().unwrap();
    assert_eq!(record.text, "lighthouse 0");
    assert_eq!(record.payload["content"], "lighthouse 0");
    assert_eq!(texts(&memory, "lighthouse").await.len(), 5);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn critical_events_reach_the_disk_and_are_found() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let alarm = Event::new("event", "boiler", json!({"message": "the pressure is too high"}));
    memory.events().push_durable(alarm.critical()).await.unwrap();
    memory.events().push_durable(Event::new("metric", "boiler", json!({"bar": 3}))).await.unwrap();
    memory.observe(Event::new("event", "kettle", json!({"message": "it whistles"}))).unwrap();
    let stored = memory.working().events().list(EventFilter::default()).await.unwrap();
    let critical: Vec<_> = stored.iter().map(|event| event.critical).collect();
    assert_eq!(critical.len(), 2);
    assert_eq!(critical.iter().filter(|critical| **critical).count(), 1);
    assert!(texts(&memory, "boiler pressure").await.concat().contains("the pressure is too high"));

    let leak = Event::new("event", "cellar", json!({"message": "water on the floor"}));
    memory.observe(leak.critical()).unwrap();
    reopened(&fixture, memory, "water on the floor").await;
}

/// Checks that changes pending at shutdown are found after reopening.
async fn reopened(fixture: &Fixture, memory: AgentMemory, text: &str) {
    memory.shutdown().await.unwrap();
    let memory = fixture.open().await;
    assert!(texts(&memory, text).await.concat().contains(text));
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn labels_and_scopes_of_messages_reach_search() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let message = json!({
        "content": "the violin needs a new string", "name": "Ada", "session": "music",
        "tags": ["errand"], "metadata": {"mood": "calm"},
    });
    let id = of(&memory, "ada").record(Kind::Message, message).await.unwrap();
    let everything = memory.administrator();
    let found = everything.recall_with("violin string", &Default::default()).await.unwrap();
    let hit = &found.hits[0];
    assert_eq!((&hit.id, &hit.tags), (&id, &vec!["errand".to_owned()]));
    assert_eq!((hit.user.as_deref(), hit.session.as_deref()), (Some("ada"), Some("music")));
    assert_eq!(hit.name.as_deref(), Some("Ada"));
    let record = everything.get(&Key::new(Kind::Message, id.clone())).await.unwrap().unwrap();
    assert_eq!(record.payload["metadata"]["mood"], "calm");
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_journal_smaller_than_a_page_of_the_feed_receives_all_of_it() {
    let fixture = Fixture::new();
    let mut config = fixture.config();
    config.longterm.journal_max_rows = 3;
    let memory = AgentMemory::open(config).await.unwrap();
    let goals: Vec<_> = (0..20).map(|n| Goal::new(format!("harbour {n}"))).collect();
    for goal in goals {
        memory.working().goals().put(goal).await.unwrap();
    }
    memory.feed().catch_up().await.unwrap();
    let stats = memory.stats().await.unwrap();
    assert_eq!((stats.behind, stats.longterm.records), (0, 20));
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_replaced_working_memory_is_detected() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    memory.working().goals().put(Goal::new("told to long-term memory")).await.unwrap();
    memory.feed().catch_up().await.unwrap();
    memory.shutdown().await.unwrap();
    let dir = fixture.dir.path().join("memory");
    std::fs::remove_file(dir.join("working.db")).unwrap();
    let refused = AgentMemory::open(fixture.config()).await.unwrap_err();
    assert!(matches!(&refused, Error::Older { path } if path.ends_with("working.db")), "{refused}");
    // Without the note, the feed position reveals it.
    std::fs::remove_file(dir.join("generations.json")).unwrap();
    let memory = fixture.open().await;
    let error = memory.recall("told").await.unwrap_err();
    assert!(matches!(error, Error::FeedBehind { head: 0, watermark: 1 }), "{error}");
    assert!(memory.shutdown().await.is_err());
}

#[tokio::test]
async fn a_deleted_record_is_gone_before_its_deletion_is_delivered() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let goal = |text: &str| json!({"id": "g", "description": text});
    memory.record(Kind::Goal, goal("everybody paints")).await.unwrap();
    of(&memory, "ada").record(Kind::Goal, goal("ada paints")).await.unwrap();
    memory.feed().catch_up().await.unwrap();
    memory.shutdown().await.unwrap();
    // Nobody delivers the deletion: the memory is closed, and then open for reading alone.
    let config = working::Config { feed_kinds: FEED_KINDS.to_vec(), ..working::Config::default() };
    let file = fixture.dir.path().join("memory/working.db");
    let working = Working::open(&file, config).unwrap();
    let key = Key::new(Kind::Goal, Id::new("g").unwrap());
    let shared = key.clone().of(aios_memory::Owner::SHARED);
    let adas = key.clone().of(aios_memory::Owner::user("ada").unwrap());
    working.records().remove_exactly(&adas).await.unwrap();
    let reading = || AgentMemory::open(fixture.config().with_access(Access::ReadOnly));
    let memory = reading().await.unwrap();
    let text = |memory: &AgentMemory| {
        let ada = of(memory, "ada");
        let key = key.clone();
        async move { ada.get(&key).await.unwrap().map(|record| record.text) }
    };
    assert_eq!(text(&memory).await.as_deref(), Some("everybody paints"));
    memory.shutdown().await.unwrap();
    working.records().remove_exactly(&shared).await.unwrap();
    let memory = reading().await.unwrap();
    assert_eq!(text(&memory).await, None);
    assert_eq!(memory.get(&key).await.unwrap(), None);
    let administrator = memory.administrator();
    assert_eq!(administrator.get(&key).await.unwrap(), None);
    memory.shutdown().await.unwrap();
    // Stored again, it is there again.
    working.goals().put(Goal { id: key.id.clone(), ..Goal::new("painted again") }).await.unwrap();
    let memory = reading().await.unwrap();
    assert_eq!(text(&memory).await.as_deref(), Some("painted again"));
    memory.shutdown().await.unwrap();
    working.close().await;
}

#[tokio::test]
async fn a_list_has_the_records_of_both_tiers_once_and_in_order() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let session = Id::new("s").unwrap();
    for n in 0..7 {
        // Two share a time.
        let time = format!("2026-01-01T00:00:0{}Z", n / 2);
        let said = json!({"session_id": "s", "role": "user", "content": format!("{n}"),
                          "timestamp": time});
        memory.record(Kind::Message, said).await.unwrap();
    }
    memory.administrator().upkeep().maintain().await.unwrap();
    let trimmed = |keep| {
        let (memory, session) = (memory.clone(), session.clone());
        async move { memory.working().messages().trim(&session, keep).await.unwrap() }
    };
    assert_eq!(trimmed(4).await, 3);
    let of_page =
        |page: &Page| -> Vec<String> { page.records.iter().map(|it| it.text.clone()).collect() };
    let whole = memory.list(Kind::Message, None, 100).await.unwrap();
    assert_eq!(of_page(&whole), ["0", "1", "2", "3", "4", "5", "6"]);
    assert_eq!(whole.next, None);
    for limit in 1..8 {
        let (mut all, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = memory.list(Kind::Message, after.as_deref(), limit).await.unwrap();
            assert!(page.records.len() <= limit);
            all.extend(of_page(&page));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(all, of_page(&whole), "by {limit}");
    }
    // A record that moves between two pages is not repeated.
    let first = memory.list(Kind::Message, None, 4).await.unwrap();
    assert_eq!(trimmed(1).await, 3);
    let rest = memory.list(Kind::Message, first.next.as_deref(), 5).await.unwrap();
    assert_eq!([of_page(&first), of_page(&rest)].concat(), of_page(&whole));
    let moved = memory.moved_messages(&session, None).await.unwrap();
    let positions: Vec<_> = moved.iter().filter_map(|it| it.position).collect();
    assert_eq!(positions, [0, 1, 2, 3, 4, 5]);
    let gone = Key::new(Kind::Message, moved[0].id.clone());
    memory
        .forget(ForgetOptions::new(ForgetTarget::Records(vec![moved[0].identity()])))
        .await
        .unwrap();
    let left = memory.list(Kind::Message, None, 100).await.unwrap();
    assert!(left.records.iter().all(|it| it.key() != gone) && left.records.len() == 6);
}

#[tokio::test]
async fn summaries_are_listed() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let summary = json!({"id": "z", "text": "We agreed on blue."});
    let stored = memory.record(Kind::Summary, summary).await.unwrap();
    let listed = memory.list(Kind::Summary, None, 10).await.unwrap().records;
    assert_eq!(listed.iter().map(|it| &it.id).collect::<Vec<_>>(), [&stored]);
}
