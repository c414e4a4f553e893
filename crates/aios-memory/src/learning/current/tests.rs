//! The stored facts of a step compared with the computed ones.

use aios_working::{FactEnd, FactRevisions};

use super::*;

/// Returns a set of facts as it was read at revision 7.
fn read(facts: &[&Fact]) -> Current {
    let mut current = Current { revision: Some(7), ..Current::default() };
    facts.iter().for_each(|fact| current.add(fact));
    current.stored = facts.len();
    current
}

fn home(id: &str, city: &str) -> Fact {
    let fact = Fact::new(format!("Ada lives in {city}.")).with_slot("Ada", "home", city);
    Fact { id: id.parse().unwrap(), ..fact }
}

fn ids(current: &Current) -> Vec<&str> {
    assert_eq!(current.facts.len(), current.known.len());
    current.facts().iter().map(|fact| fact.id.as_str()).collect()
}

fn step(added: &[&Fact], ended: &[&Fact]) -> FactStep {
    let end = |fact: &&Fact| FactEnd { id: fact.id.clone(), valid_to: None, superseded_by: None };
    FactStep {
        added: added.iter().copied().cloned().collect(),
        ended: ended.iter().map(end).collect(),
        ..FactStep::default()
    }
}

fn report(added: &[&Fact], superseded: &[&Fact], before: u64) -> FactReport {
    let ids = |facts: &[&Fact]| facts.iter().map(|fact| fact.id.clone()).collect();
    FactReport {
        added: ids(added),
        superseded: ids(superseded),
        revisions: FactRevisions { before, after: 9 },
        ..FactReport::default()
    }
}

#[test]
fn facts_that_were_stored_as_computed_are_not_read_again() {
    let (ghent, oslo) = (home("ghent", "Ghent"), home("oslo", "Oslo"));
    let mut current = read(&[&ghent]);
    current.remove(&HashSet::from([ghent.id.clone()]));
    current.add(&oslo);
    current.stored(&[step(&[&oslo], &[&ghent])], &report(&[&oslo], &[&ghent], 7));
    assert_eq!(ids(&current), ["oslo"]);
    assert_eq!(current.revision, Some(9));
}

#[test]
fn a_fact_that_was_stored_under_another_id_or_kept_out_is_not_current() {
    let (ghent, again) = (home("ghent", "Ghent"), home("again", "Ghent"));
    let mut current = read(&[&ghent]);
    current.add(&again);
    current.stored(&[step(&[&again], &[])], &report(&[], &[], 7));
    assert_eq!(ids(&current), ["ghent"]);
    assert_eq!(current.revision, Some(9));
}

#[test]
fn a_fact_of_a_message_that_is_read_again_stays_as_it_was_stored() {
    let (ghent, oslo) = (home("ghent", "Ghent"), home("oslo", "Oslo"));
    let mut current = read(&[&ghent]);
    // The fact about Oslo has ended since.
    current.add(&ghent);
    current.add(&oslo);
    current.stored(&[step(&[&ghent], &[]), step(&[&oslo], &[])], &report(&[], &[], 7));
    assert_eq!(ids(&current), ["ghent"]);
    assert_eq!(current.revision, Some(9));
}

#[test]
fn facts_are_read_again_after_a_write_of_somebody_else_or_an_end_that_was_not_stored() {
    let (ghent, oslo) = (home("ghent", "Ghent"), home("oslo", "Oslo"));
    let mut current = read(&[&ghent, &oslo]);
    current.stored(&[step(&[&oslo], &[])], &report(&[&oslo], &[], 8));
    assert_eq!(current.revision, None);
    let mut current = read(&[&oslo]);
    current.stored(&[step(&[&oslo], &[&ghent])], &report(&[&oslo], &[], 7));
    assert_eq!(current.revision, None);
}
