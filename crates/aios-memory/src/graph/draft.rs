//! Facts on their way into the graph.

use std::time::Duration;

use aios_guard::Guard;
use aios_record::{Id, Key, Kind, Provenance, Scope, Timestamp};
use serde_json::{Map, Value, json};

use super::{Entity, Graph, GraphProblem, Mark, Relation};
use crate::{
    Error,
    admission::{Admission, Arrival, Content, Manner},
};

/// Separator of the parts of a hashed name.
const SEPARATOR: &str = "\u{1f}";
/// The time between two statements of one call, so that lists keep their order.
const STEP: Duration = Duration::from_micros(1);
/// Hexadecimal digits of an id.
const ID_DIGITS: usize = 32;

/// Facts to be stored, all or none. Their ids are derived from their content, so that two writers
/// of the same part store it once.
pub(super) struct Drafts {
    scope: Scope,
    provenance: Provenance,
    /// Time of the next statement.
    stated_at: Timestamp,
    facts: Vec<Map<String, Value>>,
    /// The location of each fact in the given values.
    places: Vec<String>,
}

impl Drafts {
    pub(super) fn new(graph: &Graph<'_>) -> Result<Drafts, Error> {
        let mut scope = Scope::default();
        graph.view.gate().fill(&mut scope)?;
        let (provenance, stated_at) = (graph.provenance.clone(), Timestamp::now());
        Ok(Drafts { scope, provenance, stated_at, facts: Vec::new(), places: Vec::new() })
    }

    /// Adds the type of an entity.
    pub(super) fn entity(&mut self, at: String, entity: &Entity) {
        let Entity { name, entity_type, .. } = entity;
        let text = match entity_type.trim().is_empty() {
            true => name.clone(),
            false => format!("{name} ({entity_type})"),
        };
        let mark = Mark::Entity { entity: name.clone(), sort: entity_type.clone() };
        let id = self.id(&["entity", name]);
        self.add(at, name, json!({"id": id, "text": text}), &mark);
    }

    /// Adds an observation. Its text names the entity, so that a search by the name finds it.
    pub(super) fn observation(&mut self, at: String, name: &str, observation: &str) {
        let names_it = observation.to_lowercase().contains(&name.to_lowercase());
        let text = match names_it {
            true => observation.to_owned(),
            false => format!("{name}: {observation}"),
        };
        let mark = Mark::Observation { observation_of: name.to_owned(), sort: None };
        let id = self.id(&["observation", name, observation]);
        self.add(at, name, json!({"id": id, "text": text, "value": observation}), &mark);
    }

    /// Adds a relation.
    pub(super) fn relation(&mut self, at: String, relation: &Relation) {
        let Relation { from, to, relation_type: sort } = relation;
        let text = format!("{from} {} {to}", sort.replace('_', " "));
        let mark = Mark::Relation { from: from.clone(), sort: sort.clone(), to: to.clone() };
        let id = self.id(&["relation", from, sort, to]);
        self.add(at, from, json!({"id": id, "text": text}), &mark);
    }

    fn add(&mut self, at: String, subject: &str, mut fact: Value, mark: &Mark) {
        fact["subject"] = json!(subject);
        fact["metadata"] = json!({Mark::FIELD: mark.to_value()});
        fact["provenance"] = json!(self.provenance);
        fact["stated_at"] = json!(self.stated_at);
        self.stated_at = self.stated_at.checked_add(STEP).unwrap_or(self.stated_at);
        let Value::Object(fact) = fact else { unreachable!("it is written as an object") };
        self.facts.push(fact);
        self.places.push(at);
    }

    /// Returns the id of a part. The owner is not hashed, since ids are unique for each owner.
    fn id(&self, parts: &[&str]) -> String {
        let Scope { project, agent, session, .. } = &self.scope;
        let scope = [project, agent, session].map(|part| part.as_deref().unwrap_or_default());
        let name = [&scope[..], parts].concat().join(SEPARATOR);
        format!("graph-{}", &blake3::hash(name.as_bytes()).to_hex()[..ID_DIGITS])
    }

    /// Stores the facts, all or none, and returns their keys.
    ///
    /// # Errors
    /// [`Error::Graph`] if the owner rejected a statement; [`Error::Guard`] if the guard refuses a
    /// statement with the name of its entity; errors of working memory.
    pub(super) async fn store(self, graph: &Graph<'_>) -> Result<Vec<Key>, Error> {
        let Drafts { scope, facts, places, .. } = self;
        if facts.is_empty() {
            return Ok(Vec::new());
        }
        let arrivals = (1..).zip(facts).map(|(place, fields)| {
            let content = Content::Fields(fields);
            Arrival::new(place, Kind::Fact, Id::generate(), scope.clone(), content)
        });
        let arrivals = arrivals.collect();
        let admitted = Admission::new(graph.view, Manner::Written).admit(arrivals).await;
        let verdicts = admitted.map_err(|error| placed(error, &places))?;
        let keys: Vec<Key> =
            verdicts.into_iter().map(|verdict| Key::new(Kind::Fact, verdict.id)).collect();
        for key in &keys {
            graph.view.lift_tombstone(key).await?;
        }
        Ok(keys)
    }
}

/// Adds to an error the location of the statement that it concerns.
fn placed(error: Error, places: &[String]) -> Error {
    use aios_working::Error as Working;
    let (index, source) = match error {
        Error::Working(Working::InBatch { index, source }) => (index, *source),
        Error::Working(source @ Working::Rejected { .. }) => (0, source),
        error => return error,
    };
    match (source, places.get(index)) {
        (Working::Rejected { .. }, Some(at)) => {
            Error::Graph { at: at.clone(), problem: GraphProblem::Rejected }
        }
        (source, _) => source.into(),
    }
}

/// Returns a text after the guard. `name` is the entity that it describes.
///
/// # Errors
/// [`Error::Graph`] if the guard refuses it.
pub(super) fn guarded(guard: Guard, at: &str, name: &str, text: &str) -> Result<String, Error> {
    if guard == Guard::default() {
        return Ok(text.to_owned());
    }
    match guard.apply_named(name, text) {
        Ok(guarded) => Ok(guarded.text.into_owned()),
        Err(error) => Err(Error::Graph { at: at.to_owned(), problem: GraphProblem::Guard(error) }),
    }
}

/// Checks that the guard leaves a name unchanged.
///
/// # Errors
/// [`Error::Graph`] if it refuses or would change it.
pub(super) fn check_name(guard: Guard, at: &str, name: &str) -> Result<(), Error> {
    match guarded(guard, at, "", name)? == name {
        true => Ok(()),
        false => Err(Error::Graph { at: at.to_owned(), problem: GraphProblem::Name }),
    }
}
