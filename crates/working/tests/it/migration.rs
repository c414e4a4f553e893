//! Files of version 2, from before records had owners.

use std::path::Path;

use aios_record::{Change, Gate, Identity, Kind, Owner};
use aios_working::{
    FindOptions, Message, MessageReceipt, NewMessage, TaskStatus, Working, WorkingView,
};
use serde_json::json;

use crate::{Place, id, key, shared, user, view};

/// Columns that every record table had, and their values; the user comes first.
const META: &str =
    "scope_user, scope_session, module, importance, created_at, updated_at, recorded_at";

fn meta(user: Option<&str>, session: Option<&str>) -> String {
    let quoted = |text: Option<&str>| text.map_or("NULL".to_owned(), |text| format!("'{text}'"));
    format!("{}, {}, 'm', 0.5, 1000, 2000, 3000", quoted(user), quoted(session))
}

fn session(name: &str, user: Option<&str>, messages: i64) -> String {
    let meta = meta(user, Some(name));
    format!(
        "INSERT INTO sessions (id, summary, last_active, message_count, {META})
         VALUES ('{name}', 'of {name}', 4000, {messages}, {meta});"
    )
}

fn message(name: &str, session: &str, position: i64, user: Option<&str>) -> String {
    let meta = meta(user, Some(session));
    format!(
        "INSERT INTO messages (id, position, role, content, timestamp, external_id, metadata,
             {META})
         VALUES ('{name}', {position}, 'user', 'said {name}', 1000, 'x{name}', 'null', {meta});"
    )
}

fn goal(name: &str, user: Option<&str>) -> String {
    let meta = meta(user, None);
    format!(
        "INSERT INTO goals (id, description, status, priority, metadata, {META})
         VALUES ('{name}', 'goal {name}', 'pending', 5, 'null', {meta});"
    )
}

fn task(name: &str, goal: Option<&str>, session: Option<&str>, user: Option<&str>) -> String {
    let meta = meta(user, session);
    let goal = goal.map_or("NULL".to_owned(), |goal| format!("'{goal}'"));
    format!(
        "INSERT INTO tasks (id, goal_id, description, agent, status, input, output, metadata,
             {META})
         VALUES ('{name}', {goal}, 'task {name}', '', 'pending', 'null', 'null', 'null', {meta});"
    )
}

fn tool_call(name: &str, task: &str, user: Option<&str>) -> String {
    let meta = meta(user, None);
    format!(
        "INSERT INTO tool_calls (id, task_id, tool_name, agent, input, output, success, timestamp,
             {META})
         VALUES ('{name}', '{task}', 'ls', '', 'null', 'null', 1, 1000, {meta});"
    )
}

fn preference(user: &str, key: &str, value: &str, updated_at: i64) -> String {
    format!(
        "INSERT INTO preferences (user, key, value, updated_at)
         VALUES ('{user}', '{key}', '\"{value}\"', {updated_at});"
    )
}

/// Opens the fixture of version 2, which holds shared records, with additional rows.
fn migrated(place: &Place, rows: &[String]) -> Working {
    let path = place.folder.path().join("working.db");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v2.sqlite3");
    std::fs::copy(fixture, &path).unwrap();
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute_batch(&rows.concat()).unwrap();
    drop(file);
    place.open(place.fed())
}

async fn said(view: &WorkingView, session: &str) -> Vec<(i64, String)> {
    let messages = view.messages().recent(&id(session), 99).await.unwrap();
    messages.into_iter().map(|Message { position, id, .. }| (position, id.to_string())).collect()
}

fn said_as(expect: &[(i64, &str)]) -> Vec<(i64, String)> {
    expect.iter().map(|(position, name)| (*position, (*name).to_owned())).collect()
}

#[tokio::test]
async fn messages_and_tasks_move_to_a_session_of_their_owner() {
    let place = Place::new();
    let working = migrated(
        &place,
        &[
            session("mixed", None, 5),
            message("m10", "mixed", 0, None),
            message("m11", "mixed", 1, Some("ada")),
            message("m12", "mixed", 2, Some("bob")),
            message("m13", "mixed", 3, Some("ada")),
            message("m14", "mixed", 4, None),
            task("t10", None, Some("mixed"), Some("cy")),
            session("hers", Some("ada"), 2),
            message("m20", "hers", 0, Some("ada")),
            message("m21", "hers", 1, None),
            task("t20", None, Some("hers"), None),
        ],
    );
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
    let everybody = working.scoped(Gate::shared());
    let (ada, bob, cy) = (view(&working, "ada"), view(&working, "bob"), view(&working, "cy"));
    assert_eq!(said(&everybody, "mixed").await, said_as(&[(0, "m10"), (4, "m14")]));
    assert_eq!(said(&ada, "mixed").await, said_as(&[(1, "m11"), (3, "m13")]));
    assert_eq!(said(&bob, "mixed").await, said_as(&[(2, "m12")]));
    assert_eq!(said(&cy, "mixed").await, []);
    assert_eq!(
        cy.tasks().list(Some(&id("mixed")), Some(TaskStatus::Pending)).await.unwrap().len(),
        1
    );
    assert_eq!(said(&ada, "hers").await, said_as(&[(0, "m20")]));
    assert_eq!(said(&everybody, "hers").await, said_as(&[(1, "m21")]));
    assert_eq!(everybody.tasks().list(Some(&id("hers")), None).await.unwrap().len(), 1);

    // A session that was split off for an owner keeps the times of the original, and continues.
    let mixed = id("mixed");
    let (of_all, hers) = (
        everybody.sessions().get(&id("mixed")).await.unwrap().unwrap(),
        ada.sessions().get(&mixed),
    );
    let hers = hers.await.unwrap().unwrap();
    assert_eq!((hers.user_id(), hers.summary.as_deref()), (Some("ada"), None));
    assert_eq!(of_all.summary.as_deref(), Some("of mixed"));
    assert_eq!(hers.meta.created_at, of_all.meta.created_at);
    assert_eq!((hers.last_active, hers.message_count), (of_all.last_active, 4));
    let more = NewMessage::new(id("mixed"), "user", "goes on");
    let receipt = ada.messages().add(more.clone()).await.unwrap();
    assert!(matches!(receipt, MessageReceipt::Added { position: 4, .. }), "{receipt:?}");
    let known = NewMessage { external_id: Some("xm11".to_owned()), ..more };
    assert!(ada.messages().add(known.clone()).await.unwrap().is_known());
    assert!(!bob.messages().add(known).await.unwrap().is_known());
    let options = FindOptions::default().with_kinds([Kind::Message]);
    assert_eq!(ada.records().find("m13", options.clone()).await.unwrap().len(), 1);
    assert!(bob.records().find("m13", options).await.unwrap().is_empty());
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn references_stay_within_an_owner_and_to_shared_records() {
    let place = Place::new();
    let working = migrated(
        &place,
        &[
            goal("g10", None),
            goal("g11", Some("ada")),
            task("own", Some("g11"), None, Some("ada")),
            task("to shared", Some("g10"), None, Some("ada")),
            task("of all", Some("g10"), None, None),
            task("to hers", Some("g11"), None, None),
            tool_call("c10", "of all", Some("bob")),
            tool_call("c11", "own", None),
        ],
    );
    let record =
        async |kind, name: &str| working.records().get(&key(kind, name)).await.unwrap().unwrap();
    let adas = |kind, name: &str| Identity::new(user("ada"), kind, id(name));
    for (kind, name, expect) in [
        (Kind::Task, "own", vec![adas(Kind::Goal, "g11")]),
        (Kind::Task, "to shared", vec![shared(Kind::Goal, "g10")]),
        (Kind::Task, "of all", vec![shared(Kind::Goal, "g10")]),
        (Kind::Task, "to hers", vec![]),
        (Kind::ToolCall, "c10", vec![shared(Kind::Task, "of all")]),
        (Kind::ToolCall, "c11", vec![]),
    ] {
        let record = record(kind, name).await;
        assert_eq!(record.references, expect, "{name}");
        let field = if kind == Kind::Task { "goal_id" } else { "task_id" };
        assert!(record.payload[field].is_string(), "the id stays: {record:?}");
    }
    // A task that lost its reference can be changed and given a new one.
    let everybody = working.scoped(Gate::shared());
    everybody.tasks().set_status(&id("to hers"), "completed", Default::default()).await.unwrap();
    let changes = serde_json::Map::from_iter([("goal_id".to_owned(), json!("g10"))]);
    let record = everybody.records().update(&key(Kind::Task, "to hers"), changes).await.unwrap();
    assert_eq!(record.references, [shared(Kind::Goal, "g10")]);

    let ada = view(&working, "ada");
    assert_eq!(ada.tasks().of_goal(&id("g10")).await.unwrap().len(), 3);
    let removed = everybody.records().remove(&key(Kind::Goal, "g10")).await.unwrap();
    assert_eq!(removed.len(), 3);
    assert!(ada.tasks().get(&id("to shared")).await.unwrap().is_some());
    assert_eq!(
        view(&working, "bob").tool_calls().get(&id("c10")).await.unwrap().unwrap().id,
        id("c10")
    );
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn odd_names_of_owners_stay_readable() {
    let place = Place::new();
    let long = "x".repeat(200);
    let names = ["a\u{1f}b", " ", "two\nlines", &long, "", "zoe\u{308}"];
    let rows: Vec<String> =
        names.iter().enumerate().map(|(n, name)| goal(&format!("odd{n}"), Some(name))).collect();
    let working = migrated(&place, &rows);
    // An empty name would be the shared owner's.
    let expect = ["a\u{fffd}b", " ", "two\nlines", &long, "(no name)", "zoe\u{308}"];
    for (n, expect) in expect.into_iter().enumerate() {
        let record =
            working.records().get(&key(Kind::Goal, &format!("odd{n}"))).await.unwrap().unwrap();
        assert_eq!(record.owner(), Owner::from_stored(expect));
        let of_owner = working.scoped(Gate::owner(record.owner()));
        assert!(of_owner.goals().get(&id(&format!("odd{n}"))).await.unwrap().is_some());
    }
    let everybody = working.scoped(Gate::shared());
    assert!(everybody.goals().get(&id("odd4")).await.unwrap().is_none());
    assert!(everybody.goals().get(&id("odd1")).await.unwrap().is_none());
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn preferences_of_the_default_user_become_shared() {
    let place = Place::new();
    let preferences = [
        preference("default", "tone", "dry", 10),
        preference("default", "colour", "blue", 10),
        preference("bob", "colour", "red", 10),
        preference("", "colour", "grey", 10),
        preference("a\u{1f}b", "tone", "old", 10),
        preference("a\u{fffd}b", "tone", "new", 20),
    ];
    let working = migrated(&place, &preferences);
    let everybody = working.scoped(Gate::shared());
    for (key, value) in [("tone", "dry"), ("colour", "blue")] {
        assert_eq!(everybody.preferences().get(key).await.unwrap(), Some(json!(value)), "{key}");
    }
    let bob = view(&working, "bob").preferences().list().await.unwrap();
    assert_eq!((&bob.other["colour"], &bob.other["tone"]), (&json!("red"), &json!("dry")));
    let nameless = view(&working, "(no name)").preferences().get("colour").await.unwrap();
    assert_eq!(nameless, Some(json!("grey")));
    let merged = view(&working, "a\u{fffd}b").preferences().get("tone").await.unwrap();
    assert_eq!(merged, Some(json!("new")), "of two that become one the newer stays");
    // The fixture has one preference of ada.
    assert_eq!(working.upkeep().stats().await.unwrap().records["preferences"], 6);

    // A record of a user named `default` shows that this user exists.
    let place = Place::new();
    let of_a_user = [&preferences[..], &[goal("g10", Some("default"))]].concat();
    let working = migrated(&place, &of_a_user);
    assert_eq!(working.scoped(Gate::shared()).preferences().get("colour").await.unwrap(), None);
    let of_user = view(&working, "default").preferences().list().await.unwrap();
    assert_eq!(of_user.other["colour"], "blue");
    assert_eq!(of_user.other["tone"], "dry");
    assert_eq!(working.upkeep().stats().await.unwrap().records["preferences"], 6);
}

#[tokio::test]
async fn changes_in_the_feed_get_their_owners() {
    let place = Place::new();
    let trace = |kind: &str, name: &str, op: &str| {
        format!("INSERT INTO feed (kind, id, op) VALUES ('{kind}', '{name}', '{op}');")
    };
    let working = migrated(
        &place,
        &[
            "DELETE FROM feed;".to_owned(),
            goal("g10", Some("ada")),
            trace("goal", "g10", "upsert"),
            trace("goal", "g1", "upsert"),
            trace("goal", "gone", "upsert"),
            trace("task", "removed", "delete"),
        ],
    );
    let told: Vec<Change> =
        working.feed().after(0, 99).await.unwrap().into_iter().map(|item| item.change).collect();
    let [Change::Upsert(hers), Change::Upsert(of_all), Change::Delete { owner: None, key }] =
        &told[..]
    else {
        panic!("{told:?}")
    };
    assert_eq!(hers.identity(), Identity::new(user("ada"), Kind::Goal, id("g10")));
    assert_eq!(of_all.identity(), shared(Kind::Goal, "g1"));
    assert_eq!(key.to_string(), "task/removed");
    view(&working, "ada").records().remove(&crate::key(Kind::Goal, "g10")).await.unwrap();
    let last = working.feed().after(0, 99).await.unwrap().pop().unwrap();
    assert!(
        matches!(last.change, Change::Delete { owner: Some(owner), .. } if owner == user("ada"))
    );
}

#[tokio::test]
async fn a_moved_out_parent_keeps_its_children_for_their_owner_only() {
    let place = Place::new();
    let working = migrated(
        &place,
        &[
            goal("g10", None),
            "UPDATE goals SET stub = TRUE, description = '' WHERE id = 'g10';".to_owned(),
            task("t10", Some("g10"), None, Some("ada")),
        ],
    );
    let (ada, bob) = (view(&working, "ada"), view(&working, "bob"));
    assert_eq!(ada.goals().get(&id("g10")).await.unwrap(), None);
    assert_eq!(ada.tasks().of_goal(&id("g10")).await.unwrap().len(), 1);
    assert!(bob.tasks().of_goal(&id("g10")).await.unwrap().is_empty());
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn a_failed_migration_does_not_change_the_file() {
    let place = Place::new();
    let path = place.folder.path().join("working.db");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v2.sqlite3");
    std::fs::copy(fixture, &path).unwrap();
    let file = rusqlite::Connection::open(&path).unwrap();
    // A table name that the migration needs already exists.
    file.execute_batch("CREATE TABLE idempotency (theirs TEXT)").unwrap();
    let schema = || -> Vec<String> {
        let sql = "SELECT name FROM sqlite_schema ORDER BY name";
        let mut statement = file.prepare(sql).unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    };
    let before = schema();
    Working::open(&path, place.fed()).unwrap_err();
    assert_eq!(schema(), before);
    file.execute_batch("DROP TABLE idempotency").unwrap();
    drop(file);
    let working = Working::open(&path, place.fed()).unwrap();
    assert_eq!(working.goals().get(&id("g1")).await.unwrap().unwrap().description, "move the blog");
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}
