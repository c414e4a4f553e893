//! Isolation of owners: statements show what the gate sees, and each owner has its own ids.

use std::collections::BTreeSet;

use aios_record::{Gate, Identity, Kind, Owner, Record, Scope, ScopeFilter, ScopeMatch, Timestamp};
use aios_working::{
    AgentState, Decision, Entry, Error, Event, Goal, Interaction, Meta, NewMessage, Pattern,
    RestoreOutcome, Session, Task, ToolCall, WorkingView,
};
use proptest::prelude::*;
use serde_json::json;

use crate::{Place, id, key, opened, user, view};

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

/// A principal, narrowed by the parts of a scope that its gate accepts.
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

/// Returns the records that a view lists, and checks that all ways of listing agree.
async fn seen(view: &WorkingView) -> BTreeSet<Identity> {
    let page = view.records().list(Kind::Goal, None, 999).await.unwrap();
    let listed: BTreeSet<Identity> = page.records.iter().map(Record::identity).collect();
    assert_eq!(listed.len(), page.records.len());
    let options = aios_working::FindOptions::default().with_limit(999);
    let found = view.records().find("boat", options).await.unwrap();
    assert_eq!(found.iter().map(|found| found.record.identity()).collect::<BTreeSet<_>>(), listed);
    let latest = view.records().latest(999).await.unwrap();
    assert_eq!(latest.iter().map(Record::identity).collect::<BTreeSet<_>>(), listed);
    assert_eq!(view.goals().active().await.unwrap().len(), listed.len());
    assert_eq!(view.records().counts().await.unwrap()["goals"], listed.len() as u64);
    listed
}

async fn check_gate(gate: Gate, scopes: Vec<Scope>) {
    let (_place, working) = opened();
    let mut stored = Vec::new();
    for (n, scope) in scopes.into_iter().enumerate() {
        // Every third id is used by all owners.
        let name = if n % 3 == 0 { "same".to_owned() } else { format!("g{n}") };
        let mut goal = Goal { id: id(&name), ..Goal::new("boat") };
        goal.meta.scope = scope;
        match working.goals().put(goal).await {
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
        let exact = view.records().get_exactly(&identity(goal)).await.unwrap();
        assert_eq!(exact.is_some(), gate.sees(&goal.meta.scope), "{gate:?} {goal:?}");
        let alike: Vec<&Goal> = stored
            .iter()
            .filter(|other| other.id == goal.id && gate.sees(&other.meta.scope))
            .collect();
        let may = alike.iter().any(|other| gate.may_change(&other.meta.scope));
        let changed = view.goals().set_status(&goal.id, "active", None).await;
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

/// Stores a record of every kind with the same ids, and asserts that none exists already.
async fn fill(view: &WorkingView, says: &str) {
    let goal = Goal { id: id("1"), ..Goal::new(says) };
    view.goals().put(goal).await.unwrap();
    let task = Task { id: id("1"), goal_id: Some(id("1")), ..Task::new(says) };
    view.tasks().put(task).await.unwrap();
    let call = ToolCall { id: id("1"), task_id: Some(id("1")), ..ToolCall::new(says) };
    view.tool_calls().put(call).await.unwrap();
    view.decisions().put(Decision { id: id("1"), ..Decision::new(says, says) }).await.unwrap();
    view.patterns().put(Pattern { id: id("1"), ..Pattern::new(says, says) }).await.unwrap();
    view.agent_states().put(AgentState::new(id("1"), json!(says))).await.unwrap();
    let session = Session { summary: Some(says.to_owned()), ..Session::new(id("1")) };
    view.sessions().add(session).await.unwrap();
    let said = NewMessage {
        id: Some(id("1")),
        external_id: Some("e".to_owned()),
        ..NewMessage::new(id("1"), "user", says)
    };
    let receipt = view.messages().add(said).await.unwrap();
    assert!(!receipt.is_known(), "{receipt:?}");
    let interaction = Interaction { id: id("1"), ..Interaction::new(says, says) };
    view.interactions().put(interaction).await.unwrap();
    view.entries().add(Entry { id: id("1"), ..Entry::new("c", "k", json!(says)) }).await.unwrap();
    view.preferences().put("1", json!(says)).await.unwrap();
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
            let record =
                view(&working, name).records().get(&key(kind, "1")).await.unwrap().unwrap();
            assert_eq!(record.identity(), Identity::new(owner, kind, id("1")), "{name}");
        }
        let error = working.records().get(&key(kind, "1")).await.unwrap_err();
        let Error::Ambiguous { owners, .. } = &error else { panic!("{error}") };
        assert_eq!(owners, &[Owner::SHARED, user("ada"), user("bob")], "{kind}");
    }
    for &kind in FILLED {
        if view(&working, "ada")
            .records()
            .get(&key(kind, "1"))
            .await
            .unwrap()
            .unwrap()
            .owner()
            .is_shared()
        {
            assert!(matches!(kind, Kind::Task | Kind::ToolCall | Kind::Message), "{kind}");
            continue;
        }
        let removed = view(&working, "ada").records().remove(&key(kind, "1")).await.unwrap();
        assert!(removed.iter().all(|removed| removed.owner == user("ada")), "{removed:?}");
    }
    assert_eq!(working.upkeep().verify().await.unwrap(), []);
    for &kind in FILLED {
        let own = Identity::new(user("ada"), kind, id("1"));
        assert_eq!(working.records().get_exactly(&own).await.unwrap(), None, "{kind}");
        let bobs = view(&working, "bob").records().get(&key(kind, "1")).await.unwrap().unwrap();
        assert_eq!(bobs.scope.user.as_deref(), Some("bob"));
        let seen = view(&working, "ada").records().get(&key(kind, "1")).await.unwrap().unwrap();
        assert_eq!(seen.owner(), Owner::SHARED);
    }
}

#[tokio::test]
async fn project_and_client_are_stored_and_restored() {
    let (_place, working) = opened();
    let mut goal = Goal { id: id("g"), ..Goal::new("boat") };
    goal.meta = Meta { scope: Scope::default().with_project("blog"), ..Meta::default() };
    goal.meta.provenance.client = Some("editor 1.2".to_owned());
    let goal = working.goals().put(goal).await.unwrap();
    assert_eq!(working.goals().get(&id("g")).await.unwrap(), Some(goal));
    let record = working.records().get(&key(Kind::Goal, "g")).await.unwrap().unwrap();
    assert_eq!(record.scope.project.as_deref(), Some("blog"));
    assert_eq!(record.provenance.client.as_deref(), Some("editor 1.2"));
    let (_place, other) = opened();
    assert_eq!(
        *other.intake().restore(vec![record.clone()]).await.unwrap()[0].as_ref().unwrap(),
        RestoreOutcome::Added
    );
    assert_eq!(other.records().get(&key(Kind::Goal, "g")).await.unwrap(), Some(record));
}

#[tokio::test]
async fn events_are_unique_per_owner_and_expired_records_are_shown_on_request() {
    let place = Place::new();
    let working = place.open(place.config());
    let event = |name: Option<&str>| {
        let mut event = Event { id: id("e"), ..Event::new("error", "disk", json!({})) };
        event.meta.scope.user = name.map(str::to_owned);
        event
    };
    working.intake().put_events(vec![event(None), event(Some("ada")), event(None)]).await.unwrap();
    assert_eq!(working.upkeep().stats().await.unwrap().records["events"], 2);
    assert_eq!(view(&working, "bob").events().list(Default::default()).await.unwrap().len(), 1);
    assert_eq!(view(&working, "ada").events().list(Default::default()).await.unwrap().len(), 2);

    let ada = view(&working, "ada");
    let start: Timestamp = crate::START.parse().unwrap();
    let mut goal = Goal { id: id("g"), ..Goal::new("short") };
    goal.meta.expires_at = Some(start + jiff::SignedDuration::from_hours(1));
    ada.goals().put(goal).await.unwrap();
    working.goals().put(Goal { id: id("g"), ..Goal::new("shared") }).await.unwrap();
    place.pass_hours(1);
    assert_eq!(ada.goals().get(&id("g")).await.unwrap().unwrap().description, "shared");
    let all = ada.with_expired();
    assert_eq!(all.goals().get(&id("g")).await.unwrap().unwrap().description, "short");
    assert_eq!(all.records().counts().await.unwrap()["goals"], 2);
    assert_eq!(ada.records().counts().await.unwrap()["goals"], 1);
    assert_eq!(all.records().remove(&key(Kind::Goal, "g")).await.unwrap().len(), 1);
}
