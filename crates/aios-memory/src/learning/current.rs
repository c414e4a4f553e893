//! The current facts of an owner, prepared for comparison with messages.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use aios_learning::{KNOWN_MAX, Known};
use aios_record::{Id, Scope, Timestamp, forms};
use aios_working::{Fact, FactOrigin, FactReport, FactStep, WorkingView};

use crate::Error;

/// Maximum number of current facts per owner that messages are compared with: the last stored ones.
const FACTS_MAX: usize = 10_000;

/// Facts that may be learned beyond this maximum before the facts are read again.
const EXCESS_MAX: usize = 1_000;

/// A person in the messages of an owner: the owner, or a person with another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person(Option<String>);

/// Names of the owner in messages without a name.
const OWNERS_NAMES: &[&str] = &["the user", "user", "me", "i"];

impl Person {
    /// Returns the person of this name in the messages of the owner of `scope`.
    pub(super) fn of(name: Option<&str>, scope: &Scope) -> Person {
        let name = name.map(forms::forgotten).filter(|name| !name.is_empty());
        let is_owner = |name: &String| {
            OWNERS_NAMES.contains(&name.as_str())
                || scope.user.as_deref().is_some_and(|user| forms::forgotten(user) == *name)
        };
        Person(name.filter(|name| !is_owner(name)))
    }
}

/// A current fact.
#[derive(Debug, Clone)]
pub(super) struct CurrentFact {
    pub(super) id: Id,
    pub(super) text: String,
    pub(super) speaker: String,
    /// The person whose statement it is. `None` for a directly recorded fact about no person.
    pub(super) person: Option<Person>,
    pub(super) slot: SlotForm,
    /// The text in the form in which statements are compared.
    statement: String,
    /// True if a caller recorded it directly. Its text may have any form.
    pub(super) is_told: bool,
    pub(super) project: Option<String>,
    pub(super) stated_at: Option<Timestamp>,
}

/// The slot of a fact and its value, in the form in which they are compared.
#[derive(Debug, Clone)]
pub(super) struct SlotForm {
    subject: String,
    /// Empty if the fact has no slot.
    attribute: String,
    value: String,
}

impl SlotForm {
    pub(super) fn of(fact: &Fact) -> SlotForm {
        let attribute = if fact.has_slot() { fact.attribute.as_str() } else { "" };
        SlotForm {
            subject: forms::forgotten(&fact.subject),
            attribute: forms::forgotten(attribute),
            value: forms::forgotten(&fact.value_text()),
        }
    }

    /// Returns true if both are the same slot.
    pub(super) fn is_same(&self, other: &SlotForm) -> bool {
        !self.attribute.is_empty()
            && self.attribute == other.attribute
            && self.subject == other.subject
    }

    /// Returns true if both are the same value of the same slot.
    pub(super) fn restates(&self, other: &SlotForm) -> bool {
        self.is_same(other) && self.value == other.value
    }
}

/// The current facts of an owner.
#[derive(Default)]
pub(super) struct Current {
    facts: Vec<CurrentFact>,
    /// The same facts as the rules compare them.
    known: Vec<Known>,
    /// Number of stored facts, which come first. Those of this reading follow.
    stored: usize,
    /// Revision of the stored facts; `None` if they must be read.
    revision: Option<u64>,
}

impl Current {
    /// Reads the facts again if they changed.
    pub(super) async fn refresh(&mut self, own: &WorkingView) -> Result<(), Error> {
        self.stored = self.facts.len();
        if FACTS_MAX + EXCESS_MAX < self.stored {
            self.revision = None;
        }
        let Some(newest) = own.facts().own(self.revision, FACTS_MAX).await? else { return Ok(()) };
        let mut before: HashMap<Id, (CurrentFact, Known)> = HashMap::new();
        let parts =
            std::mem::take(&mut self.facts).into_iter().zip(std::mem::take(&mut self.known));
        before.extend(parts.map(|(fact, known)| (fact.id.clone(), (fact, known))));
        for fact in newest.facts {
            let (fact, known) = before.remove(&fact.id).unwrap_or_else(|| prepared(&fact));
            self.facts.push(fact);
            self.known.push(known);
        }
        self.stored = self.facts.len();
        self.revision = Some(newest.revision);
        Ok(())
    }

    pub(super) fn facts(&self) -> &[CurrentFact] {
        &self.facts
    }

    /// Returns the facts as the rules compare them, without those that state the same as `added`;
    /// the last added if there are too many.
    pub(super) fn known_beside(&self, added: &[Fact]) -> impl Iterator<Item = &Known> {
        let stated: HashSet<String> =
            added.iter().map(|fact| forms::forgotten(&fact.statement())).collect();
        let last = self.known.len().saturating_sub(KNOWN_MAX);
        let facts = self.facts.iter().zip(&self.known).skip(last);
        facts.filter(move |(fact, _)| !stated.contains(&fact.statement)).map(|(_, known)| known)
    }

    /// Adds a fact of this reading.
    pub(super) fn add(&mut self, fact: &Fact) {
        let (fact, known) = prepared(fact);
        self.facts.push(fact);
        self.known.push(known);
    }

    /// Updates the facts from the steps and their outcome, so that they need not be read again.
    pub(super) fn stored(&mut self, steps: &[FactStep], report: &FactReport) {
        let ended = steps.iter().flat_map(|step| &step.ended).map(|end| &end.id);
        let superseded: HashSet<&Id> = report.superseded.iter().collect();
        let is_newest = self.revision == Some(report.revisions.before);
        if !is_newest || !ended.into_iter().all(|id| superseded.contains(id)) {
            self.revision = None;
            return;
        }
        // Facts that were stated again are stored under another id, or have ended; others were
        // kept out.
        let added: HashSet<&Id> = report.added.iter().collect();
        let stated = steps.iter().flat_map(|step| &step.added).map(|fact| &fact.id);
        let missing: HashSet<&Id> = stated.filter(|id| !added.contains(id)).collect();
        self.retain(|at, stored, fact| at < stored || !missing.contains(&fact.id));
        self.revision = Some(report.revisions.after);
    }

    /// Removes facts that ended.
    pub(super) fn remove(&mut self, ended: &HashSet<Id>) {
        if !ended.is_empty() {
            self.retain(|_, _, fact| !ended.contains(&fact.id));
        }
    }

    /// Keeps the facts for which `stays` returns true, which is called with the index of the fact,
    /// the number of stored ones, and the fact.
    fn retain(&mut self, stays: impl Fn(usize, usize, &CurrentFact) -> bool) {
        let facts = self.facts.iter().enumerate();
        let stays: Vec<bool> = facts.map(|(at, fact)| stays(at, self.stored, fact)).collect();
        let mut of = stays.iter();
        self.facts.retain(|_| *of.next().expect("one for each fact"));
        let mut of = stays.iter();
        self.known.retain(|_| *of.next().expect("one for each fact"));
        self.stored = stays[..self.stored].iter().filter(|stays| **stays).count();
    }
}

fn prepared(fact: &Fact) -> (CurrentFact, Known) {
    let text = fact.statement();
    // A directly recorded fact has no speaker. A fact about a person reads as if that person had
    // said it.
    let speaker = fact.speaker.as_deref().unwrap_or(&fact.subject);
    let known = Known::read(fact.id.as_str(), speaker, &text);
    let current = CurrentFact {
        id: fact.id.clone(),
        speaker: speaker.to_owned(),
        person: (!speaker.is_empty()).then(|| Person::of(Some(speaker), &fact.meta.scope)),
        slot: SlotForm::of(fact),
        statement: forms::forgotten(&text),
        is_told: fact.origin == FactOrigin::Told,
        project: fact.meta.scope.project.clone(),
        stated_at: fact.stated_at,
        text,
    };
    (current, known)
}
