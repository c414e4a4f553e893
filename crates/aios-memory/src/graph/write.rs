//! Adding to the graph. Duplicates are skipped.

use std::collections::HashSet;

use super::{
    Added, Entity, Graph, GraphProblem, Observations, Relation,
    draft::{Drafts, check_name, guarded},
    element::Element,
    set,
};
use crate::Error;

impl Graph<'_> {
    /// Stores new entities with their observations, all or none. An entity whose name exists is
    /// skipped. An entity that was only observed gets its type.
    ///
    /// # Errors
    /// - [`Error::Graph`] if the guard refuses a text or a name, or the owner rejected a statement.
    /// - [`Error::ReadOnly`] if the memory was opened read-only.
    /// - Errors of working or long-term memory.
    pub async fn create_entities(&self, entities: Vec<Entity>) -> Result<Added<Entity>, Error> {
        self.view.check_writable()?;
        let entities = entities.into_iter().enumerate();
        let entities = entities.map(|(place, entity)| self.guarded_entity(place, entity));
        let entities = entities.collect::<Result<Vec<Entity>, Error>>()?;
        let _turn = self.turn().await;
        let stored = self.elements_of(&set(entities.iter().map(|it| it.name.as_str()))).await?;
        let created = stored.iter().filter(|element| element.sort().is_some());
        let mut known: HashSet<String> = created.map(|element| element.name().to_owned()).collect();
        let mut drafts = Drafts::new(self)?;
        let mut parts = Vec::new();
        for (place, entity) in entities.into_iter().enumerate() {
            if !known.insert(entity.name.clone()) {
                continue;
            }
            drafts.entity(format!("entities[{place}]"), &entity);
            for (index, text) in entity.observations.iter().enumerate() {
                let at = format!("entities[{place}].observations[{index}]");
                drafts.observation(at, &entity.name, text);
            }
            parts.push(entity);
        }
        Ok(Added { parts, keys: drafts.store(self).await? })
    }

    /// Stores new relations between entities, all or none. Relations that exist are skipped.
    ///
    /// # Errors
    /// [`Error::is_not_found`] for a relation of an unknown entity; otherwise as
    /// [`create_entities`](Graph::create_entities).
    pub async fn create_relations(
        &self,
        relations: Vec<Relation>,
    ) -> Result<Added<Relation>, Error> {
        self.view.check_writable()?;
        let guard = self.view.config().to_guard();
        for (place, relation) in relations.iter().enumerate() {
            let at = format!("relations[{place}].relationType");
            check_name(guard, &at, &relation.relation_type)?;
        }
        let _turn = self.turn().await;
        let names = relations.iter().flat_map(|it| [it.from.as_str(), it.to.as_str()]);
        let stored = self.elements_of(&set(names)).await?;
        let entities: HashSet<&str> = stored.iter().filter_map(Element::entity).collect();
        for (place, Relation { from, to, .. }) in relations.iter().enumerate() {
            for (field, name) in [("from", from), ("to", to)] {
                if !entities.contains(name.as_str()) {
                    return Err(unknown(format!("relations[{place}].{field}"), name));
                }
            }
        }
        let mut known: HashSet<Relation> =
            stored.iter().filter_map(|it| it.relation().cloned()).collect();
        let mut drafts = Drafts::new(self)?;
        let mut parts = Vec::new();
        for (place, relation) in relations.into_iter().enumerate() {
            if known.insert(relation.clone()) {
                drafts.relation(format!("relations[{place}]"), &relation);
                parts.push(relation);
            }
        }
        Ok(Added { parts, keys: drafts.store(self).await? })
    }

    /// Stores new observations of entities, all or none, and returns those that are new for each
    /// entity. Observations that exist are skipped.
    ///
    /// # Errors
    /// [`Error::is_not_found`] for an unknown entity; otherwise as
    /// [`create_entities`](Graph::create_entities).
    pub async fn add_observations(
        &self,
        observations: Vec<Observations>,
    ) -> Result<Added<Observations>, Error> {
        self.view.check_writable()?;
        let _turn = self.turn().await;
        let names = set(observations.iter().map(|it| it.entity_name.as_str()));
        let stored = self.elements_of(&names).await?;
        let entities: HashSet<&str> = stored.iter().filter_map(Element::entity).collect();
        let guard = self.view.config().to_guard();
        let mut drafts = Drafts::new(self)?;
        let mut parts = Vec::new();
        let mut new: HashSet<(String, String)> = HashSet::new();
        for (place, Observations { entity_name, contents }) in observations.iter().enumerate() {
            if !entities.contains(entity_name.as_str()) {
                return Err(unknown(format!("observations[{place}].entityName"), entity_name));
            }
            let mut added = Vec::new();
            for (index, text) in contents.iter().enumerate() {
                let at = format!("observations[{place}].contents[{index}]");
                let text = guarded(guard, &at, entity_name, text)?;
                let is_known = stored.iter().any(|it| it.observes(entity_name, &text));
                if !is_known && new.insert((entity_name.clone(), text.clone())) {
                    drafts.observation(at, entity_name, &text);
                    added.push(text);
                }
            }
            parts.push(Observations { entity_name: entity_name.clone(), contents: added });
        }
        Ok(Added { parts, keys: drafts.store(self).await? })
    }

    /// Returns an entity after the guard, with each observation once.
    fn guarded_entity(&self, place: usize, entity: Entity) -> Result<Entity, Error> {
        let guard = self.view.config().to_guard();
        let Entity { name, entity_type, observations } = entity;
        check_name(guard, &format!("entities[{place}].name"), &name)?;
        check_name(guard, &format!("entities[{place}].entityType"), &entity_type)?;
        let mut kept: Vec<String> = Vec::with_capacity(observations.len());
        let mut seen = HashSet::new();
        for (index, text) in observations.iter().enumerate() {
            let at = format!("entities[{place}].observations[{index}]");
            let text = guarded(guard, &at, &name, text)?;
            if seen.insert(text.clone()) {
                kept.push(text);
            }
        }
        Ok(Entity { name, entity_type, observations: kept })
    }
}

fn unknown(at: String, name: &str) -> Error {
    Error::Graph { at, problem: GraphProblem::Unknown { name: name.to_owned() } }
}
