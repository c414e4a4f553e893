//! The records that a handle sees, writes and changes.

use aios_record::{Error, Gate, Owner, Owners, Scope, ScopeFilter};
use proptest::prelude::*;

fn user(name: &str) -> Owner {
    Owner::user(name).unwrap()
}

fn of(name: &str) -> Scope {
    Scope::default().with_user(name)
}

#[test]
fn a_user_sees_its_own_and_shared_records_and_changes_its_own() {
    let gate = Gate::owner(user("ada"));
    assert!(gate.sees(&of("ada")) && gate.sees(&Scope::default()) && !gate.sees(&of("bob")));
    assert!(gate.may_change(&of("ada")));
    assert!(!gate.may_change(&Scope::default()) && !gate.may_change(&of("bob")));
    let exact = gate.narrow(&ScopeFilter::exact(Scope::default())).unwrap();
    assert!(exact.sees(&of("ada")) && !exact.sees(&Scope::default()));
}

#[test]
fn the_shared_handle_sees_and_changes_shared_records() {
    let gate = Gate::shared();
    assert!(gate.sees(&Scope::default()) && !gate.sees(&of("ada")));
    assert!(gate.may_change(&Scope::default()) && !gate.may_change(&of("ada")));
    assert_eq!(gate.fill(&mut of("ada")), Err(Error::OutOfScope { part: "user" }));
    assert_eq!(gate.owners(), Owners::Only(&Owner::SHARED));
}

#[test]
fn the_administrator_sees_everything_and_may_choose_an_owner() {
    let gate = Gate::administrator();
    assert!(gate.sees(&of("ada")) && gate.sees(&of("bob")) && gate.sees(&Scope::default()));
    let ada = gate.narrow(&ScopeFilter::new(of("ada"))).unwrap();
    assert!(ada.sees(&of("ada")) && ada.sees(&Scope::default()) && !ada.sees(&of("bob")));
    let mut scope = Scope::default();
    ada.fill(&mut scope).unwrap();
    assert_eq!(scope, of("ada"));
}

#[test]
fn a_gate_is_narrowed_and_never_widened() {
    let session = |name: &str| ScopeFilter::new(Scope::default().with_session(name));
    let gate = Gate::owner(user("ada")).narrow(&session("s1")).unwrap();
    assert_eq!(gate.narrow(&session("s2")), Err(Error::OutOfScope { part: "session" }));
    assert_eq!(gate.narrow(&ScopeFilter::default()).unwrap(), gate);
    let bob = ScopeFilter::new(of("bob"));
    assert_eq!(gate.narrow(&bob), Err(Error::OutOfScope { part: "user" }));
    assert_eq!(gate.narrow(&ScopeFilter::new(of("ada"))).unwrap(), gate);
    let exact = gate.narrow(&ScopeFilter::exact(Scope::default())).unwrap();
    assert_eq!(exact.narrow(&ScopeFilter::default()).unwrap(), exact);
}

#[test]
fn fill_adds_the_parts_of_the_gate() {
    let filter = ScopeFilter::new(Scope::default().with_project("p").with_agent("a"));
    let gate = Gate::owner(user("ada")).narrow(&filter).unwrap();
    let mut scope = Scope::default().with_session("s");
    gate.fill(&mut scope).unwrap();
    assert_eq!(scope, of("ada").with_project("p").with_agent("a").with_session("s"));
    let mut other = Scope::default().with_project("q");
    assert_eq!(gate.fill(&mut other), Err(Error::OutOfScope { part: "project" }));
    assert_eq!(gate.fill(&mut of("bob")), Err(Error::OutOfScope { part: "user" }));
    assert!(matches!(gate.fill(&mut of(" ")), Err(Error::OwnerName { .. })));
}

fn scopes() -> impl Strategy<Value = Scope> {
    let part = || prop::option::of(prop::sample::select(vec!["a".to_owned(), "b".to_owned()]));
    (part(), part(), part(), part()).prop_map(|(user, project, agent, session)| Scope {
        user,
        project,
        agent,
        session,
    })
}

proptest! {
    #[test]
    fn filled_scopes_are_visible_and_changeable(
        owner in prop::option::of(prop::sample::select(vec!["a", "b"])),
        narrowed in scopes(),
        written in scopes(),
        other in scopes(),
    ) {
        let owner = owner.map_or(Owner::SHARED, user);
        let gate = Gate::owner(owner.clone());
        let Ok(gate) = gate.narrow(&ScopeFilter::new(narrowed)) else { return Ok(()) };
        // Records of other users are invisible, and only own records can be changed.
        prop_assert!(!gate.sees(&other) || other.user.is_none() || other.owner() == owner);
        prop_assert_eq!(gate.may_change(&other), other.owner() == owner);
        let mut scope = written;
        if gate.fill(&mut scope).is_ok() {
            prop_assert!(gate.sees(&scope) && gate.may_change(&scope));
            prop_assert_eq!(scope.owner(), owner);
        }
    }
}

#[test]
fn a_project_has_one_name_in_all_canonical_forms() {
    let in_project = |name: &str| Scope::default().with_project(name);
    let gate = Gate::shared().narrow(&ScopeFilter::new(in_project("cafe\u{301}"))).unwrap();
    assert!(gate.sees(&in_project("caf\u{e9}")));
    for name in ["cafe\u{301}", "caf\u{e9}"] {
        let mut scope = in_project(name);
        gate.fill(&mut scope).unwrap();
        assert_eq!(scope, in_project("caf\u{e9}"));
    }
}
