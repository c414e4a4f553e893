//! The change feed and the exchange form of records.

use aios_record::{Change, FeedItem, Kind, Trust};
use aios_working::{Config, Entry, Event, EventFeed, Goal, NewMessage, ToolCall, Working};
use serde_json::json;

use crate::{Place, id, key, opened, shared};

async fn goal(working: &Working, name: &str) {
    working.goals().put(Goal { id: id(name), ..Goal::new(format!("goal {name}")) }).await.unwrap();
}

fn told(items: &[FeedItem]) -> Vec<(u64, String)> {
    let name = |item: &FeedItem| match &item.change {
        Change::Upsert(record) => format!("+{}", record.key()),
        Change::Delete { key, .. } => format!("-{key}"),
    };
    items.iter().map(|item| (item.seq, name(item))).collect()
}

#[tokio::test]
async fn the_feed_delivers_changes_in_order_with_the_current_state() {
    let (_place, working) = opened();
    assert_eq!(working.feed().head().await.unwrap(), 0);
    goal(&working, "a").await;
    goal(&working, "b").await;
    working.goals().set_status(&id("a"), "completed", Some("done".to_owned())).await.unwrap();
    let items = working.feed().after(0, 10).await.unwrap();
    assert_eq!(told(&items), [(2, "+goal/b".to_owned()), (3, "+goal/a".to_owned())]);
    let Change::Upsert(record) = &items[1].change else { panic!("{items:?}") };
    assert_eq!(record.text, "goal a\ndone");
    assert_eq!(record.payload["status"], "completed");
    assert_eq!(working.feed().head().await.unwrap(), 3);

    let first = working.feed().after(0, 1).await.unwrap();
    assert_eq!(told(&first), [(1, "+goal/a".to_owned())]);
    assert_eq!(told(&working.feed().after(1, 1).await.unwrap()), [(2, "+goal/b".to_owned())]);
    assert!(working.feed().after(3, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn trimmed_changes_are_deleted_and_their_numbers_are_not_reused() {
    let (place, working) = opened();
    goal(&working, "a").await;
    working.feed().trim(1).await.unwrap();
    assert!(working.feed().after(0, 10).await.unwrap().is_empty());
    working.close().await;
    let working = place.open(place.fed());
    assert_eq!(working.feed().head().await.unwrap(), 1);
    goal(&working, "b").await;
    assert_eq!(told(&working.feed().after(0, 10).await.unwrap()), [(2, "+goal/b".to_owned())]);
}

#[tokio::test]
async fn removing_a_goal_feeds_the_removal_of_its_tasks() {
    let (_place, working) = opened();
    goal(&working, "g").await;
    let task =
        aios_working::Task { id: id("t"), goal_id: Some(id("g")), ..aios_working::Task::new("t") };
    working.tasks().put(task).await.unwrap();
    let call = ToolCall { id: id("c"), task_id: Some(id("t")), ..ToolCall::new("ls") };
    working.tool_calls().put(call).await.unwrap();
    let removed = working.records().remove(&key(Kind::Goal, "g")).await.unwrap();
    let expect = [(Kind::ToolCall, "c"), (Kind::Task, "t"), (Kind::Goal, "g")];
    let expect = expect.map(|(kind, name)| shared(kind, name));
    assert_eq!(removed, expect);
    // Tool calls are not in the feed by default.
    let items = working.feed().after(0, 10).await.unwrap();
    assert_eq!(told(&items), [(3, "-task/t".to_owned()), (4, "-goal/g".to_owned())]);
    assert!(working.records().remove(&key(Kind::Goal, "g")).await.unwrap().is_empty());
    assert!(working.upkeep().verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_page_of_deleted_rows_does_not_end_the_feed() {
    let (place, working) = opened();
    for n in 0..6 {
        working.messages().add(NewMessage::new(id("s"), "user", format!("m{n}"))).await.unwrap();
    }
    // Ageing keeps rows with undelivered changes, so another connection deletes them.
    let path = place.folder.path().join("working.db");
    let other = rusqlite::Connection::open(path).unwrap();
    other.execute("DELETE FROM messages WHERE position < 5", []).unwrap();
    let items = working.feed().after(0, 2).await.unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0].seq, 6);
}

#[tokio::test]
async fn only_the_configured_kinds_feed() {
    let place = Place::new();
    let check = async |config: Config, expect: &[&str]| {
        let place = Place::new();
        let working = place.open(config);
        goal(&working, "g").await;
        working.tool_calls().put(ToolCall { id: id("c"), ..ToolCall::new("ls") }).await.unwrap();
        let minor = Event { id: id("minor"), ..Event::new("metric", "cpu", json!({})) };
        let major =
            Event { id: id("major"), critical: true, ..Event::new("error", "disk", json!({})) };
        working.intake().put_events(vec![minor, major]).await.unwrap();
        let told: Vec<_> = told(&working.feed().after(0, 9).await.unwrap())
            .into_iter()
            .map(|(_, name)| name)
            .collect();
        assert_eq!(told, expect);
    };
    check(place.config(), &[]).await;
    check(place.fed(), &["+goal/g", "+event/major"]).await;
    let all = Config { feed_events: EventFeed::All, ..place.fed() };
    check(all, &["+goal/g", "+event/minor", "+event/major"]).await;
    let calls = Config { feed_kinds: vec![Kind::ToolCall], ..place.config() };
    check(calls, &["+tool_call/c"]).await;
}

#[tokio::test]
async fn the_record_of_a_message_has_speaker_position_and_names() {
    let (_place, working) = opened();
    let said = "2023-05-08T13:56:00Z".parse().unwrap();
    let message = NewMessage {
        name: Some("Ada".to_owned()),
        timestamp: Some(said),
        external_id: Some("D1:3".to_owned()),
        scope: aios_record::Scope::default().with_user("conv-1"),
        ..NewMessage::new(id("s"), "user", "I went sailing")
    };
    working.messages().add(message).await.unwrap();
    working.messages().add(NewMessage::new(id("t"), "tool", "{\"ok\":true}")).await.unwrap();
    let items = working.feed().after(0, 9).await.unwrap();
    let records: Vec<_> = items
        .into_iter()
        .map(|item| match item.change {
            Change::Upsert(record) => record,
            Change::Delete { .. } => panic!("nothing was removed"),
        })
        .collect();
    assert_eq!(records[0].text, "I went sailing");
    assert_eq!(records[0].speaker.as_deref(), Some("Ada"));
    assert_eq!((records[0].position, records[0].occurred_at), (Some(0), Some(said)));
    assert!(said < records[0].recorded_at);
    assert_eq!(records[0].external_id.as_deref(), Some("D1:3"));
    assert_eq!(records[0].scope.session.as_deref(), Some("s"));
    assert_eq!(records[0].scope.user.as_deref(), Some("conv-1"));
    assert_eq!(records[0].payload["content"], "I went sailing");
    assert_eq!(records[0].payload["session_id"], "s");
    assert_eq!(records[1].speaker.as_deref(), Some("tool"));
    assert_eq!((records[0].trust, records[1].trust), (Trust::Normal, Trust::Low));
}

#[tokio::test]
async fn the_record_of_an_entry_has_its_tags_and_all_its_strings() {
    let (_place, working) = opened();
    let value = json!({"city": "Oslo", "list": ["a", {"deep": "b"}], "n": 3});
    let entry = Entry { tags: vec!["home".to_owned()], ..Entry::new("place", "address", value) };
    let entry = working.entries().add(entry).await.unwrap();
    let record =
        working.records().get(&key(Kind::Entry, entry.id.as_str())).await.unwrap().unwrap();
    assert_eq!(record.text, "address\nOslo\na\nb");
    assert_eq!(record.tags, ["home"]);
    assert_eq!(serde_json::from_value::<Entry>(record.payload).unwrap(), entry);
}

#[tokio::test]
async fn a_record_that_a_change_made_expire_is_delivered() {
    let (_place, working) = opened();
    goal(&working, "g").await;
    let told = working.feed().head().await.unwrap();
    let past = json!({"expires_at": "2020-01-01T00:00:00Z"}).as_object().cloned().unwrap();
    working.records().update(&key(Kind::Goal, "g"), past).await.unwrap();
    let items = working.feed().after(told, 10).await.unwrap();
    let [FeedItem { change: Change::Upsert(record), .. }] = &items[..] else { panic!("{items:?}") };
    assert_eq!(record.expires_at.unwrap().to_string(), "2020-01-01T00:00:00Z");
    let removed = working.feed().removed(told, &key(Kind::Goal, "g")).await.unwrap();
    assert_eq!(removed.len(), 1, "{removed:?}");
}
