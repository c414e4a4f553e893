//! A graph as an answer: JSON within a token budget. Hosts parse the answer, so only whole entities
//! and relations are left out. Their number is stated.

use std::collections::HashMap;

use aios_memory::graph::{Entity, KnowledgeGraph, Observations, Relation};
use serde::Serialize;
use serde_json::json;

use crate::{
    failure::Failure,
    mcp::{
        answer::{Answer, tokens},
        quote::Quotable,
        visit::Visit,
    },
};

/// Maximum number of tokens of an answer.
const TOKENS_MAX: usize = 20_000;
/// Maximum number of tokens of its entities. Relations get the rest.
const ENTITY_TOKENS_MAX: usize = TOKENS_MAX / 4 * 3;
/// Tokens reserved for its other parts.
const FRAME_TOKENS: usize = 200;
/// The next step if parts are left out.
const TRY: &str = "search_nodes, or open_nodes with fewer names";

/// A graph as JSON.
#[derive(Serialize)]
struct Shown {
    entities: Vec<Entity>,
    relations: Vec<Relation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    omitted: Option<Omitted>,
}

/// Numbers of the parts that are left out.
#[derive(Default, PartialEq, Eq, Serialize)]
struct Omitted {
    entities: usize,
    /// Number of observations left out of included entities.
    observations: usize,
    relations: usize,
    /// True if older facts were not read.
    #[serde(rename = "olderFacts")]
    has_older: bool,
    r#try: &'static str,
}

/// Returns the answer with a graph. The parts stored last have precedence.
pub(super) fn answer(visit: &Visit, graph: KnowledgeGraph) -> Answer {
    let KnowledgeGraph { entities, relations, is_partial } = graph;
    let mut omitted = Omitted { has_older: is_partial, ..Omitted::default() };
    let mut room = ENTITY_TOKENS_MAX;
    let counts = (entities.len(), relations.len());
    let mut kept: Vec<Entity> = Vec::new();
    for entity in entities.into_iter().rev() {
        let entity = marked(visit, entity);
        let (cut, cost) = match cost_of(&entity) {
            cost if cost <= room => (entity, cost),
            _ if kept.is_empty() => {
                let count = entity.observations.len();
                let (cut, cost) = fitting(entity, room);
                omitted.observations = count - cut.observations.len();
                (cut, cost)
            }
            _ => break,
        };
        room = room.saturating_sub(cost);
        kept.push(cut);
    }
    room += TOKENS_MAX - ENTITY_TOKENS_MAX - FRAME_TOKENS;
    let mut related: Vec<Relation> = Vec::new();
    for relation in relations.into_iter().rev() {
        let cost = cost_of(&relation);
        if room < cost {
            break;
        }
        room -= cost;
        related.push(relation);
    }
    omitted.entities = counts.0 - kept.len();
    omitted.relations = counts.1 - related.len();
    kept.reverse();
    related.reverse();
    let is_whole = omitted == Omitted::default();
    let omitted = Some(Omitted { r#try: TRY, ..omitted }).filter(|_| !is_whole);
    let shown = Shown { entities: kept, relations: related, omitted };
    let text = serde_json::to_string(&shown).unwrap_or_default();
    Answer::read(text, json!(shown))
}

/// Replaces observations that have the form shown in answers by the stored ones.
pub(super) async fn stored(visit: &Visit, given: &mut [Observations]) -> Result<(), Failure> {
    let names: Vec<String> = given.iter().map(|it| it.entity_name.clone()).collect();
    let opened = Box::pin(async { visit.view.graph().open(&names).await });
    let entities = visit.call.read(opened).await?.entities;
    let entities: HashMap<&str, &Entity> =
        entities.iter().map(|entity| (entity.name.as_str(), entity)).collect();
    for Observations { entity_name, contents } in given {
        let Some(entity) = entities.get(entity_name.as_str()) else { continue };
        for text in contents.iter_mut().filter(|text| !entity.observations.contains(text)) {
            let is_same = |stored: &&String| as_shown(visit, stored) == *text;
            if let Some(stored) = entity.observations.iter().find(is_same) {
                text.clone_from(stored);
            }
        }
    }
    Ok(())
}

/// Returns an entity with its observations in the form for a model.
fn marked(visit: &Visit, entity: Entity) -> Entity {
    let observations = entity.observations.iter().map(|text| as_shown(visit, text)).collect();
    Entity { observations, ..entity }
}

fn as_shown(visit: &Visit, text: &str) -> String {
    let text = Quotable::of(&visit.view, text);
    format!("{}{}", text.warning(), text.bare(usize::MAX))
}

/// Returns an entity with as many of its last observations as fit, and its number of tokens.
fn fitting(mut entity: Entity, tokens_max: usize) -> (Entity, usize) {
    let observations = std::mem::take(&mut entity.observations);
    let mut cost = cost_of(&entity);
    for text in observations.into_iter().rev() {
        let more = cost_of(&text);
        if tokens_max < cost + more {
            break;
        }
        cost += more;
        entity.observations.push(text);
    }
    entity.observations.reverse();
    (entity, cost)
}

/// Returns the number of tokens of a part followed by a comma.
fn cost_of(part: &impl Serialize) -> usize {
    tokens(&serde_json::to_string(part).unwrap_or_default()) + 1
}
