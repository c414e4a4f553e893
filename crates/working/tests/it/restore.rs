//! Restoring records from their exchange form.

use aios_record::{Gate, Identity, Kind, Record, Scope};
use aios_working::{
    Error, Goal, MessageReceipt, NewMessage, Problem, RestoreOutcome, Session, Task, ToolCall,
    Working,
};
use serde_json::json;

use crate::{Place, id, key, opened, shared, user, view};

async fn restore(working: &Working, records: &[Record]) -> Vec<Result<RestoreOutcome, Error>> {
    working.intake().restore(records.to_vec()).await.unwrap()
}

fn said(session: &str, content: &str) -> NewMessage {
    NewMessage::new(id(session), "user", content)
}

/// Returns a session `s` with a summary, and its `messages` messages.
async fn talk(messages: usize) -> (Record, Vec<Record>) {
    let (_place, working) = opened();
    for n in 0..messages {
        working.messages().add(said("s", &format!("message {n}"))).await.unwrap();
    }
    working.sessions().set_summary(&id("s"), "about boats").await.unwrap();
    let session = working.records().get(&key(Kind::Session, "s")).await.unwrap().unwrap();
    (session, working.records().list(Kind::Message, None, 99).await.unwrap().records)
}

/// Returns the messages of a session in order, with their positions.
async fn places(working: &Working) -> Vec<(i64, String)> {
    let messages = working.messages().recent(&id("s"), 99).await.unwrap();
    messages.into_iter().map(|message| (message.position, message.content)).collect()
}

/// Checks that the session's count is correct and that its next message gets `position`.
async fn check_goes_on(working: &Working, position: i64) {
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
    let session = working.sessions().get(&id("s")).await.unwrap().unwrap();
    assert_eq!(session.message_count, position);
    let added = working.messages().add(said("s", "one more")).await.unwrap();
    assert!(
        matches!(added, MessageReceipt::Added { position: at, .. } if at == position),
        "{added:?}"
    );
}

#[tokio::test]
async fn a_restored_session_continues_after_its_messages() {
    let (session, messages) = talk(2).await;
    let too_low = |mut session: Record| {
        session.payload["message_count"] = json!(0);
        session
    };
    for (what, records, is_summed_up) in [
        ("session first", [vec![session.clone()], messages.clone()].concat(), true),
        ("session last", [messages.clone(), vec![session.clone()]].concat(), true),
        ("no session", messages.clone(), false),
        ("a count too low", [vec![too_low(session)], messages.clone()].concat(), true),
    ] {
        let (_place, working) = opened();
        let restored = restore(&working, &records).await;
        assert!(restored.iter().all(|done| matches!(done, Ok(RestoreOutcome::Added))), "{what}");
        let session = working.sessions().get(&id("s")).await.unwrap().unwrap();
        assert_eq!(session.summary.is_some(), is_summed_up, "{what}");
        check_goes_on(&working, 2).await;
    }
}

#[tokio::test]
async fn messages_restored_into_an_existing_session_are_counted() {
    let (session, messages) = talk(3).await;
    let (_place, working) = opened();
    working.sessions().add(Session::new(id("s"))).await.unwrap();
    restore(&working, &messages[..2]).await;
    let restored = restore(&working, &[&[session], &messages[..]].concat()).await;
    let known = restored.iter().filter(|done| matches!(done, Ok(RestoreOutcome::Known))).count();
    assert_eq!(known, 2, "{restored:?}");
    check_goes_on(&working, 3).await;
}

#[tokio::test]
async fn a_message_with_an_occupied_position_gets_the_next_one() {
    let (_, mut messages) = talk(3).await;
    messages[2].payload["position"] = json!(i64::MAX);
    let (_place, working) = opened();
    for own in ["own 0", "own 1"] {
        working.messages().add(said("s", own)).await.unwrap();
    }
    for _ in 0..2 {
        restore(&working, &messages).await;
        let expect =
            [(0, "own 0"), (1, "own 1"), (2, "message 0"), (3, "message 1"), (4, "message 2")];
        assert_eq!(places(&working).await, expect.map(|(at, text)| (at, text.to_owned())));
    }
    check_goes_on(&working, 5).await;
}

#[tokio::test]
async fn positions_of_trimmed_messages_are_not_reused() {
    let (session, messages) = talk(5).await;
    let (_place, working) = opened();
    restore(&working, &[&[session], &messages[3..]].concat()).await;
    working.feed().trim(working.feed().head().await.unwrap()).await.unwrap();
    assert_eq!(working.messages().trim(&id("s"), 0).await.unwrap(), 2);
    check_goes_on(&working, 5).await;
}

#[tokio::test]
async fn a_message_count_that_is_too_low_is_found_and_corrected() {
    let place = Place::new();
    let miscount = || {
        let file = rusqlite::Connection::open(place.folder.path().join("working.db")).unwrap();
        file.execute("UPDATE sessions SET message_count = 0", []).unwrap();
    };
    let working = place.open(place.fed());
    for n in 0..2 {
        working.messages().add(said("s", &format!("message {n}"))).await.unwrap();
    }
    miscount();
    assert_eq!(working.upkeep().verify().await.unwrap(), [Problem::Miscounted { sessions: 1 }]);
    working.messages().add(said("s", "goes on")).await.unwrap();
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
    miscount();
    working.upkeep().optimize().await.unwrap();
    check_goes_on(&working, 3).await;
}

#[tokio::test]
async fn an_invalid_record_does_not_affect_the_others() {
    let (session, mut messages) = talk(4).await;
    messages[1].payload["scope"]["user"] = json!(" ");
    messages[2].payload["content"] = json!("x".repeat(99));
    messages[3].payload["scope"]["session"] = json!("x".repeat(999));
    let goal = Goal { id: id("g"), ..Goal::new("of everybody") };
    let (_place, theirs) = opened();
    theirs.goals().put(goal.clone()).await.unwrap();
    let shared = theirs.records().get(&key(Kind::Goal, "g")).await.unwrap().unwrap();
    let mut late = shared.clone();
    late.id = id("late");
    late.payload["id"] = json!("late");
    late.payload["updated_at"] = json!("1969-01-01T00:00:00Z");

    let place = Place::new();
    let working = place.open(aios_working::Config { text_bytes_max: 50, ..place.fed() });
    let mut of_an_agent = goal;
    of_an_agent.meta.scope = Scope::default().with_agent("scout");
    working.goals().put(of_an_agent).await.unwrap();
    let restored = restore(&working, &[&[session, shared, late], &messages[..]].concat()).await;
    let problems: Vec<_> = restored.iter().map(|done| done.as_ref().err()).collect();
    assert!(matches!(restored[0], Ok(RestoreOutcome::Added)), "{restored:?}");
    assert!(matches!(problems[1], Some(Error::Conflict { kind: Kind::Goal, .. })));
    assert!(matches!(problems[2], Some(Error::Time { field: "updated_at", .. })));
    assert!(matches!(restored[3], Ok(RestoreOutcome::Added)), "{restored:?}");
    assert!(matches!(problems[4], Some(Error::Record(aios_record::Error::OwnerName { .. }))));
    assert!(matches!(problems[5], Some(Error::TooLong { .. })), "{restored:?}");
    assert!(problems[6].is_some(), "{restored:?}");
    check_goes_on(&working, 4).await;
}

#[tokio::test]
async fn a_record_with_a_missing_parent_is_restored_without_the_reference() {
    let (_place, from) = opened();
    from.goals().put(Goal { id: id("g"), ..Goal::new("a garden") }).await.unwrap();
    let task = Task { id: id("t"), goal_id: Some(id("g")), ..Task::new("dig") };
    from.tasks().put(task).await.unwrap();
    let call = ToolCall { id: id("c"), task_id: Some(id("t")), ..ToolCall::new("spade") };
    from.tool_calls().put(call).await.unwrap();
    let of = async |kind, id| from.records().get(&key(kind, id)).await.unwrap().unwrap();
    let records = [of(Kind::Task, "t").await, of(Kind::ToolCall, "c").await];

    let detached = RestoreOutcome::Detached { identity: shared(Kind::Goal, "g") };
    let (_place, working) = opened();
    let restored = restore(&working, &records).await;
    assert_eq!(*restored[0].as_ref().unwrap(), detached);
    assert_eq!(*restored[1].as_ref().unwrap(), RestoreOutcome::Added);
    let tasks = working.tasks().list(None, None).await.unwrap();
    assert_eq!((tasks.len(), tasks[0].goal_id.as_ref()), (1, None));
}

#[tokio::test]
async fn records_are_restored_with_their_owners_and_references() {
    let (_place, from) = opened();
    let ada = view(&from, "ada");
    from.goals().put(Goal { id: id("g"), ..Goal::new("everybody's") }).await.unwrap();
    let task = |name: &str| Task { id: id(name), goal_id: Some(id("g")), ..Task::new(name) };
    ada.tasks().put(task("of the shared one")).await.unwrap();
    ada.goals().put(Goal { id: id("g"), ..Goal::new("her own") }).await.unwrap();
    ada.tasks().put(task("of her own")).await.unwrap();
    for who in [&ada, &from] {
        who.messages().add(said("s", "hello")).await.unwrap();
    }
    let all = async |working: &Working, kind| {
        let page = working.records().list(kind, None, 99).await.unwrap();
        page.records
    };
    let mut records = Vec::new();
    for kind in [Kind::Goal, Kind::Task, Kind::Session, Kind::Message] {
        records.extend(all(&from, kind).await);
    }
    let (_place, working) = opened();
    let restored = restore(&working, &records).await;
    assert!(restored.iter().all(|done| matches!(done, Ok(RestoreOutcome::Added))), "{restored:?}");
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
    for kind in [Kind::Goal, Kind::Task, Kind::Session, Kind::Message] {
        assert_eq!(all(&working, kind).await, all(&from, kind).await, "{kind}");
    }
    let shared_goal = working.scoped(Gate::shared());
    assert!(shared_goal.tasks().of_goal(&id("g")).await.unwrap().is_empty());
    let restored = restore(&working, &records).await;
    assert!(restored.iter().all(|done| matches!(done, Ok(RestoreOutcome::Known))), "{restored:?}");

    // If her own goal is missing, the shared one of the same id is not used instead.
    let (_place, working) = opened();
    working.goals().put(Goal { id: id("g"), ..Goal::new("another") }).await.unwrap();
    let tasks: Vec<Record> =
        records.iter().filter(|record| record.kind == Kind::Task).cloned().collect();
    let restored = restore(&working, &tasks).await;
    assert_eq!(*restored[0].as_ref().unwrap(), RestoreOutcome::Added);
    let own = Identity::new(user("ada"), Kind::Goal, id("g"));
    assert_eq!(*restored[1].as_ref().unwrap(), RestoreOutcome::Detached { identity: own });
}
