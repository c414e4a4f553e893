//! Messages and sessions.

use aios_record::{Kind, Scope};
use aios_working::{Error, NewMessage, RECENT_MESSAGES, Receipt, Session, Task, TaskUpdate};

use crate::{id, opened, view};

fn said(session: &str, content: &str) -> NewMessage {
    NewMessage::new(id(session), "user", content)
}

#[tokio::test]
async fn messages_keep_their_order_and_create_their_session() {
    let (_place, working) = opened();
    for n in 0..20 {
        let receipt = working.add_message(said("s", &format!("message {n}"))).await.unwrap();
        assert!(matches!(receipt, Receipt::Added { position, .. } if position == n));
    }
    let recent = working.recent_messages("s", RECENT_MESSAGES).await.unwrap();
    let contents: Vec<_> = recent.iter().map(|message| message.content.clone()).collect();
    assert_eq!(contents, (8..20).map(|n| format!("message {n}")).collect::<Vec<_>>());
    let session = working.session("s").await.unwrap().unwrap();
    assert_eq!((session.message_count, session.id.as_str()), (20, "s"));
    assert!(working.recent_messages("other", 12).await.unwrap().is_empty());
}

#[tokio::test]
async fn history_has_the_shape_of_chat_apis() {
    let (_place, working) = opened();
    working.add_message(said("s", "hello")).await.unwrap();
    working.add_message(NewMessage::new(id("s"), "assistant", "hi")).await.unwrap();
    working.add_message(NewMessage::new(id("s"), "narrator", "silence")).await.unwrap();
    let history = working.conversation_history("s", 12).await.unwrap();
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
    let receipts = working.add_messages(batch.clone()).await.unwrap();
    assert_eq!(
        receipts.iter().map(Receipt::is_known).collect::<Vec<_>>(),
        [false, false, true, false]
    );

    let again = working.add_messages(vec![by_id.clone(), by_name.clone()]).await.unwrap();
    assert!(again.iter().all(Receipt::is_known));
    assert_eq!(again[1].id(), receipts[1].id());

    let elsewhere = NewMessage { session: id("t"), ..by_name };
    assert!(!working.add_message(elsewhere).await.unwrap().is_known());
    let taken = NewMessage { session: id("t"), ..by_id };
    let error = working.add_message(taken).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { kind: Kind::Message, .. }), "{error}");
}

#[tokio::test]
async fn a_batch_is_stored_whole_or_not_at_all() {
    let (_place, working) = opened();
    working.add_message(NewMessage { id: Some(id("m")), ..said("s", "first") }).await.unwrap();
    let bad = NewMessage { id: Some(id("m")), ..said("t", "in another session") };
    let error = working.add_messages(vec![said("t", "good"), bad]).await.unwrap_err();
    assert!(matches!(error, Error::InBatch { index: 1, .. }) && error.is_invalid(), "{error:?}");
    assert!(working.recent_messages("t", 9).await.unwrap().is_empty());
    assert!(working.session("t").await.unwrap().is_none());
    assert_eq!(working.feed_after(0, 99).await.unwrap().len(), 1);
}

#[tokio::test]
async fn each_user_has_an_own_session_of_the_same_id() {
    let (_place, working) = opened();
    let of = |user: &str| NewMessage {
        scope: Scope::default().with_user(user),
        ..said("s", &format!("from {user}"))
    };
    working.add_message(of("ada")).await.unwrap();
    assert_eq!(working.session("s").await.unwrap().unwrap().user_id(), Some("ada"));
    let receipt = working.add_message(of("bob")).await.unwrap();
    assert!(matches!(receipt, Receipt::Added { position: 0, .. }), "{receipt:?}");
    let error = working.recent_messages("s", 9).await.unwrap_err();
    assert!(matches!(error, Error::Ambiguous { kind: Kind::Session, .. }), "{error}");
    for name in ["ada", "bob"] {
        let messages = view(&working, name).recent_messages("s", 9).await.unwrap();
        let said: Vec<_> = messages.iter().map(|message| message.content.as_str()).collect();
        assert_eq!(said, [format!("from {name}")]);
    }
}

#[tokio::test]
async fn trimming_keeps_undelivered_messages_and_the_count() {
    let (_place, working) = opened();
    for n in 0..5 {
        working.add_message(said("s", &format!("message {n}"))).await.unwrap();
    }
    assert_eq!(working.trim_messages("s", 2).await.unwrap(), 0);
    working.trim_feed(4).await.unwrap();
    assert_eq!(working.trim_messages("s", 2).await.unwrap(), 3);
    assert_eq!(working.recent_messages("s", 9).await.unwrap().len(), 2);
    let next = working.add_message(said("s", "next")).await.unwrap();
    assert!(matches!(next, Receipt::Added { position: 5, .. }));
    assert!(working.verify().await.unwrap().is_empty());
    assert!(working.feed_after(0, 9).await.unwrap().iter().all(|item| 4 < item.seq));
}

#[tokio::test]
async fn idle_sessions_are_cleaned_up() {
    let (place, working) = opened();
    working.create_session(Session::new(id("old"))).await.unwrap();
    working.create_session(Session::new(id("busy"))).await.unwrap();
    working.add_message(said("old", "hello")).await.unwrap();
    let mut task = Task::new("still here");
    task.meta.scope.session = Some("worked".to_owned());
    working.store_task(task).await.unwrap();
    place.pass_hours(24 * 91);
    working.touch_session("busy").await.unwrap();
    let active = working.active_sessions(24).await.unwrap();
    assert_eq!(active.iter().map(|session| session.id.as_str()).collect::<Vec<_>>(), ["busy"]);

    // The session with a task leaves a stub; the other has undelivered changes.
    assert_eq!(working.cleanup_sessions(90).await.unwrap(), 1);
    assert!(working.session("worked").await.unwrap().is_none());
    working.trim_feed(working.feed_head().await.unwrap()).await.unwrap();
    assert_eq!(working.cleanup_sessions(90).await.unwrap(), 1);
    assert!(working.session("old").await.unwrap().is_none());
    assert_eq!(working.tasks(Some("worked"), None).await.unwrap().len(), 1);
    assert!(working.verify().await.unwrap().is_empty());
    assert!(working.touch_session("old").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn creating_a_session_again_returns_the_existing_one() {
    let (_place, working) = opened();
    working.create_session(Session::new(id("s"))).await.unwrap();
    working.set_session_summary("s", "about boats").await.unwrap();
    let again = working.create_session(Session::new(id("s"))).await.unwrap();
    assert_eq!(again.summary.as_deref(), Some("about boats"));
}

#[tokio::test]
async fn summaries_are_newest_first_and_truncated_at_the_budget() {
    let (_place, working) = opened();
    let check = async |limit: usize, max_tokens: usize, expect: &[&str]| {
        let found = working.recent_summaries(limit, max_tokens).await.unwrap();
        let texts: Vec<_> = found.iter().map(|summary| summary.text.as_str()).collect();
        assert_eq!(texts, expect, "limit {limit}, {max_tokens} tokens");
    };
    check(3, 2000, &[]).await;
    let long = "x".repeat(100);
    for (name, summary) in [("first", "short one"), ("second", long.as_str())] {
        working.create_session(Session::new(id(name))).await.unwrap();
        working.set_session_summary(name, summary).await.unwrap();
        working.touch_session(name).await.unwrap();
    }
    let task = working.store_task(Task::new("t")).await.unwrap();
    let update = TaskUpdate { summary: Some("task done".to_owned()), ..TaskUpdate::default() };
    working.update_task_status(task.id.as_str(), "completed", update).await.unwrap();
    check(3, 2000, &["task done", &long, "short one"]).await;
    check(2, 2000, &["task done", &long]).await;
    // 80 characters: 9 for the first summary, 71 for the second, including the 3 of the mark.
    check(3, 20, &["task done", &format!("{}...", "x".repeat(68))]).await;
    // 60 characters: 51 are left, too few for 50 and the mark.
    check(3, 15, &["task done"]).await;
    check(3, 0, &[]).await;
}
