//! The nine tools of the official memory server: entities, observations and relations. Arguments
//! and answers are those of the reference implementation. Not here: the limits of an answer with a
//! graph, see `shown`.

mod shown;

use aios_memory::{
    Key,
    graph::{Added, Deleted, Entity, Observations, Relation},
};
use rmcp::model::JsonObject;
use serde::Serialize;
use serde_json::json;

use crate::{
    failure::Failure,
    mcp::{
        answer::Answer,
        arguments::Arguments,
        schema::{closed, objects, text, texts_to},
        visit::Visit,
    },
};

/// Maximum number of entities, relations, names, or objects with observations per call.
const ITEMS_MAX: usize = 256;
/// Maximum number of observations per call.
const OBSERVATIONS_MAX: usize = 1_000;
const TEXT_CHARS_MAX: usize = 20_000;
/// Maximum length of a name or a type, in characters.
const NAME_CHARS_MAX: usize = 256;
/// Maximum length of a query in characters, as in the reference implementation.
const QUERY_CHARS_MAX: usize = 2_048;
/// Maximum number of unknown names that an answer lists.
const MISSING_SHOWN_MAX: usize = 20;
/// Name of the writer of records that these tools store.
const MODULE: &str = "mcp";

const ENTITY: &[&str] = &["name", "entityType", "observations"];
const RELATION: &[&str] = &["from", "to", "relationType"];
const ADDITION: &[&str] = &["entityName", "contents"];
const DELETION: &[&str] = &["entityName", "observations"];

type About = (&'static str, JsonObject);

pub(super) fn about_create_entities() -> About {
    let observations = texts_to(OBSERVATIONS_MAX);
    let entity = json!({"name": text(), "entityType": text(), "observations": observations});
    let entities = objects(entity, ENTITY, ITEMS_MAX);
    let about = "Create new entities in the knowledge graph. Names that exist are skipped.";
    (about, closed(json!({"entities": entities}), &["entities"]))
}

pub(super) fn about_create_relations() -> About {
    let about = "Create new relations between entities in the knowledge graph, in active voice.";
    (about, of_relations())
}

pub(super) fn about_add_observations() -> About {
    let addition = json!({"entityName": text(), "contents": texts_to(OBSERVATIONS_MAX)});
    let additions = objects(addition, ADDITION, ITEMS_MAX);
    let about = "Add new observations to existing entities in the knowledge graph.";
    (about, closed(json!({"observations": additions}), &["observations"]))
}

pub(super) fn about_delete_entities() -> About {
    let about = "Delete entities and their relations from the knowledge graph, for good.";
    (about, closed(json!({"entityNames": texts_to(ITEMS_MAX)}), &["entityNames"]))
}

pub(super) fn about_delete_observations() -> About {
    let deletion = json!({"entityName": text(), "observations": texts_to(OBSERVATIONS_MAX)});
    let deletions = objects(deletion, DELETION, ITEMS_MAX);
    let about = "Delete observations of entities from the knowledge graph, for good.";
    (about, closed(json!({"deletions": deletions}), &["deletions"]))
}

pub(super) fn about_delete_relations() -> About {
    ("Delete relations from the knowledge graph, for good.", of_relations())
}

pub(super) fn about_read_graph() -> About {
    ("Read the entire knowledge graph.", closed(json!({}), &[]))
}

pub(super) fn about_search_nodes() -> About {
    let about = "Search for entities by a text in their names, types and observations.";
    (about, closed(json!({"query": text()}), &["query"]))
}

pub(super) fn about_open_nodes() -> About {
    let about = "Open entities in the knowledge graph by their names.";
    (about, closed(json!({"names": texts_to(ITEMS_MAX)}), &["names"]))
}

fn of_relations() -> JsonObject {
    let relation = json!({"from": text(), "to": text(), "relationType": text()});
    closed(json!({"relations": objects(relation, RELATION, ITEMS_MAX)}), &["relations"])
}

pub(super) async fn create_entities(
    visit: &Visit,
    arguments: Option<JsonObject>,
) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("create_entities", &["entities"], arguments)?;
    let entities = arguments.objects("entities", ENTITY, ITEMS_MAX, |item| {
        let name = item.text("name", NAME_CHARS_MAX)?;
        let entity_type = item.label("entityType", NAME_CHARS_MAX)?;
        let observations = item.given_texts("observations", OBSERVATIONS_MAX, TEXT_CHARS_MAX)?;
        Ok(Entity { name, entity_type, observations })
    })?;
    check_count("entities", entities.iter().map(|it| it.observations.len()).sum())?;
    let (view, provenance) = (visit.view.clone(), visit.provenance(MODULE));
    let adding = Box::pin(async move {
        view.graph().with_provenance(provenance).create_entities(entities).await
    });
    Ok(added("entities", visit.call.write(adding).await?))
}

pub(super) async fn create_relations(
    visit: &Visit,
    arguments: Option<JsonObject>,
) -> Result<Answer, Failure> {
    let relations = relations("create_relations", arguments)?;
    let (view, provenance) = (visit.view.clone(), visit.provenance(MODULE));
    let adding = Box::pin(async move {
        view.graph().with_provenance(provenance).create_relations(relations).await
    });
    Ok(added("relations", visit.call.write(adding).await?))
}

pub(super) async fn add_observations(
    visit: &Visit,
    arguments: Option<JsonObject>,
) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("add_observations", &["observations"], arguments)?;
    let given = observations(&mut arguments, "observations", ADDITION)?;
    let (view, provenance) = (visit.view.clone(), visit.provenance(MODULE));
    let adding =
        Box::pin(
            async move { view.graph().with_provenance(provenance).add_observations(given).await },
        );
    let Added { parts, keys } = visit.call.write(adding).await?;
    let parts = parts.into_iter().map(|Observations { entity_name, contents }| AddedTo {
        entity_name,
        added_observations: contents,
    });
    Ok(added("results", Added { parts: parts.collect(), keys }))
}

pub(super) async fn delete_entities(
    visit: &Visit,
    arguments: Option<JsonObject>,
) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("delete_entities", &["entityNames"], arguments)?;
    let names = arguments.given_texts("entityNames", ITEMS_MAX, NAME_CHARS_MAX)?;
    let view = visit.view.clone();
    let deleting = Box::pin(async move { view.graph().delete_entities(&names).await });
    let gone = visit.call.write(deleting).await?;
    let text = match gone.missing.is_empty() {
        true => "Entities deleted successfully".to_owned(),
        false => format!(
            "Deleted {} of {} entities. Not found: {}",
            gone.count,
            gone.count + gone.missing.len(),
            listed(&gone.missing)
        ),
    };
    Ok(deleted(text, gone))
}

pub(super) async fn delete_observations(
    visit: &Visit,
    arguments: Option<JsonObject>,
) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("delete_observations", &["deletions"], arguments)?;
    let mut deletions = observations(&mut arguments, "deletions", DELETION)?;
    let requested: usize = deletions.iter().map(|it| it.contents.len()).sum();
    shown::stored(visit, &mut deletions).await?;
    let view = visit.view.clone();
    let deleting = Box::pin(async move { view.graph().delete_observations(&deletions).await });
    let gone = visit.call.write(deleting).await?;
    let mut text = match gone.count == requested {
        true => "Observations deleted successfully".to_owned(),
        false => format!("Deleted {} of {requested} observations.", gone.count),
    };
    if gone.count < requested && !gone.missing.is_empty() {
        text.push_str(&format!(" Entities not found: {}", listed(&gone.missing)));
    }
    Ok(deleted(text, gone))
}

pub(super) async fn delete_relations(
    visit: &Visit,
    arguments: Option<JsonObject>,
) -> Result<Answer, Failure> {
    let relations = relations("delete_relations", arguments)?;
    let requested = relations.len();
    let view = visit.view.clone();
    let deleting = Box::pin(async move { view.graph().delete_relations(&relations).await });
    let gone = visit.call.write(deleting).await?;
    let text = match gone.count == requested {
        true => "Relations deleted successfully".to_owned(),
        false => {
            format!("Deleted {} of {requested} relations. The rest matched nothing.", gone.count)
        }
    };
    Ok(deleted(text, gone))
}

pub(super) async fn read_graph(
    visit: &Visit,
    arguments: Option<JsonObject>,
) -> Result<Answer, Failure> {
    Arguments::of("read_graph", &[], arguments)?;
    let graph = visit.call.read(Box::pin(async { visit.view.graph().read().await })).await?;
    Ok(shown::answer(visit, graph))
}

pub(super) async fn search_nodes(
    visit: &Visit,
    arguments: Option<JsonObject>,
) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("search_nodes", &["query"], arguments)?;
    let query = arguments.label("query", QUERY_CHARS_MAX)?;
    let found = Box::pin(async { visit.view.graph().search(&query).await });
    Ok(shown::answer(visit, visit.call.read(found).await?))
}

pub(super) async fn open_nodes(
    visit: &Visit,
    arguments: Option<JsonObject>,
) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("open_nodes", &["names"], arguments)?;
    let names = arguments.given_texts("names", ITEMS_MAX, NAME_CHARS_MAX)?;
    let opened = Box::pin(async { visit.view.graph().open(&names).await });
    Ok(shown::answer(visit, visit.call.read(opened).await?))
}

/// Removes and returns the relations of a call.
fn relations(tool: &str, arguments: Option<JsonObject>) -> Result<Vec<Relation>, Failure> {
    let mut arguments = Arguments::of(tool, &["relations"], arguments)?;
    arguments.objects("relations", RELATION, ITEMS_MAX, |item| {
        let from = item.text("from", NAME_CHARS_MAX)?;
        let to = item.text("to", NAME_CHARS_MAX)?;
        let relation_type = item.text("relationType", NAME_CHARS_MAX)?;
        Ok(Relation { from, to, relation_type })
    })
}

/// Removes and returns observations by entity. The last member of `known` has the texts.
fn observations(
    arguments: &mut Arguments,
    name: &str,
    known: &[&str],
) -> Result<Vec<Observations>, Failure> {
    let texts = known.last().copied().unwrap_or_default();
    let given = arguments.objects(name, known, ITEMS_MAX, |item| {
        let entity_name = item.text("entityName", NAME_CHARS_MAX)?;
        let contents = item.given_texts(texts, OBSERVATIONS_MAX, TEXT_CHARS_MAX)?;
        Ok(Observations { entity_name, contents })
    })?;
    check_count(name, given.iter().map(|it| it.contents.len()).sum())?;
    Ok(given)
}

/// Checks the number of observations of a call.
fn check_count(name: &str, count: usize) -> Result<(), Failure> {
    match count <= OBSERVATIONS_MAX {
        true => Ok(()),
        false => Err(Failure::invalid(format!(
            "`{name}`: expected at most {OBSERVATIONS_MAX} observations in all, not {count}"
        ))),
    }
}

/// The new observations of an entity.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AddedTo {
    entity_name: String,
    added_observations: Vec<String>,
}

/// Returns the answer with new parts: a list as text, an object with the list as JSON.
fn added<T: Serialize>(name: &str, Added { parts, keys }: Added<T>) -> Answer {
    let text = serde_json::to_string(&parts).unwrap_or_default();
    Answer::done(text, json!({name: parts}), changed(&keys))
}

fn deleted(text: String, gone: Deleted) -> Answer {
    let value = json!({"success": true, "message": text});
    Answer::done(text, value, changed(&gone.keys))
}

fn changed(keys: &[Key]) -> Vec<String> {
    keys.iter().map(Key::to_string).collect()
}

/// Returns the first names, and the number of the others.
fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(MISSING_SHOWN_MAX).map(String::as_str).collect();
    let shown = shown.join(", ");
    match names.len().checked_sub(MISSING_SHOWN_MAX) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}
