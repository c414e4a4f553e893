//! Changing single fields of a record of any kind.

use aios_record::{Identity, Kind, Scope};
use aios_working::{Entry, Error, Goal, NewMessage, Session, Task, WorkingView};
use serde_json::{Map, Value, json};

use crate::{id, key, opened, shared, user, view};

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other}"),
    }
}

async fn update(
    view: &WorkingView,
    kind: Kind,
    name: &str,
    changes: Value,
) -> Result<aios_record::Record, Error> {
    view.records().update(&key(kind, name), fields(changes)).await
}

#[tokio::test]
async fn an_update_changes_only_the_named_fields() {
    let (_place, working) = opened();
    let goal = Goal { id: id("g"), metadata: json!({"a": 1}), ..Goal::new("boat") };
    let before = working.goals().put(Goal { priority: 2, ..goal }).await.unwrap();
    let changes = json!({"id": "g", "status": "completed", "metadata": {"b": 2}});
    let record = update(&working, Kind::Goal, "g", changes).await.unwrap();
    assert_eq!(record, working.records().get(&key(Kind::Goal, "g")).await.unwrap().unwrap());
    let after = working.goals().get(&id("g")).await.unwrap().unwrap();
    assert_eq!((after.priority, after.description.as_str()), (2, "boat"));
    assert_eq!((after.status.as_str(), &after.metadata), ("completed", &json!({"b": 2})));
    assert_eq!(after.meta.created_at, before.meta.created_at);
    assert!(after.completed_at.is_some() && before.meta.updated_at < after.meta.updated_at);

    let record = update(&working, Kind::Goal, "g", json!({"priority": null})).await.unwrap();
    assert_eq!(record.payload["priority"], 5);
    let goal = working.records().find("boat", Default::default()).await.unwrap();
    assert_eq!(goal.len(), 1);
    update(&working, Kind::Goal, "g", json!({"description": "house"})).await.unwrap();
    assert!(working.records().find("boat", Default::default()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_change_that_does_not_fit_is_refused_and_changes_nothing() {
    let (_place, working) = opened();
    let ada = view(&working, "ada");
    ada.goals().put(Goal { id: id("g"), ..Goal::new("boat") }).await.unwrap();
    working.goals().put(Goal { id: id("shared"), ..Goal::new("house") }).await.unwrap();
    working.persona().put("name", "Mia").await.unwrap();
    let before = ada.goals().get(&id("g")).await.unwrap();
    for (kind, name, changes, expect) in [
        (Kind::Goal, "g", json!({"colour": "red"}), "it has no field `colour`"),
        (Kind::Goal, "g", json!({"priority": "high"}), "cannot be changed"),
        (Kind::Goal, "g", json!({"description": null}), "description"),
        (Kind::Goal, "g", json!({"id": "h"}), "its id cannot be changed"),
        (Kind::Goal, "g", json!({"scope": {"user": "bob"}}), "another scope"),
        (Kind::Goal, "g", json!({"scope": {"user": "ada", "agent": "x"}}), "another scope"),
        (Kind::Goal, "shared", json!({"priority": 1}), "is shared"),
        (Kind::Goal, "none", json!({"priority": 1}), "there is no goal"),
        (Kind::Note, "n", json!({}), "there is no note"),
        (Kind::Message, "m", json!({"content": "x"}), "stays as it is"),
        (Kind::Event, "e", json!({}), "stays as it is"),
        (Kind::Summary, "s", json!({}), "stays as it is"),
        (Kind::Session, "s", json!({"message_count": 1}), "stays as it is"),
        (Kind::Persona, "name", json!({"value": "Max"}), "whole machine"),
        (Kind::Preference, "tone", json!({"value": "dry"}), "there is no preference"),
    ] {
        let error = update(&ada, kind, name, changes).await.unwrap_err();
        assert!(error.to_string().contains(expect), "{error}");
        assert!(error.is_invalid() || error.is_not_found(), "{error}");
    }
    assert_eq!(ada.goals().get(&id("g")).await.unwrap(), before);
}

#[tokio::test]
async fn settings_and_sessions_are_updated_too() {
    let (_place, working) = opened();
    let ada = view(&working, "ada");
    working.preferences().put("tone", json!("dry")).await.unwrap();
    let error = update(&ada, Kind::Preference, "tone", json!({"value": 1})).await.unwrap_err();
    assert!(matches!(error, Error::NotYours { .. }), "{error}");
    ada.preferences().put("tone", json!("warm")).await.unwrap();
    let changes = json!({"key": "tone", "value": "loud"});
    let record = update(&ada, Kind::Preference, "tone", changes).await.unwrap();
    assert_eq!(record.identity(), Identity::new(user("ada"), Kind::Preference, id("tone")));
    assert_eq!(ada.preferences().get("tone").await.unwrap(), Some(json!("loud")));
    assert_eq!(working.preferences().get("tone").await.unwrap(), Some(json!("dry")));
    let error = update(&ada, Kind::Preference, "tone", json!({"user": "bob"})).await.unwrap_err();
    assert!(matches!(error, Error::Fields { .. }), "{error}");
    working.persona().put("name", "Mia").await.unwrap();
    let record = update(&working, Kind::Persona, "name", json!({"value": "Max"})).await.unwrap();
    assert_eq!(record.text, "name: Max");

    ada.sessions().add(Session::new(id("s"))).await.unwrap();
    let record = update(&ada, Kind::Session, "s", json!({"summary": "boats"})).await.unwrap();
    assert_eq!(record.text, "boats");
    update(&ada, Kind::Session, "s", json!({"summary": null})).await.unwrap();
    assert_eq!(ada.sessions().get(&id("s")).await.unwrap().unwrap().summary, None);
}

#[tokio::test]
async fn an_update_keeps_the_reference_or_moves_it() {
    let (_place, working) = opened();
    let ada = view(&working, "ada");
    working.goals().put(Goal { id: id("g"), ..Goal::new("shared") }).await.unwrap();
    ada.goals().put(Goal { id: id("h"), ..Goal::new("hers") }).await.unwrap();
    let task = Task { id: id("t"), goal_id: Some(id("g")), ..Task::new("t") };
    ada.tasks().put(task).await.unwrap();
    ada.goals().put(Goal { id: id("g"), ..Goal::new("hers, later") }).await.unwrap();
    let record = update(&ada, Kind::Task, "t", json!({"agent": "x"})).await.unwrap();
    assert_eq!(record.references, [shared(Kind::Goal, "g")]);
    let record = update(&ada, Kind::Task, "t", json!({"goal_id": "h"})).await.unwrap();
    assert_eq!(record.references, [Identity::new(user("ada"), Kind::Goal, id("h"))]);
    let error = update(&ada, Kind::Task, "t", json!({"goal_id": "none"})).await.unwrap_err();
    assert!(matches!(error, Error::MissingParent { .. }), "{error}");
    let record = update(&ada, Kind::Task, "t", json!({"goal_id": null})).await.unwrap();
    assert_eq!(record.references, []);
}

#[tokio::test]
async fn concurrent_updates_are_all_kept() {
    const CALLERS: usize = 40;
    let (_place, working) = opened();
    let entry = Entry { id: id("e"), ..Entry::new("c", "k", json!({})) };
    working.entries().add(entry).await.unwrap();
    let goal = Goal { id: id("g"), ..Goal::new("boat") };
    working.goals().put(goal).await.unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for n in 0..CALLERS {
        let working = working.clone();
        let changes = match n % 4 {
            0 => json!({"status": "active"}),
            1 => json!({"priority": 1}),
            2 => json!({"result": "done"}),
            _ => json!({"metadata": {"k": 1}}),
        };
        callers.spawn(async move { update(&working, Kind::Goal, "g", changes).await.unwrap() });
    }
    callers.join_all().await;
    let goal = working.goals().get(&id("g")).await.unwrap().unwrap();
    assert_eq!((goal.status.as_str(), goal.priority), ("active", 1));
    assert_eq!((goal.result.as_deref(), goal.metadata), (Some("done"), json!({"k": 1})));
}

#[tokio::test]
async fn concurrent_changes_of_one_record_are_one_transaction_each() {
    const CALLERS: i32 = 20;
    let (_place, working) = opened();
    working.goals().put(Goal { id: id("g"), priority: 0, ..Goal::new("boat") }).await.unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (one, other) = (working.clone(), working.clone());
        callers.spawn(async move {
            let next = |goal: &mut Goal| goal.priority += 1;
            drop(one.goals().update(&id("g"), next).await.unwrap());
        });
        callers.spawn(async move {
            let next = |fields: &mut Map<String, Value>| {
                let count = fields["metadata"]["count"].as_i64().unwrap_or(0);
                fields.insert("metadata".to_owned(), json!({"count": count + 1}));
            };
            drop(other.records().change(&key(Kind::Goal, "g"), next).await.unwrap());
        });
    }
    callers.join_all().await;
    let goal = working.goals().get(&id("g")).await.unwrap().unwrap();
    assert_eq!((goal.priority, goal.metadata), (CALLERS, json!({"count": CALLERS})));
}

#[tokio::test]
async fn a_change_obeys_the_rules_of_an_update() {
    let (_place, working) = opened();
    let ada = view(&working, "ada");
    ada.goals().put(Goal { id: id("g"), ..Goal::new("boat") }).await.unwrap();
    working.goals().put(Goal { id: id("shared"), ..Goal::new("house") }).await.unwrap();
    ada.sessions().add(Session::new(id("s"))).await.unwrap();
    working.persona().put("name", "Mia").await.unwrap();
    ada.preferences().put("tone", json!("dry")).await.unwrap();
    let before = ada.goals().get(&id("g")).await.unwrap();
    for (kind, name, field, value, expect) in [
        (Kind::Goal, "g", "colour", json!("red"), "it has no field `colour`"),
        (Kind::Goal, "g", "priority", json!("high"), "cannot be changed"),
        (Kind::Goal, "g", "description", json!(null), "description"),
        (Kind::Goal, "g", "id", json!("h"), "its id cannot be changed"),
        (Kind::Goal, "g", "scope", json!({"user": "bob"}), "another scope"),
        (Kind::Goal, "shared", "priority", json!(1), "is shared"),
        (Kind::Goal, "none", "priority", json!(1), "there is no goal"),
        (Kind::Note, "n", "text", json!("x"), "there is no note"),
        (Kind::Message, "m", "content", json!("x"), "stays as it is"),
        (Kind::Session, "s", "message_count", json!(1), "stays as it is"),
        (Kind::Persona, "name", "value", json!("Max"), "whole machine"),
        (Kind::Preference, "tone", "user", json!("bob"), "only its `value`"),
        (Kind::Preference, "none", "value", json!(1), "there is no preference"),
    ] {
        let change = |fields: &mut Map<String, Value>| drop(fields.insert(field.to_owned(), value));
        let error = ada.records().change(&key(kind, name), change).await.unwrap_err();
        assert!(error.to_string().contains(expect), "{error}");
    }
    let error = ada.goals().update(&id("g"), |goal| goal.id = id("h")).await.unwrap_err();
    assert!(matches!(error, Error::Fields { .. }), "{error}");
    let to_bob = |goal: &mut Goal| goal.meta.scope.user = Some("bob".to_owned());
    let error = ada.goals().update(&id("g"), to_bob).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error}");
    let error = ada.goals().update(&id("shared"), |goal| goal.priority = 1).await.unwrap_err();
    assert!(matches!(error, Error::NotYours { .. }), "{error}");
    assert_eq!(ada.goals().get(&id("g")).await.unwrap(), before);

    let set = |field: &'static str, value: Value| {
        move |fields: &mut Map<String, Value>| drop(fields.insert(field.to_owned(), value))
    };
    let changed =
        ada.records().change(&key(Kind::Preference, "tone"), set("value", json!("warm"))).await;
    assert_eq!(changed.unwrap().payload["value"], "warm");
    let changed =
        ada.records().change(&key(Kind::Session, "s"), set("summary", json!("boats"))).await;
    assert_eq!(changed.unwrap().text, "boats");
    let removed = |fields: &mut Map<String, Value>| drop(fields.remove("priority"));
    let changed = ada.records().change(&key(Kind::Goal, "g"), removed).await.unwrap();
    assert_eq!(changed.payload["priority"], 5);
}

#[tokio::test]
async fn an_amended_message_keeps_its_position() {
    let (_place, working) = opened();
    let (ada, bob) = (view(&working, "ada"), view(&working, "bob"));
    let said =
        |text: &str| NewMessage { id: Some(id("m")), ..NewMessage::new(id("s"), "user", text) };
    for who in [&ada, &bob] {
        who.messages().add(said("one")).await.unwrap();
        who.messages().add(NewMessage::new(id("s"), "user", "two")).await.unwrap();
    }
    assert!(ada.messages().amend(&id("m"), &said("changed")).await.unwrap());
    assert!(!ada.messages().amend(&id("none"), &said("x")).await.unwrap());
    let texts = async |view: &WorkingView| {
        let messages = view.messages().recent(&id("s"), 9).await.unwrap();
        messages.into_iter().map(|message| message.content).collect::<Vec<_>>()
    };
    assert_eq!(texts(&ada).await, ["changed", "two"]);
    assert_eq!(texts(&bob).await, ["one", "two"]);
    let mut everybodys = said("shared");
    everybodys.id = Some(id("n"));
    everybodys.scope = Scope::default();
    working.messages().add(everybodys).await.unwrap();
    let error = ada.messages().amend(&id("n"), &said("x")).await.unwrap_err();
    assert!(matches!(error, Error::NotYours { kind: Kind::Message, .. }), "{error}");
}

#[tokio::test]
async fn a_conditional_update_skips_a_record_with_undelivered_changes() {
    let (_place, working) = opened();
    working.goals().put(Goal { id: id("g"), ..Goal::new("boat") }).await.unwrap();
    let changes = || fields(json!({"priority": 1}));
    let behind = working.records().update_told(&key(Kind::Goal, "g"), changes(), 0).await.unwrap();
    assert_eq!(behind, None);
    assert_eq!(working.goals().get(&id("g")).await.unwrap().unwrap().priority, 5);
    let head = working.feed().head().await.unwrap();
    let changed =
        working.records().update_told(&key(Kind::Goal, "g"), changes(), head).await.unwrap();
    assert_eq!(changed.unwrap().payload["priority"], 1);
    assert_eq!(working.feed().waiting(head).await.unwrap(), 1);
    let missing =
        working.records().update_told(&key(Kind::Goal, "none"), changes(), head).await.unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
}
