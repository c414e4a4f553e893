//! Messages and sessions.

use aios_record::{Kind, Scope};
use aios_working::{Error, MessageReceipt, NewMessage, RECENT_MESSAGES, Session, Task, TaskUpdate};

use crate::{id, opened, view};

fn said(session: &str, content: &str) -> NewMessage {
    NewMessage::new(id(session), "user", content)
}

#[tokio::test]
async fn messages_keep_their_order_and_create_their_session() {
    let (_place, working) = opened();
    for n in 0..20 {
        let receipt = working.messages().add(said("s", &format!("message {n}"))).await.unwrap();
        assert!(matches!(receipt, MessageReceipt::Added { position, .. } if position == n));
    }
    let recent = working.messages().recent(&id("s"), RECENT_MESSAGES).await.unwrap();
    let contents: Vec<_> = recent.iter().map(|message| message.content.clone()).collect();
    assert_eq!(contents, (8..20).map(|n| format!("message {n}")).collect::<Vec<_>>());
    let session = working.sessions().get(&id("s")).await.unwrap().unwrap();
    assert_eq!((session.message_count, session.id.as_str()), (20, "s"));
    assert!(working.messages().recent(&id("other"), 12).await.unwrap().is_empty());
}

#[tokio::test]
async fn history_has_the_shape_of_chat_apis() {
    let (_place, working) = opened();
    working.messages().add(said("s", "hello")).await.unwrap();
    working.messages().add(NewMessage::new(id("s"), "assistant", "hi")).await.unwrap();
    working.messages().add(NewMessage::new(id("s"), "narrator", "silence")).await.unwrap();
    let history = working.messages().chat_history(&id("s"), 12).await.unwrap();
    let expect = serde_json::json!([
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "hi"},
        {"role": "narrator", "content": "silence"},
    ]);
    assert_eq!(serde_json::to_value(&history).unwrap(), expect);
}

#[tokio::test]
async fn a_message_is_known_by_its_id_or_external_id_within_its_session() {
    let (_place, working) = opened();
    let by_id = NewMessage { id: Some(id("m1")), ..said("s", "one") };
    let by_name = NewMessage { external_id: Some("D1:2".to_owned()), ..said("s", "two") };
    let batch = vec![by_id.clone(), by_name.clone(), by_id.clone(), said("s", "two")];
    let receipts = working.messages().add_all(batch.clone()).await.unwrap();
    assert_eq!(
        receipts.iter().map(MessageReceipt::is_known).collect::<Vec<_>>(),
        [false, false, true, false]
    );

    let again = working.messages().add_all(vec![by_id.clone(), by_name.clone()]).await.unwrap();
    assert!(again.iter().all(MessageReceipt::is_known));
    assert_eq!(again[1].id(), receipts[1].id());

    let elsewhere = NewMessage { session: id("t"), ..by_name };
    assert!(!working.messages().add(elsewhere).await.unwrap().is_known());
    let taken = NewMessage { session: id("t"), ..by_id };
    let error = working.messages().add(taken).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { kind: Kind::Message, .. }), "{error}");
}

#[tokio::test]
async fn a_batch_is_stored_whole_or_not_at_all() {
    let (_place, working) = opened();
    working.messages().add(NewMessage { id: Some(id("m")), ..said("s", "first") }).await.unwrap();
    let bad = NewMessage { id: Some(id("m")), ..said("t", "in another session") };
    let error = working.messages().add_all(vec![said("t", "good"), bad]).await.unwrap_err();
    assert!(matches!(error, Error::InBatch { index: 1, .. }) && error.is_invalid(), "{error:?}");
    assert!(working.messages().recent(&id("t"), 9).await.unwrap().is_empty());
    assert!(working.sessions().get(&id("t")).await.unwrap().is_none());
    assert_eq!(working.feed().after(0, 99).await.unwrap().len(), 1);
}

#[tokio::test]
async fn each_user_has_an_own_session_of_the_same_id() {
    let (_place, working) = opened();
    let of = |user: &str| NewMessage {
        scope: Scope::default().with_user(user),
        ..said("s", &format!("from {user}"))
    };
    working.messages().add(of("ada")).await.unwrap();
    assert_eq!(working.sessions().get(&id("s")).await.unwrap().unwrap().user_id(), Some("ada"));
    let receipt = working.messages().add(of("bob")).await.unwrap();
    assert!(matches!(receipt, MessageReceipt::Added { position: 0, .. }), "{receipt:?}");
    let error = working.messages().recent(&id("s"), 9).await.unwrap_err();
    assert!(matches!(error, Error::Ambiguous { kind: Kind::Session, .. }), "{error}");
    for name in ["ada", "bob"] {
        let messages = view(&working, name).messages().recent(&id("s"), 9).await.unwrap();
        let said: Vec<_> = messages.iter().map(|message| message.content.as_str()).collect();
        assert_eq!(said, [format!("from {name}")]);
    }
}

#[tokio::test]
async fn trimming_keeps_undelivered_messages_and_the_count() {
    let (_place, working) = opened();
    for n in 0..5 {
        working.messages().add(said("s", &format!("message {n}"))).await.unwrap();
    }
    assert_eq!(working.messages().trim(&id("s"), 2).await.unwrap(), 0);
    working.feed().trim(4).await.unwrap();
    assert_eq!(working.messages().trim(&id("s"), 2).await.unwrap(), 3);
    assert_eq!(working.messages().recent(&id("s"), 9).await.unwrap().len(), 2);
    let next = working.messages().add(said("s", "next")).await.unwrap();
    assert!(matches!(next, MessageReceipt::Added { position: 5, .. }));
    assert!(working.upkeep().verify().await.unwrap().is_empty());
    assert!(working.feed().after(0, 9).await.unwrap().iter().all(|item| 4 < item.seq));
}

#[tokio::test]
async fn idle_sessions_are_cleaned_up() {
    let (place, working) = opened();
    working.sessions().add(Session::new(id("old"))).await.unwrap();
    working.sessions().add(Session::new(id("busy"))).await.unwrap();
    working.messages().add(said("old", "hello")).await.unwrap();
    let mut task = Task::new("still here");
    task.meta.scope.session = Some("worked".to_owned());
    working.tasks().put(task).await.unwrap();
    place.pass_hours(24 * 91);
    working.sessions().touch(&id("busy")).await.unwrap();
    let active = working.sessions().active(24).await.unwrap();
    assert_eq!(active.iter().map(|session| session.id.as_str()).collect::<Vec<_>>(), ["busy"]);

    // The session with a task leaves a stub; the other has undelivered changes.
    assert_eq!(working.sessions().clean_up(90).await.unwrap(), 1);
    assert!(working.sessions().get(&id("worked")).await.unwrap().is_none());
    working.feed().trim(working.feed().head().await.unwrap()).await.unwrap();
    assert_eq!(working.sessions().clean_up(90).await.unwrap(), 1);
    assert!(working.sessions().get(&id("old")).await.unwrap().is_none());
    assert_eq!(working.tasks().list(Some(&id("worked")), None).await.unwrap().len(), 1);
    assert!(working.upkeep().verify().await.unwrap().is_empty());
    assert!(working.sessions().touch(&id("old")).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn creating_a_session_again_returns_the_existing_one() {
    let (_place, working) = opened();
    working.sessions().add(Session::new(id("s"))).await.unwrap();
    working.sessions().set_summary(&id("s"), "about boats").await.unwrap();
    let again = working.sessions().add(Session::new(id("s"))).await.unwrap();
    assert_eq!(again.summary.as_deref(), Some("about boats"));
}

#[tokio::test]
async fn summaries_are_newest_first_and_truncated_at_the_budget() {
    let (_place, working) = opened();
    let check = async |limit: usize, max_tokens: usize, expect: &[&str]| {
        let found = working.sessions().recent_summaries(limit, max_tokens).await.unwrap();
        let texts: Vec<_> = found.iter().map(|summary| summary.text.as_str()).collect();
        assert_eq!(texts, expect, "limit {limit}, {max_tokens} tokens");
    };
    check(3, 2000, &[]).await;
    let long = "x".repeat(100);
    for (name, summary) in [("first", "short one"), ("second", long.as_str())] {
        working.sessions().add(Session::new(id(name))).await.unwrap();
        working.sessions().set_summary(&id(name), summary).await.unwrap();
        working.sessions().touch(&id(name)).await.unwrap();
    }
    let task = working.tasks().put(Task::new("t")).await.unwrap();
    let update = TaskUpdate { summary: Some("task done".to_owned()), ..TaskUpdate::default() };
    working.tasks().set_status(&task.id, "completed", update).await.unwrap();
    check(3, 2000, &["task done", &long, "short one"]).await;
    check(2, 2000, &["task done", &long]).await;
    // 80 characters: 9 for the first summary, 71 for the second, including the 3 of the mark.
    check(3, 20, &["task done", &format!("{}...", "x".repeat(68))]).await;
    // 60 characters: 51 are left, too few for 50 and the mark.
    check(3, 15, &["task done"]).await;
    check(3, 0, &[]).await;
}

#[tokio::test]
async fn the_count_of_a_new_session_follows_from_its_messages() {
    let (_place, working) = opened();
    for count in [-5, 50, i64::MAX] {
        let name = id(&format!("of{count}"));
        let given = Session { message_count: count, ..Session::new(name.clone()) };
        assert_eq!(working.sessions().add(given).await.unwrap().message_count, 0);
        let message = NewMessage::new(name, "user", "hello");
        let added = working.messages().add(message).await.unwrap();
        assert!(matches!(added, MessageReceipt::Added { position: 0, .. }), "{added:?}");
    }
}
