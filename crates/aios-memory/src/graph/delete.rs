//! Permanent deletion from the graph: the records are forgotten. Deleting a part that does not
//! exist succeeds.

use std::collections::{BTreeMap, HashSet};

use aios_record::{Identity, Key};

use super::{Deleted, Entity, Graph, GraphProblem, Observations, Relation, draft::Drafts, set};
use crate::{Error, ForgetOptions, ForgetTarget, graph::element::Element};

impl Graph<'_> {
    /// Deletes entities with their observations and all relations of them. Learned facts about an
    /// entity are deleted too; the messages that state them are kept.
    ///
    /// # Errors
    /// - [`Error::is_not_yours`] if a part of a named entity is shared and this is the view of a
    ///   user. In that case nothing is deleted. Shared relations of a user's entity are kept.
    /// - As [`forget`](crate::MemoryView::forget).
    pub async fn delete_entities(&self, names: &[String]) -> Result<Deleted, Error> {
        self.view.check_writable()?;
        let _turn = self.turn().await;
        let elements = self.around(&set(names.iter().map(String::as_str))).await?;
        for (place, name) in names.iter().enumerate() {
            let is_foreign = |it: &&Element| it.entity() == Some(name) && !self.is_own(it);
            if elements.iter().any(|it| is_foreign(&it)) {
                return Err(shared(format!("entityNames[{place}]"), name));
            }
        }
        let entities: HashSet<&str> = elements.iter().filter_map(Element::entity).collect();
        let missing = missing(names.iter().map(String::as_str), &entities);
        let count = set(names.iter().map(String::as_str)).len() - missing.len();
        let keys = self.forget(self.own(&elements)).await?;
        Ok(Deleted { count, missing, keys })
    }

    /// Deletes observations of entities. An entity with a type is kept without its observations.
    ///
    /// # Errors
    /// [`Error::is_not_yours`] if an observation is shared and this is the view of a user; in that
    /// case nothing is deleted. Otherwise as [`forget`](crate::MemoryView::forget).
    pub async fn delete_observations(&self, deletions: &[Observations]) -> Result<Deleted, Error> {
        self.view.check_writable()?;
        let _turn = self.turn().await;
        let names = set(deletions.iter().map(|it| it.entity_name.as_str()));
        let elements = self.elements_of(&names).await?;
        let mut gone: BTreeMap<(&str, &str), Vec<&Element>> = BTreeMap::new();
        for (place, Observations { entity_name, contents }) in deletions.iter().enumerate() {
            for (index, text) in contents.iter().enumerate() {
                let found = elements.iter().filter(|it| it.observes(entity_name, text));
                let found: Vec<&Element> = found.collect();
                if found.iter().any(|it| !self.is_own(it)) {
                    let at = format!("deletions[{place}].observations[{index}]");
                    return Err(shared(at, entity_name));
                }
                if !found.is_empty() {
                    gone.insert((entity_name, text), found);
                }
            }
        }
        let gone_ids: HashSet<&Identity> =
            gone.values().flatten().map(|element| &element.identity).collect();
        self.keep_types(&elements, &gone_ids).await?;
        let entities: HashSet<&str> = elements.iter().filter_map(Element::entity).collect();
        let named = deletions.iter().map(|it| it.entity_name.as_str());
        let missing = missing(named, &entities);
        let keys = self.forget(gone_ids.into_iter().cloned().collect()).await?;
        Ok(Deleted { count: gone.len(), missing, keys })
    }

    /// Deletes relations.
    ///
    /// # Errors
    /// [`Error::is_not_yours`] if a relation is shared and this is the view of a user; in that case
    /// nothing is deleted. Otherwise as [`forget`](crate::MemoryView::forget).
    pub async fn delete_relations(&self, relations: &[Relation]) -> Result<Deleted, Error> {
        self.view.check_writable()?;
        let _turn = self.turn().await;
        let elements = self.elements_of(&set(relations.iter().map(|it| it.from.as_str()))).await?;
        let wanted: HashSet<&Relation> = relations.iter().collect();
        let found =
            elements.iter().filter(|it| it.relation().is_some_and(|it| wanted.contains(it)));
        let found: Vec<&Element> = found.collect();
        for (place, relation) in relations.iter().enumerate() {
            let is_foreign = |it: &&Element| it.relation() == Some(relation) && !self.is_own(it);
            if found.iter().any(is_foreign) {
                return Err(shared(format!("relations[{place}]"), &relation.from));
            }
        }
        let count = found.iter().filter_map(|it| it.relation()).collect::<HashSet<_>>().len();
        let keys = self.forget(self.own(found)).await?;
        Ok(Deleted { count, missing: Vec::new(), keys })
    }

    /// Stores the types of entities that only records in `gone` state, such as imported notes.
    async fn keep_types(
        &self,
        elements: &[Element],
        gone: &HashSet<&Identity>,
    ) -> Result<(), Error> {
        let mut drafts = Drafts::new(self)?;
        let is_gone = |element: &&Element| gone.contains(&element.identity);
        let stays = elements.iter().filter(|it| !is_gone(it) && it.sort().is_some());
        let mut typed: HashSet<&str> = stays.filter_map(Element::entity).collect();
        for element in elements.iter().filter(is_gone) {
            let (Some(name), Some(sort)) = (element.entity(), element.sort()) else { continue };
            if typed.insert(name) {
                let (name, entity_type) = (name.to_owned(), sort.to_owned());
                let entity = Entity { name, entity_type, observations: Vec::new() };
                drafts.entity("deletions".to_owned(), &entity);
            }
        }
        drafts.store(self).await.map(drop)
    }

    async fn forget(&self, records: Vec<Identity>) -> Result<Vec<Key>, Error> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let options = ForgetOptions::new(ForgetTarget::Records(records));
        Ok(self.view.forget(options).await?.keys)
    }
}

/// Returns the names that are not among the entities, each once.
fn missing<'n>(names: impl Iterator<Item = &'n str>, entities: &HashSet<&str>) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for name in names {
        if !entities.contains(name) && !missing.iter().any(|it| it == name) {
            missing.push(name.to_owned());
        }
    }
    missing
}

fn shared(at: String, name: &str) -> Error {
    Error::Graph { at, problem: GraphProblem::Shared { name: name.to_owned() } }
}
