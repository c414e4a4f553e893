//! The current facts of an owner, prepared for comparison with messages.

use std::collections::{HashMap, HashSet};

use aios_learning::Known;
use aios_record::{Id, Scope, Timestamp, forms};
use aios_working::{Fact, WorkingView};

use crate::Error;

/// Current facts of an owner that messages are compared with, those stored last.
const FACTS_MAX: usize = 10_000;

/// Facts that are all compared with a message. Of more, those that have a slot or share a word.
const COMPARED_MAX: usize = 2_000;

/// Characters of a word by which facts and messages are matched first.
const STEM_CHARS: usize = 4;

/// A person in the messages of an owner: the owner, or somebody with another name.
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
    /// The person whose statement it is. `None` for a told fact about nobody in particular.
    pub(super) person: Option<Person>,
    pub(super) subject: String,
    pub(super) attribute: String,
    pub(super) value: String,
    pub(super) project: Option<String>,
    pub(super) stated_at: Option<Timestamp>,
    stems: HashSet<String>,
}

/// The current facts of an owner.
#[derive(Default)]
pub(super) struct Current {
    facts: Vec<CurrentFact>,
    /// The same facts as the rules compare them.
    known: Vec<Known>,
    revision: Option<u64>,
}

impl Current {
    /// Reads the facts again if they changed.
    pub(super) async fn refresh(&mut self, own: &WorkingView) -> Result<(), Error> {
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
        self.revision = Some(newest.revision);
        Ok(())
    }

    /// Returns the facts.
    pub(super) fn facts(&self) -> &[CurrentFact] {
        &self.facts
    }

    /// Calls `compare` with the facts that a text may end, and returns its result.
    pub(super) fn compared<T>(&self, text: &str, compare: impl FnOnce(&[Known]) -> T) -> T {
        if self.known.len() <= COMPARED_MAX {
            return compare(&self.known);
        }
        let said = stems(text);
        let near = self
            .facts
            .iter()
            .zip(&self.known)
            .filter(|(fact, _)| !fact.attribute.is_empty() || !fact.stems.is_disjoint(&said));
        let near: Vec<Known> = near.map(|(_, known)| known.clone()).collect();
        compare(&near)
    }

    /// Adds a fact of this reading.
    pub(super) fn add(&mut self, fact: &Fact) {
        if self.facts.len() < FACTS_MAX {
            let (fact, known) = prepared(fact);
            self.facts.push(fact);
            self.known.push(known);
        }
        self.revision = None;
    }

    /// Removes facts that ended.
    pub(super) fn remove(&mut self, ended: &[Id]) {
        if ended.is_empty() {
            return;
        }
        let stays: Vec<bool> = self.facts.iter().map(|fact| !ended.contains(&fact.id)).collect();
        let mut at = stays.iter();
        self.facts.retain(|_| *at.next().expect("one for each fact"));
        let mut at = stays.iter();
        self.known.retain(|_| *at.next().expect("one for each fact"));
        self.revision = None;
    }
}

fn prepared(fact: &Fact) -> (CurrentFact, Known) {
    let text = fact.statement();
    // A told fact has no speaker. One about somebody reads as if that person had said it.
    let speaker = fact.speaker.as_deref().unwrap_or(&fact.subject);
    let known = Known::read(fact.id.as_str(), speaker, &text);
    let current = CurrentFact {
        id: fact.id.clone(),
        speaker: speaker.to_owned(),
        person: (!speaker.is_empty()).then(|| Person::of(Some(speaker), &fact.meta.scope)),
        subject: fact.subject.clone(),
        attribute: fact.attribute.clone(),
        value: fact.value_text(),
        project: fact.meta.scope.project.clone(),
        stated_at: fact.stated_at,
        stems: stems(&text),
        text,
    };
    (current, known)
}

/// Returns the beginnings of the words of a text.
fn stems(text: &str) -> HashSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| 2 < word.len());
    words.map(|word| word.chars().flat_map(char::to_lowercase).take(STEM_CHARS).collect()).collect()
}
