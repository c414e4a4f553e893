//! A stored part of the graph, and the graph that parts make.

use std::collections::{HashMap, HashSet};

use aios_record::{Identity, Kind, Record, Scope, Timestamp};
use aios_working::Fact;

use super::{Entity, KnowledgeGraph, Mark, Relation};

/// A record that belongs to the graph.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) identity: Identity,
    pub(super) scope: Scope,
    /// Time of its statement.
    time: Option<Timestamp>,
    pub(super) part: Part,
}

/// The part of a record in the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Entity { name: String, sort: String },
    Observation { name: String, text: String, sort: Option<String> },
    Relation(Relation),
}

impl Element {
    /// Returns the part of a fact. `None` for a fact without a subject.
    pub(super) fn of_fact(fact: Fact) -> Option<Element> {
        let mark = Mark::of(&fact.metadata);
        let stated = |fact: &Fact| match fact.value.as_str() {
            Some(text) => text.to_owned(),
            None => fact.statement(),
        };
        let part = match mark {
            Some(mark) => Part::of(mark, || stated(&fact)),
            None if fact.subject.is_empty() => return None,
            None => {
                let text = fact.statement();
                Part::Observation { name: fact.subject, text, sort: None }
            }
        };
        let scope = fact.meta.scope;
        let identity = Identity::new(scope.owner(), Kind::Fact, fact.id);
        Some(Element { identity, scope, time: fact.stated_at, part })
    }

    /// Returns the part of a note. `None` for a note without a mark.
    pub(super) fn of_note(note: Record) -> Option<Element> {
        let mark = Mark::of(&note.payload["metadata"])?;
        let content = || match note.payload["content"].as_str() {
            Some(content) => content.to_owned(),
            None => note.text.clone(),
        };
        let part = Part::of(mark, content);
        let (identity, time) = (note.identity(), Some(note.recorded_at));
        let element = Element { identity, scope: note.scope, time, part };
        Some(element).filter(|it| !it.name().is_empty())
    }

    /// Returns the name of the entity that it describes; for a relation, the first one.
    pub(super) fn name(&self) -> &str {
        match &self.part {
            Part::Entity { name, .. } | Part::Observation { name, .. } => name,
            Part::Relation(relation) => &relation.from,
        }
    }

    /// Returns the name of the entity that exists because of it.
    pub(super) fn entity(&self) -> Option<&str> {
        match &self.part {
            Part::Entity { name, .. } | Part::Observation { name, .. } => Some(name),
            Part::Relation(_) => None,
        }
    }

    /// Returns the type of its entity, if it states one.
    pub(super) fn sort(&self) -> Option<&str> {
        match &self.part {
            Part::Entity { sort, .. } => Some(sort),
            Part::Observation { sort, .. } => sort.as_deref(),
            Part::Relation(_) => None,
        }
    }

    /// Returns its relation.
    pub(super) fn relation(&self) -> Option<&Relation> {
        match &self.part {
            Part::Relation(relation) => Some(relation),
            Part::Entity { .. } | Part::Observation { .. } => None,
        }
    }

    /// Returns true if it is this observation.
    pub(super) fn observes(&self, entity: &str, wanted: &str) -> bool {
        matches!(&self.part, Part::Observation { name, text, .. }
            if name == entity && text == wanted)
    }
}

impl Part {
    fn of(mark: Mark, text: impl FnOnce() -> String) -> Part {
        match mark {
            Mark::Entity { entity, sort } => Part::Entity { name: entity, sort },
            Mark::Observation { observation_of, sort } => {
                Part::Observation { name: observation_of, text: text(), sort }
            }
            Mark::Relation { from, sort, to } => {
                Part::Relation(Relation { from, to, relation_type: sort })
            }
        }
    }
}

/// Sorts elements by the time of their statement. The sort is stable.
pub(super) fn sort(elements: &mut [Element]) {
    elements.sort_by_key(|element| element.time);
}

impl KnowledgeGraph {
    /// Returns the graph of these elements. Each part occurs once, even if several elements state
    /// it.
    pub(super) fn of(elements: Vec<Element>) -> KnowledgeGraph {
        let mut graph = KnowledgeGraph::default();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut observed: HashSet<(usize, String)> = HashSet::new();
        let mut related: HashSet<Relation> = HashSet::new();
        for element in elements {
            let sort = element.sort().map(str::to_owned);
            let (name, text) = match element.part {
                Part::Relation(relation) => {
                    if related.insert(relation.clone()) {
                        graph.relations.push(relation);
                    }
                    continue;
                }
                Part::Entity { name, .. } => (name, None),
                Part::Observation { name, text, .. } => (name, Some(text)),
            };
            let place = *places.entry(name).or_insert_with_key(|name| {
                graph.entities.push(Entity { name: name.clone(), ..Entity::default() });
                graph.entities.len() - 1
            });
            let entity = &mut graph.entities[place];
            if let Some(sort) = sort.filter(|_| entity.entity_type.is_empty()) {
                entity.entity_type = sort;
            }
            if let Some(text) = text
                && observed.insert((place, text.clone()))
            {
                entity.observations.push(text);
            }
        }
        graph
    }

    /// Keeps the entities that `is_wanted` accepts, and the relations of at least one of them.
    pub(super) fn retain(&mut self, is_wanted: impl Fn(&Entity) -> bool) {
        self.entities.retain(is_wanted);
        let kept: HashSet<&str> = self.entities.iter().map(|it| it.name.as_str()).collect();
        let has = |name: &String| kept.contains(name.as_str());
        self.relations.retain(|relation| has(&relation.from) || has(&relation.to));
    }
}
