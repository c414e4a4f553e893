//! Owner of a relation of a graph. Relations rarely name one, so a relation belongs to the owner of
//! its first entity, or else to the single owner of the memories around it.

use std::collections::{BTreeSet, HashMap};

use aios_draft::{content::text_in, spellings::OWNERS};
use serde_json::{Map, Value};

use super::owners;

/// Fields of the entities at the start and at the end of a relation.
const FROM: &[&str] = &["from", "source"];
const TO: &[&str] = &["to", "target", "destination"];

/// Problem of a relation with an ambiguous owner.
const UNOWNED: &str = "the relation names no owner, and its entities name several or none; add \
                       its owner";

/// Owners of the entities and memories around relations. `None` is one without an owner.
#[derive(Debug, Default)]
pub(super) struct Relations {
    all: BTreeSet<Option<String>>,
    named: HashMap<String, BTreeSet<Option<String>>>,
}

impl Relations {
    /// Records the owner of an entity or a memory.
    pub(super) fn note(&mut self, element: &Value) {
        let Some(element) = element.as_object().filter(|it| !is_relation(it)) else { return };
        // A fault of the element is reported when it is read.
        let Ok(owner) = owners::take(&mut element.clone(), &[]) else { return };
        if let Some(name) = text_in(element, &["name"]) {
            self.named.entry(name).or_default().insert(owner.clone());
        }
        self.all.insert(owner);
    }

    /// Adds an owner to a relation that names none.
    ///
    /// # Errors
    /// A message if the owner is ambiguous.
    pub(super) fn attributed(&self, mut element: Value) -> Result<Value, &'static str> {
        let Some(relation) = element.as_object_mut().filter(|it| is_relation(it)) else {
            return Ok(element);
        };
        if owners::take(&mut relation.clone(), &[]) != Ok(None) {
            return Ok(element);
        }
        let of = |names: &[&str]| self.named.get(&text_in(relation, names)?);
        let nobody = BTreeSet::from([None]);
        let owners = match (of(FROM), of(TO)) {
            // An entity without an owner may be related to one with an owner.
            (Some(from), Some(to)) if *from == nobody => to,
            (Some(from), None) if *from == nobody => &self.all,
            (Some(from), _) => from,
            (None, _) => &self.all,
        };
        let mut owners = owners.iter();
        match (owners.next(), owners.next()) {
            (Some(_), Some(_)) => return Err(UNOWNED),
            (Some(Some(owner)), None) => {
                relation.insert(OWNERS[0].to_owned(), owner.as_str().into());
            }
            (Some(None) | None, _) => {}
        }
        Ok(element)
    }
}

fn is_relation(element: &Map<String, Value>) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| element.contains_key(*name));
    has(FROM) && has(TO) && !element.contains_key("memory")
}
