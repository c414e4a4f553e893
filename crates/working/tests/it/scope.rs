//! Visibility of records in a view; a view cannot be widened.

use aios_record::{Gate, Kind, Mode, Scope, ScopeFilter};
use aios_working::{Error, FindOptions, Goal, NewMessage, Working, WorkingView};
use serde_json::json;

use crate::{id, key, opened, view};

fn of(user: &str) -> Scope {
    Scope::default().with_user(user)
}

async fn three(working: &Working) {
    for (name, scope) in [("shared", Scope::default()), ("ada", of("ada")), ("bob", of("bob"))] {
        let mut goal = Goal { id: id(name), ..Goal::new("boat") };
        goal.meta.scope = scope;
        working.goals().put(goal).await.unwrap();
    }
}

async fn seen(view: &WorkingView) -> Vec<String> {
    let goals = view.goals().active().await.unwrap();
    let mut names: Vec<_> = goals.iter().map(|goal| goal.id.to_string()).collect();
    let found = view.records().find("boat", FindOptions::default()).await.unwrap();
    assert_eq!(found.len(), names.len());
    assert_eq!(view.records().list(Kind::Goal, None, 9).await.unwrap().records.len(), names.len());
    assert_eq!(view.records().latest(9).await.unwrap().len(), names.len());
    assert_eq!(view.records().counts().await.unwrap()["goals"], names.len() as u64);
    names.sort();
    names
}

#[tokio::test]
async fn a_users_view_shows_own_and_shared_records() {
    let (_place, working) = opened();
    three(&working).await;
    assert_eq!(seen(&working).await, ["ada", "bob", "shared"]);
    assert_eq!(seen(&working.scoped(Gate::shared())).await, ["shared"]);
    let ada = view(&working, "ada");
    assert_eq!(seen(&ada).await, ["ada", "shared"]);
    assert_eq!(ada.goals().get(&id("bob")).await.unwrap(), None);
    assert!(ada.goals().set_status(&id("bob"), "failed", None).await.unwrap_err().is_not_found());
    assert!(ada.records().remove(&key(Kind::Goal, "bob")).await.unwrap().is_empty());
    let exact = ada.narrow(&ScopeFilter::exact(Scope::default())).unwrap();
    assert_eq!(seen(&exact).await, ["ada"]);
    let by_administrator = working.narrow(&ScopeFilter::new(of("ada"))).unwrap();
    assert_eq!(seen(&by_administrator).await, ["ada", "shared"]);
}

#[tokio::test]
async fn a_users_view_shows_a_shared_record_and_does_not_change_it() {
    let (_place, working) = opened();
    three(&working).await;
    let ada = view(&working, "ada");
    assert!(ada.goals().get(&id("shared")).await.unwrap().is_some());
    for error in [
        ada.goals().set_status(&id("shared"), "failed", None).await.unwrap_err(),
        ada.records().remove(&key(Kind::Goal, "shared")).await.unwrap_err(),
        ada.records().remove_with(&key(Kind::Goal, "shared"), Mode::DryRun).await.unwrap_err(),
    ] {
        let fits = matches!(&error, Error::NotYours { kind: Kind::Goal, id } if id == "shared");
        assert!(fits && error.is_invalid(), "{error}");
        assert!(error.to_string().starts_with("goal `shared` is shared"), "{error}");
    }
    working.scoped(Gate::shared()).goals().set_status(&id("shared"), "failed", None).await.unwrap();
}

#[tokio::test]
async fn a_view_fills_in_its_scope_and_cannot_leave_it() {
    let (_place, working) = opened();
    let ada = view(&working, "ada");
    let goal = ada.goals().put(Goal::new("mine")).await.unwrap();
    assert_eq!(goal.meta.scope, of("ada"));
    let mut foreign = Goal::new("his");
    foreign.meta.scope = of("bob");
    let error = ada.goals().put(foreign).await.unwrap_err();
    assert!(matches!(error, Error::OutOfScope { part: "user" }), "{error}");
    let bobs = ScopeFilter::new(of("bob"));
    assert!(matches!(ada.narrow(&bobs), Err(Error::OutOfScope { part: "user" })));
    let scope = Scope::default().with_agent("x").with_project("blog");
    let narrower = ada.narrow(&ScopeFilter::new(scope.clone())).unwrap();
    assert_eq!(narrower.gate().filter().scope, scope);
    let goal = narrower.goals().put(Goal::new("narrow")).await.unwrap();
    assert_eq!(goal.meta.scope, scope.with_user("ada"));
    let other = ScopeFilter::new(Scope::default().with_project("shop"));
    assert_eq!(ada.narrow(&other).unwrap().goals().get(&goal.id).await.unwrap(), None);
    ada.preferences().put("k", json!(1)).await.unwrap();
    assert_eq!(working.preferences().get("k").await.unwrap(), None);
}

#[tokio::test]
async fn an_id_used_by_another_owner_is_free() {
    let (_place, working) = opened();
    three(&working).await;
    let ada = view(&working, "ada");
    ada.goals().put(Goal { id: id("bob"), ..Goal::new("hers") }).await.unwrap();
    assert_eq!(ada.goals().get(&id("bob")).await.unwrap().unwrap().description, "hers");
    assert_eq!(
        view(&working, "bob").goals().get(&id("bob")).await.unwrap().unwrap().description,
        "boat"
    );
    let error = working.goals().get(&id("bob")).await.unwrap_err();
    let Error::Ambiguous { owners, .. } = error else { panic!("{error}") };
    assert_eq!(owners.iter().map(|owner| owner.as_str()).collect::<Vec<_>>(), ["ada", "bob"]);
    let bobs = working.narrow(&ScopeFilter::new(of("bob"))).unwrap();
    assert_eq!(bobs.goals().get(&id("bob")).await.unwrap().unwrap().description, "boat");
}

#[tokio::test]
async fn an_id_in_another_project_or_agent_of_the_owner_is_a_conflict() {
    let (_place, working) = opened();
    let ada = view(&working, "ada");
    ada.goals().put(Goal { id: id("g"), ..Goal::new("boat") }).await.unwrap();
    for scope in [Scope::default().with_agent("x"), Scope::default().with_project("y")] {
        let mut goal = Goal { id: id("g"), ..Goal::new("taken over") };
        goal.meta.scope = scope;
        let error = ada.goals().put(goal).await.unwrap_err();
        assert!(matches!(error, Error::Conflict { .. }) && error.is_invalid(), "{error}");
    }
    assert_eq!(ada.goals().get(&id("g")).await.unwrap().unwrap().description, "boat");
}

#[tokio::test]
async fn a_visible_record_is_changed_through_a_narrowed_view() {
    let (_place, working) = opened();
    let ada = view(&working, "ada");
    ada.goals().put(Goal { id: id("g"), ..Goal::new("boat") }).await.unwrap();
    let narrow = ada.narrow(&ScopeFilter::new(Scope::default().with_agent("x"))).unwrap();
    let goal = narrow.goals().set_status(&id("g"), "active", None).await.unwrap();
    assert_eq!(goal.meta.scope, of("ada"), "it stays where it was");
}

#[tokio::test]
async fn messages_of_another_users_session_are_inaccessible() {
    let (_place, working) = opened();
    let (ada, bob) = (view(&working, "ada"), view(&working, "bob"));
    let said = NewMessage {
        id: Some(id("m")),
        external_id: Some("1".to_owned()),
        ..NewMessage::new(id("s"), "user", "x")
    };
    bob.messages().add(said.clone()).await.unwrap();
    assert!(ada.messages().recent(&id("s"), 9).await.unwrap().is_empty());
    assert_eq!(ada.messages().trim(&id("s"), 0).await.unwrap(), 0);
    assert!(!ada.messages().add(said).await.unwrap().is_known());
    assert_eq!(bob.messages().recent(&id("s"), 9).await.unwrap().len(), 1);
}
