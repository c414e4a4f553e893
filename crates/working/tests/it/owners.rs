//! Owners beside each other: what the gate says holds for every statement, and shared parents may
//! go without their users' children.

use std::collections::BTreeSet;

use aios_record::{
    Change, Gate, Identity, Kind, Owner, Record, Scope, ScopeFilter, ScopeMatch, Timestamp,
};
use aios_working::{
    AgentState, Decision, Entry, Error, Event, Goal, Interaction, Meta, NewMessage, Pattern,
    Restored, Session, Task, ToolCall, Working, WorkingView,
};
use proptest::prelude::*;
use serde_json::json;

use crate::{Place, id, opened, shared, user, view};

fn part() -> impl Strategy<Value = Option<String>> {
    prop_oneof![Just(None), Just(Some("a".to_owned())), Just(Some("b".to_owned()))]
}

fn scope() -> impl Strategy<Value = Scope> {
    (part(), part(), part(), part()).prop_map(|(user, project, agent, session)| Scope {
        user,
        project,
        agent,
        session,
    })
}

/// A principal, narrowed by whichever parts of `filter` its gate takes.
fn gate() -> impl Strategy<Value = Gate> {
    let principal = prop_oneof![
        Just(Gate::administrator()),
        Just(Gate::shared()),
        Just(Gate::owner(user("a"))),
        Just(Gate::owner(user("b"))),
    ];
    (principal, scope(), any::<bool>()).prop_map(|(gate, mut scope, exact)| {
        if gate.acts_for().is_some() {
            scope.user = None;
        }
        let matching = if exact { ScopeMatch::Exact } else { ScopeMatch::EqualOrShared };
        gate.narrow(&ScopeFilter { scope, matching }).unwrap()
    })
}

/// The records of a view by every way that lists them; they must agree.
async fn seen(view: &WorkingView) -> BTreeSet<Identity> {
    let page = view.records(Kind::Goal, None, 999).await.unwrap();
    let listed: BTreeSet<Identity> = page.records.iter().map(Record::identity).collect();
    assert_eq!(listed.len(), page.records.len());
    let options = aios_working::FindOptions { limit: 999, ..Default::default() };
    let found = view.find_relevant("boat", options).await.unwrap();
    assert_eq!(found.iter().map(|found| found.record.identity()).collect::<BTreeSet<_>>(), listed);
    let latest = view.latest_records(999).await.unwrap();
    assert_eq!(latest.iter().map(Record::identity).collect::<BTreeSet<_>>(), listed);
    assert_eq!(view.active_goals().await.unwrap().len(), listed.len());
    assert_eq!(view.counts().await.unwrap()["goals"], listed.len() as u64);
    listed
}

async fn check_gate(gate: Gate, scopes: Vec<Scope>) {
    let (_place, working) = opened();
    let mut stored = Vec::new();
    for (n, scope) in scopes.into_iter().enumerate() {
        // Every third id is given to all owners.
        let name = if n % 3 == 0 { "same".to_owned() } else { format!("g{n}") };
        let mut goal = Goal { id: id(&name), ..Goal::new("boat") };
        goal.meta.scope = scope;
        match working.store_goal(goal).await {
            Ok(goal) => stored.push(goal),
            Err(error) => assert!(matches!(error, Error::Conflict { .. }), "{error}"),
        }
    }
    stored.retain({
        let mut known = BTreeSet::new();
        move |goal| known.insert((goal.meta.scope.user.clone(), goal.id.clone()))
    });
    let view = working.scoped(gate.clone());
    let identity =
        |goal: &Goal| Identity::new(goal.meta.scope.owner(), Kind::Goal, goal.id.clone());
    let expect: BTreeSet<Identity> =
        stored.iter().filter(|goal| gate.sees(&goal.meta.scope)).map(identity).collect();
    assert_eq!(seen(&view).await, expect, "{gate:?}");
    for goal in &stored {
        let exact = view.record_by_identity(&identity(goal)).await.unwrap();
        assert_eq!(exact.is_some(), gate.sees(&goal.meta.scope), "{gate:?} {goal:?}");
        let alike: Vec<&Goal> = stored
            .iter()
            .filter(|other| other.id == goal.id && gate.sees(&other.meta.scope))
            .collect();
        let may = alike.iter().any(|other| gate.may_change(&other.meta.scope));
        let changed = view.update_goal(goal.id.as_str(), "active", None).await;
        match changed {
            Ok(changed) => assert!(may && gate.sees(&changed.meta.scope)),
            Err(Error::NotFound { .. }) => assert!(alike.is_empty()),
            Err(Error::NotYours { .. }) => assert!(!may && !alike.is_empty()),
            Err(Error::Ambiguous { owners, .. }) => {
                assert_eq!(owners.len(), alike.len());
                assert!(gate.acts_for().is_none() && 1 < alike.len());
            }
            Err(error) => panic!("{error}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(60)
    })]

    #[test]
    fn statements_show_what_the_gate_sees(
        gate in gate(),
        scopes in prop::collection::vec(scope(), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check_gate(gate, scopes));
    }
}

/// Stores a record of every kind, all of the same ids, and asserts that none is known already.
async fn fill(view: &WorkingView, says: &str) {
    let goal = Goal { id: id("1"), ..Goal::new(says) };
    view.store_goal(goal).await.unwrap();
    let task = Task { id: id("1"), goal_id: Some(id("1")), ..Task::new(says) };
    view.store_task(task).await.unwrap();
    let call = ToolCall { id: id("1"), task_id: Some(id("1")), ..ToolCall::new(says) };
    view.store_tool_call(call).await.unwrap();
    view.log_decision(Decision { id: id("1"), ..Decision::new(says, says) }).await.unwrap();
    view.store_pattern(Pattern { id: id("1"), ..Pattern::new(says, says) }).await.unwrap();
    view.store_agent_state(AgentState::new(id("1"), json!(says))).await.unwrap();
    let session = Session { summary: Some(says.to_owned()), ..Session::new(id("1")) };
    view.create_session(session).await.unwrap();
    let said = NewMessage {
        id: Some(id("1")),
        external_id: Some("e".to_owned()),
        ..NewMessage::new(id("1"), "user", says)
    };
    let receipt = view.add_message(said).await.unwrap();
    assert!(!receipt.is_known(), "{receipt:?}");
    let interaction = Interaction { id: id("1"), ..Interaction::new(says, says) };
    view.log_interaction(interaction).await.unwrap();
    view.create_entry(Entry { id: id("1"), ..Entry::new("c", "k", json!(says)) }).await.unwrap();
    view.set_preference("1", json!(says)).await.unwrap();
}

const FILLED: &[Kind] = &[
    Kind::Goal,
    Kind::Task,
    Kind::ToolCall,
    Kind::Decision,
    Kind::Pattern,
    Kind::AgentState,
    Kind::Session,
    Kind::Message,
    Kind::Interaction,
    Kind::Entry,
    Kind::Preference,
];

#[tokio::test]
async fn every_owner_has_a_record_of_the_same_id_of_every_kind() {
    let (_place, working) = opened();
    let everybody = working.scoped(Gate::shared());
    fill(&everybody, "shared").await;
    for name in ["ada", "bob"] {
        fill(&view(&working, name), name).await;
    }
    for &kind in FILLED {
        for (name, owner) in [("ada", user("ada")), ("bob", user("bob")), ("cy", Owner::SHARED)] {
            let record = view(&working, name).record(kind, "1").await.unwrap().unwrap();
            assert_eq!(record.identity(), Identity::new(owner, kind, id("1")), "{name}");
        }
        let error = working.record(kind, "1").await.unwrap_err();
        let Error::Ambiguous { owners, .. } = &error else { panic!("{error}") };
        assert_eq!(owners, &[Owner::SHARED, user("ada"), user("bob")], "{kind}");
    }
    for &kind in FILLED {
        if view(&working, "ada").record(kind, "1").await.unwrap().unwrap().owner().is_shared() {
            assert!(matches!(kind, Kind::Task | Kind::ToolCall | Kind::Message), "{kind}");
            continue;
        }
        let removed = view(&working, "ada").remove(kind, "1").await.unwrap();
        assert!(removed.iter().all(|removed| removed.owner == user("ada")), "{removed:?}");
    }
    assert_eq!(working.verify().await.unwrap(), []);
    for &kind in FILLED {
        let own = Identity::new(user("ada"), kind, id("1"));
        assert_eq!(working.record_by_identity(&own).await.unwrap(), None, "{kind}");
        let bobs = view(&working, "bob").record(kind, "1").await.unwrap().unwrap();
        assert_eq!(bobs.scope.user.as_deref(), Some("bob"));
        let seen = view(&working, "ada").record(kind, "1").await.unwrap().unwrap();
        assert_eq!(seen.owner(), Owner::SHARED);
    }
}

/// A shared goal and task with children of everybody, ada and bob.
async fn family(working: &Working) {
    let everybody = working.scoped(Gate::shared());
    everybody.store_goal(Goal { id: id("g"), ..Goal::new("a garden") }).await.unwrap();
    let task = |name: &str| Task { id: id(name), goal_id: Some(id("g")), ..Task::new("dig") };
    let call =
        |task: &str| ToolCall { id: id("c"), task_id: Some(id(task)), ..ToolCall::new("spade") };
    everybody.store_task(task("t")).await.unwrap();
    everybody.store_tool_call(call("t")).await.unwrap();
    for name in ["ada", "bob"] {
        let own = view(working, name);
        own.store_task(task("own")).await.unwrap();
        own.store_tool_call(call("t")).await.unwrap();
    }
}

#[tokio::test]
async fn a_shared_parent_goes_and_its_users_children_stay() {
    let (_place, working) = opened();
    family(&working).await;
    let (everybody, ada) = (working.scoped(Gate::shared()), view(&working, "ada"));
    let task = ada.record(Kind::Task, "own").await.unwrap().unwrap();
    assert_eq!(task.references, [shared(Kind::Goal, "g")]);
    let told = working.feed_head().await.unwrap();
    let removed = everybody.remove(Kind::Goal, "g").await.unwrap();
    let expect = [(Kind::ToolCall, "c"), (Kind::Task, "t"), (Kind::Goal, "g")];
    assert_eq!(removed, expect.map(|(kind, name)| shared(kind, name)));
    assert_eq!(working.verify().await.unwrap(), []);
    let told = working.feed_after(told, 9).await.unwrap();
    let deleted = |item: &aios_record::FeedItem| match &item.change {
        Change::Delete { owner: Some(owner), key } => Some(key.clone().of(owner.clone())),
        _ => None,
    };
    assert_eq!(
        told.iter().filter_map(deleted).collect::<Vec<_>>(),
        [shared(Kind::Task, "t"), shared(Kind::Goal, "g")]
    );

    // Nobody finds it again, also not by the number of its row, nor learns that it was held.
    for who in [&everybody, &ada, &*working] {
        assert_eq!(who.goal("g").await.unwrap(), None);
        assert!(who.remove(Kind::Goal, "g").await.unwrap().is_empty());
        assert!(who.remove(Kind::Goal, "1").await.unwrap().is_empty());
        assert!(who.tasks_for_goal("g").await.unwrap().is_empty());
        assert!(who.tasks_for_goal("1").await.unwrap().is_empty());
        assert!(who.records(Kind::Goal, None, 9).await.unwrap().records.is_empty());
        let refers = Task { goal_id: Some(id("g")), ..Task::new("too late") };
        assert!(who.store_task(refers).await.unwrap_err().is_not_found());
    }
    assert!(ada.find_relevant("garden", Default::default()).await.unwrap().is_empty());
    let task = ada.record(Kind::Task, "own").await.unwrap().unwrap();
    assert_eq!((task.payload["goal_id"].as_str(), &task.references[..]), (Some("g"), &[][..]));
    // It can still be changed.
    ada.update_task_status("own", "completed", Default::default()).await.unwrap();

    // One of that id that comes later is another one.
    let later = everybody.store_goal(Goal { id: id("g"), ..Goal::new("a pond") }).await.unwrap();
    assert_eq!(later.meta.created_at, later.meta.updated_at);
    assert!(ada.tasks_for_goal("g").await.unwrap().is_empty());
    assert_eq!(working.verify().await.unwrap(), []);
}

#[tokio::test]
async fn the_administrators_removal_takes_the_children_of_all() {
    let (_place, working) = opened();
    family(&working).await;
    let expect = working.would_remove(Kind::Goal, "g").await.unwrap();
    let removed = working.remove_by_identity(&shared(Kind::Goal, "g")).await.unwrap();
    assert_eq!((removed.len(), &removed), (7, &expect));
    assert_eq!(removed.iter().filter(|removed| removed.owner == user("bob")).count(), 2);
    for kind in [Kind::Goal, Kind::Task, Kind::ToolCall] {
        assert_eq!(working.stats().await.unwrap().records[kind.collection()], 0, "{kind}");
    }
    assert_eq!(working.verify().await.unwrap(), []);
}

#[tokio::test]
async fn the_remains_of_a_removed_parent_go_with_its_last_child() {
    let place = Place::new();
    let working = place.open(place.config());
    family(&working).await;
    working.scoped(Gate::shared()).remove(Kind::Goal, "g").await.unwrap();
    let remains = || {
        let path = place.folder.path().join("working.db");
        let file = rusqlite::Connection::open(path).unwrap();
        let sql = "SELECT count(*), sum(description <> '' OR owner <> char(31)) FROM goals";
        file.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    assert_eq!(remains(), (1_i64, Some(0_i64)));
    for name in ["ada", "bob"] {
        view(&working, name).remove(Kind::Task, "own").await.unwrap();
    }
    working.age(&Default::default()).await.unwrap();
    assert_eq!(remains(), (0, None));
}

#[tokio::test]
async fn a_user_removes_own_children_of_a_shared_parent_only() {
    let (_place, working) = opened();
    family(&working).await;
    let ada = view(&working, "ada");
    assert!(matches!(ada.remove(Kind::Goal, "g").await, Err(Error::NotYours { .. })));
    assert!(matches!(ada.remove(Kind::Task, "t").await, Err(Error::NotYours { .. })));
    let removed = ada.remove(Kind::Task, "own").await.unwrap();
    assert_eq!(removed, [Identity::new(user("ada"), Kind::Task, id("own"))]);
    assert_eq!(ada.tasks_for_goal("g").await.unwrap().len(), 1, "the shared one");
    assert_eq!(view(&working, "bob").tasks_for_goal("g").await.unwrap().len(), 2);
    // Own children go whatever part of the scope the view is narrowed to.
    let scout = Scope::default().with_agent("scout");
    let narrow = ada.narrow(&ScopeFilter::exact(scout.clone())).unwrap();
    narrow.store_goal(Goal { id: id("h"), ..Goal::new("h") }).await.unwrap();
    let task = Task { goal_id: Some(id("h")), ..Task::new("of no agent") };
    ada.store_task(task).await.unwrap();
    assert_eq!(narrow.remove(Kind::Goal, "h").await.unwrap().len(), 2);
    assert_eq!(working.verify().await.unwrap(), []);
}

#[tokio::test]
async fn a_summary_is_made_of_its_owners_records_and_refers_to_them() {
    let (place, working) = opened();
    family(&working).await;
    for who in [working.scoped(Gate::shared()), view(&working, "ada")] {
        let name = who.gate().acts_for().unwrap().to_string();
        who.add_message(NewMessage::new(id("s"), "user", format!("{name} digs in the garden")))
            .await
            .unwrap();
    }
    working.update_goal("g", "completed", None).await.unwrap();
    place.pass_hours(25);
    assert_eq!(working.age(&Default::default()).await.unwrap().summed_up, 3);
    let summaries = working.records(Kind::Summary, None, 9).await.unwrap().records;
    assert_eq!(summaries.len(), 3);
    let goal = summaries.iter().find(|summary| summary.payload["subject"] == "goal/g").unwrap();
    assert_eq!(goal.references, [shared(Kind::Goal, "g"), shared(Kind::Task, "t")]);
    for summary in &summaries {
        let owner = summary.owner();
        assert!(summary.references.iter().all(|reference| reference.owner == owner));
        let says = summary.text.contains(&format!("{owner} digs"));
        assert!(says || summary.payload["subject"] == "goal/g", "{summary:?}");
    }
    // Each session has its own.
    for name in ["ada", "cy"] {
        let session = view(&working, name).session("s").await.unwrap().unwrap();
        let whose = session.user_id().unwrap_or("shared");
        assert_eq!(session.summary.as_deref(), Some(&*format!("{whose} digs in the garden")));
    }
}

#[tokio::test]
async fn idle_sessions_of_others_are_left_alone() {
    let place = Place::new();
    let working = place.open(place.config());
    let (ada, bob) = (view(&working, "ada"), view(&working, "bob"));
    for who in [&ada, &bob, &*working] {
        who.add_message(NewMessage::new(id("s"), "user", "hello")).await.unwrap();
    }
    place.pass_hours(24 * 91);
    assert_eq!(ada.cleanup_sessions(90).await.unwrap(), 1);
    assert_eq!(bob.session("s").await.unwrap().unwrap().user_id(), Some("bob"));
    assert_eq!(ada.session("s").await.unwrap().unwrap().user_id(), None);
    let summaries = working.records(Kind::Summary, None, 9).await.unwrap().records;
    assert_eq!(summaries.iter().map(Record::owner).collect::<Vec<_>>(), [user("ada")]);
    assert_eq!(working.cleanup_sessions(90).await.unwrap(), 2);
    assert_eq!(working.verify().await.unwrap(), []);
}

#[tokio::test]
async fn ageing_tells_owners_apart() {
    let (place, working) = opened();
    let (ada, bob) = (view(&working, "ada"), view(&working, "bob"));
    for who in [&ada, &bob] {
        who.store_goal(Goal { id: id("g"), ..Goal::new("g") }).await.unwrap();
        who.update_goal("g", "completed", None).await.unwrap();
    }
    // The feed has still to tell of bob's.
    working.trim_feed(2).await.unwrap();
    place.pass_hours(24 * 91);
    working.age(&Default::default()).await.unwrap();
    assert_eq!(ada.goal("g").await.unwrap(), None);
    assert!(bob.goal("g").await.unwrap().is_some());
}

#[tokio::test]
async fn project_and_client_are_kept_and_travel() {
    let (_place, working) = opened();
    let mut goal = Goal { id: id("g"), ..Goal::new("boat") };
    goal.meta = Meta { scope: Scope::default().with_project("blog"), ..Meta::default() };
    goal.meta.provenance.client = Some("editor 1.2".to_owned());
    let goal = working.store_goal(goal).await.unwrap();
    assert_eq!(working.goal("g").await.unwrap(), Some(goal));
    let record = working.record(Kind::Goal, "g").await.unwrap().unwrap();
    assert_eq!(record.scope.project.as_deref(), Some("blog"));
    assert_eq!(record.provenance.client.as_deref(), Some("editor 1.2"));
    let (_place, other) = opened();
    assert_eq!(
        *other.restore(vec![record.clone()]).await.unwrap()[0].as_ref().unwrap(),
        Restored::Added
    );
    assert_eq!(other.record(Kind::Goal, "g").await.unwrap(), Some(record));
}

#[tokio::test]
async fn events_are_known_per_owner_and_expired_records_only_to_who_asks() {
    let place = Place::new();
    let working = place.open(place.config());
    let event = |name: Option<&str>| {
        let mut event = Event { id: id("e"), ..Event::new("error", "disk", json!({})) };
        event.meta.scope.user = name.map(str::to_owned);
        event
    };
    working.store_events(vec![event(None), event(Some("ada")), event(None)]).await.unwrap();
    assert_eq!(working.stats().await.unwrap().records["events"], 2);
    assert_eq!(view(&working, "bob").events(Default::default()).await.unwrap().len(), 1);
    assert_eq!(view(&working, "ada").events(Default::default()).await.unwrap().len(), 2);

    let ada = view(&working, "ada");
    let start: Timestamp = crate::START.parse().unwrap();
    let mut goal = Goal { id: id("g"), ..Goal::new("short") };
    goal.meta.expires_at = Some(start + jiff::SignedDuration::from_hours(1));
    ada.store_goal(goal).await.unwrap();
    working.store_goal(Goal { id: id("g"), ..Goal::new("shared") }).await.unwrap();
    place.pass_hours(1);
    assert_eq!(ada.goal("g").await.unwrap().unwrap().description, "shared");
    let all = ada.with_expired();
    assert_eq!(all.goal("g").await.unwrap().unwrap().description, "short");
    assert_eq!(all.counts().await.unwrap()["goals"], 2);
    assert_eq!(ada.counts().await.unwrap()["goals"], 1);
    assert_eq!(all.remove(Kind::Goal, "g").await.unwrap().len(), 1);
}
