//! Shared parents with children of several owners: removal, summaries, ageing.

use aios_record::{Change, FeedItem, Gate, Identity, Kind, Mode, Record, Scope, ScopeFilter};
use aios_working::{Error, Goal, NewMessage, Task, ToolCall, Working};

use crate::{Place, id, key, opened, shared, user, view};

/// Stores a shared goal and task, with shared children and children of ada and bob.
async fn family(working: &Working) {
    let everybody = working.scoped(Gate::shared());
    everybody.goals().put(Goal { id: id("g"), ..Goal::new("a garden") }).await.unwrap();
    let task = |name: &str| Task { id: id(name), goal_id: Some(id("g")), ..Task::new("dig") };
    let call =
        |task: &str| ToolCall { id: id("c"), task_id: Some(id(task)), ..ToolCall::new("spade") };
    everybody.tasks().put(task("t")).await.unwrap();
    everybody.tool_calls().put(call("t")).await.unwrap();
    for name in ["ada", "bob"] {
        let own = view(working, name);
        own.tasks().put(task("own")).await.unwrap();
        own.tool_calls().put(call("t")).await.unwrap();
    }
}

#[tokio::test]
async fn removing_a_shared_parent_keeps_its_users_children() {
    let (_place, working) = opened();
    family(&working).await;
    let (everybody, ada) = (working.scoped(Gate::shared()), view(&working, "ada"));
    let task = ada.records().get(&key(Kind::Task, "own")).await.unwrap().unwrap();
    assert_eq!(task.references, [shared(Kind::Goal, "g")]);
    let told = working.feed().head().await.unwrap();
    let removed = everybody.records().remove(&key(Kind::Goal, "g")).await.unwrap();
    let expect = [(Kind::ToolCall, "c"), (Kind::Task, "t"), (Kind::Goal, "g")];
    assert_eq!(removed, expect.map(|(kind, name)| shared(kind, name)));
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
    let told = working.feed().after(told, 9).await.unwrap();
    let deleted = |item: &FeedItem| match &item.change {
        Change::Delete { owner: Some(owner), key } => Some(key.clone().of(owner.clone())),
        _ => None,
    };
    assert_eq!(
        told.iter().filter_map(deleted).collect::<Vec<_>>(),
        [shared(Kind::Task, "t"), shared(Kind::Goal, "g")]
    );

    // Nobody finds it again, not even by its row number, or learns that it existed.
    for who in [&everybody, &ada, &*working] {
        assert_eq!(who.goals().get(&id("g")).await.unwrap(), None);
        assert!(who.records().remove(&key(Kind::Goal, "g")).await.unwrap().is_empty());
        assert!(who.records().remove(&key(Kind::Goal, "1")).await.unwrap().is_empty());
        assert!(who.tasks().of_goal(&id("g")).await.unwrap().is_empty());
        assert!(who.tasks().of_goal(&id("1")).await.unwrap().is_empty());
        assert!(who.records().list(Kind::Goal, None, 9).await.unwrap().records.is_empty());
        let refers = Task { goal_id: Some(id("g")), ..Task::new("too late") };
        assert!(who.tasks().put(refers).await.unwrap_err().is_not_found());
    }
    assert!(ada.records().find("garden", Default::default()).await.unwrap().is_empty());
    let task = ada.records().get(&key(Kind::Task, "own")).await.unwrap().unwrap();
    assert_eq!((task.payload["goal_id"].as_str(), &task.references[..]), (Some("g"), &[][..]));
    // The task can still be changed.
    ada.tasks().set_status(&id("own"), "completed", Default::default()).await.unwrap();

    // A later goal of the same id is a different one.
    let later = everybody.goals().put(Goal { id: id("g"), ..Goal::new("a pond") }).await.unwrap();
    assert_eq!(later.meta.created_at, later.meta.updated_at);
    assert!(ada.tasks().of_goal(&id("g")).await.unwrap().is_empty());
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn an_administrators_removal_includes_the_children_of_all_owners() {
    let (_place, working) = opened();
    family(&working).await;
    let expect = working.records().remove_with(&key(Kind::Goal, "g"), Mode::DryRun).await.unwrap();
    let removed = working.records().remove_exactly(&shared(Kind::Goal, "g")).await.unwrap();
    assert_eq!((removed.len(), &removed), (7, &expect));
    assert_eq!(removed.iter().filter(|removed| removed.owner == user("bob")).count(), 2);
    for kind in [Kind::Goal, Kind::Task, Kind::ToolCall] {
        assert_eq!(working.upkeep().stats().await.unwrap().records[kind.collection()], 0, "{kind}");
    }
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn the_stub_of_a_removed_parent_is_deleted_with_its_last_child() {
    let place = Place::new();
    let working = place.open(place.config());
    family(&working).await;
    working.scoped(Gate::shared()).records().remove(&key(Kind::Goal, "g")).await.unwrap();
    let remains = || {
        let path = place.folder.path().join("working.db");
        let file = rusqlite::Connection::open(path).unwrap();
        let sql = "SELECT count(*), sum(description <> '' OR owner <> char(31)) FROM goals";
        file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    assert_eq!(remains(), (1_i64, Some(0_i64)));
    for name in ["ada", "bob"] {
        view(&working, name).records().remove(&key(Kind::Task, "own")).await.unwrap();
    }
    working.upkeep().age(&Default::default()).await.unwrap();
    assert_eq!(remains(), (0, None));
}

#[tokio::test]
async fn a_user_removes_only_own_children_of_a_shared_parent() {
    let (_place, working) = opened();
    family(&working).await;
    let ada = view(&working, "ada");
    assert!(matches!(
        ada.records().remove(&key(Kind::Goal, "g")).await,
        Err(Error::NotYours { .. })
    ));
    assert!(matches!(
        ada.records().remove(&key(Kind::Task, "t")).await,
        Err(Error::NotYours { .. })
    ));
    let removed = ada.records().remove(&key(Kind::Task, "own")).await.unwrap();
    assert_eq!(removed, [Identity::new(user("ada"), Kind::Task, id("own"))]);
    assert_eq!(ada.tasks().of_goal(&id("g")).await.unwrap().len(), 1, "the shared one");
    assert_eq!(view(&working, "bob").tasks().of_goal(&id("g")).await.unwrap().len(), 2);
    // Own children are removed regardless of the scope that the view is narrowed to.
    let scout = Scope::default().with_agent("scout");
    let narrow = ada.narrow(&ScopeFilter::exact(scout.clone())).unwrap();
    narrow.goals().put(Goal { id: id("h"), ..Goal::new("h") }).await.unwrap();
    let task = Task { goal_id: Some(id("h")), ..Task::new("of no agent") };
    ada.tasks().put(task).await.unwrap();
    assert_eq!(narrow.records().remove(&key(Kind::Goal, "h")).await.unwrap().len(), 2);
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn a_summary_is_made_from_its_owners_records_and_refers_to_them() {
    let (place, working) = opened();
    family(&working).await;
    for who in [working.scoped(Gate::shared()), view(&working, "ada")] {
        let name = who.gate().acts_for().unwrap().to_string();
        who.messages()
            .add(NewMessage::new(id("s"), "user", format!("{name} digs in the garden")))
            .await
            .unwrap();
    }
    working.goals().set_status(&id("g"), "completed", None).await.unwrap();
    place.pass_hours(25);
    assert_eq!(working.upkeep().age(&Default::default()).await.unwrap().summed_up, 3);
    let summaries = working.records().list(Kind::Summary, None, 9).await.unwrap().records;
    assert_eq!(summaries.len(), 3);
    let goal = summaries.iter().find(|summary| summary.payload["subject"] == "goal/g").unwrap();
    assert_eq!(goal.references, [shared(Kind::Goal, "g"), shared(Kind::Task, "t")]);
    for summary in &summaries {
        let owner = summary.owner();
        assert!(summary.references.iter().all(|reference| reference.owner == owner));
        let says = summary.text.contains(&format!("{owner} digs"));
        assert!(says || summary.payload["subject"] == "goal/g", "{summary:?}");
    }
    // Each owner's session has its own summary.
    for name in ["ada", "cy"] {
        let session = view(&working, name).sessions().get(&id("s")).await.unwrap().unwrap();
        let whose = session.user_id().unwrap_or("shared");
        assert_eq!(session.summary.as_deref(), Some(&*format!("{whose} digs in the garden")));
    }
}

#[tokio::test]
async fn cleanup_keeps_idle_sessions_of_other_owners() {
    let place = Place::new();
    let working = place.open(place.config());
    let (ada, bob) = (view(&working, "ada"), view(&working, "bob"));
    for who in [&ada, &bob, &*working] {
        who.messages().add(NewMessage::new(id("s"), "user", "hello")).await.unwrap();
    }
    place.pass_hours(24 * 91);
    assert_eq!(ada.sessions().clean_up(90).await.unwrap(), 1);
    assert_eq!(bob.sessions().get(&id("s")).await.unwrap().unwrap().user_id(), Some("bob"));
    assert_eq!(ada.sessions().get(&id("s")).await.unwrap().unwrap().user_id(), None);
    let summaries = working.records().list(Kind::Summary, None, 9).await.unwrap().records;
    assert_eq!(summaries.iter().map(Record::owner).collect::<Vec<_>>(), [user("ada")]);
    assert_eq!(working.sessions().clean_up(90).await.unwrap(), 2);
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn ageing_distinguishes_owners() {
    let (place, working) = opened();
    let (ada, bob) = (view(&working, "ada"), view(&working, "bob"));
    for who in [&ada, &bob] {
        who.goals().put(Goal { id: id("g"), ..Goal::new("g") }).await.unwrap();
        who.goals().set_status(&id("g"), "completed", None).await.unwrap();
    }
    // The change of bob's goal is still undelivered.
    working.feed().trim(2).await.unwrap();
    place.pass_hours(24 * 91);
    working.upkeep().age(&Default::default()).await.unwrap();
    assert_eq!(ada.goals().get(&id("g")).await.unwrap(), None);
    assert!(bob.goals().get(&id("g")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_stub_kept_by_other_owners_records_is_invisible() {
    let place = Place::new();
    let working = place.open(place.config());
    let (everybody, ada, bob) =
        (working.scoped(Gate::shared()), view(&working, "ada"), view(&working, "bob"));
    everybody.goals().put(Goal { id: id("g"), ..Goal::new("a garden") }).await.unwrap();
    let task = || Task { id: id("t"), goal_id: Some(id("g")), ..Task::new("dig") };
    bob.tasks().put(task()).await.unwrap();
    everybody.goals().set_status(&id("g"), "completed", None).await.unwrap();
    place.pass_hours(24 * 91);
    working.upkeep().age(&Default::default()).await.unwrap();

    assert_eq!(bob.tasks().of_goal(&id("g")).await.unwrap().len(), 1);
    assert!(matches!(
        bob.records().remove(&key(Kind::Goal, "g")).await,
        Err(Error::NotYours { .. })
    ));
    for who in [&ada, &everybody] {
        assert!(who.tasks().put(task()).await.unwrap_err().is_not_found());
        assert!(who.records().remove(&key(Kind::Goal, "g")).await.unwrap().is_empty());
    }
    let again = Goal { id: id("g"), ..Goal::new("another garden") };
    let again = everybody.goals().put(again).await.unwrap();
    assert_eq!(again.meta.created_at, again.meta.updated_at, "it is not the one that was");
    assert!(bob.tasks().of_goal(&id("g")).await.unwrap().is_empty());
    assert!(bob.tasks().get(&id("t")).await.unwrap().is_some());
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn a_removal_includes_a_stub_that_another_owner_keeps() {
    let (place, working) = opened();
    let (everybody, ada) = (working.scoped(Gate::shared()), view(&working, "ada"));
    everybody.goals().put(Goal { id: id("g"), ..Goal::new("a garden") }).await.unwrap();
    let task = Task { id: id("t"), goal_id: Some(id("g")), ..Task::new("dig") };
    everybody.tasks().put(task).await.unwrap();
    everybody.tasks().set_status(&id("t"), "completed", Default::default()).await.unwrap();
    place.pass_hours(24 * 91);
    let call = || ToolCall { id: id("c"), task_id: Some(id("t")), ..ToolCall::new("spade") };
    ada.tool_calls().put(call()).await.unwrap();
    working.feed().trim(working.feed().head().await.unwrap()).await.unwrap();
    working.upkeep().age(&Default::default()).await.unwrap();
    assert_eq!(ada.tasks().get(&id("t")).await.unwrap(), None, "it moved out");
    assert_eq!(ada.tool_calls().of_task(&id("t")).await.unwrap().len(), 1);

    // The shared owner has no task any more, and does not learn of ada's tool call.
    let removed = everybody.records().remove(&key(Kind::Goal, "g")).await.unwrap();
    assert_eq!(removed, [shared(Kind::Goal, "g")]);
    // The tool call stays without a task.
    assert!(ada.tool_calls().of_task(&id("t")).await.unwrap().is_empty());
    assert!(ada.tool_calls().get(&id("c")).await.unwrap().is_some());
    let refers = ToolCall { id: id("d"), ..call() };
    assert!(ada.tool_calls().put(refers).await.unwrap_err().is_not_found());
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
}

#[tokio::test]
async fn a_goal_stored_again_in_another_scope_is_summarised_again() {
    let place = Place::new();
    let working = place.open(place.config());
    for agent in [Some("scout".to_owned()), None] {
        let mut goal = Goal { id: id("g"), status: "completed".into(), ..Goal::new("a garden") };
        goal.meta.scope.agent = agent.clone();
        working.goals().put(goal).await.unwrap();
        assert_eq!(working.upkeep().age(&Default::default()).await.unwrap().summed_up, 1);
        let summaries = working.records().list(Kind::Summary, None, 9).await.unwrap().records;
        assert_eq!(summaries.len(), 1);
        assert_eq!(summaries[0].scope.agent, agent);
        place.pass_hours(24 * 91);
        working.upkeep().age(&Default::default()).await.unwrap();
    }
}
