//! Whose records a handle sees, and that a binding cannot be widened.

use aios_record::{Scope, ScopeFilter};
use aios_working::{Error, FindOptions, Goal, NewMessage, Working};
use serde_json::json;

use crate::{id, opened};

fn of(user: &str) -> Scope {
    Scope::default().with_user(user)
}

async fn three(working: &Working) {
    for (name, scope) in [("shared", Scope::default()), ("ada", of("ada")), ("bob", of("bob"))] {
        let mut goal = Goal { id: id(name), ..Goal::new("boat") };
        goal.meta.scope = scope;
        working.store_goal(goal).await.unwrap();
    }
}

async fn seen(working: &Working) -> Vec<String> {
    let goals = working.active_goals().await.unwrap();
    let mut names: Vec<_> = goals.iter().map(|goal| goal.id.to_string()).collect();
    let found = working.find_relevant("boat", FindOptions::default()).await.unwrap();
    assert_eq!(found.len(), names.len());
    assert_eq!(
        working.records(aios_record::Kind::Goal, None, 9).await.unwrap().records.len(),
        names.len()
    );
    assert_eq!(working.latest_records(9).await.unwrap().len(), names.len());
    names.sort();
    names
}

#[tokio::test]
async fn a_bound_handle_sees_its_own_and_the_shared() {
    let (_place, working) = opened();
    three(&working).await;
    assert_eq!(seen(&working).await, ["ada", "bob", "shared"]);
    let ada = working.bound_to(ScopeFilter::new(of("ada"))).unwrap();
    assert_eq!(seen(&ada).await, ["ada", "shared"]);
    assert_eq!(ada.goal("bob").await.unwrap(), None);
    assert!(ada.update_goal("bob", "failed", None).await.unwrap_err().is_not_found());
    assert!(ada.remove(aios_record::Kind::Goal, "bob").await.unwrap().is_empty());
    let exact = working.bound_to(ScopeFilter::exact(of("ada"))).unwrap();
    assert_eq!(seen(&exact).await, ["ada"]);
}

#[tokio::test]
async fn a_bound_handle_fills_its_scope_in_and_cannot_leave_it() {
    let (_place, working) = opened();
    let ada = working.bound_to(ScopeFilter::new(of("ada"))).unwrap();
    let goal = ada.store_goal(Goal::new("mine")).await.unwrap();
    assert_eq!(goal.meta.scope, of("ada"));
    let mut foreign = Goal::new("his");
    foreign.meta.scope = of("bob");
    let error = ada.store_goal(foreign).await.unwrap_err();
    assert!(matches!(error, Error::OutOfScope { part: "user" }), "{error}");
    assert!(matches!(ada.bound_to(ScopeFilter::new(of("bob"))), Err(Error::OutOfScope { .. })));
    let narrower = ada.bound_to(ScopeFilter::new(Scope::default().with_agent("x"))).unwrap();
    assert_eq!(narrower.bound().scope, of("ada").with_agent("x"));
    let error = ada.preference(Some("bob"), "k").await.unwrap_err();
    assert!(matches!(error, Error::OutOfScope { .. }), "{error}");
    ada.set_preference(None, "k", json!(1)).await.unwrap();
    assert_eq!(working.preference(Some("ada"), "k").await.unwrap(), Some(json!(1)));
}

#[tokio::test]
async fn an_id_of_another_scope_is_a_conflict_and_never_overwritten() {
    let (_place, working) = opened();
    three(&working).await;
    let mut goal = Goal { id: id("bob"), ..Goal::new("taken over") };
    goal.meta.scope = of("ada");
    let error = working.store_goal(goal).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }) && error.is_invalid(), "{error}");
    assert_eq!(working.goal("bob").await.unwrap().unwrap().description, "boat");
}

#[tokio::test]
async fn messages_of_another_users_session_are_out_of_reach() {
    let (_place, working) = opened();
    let bob = working.bound_to(ScopeFilter::new(of("bob"))).unwrap();
    let said =
        NewMessage { external_id: Some("1".to_owned()), ..NewMessage::new(id("s"), "user", "x") };
    bob.add_message(said.clone()).await.unwrap();
    let ada = working.bound_to(ScopeFilter::new(of("ada"))).unwrap();
    assert!(ada.recent_messages("s", 9).await.unwrap().is_empty());
    assert!(matches!(ada.add_message(said).await, Err(Error::Conflict { .. })));
    assert_eq!(ada.trim_messages("s", 0).await.unwrap(), 0);
}
