//! Whose a relation of a graph is: it seldom says so itself, and belongs to the owner of the entity
//! that it begins at, else to the one that all memories around it name.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::{owners, parts::text_in};
use crate::ingest::spellings::OWNERS;

/// The fields of the entities at the beginning and at the end of a relation.
const FROM: &[&str] = &["from", "source"];
const TO: &[&str] = &["to", "target", "destination"];

/// The problem of a relation whose owner nobody can tell.
const UNOWNED: &str = "a relation names no owner, and what stands around it names several or not \
                       everywhere one; write its owner in it";

/// The owners of what relations are about; `None` is that of what names none.
#[derive(Debug, Default)]
pub(super) struct Relations {
    all: BTreeSet<Option<String>>,
    named: HashMap<String, BTreeSet<Option<String>>>,
}

impl Relations {
    /// Notes whose an entity or a memory is.
    pub(super) fn note(&mut self, element: &Value) {
        let Some(element) = element.as_object().filter(|it| !is_relation(it)) else { return };
        // One with a fault of its own is told when it is read.
        let Ok(owner) = owners::take(&mut element.clone(), &[]) else { return };
        if let Some(name) = text_in(element, &["name"]) {
            self.named.entry(name).or_default().insert(owner.clone());
        }
        self.all.insert(owner);
    }

    /// Writes into a relation that names no owner the one that it belongs to.
    ///
    /// # Errors
    /// A message if nobody can tell.
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
            // An entity of everybody may be related to one of somebody.
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
