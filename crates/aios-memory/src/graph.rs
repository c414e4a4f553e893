//! A graph of entities, their observations and their relations, with the rules of the official
//! memory server of the Model Context Protocol. It is stored as facts.
//!
//! - An entity is a fact that states its type. An observation is a fact whose subject is the
//!   entity. A relation is a fact whose subject is its first entity. They have no attributes, so
//!   that they neither end nor contradict each other. [`Mark`] in the metadata of a fact names its
//!   part in the graph.
//! - Facts without a mark that have a subject, such as learned ones, are observations of it.
//! - Notes with a mark belong to the graph too: those of an imported `memory.jsonl`.
//!
//! Not here: the tools that offer the graph to a model, see `aios-memory-server`.

mod delete;
mod draft;
mod element;
mod mark;
mod problem;
mod read;
mod write;

use std::collections::BTreeSet;

use aios_record::{Key, Provenance};
use serde::{Deserialize, Serialize};

pub use self::{mark::Mark, problem::GraphProblem};
use crate::{MemoryView, Turn};

/// An entity, with its observations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entity {
    /// The name, unique in the graph.
    pub name: String,
    /// The type. Empty for an entity that was never created, only observed.
    pub entity_type: String,
    /// The observations, oldest first.
    pub observations: Vec<String>,
}

/// A relation between two entities.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Relation {
    /// The name of the entity where it starts.
    pub from: String,
    /// The name of the entity where it ends.
    pub to: String,
    /// The type.
    pub relation_type: String,
}

/// The observations of one entity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Observations {
    /// The name of the entity.
    pub entity_name: String,
    /// The observations.
    pub contents: Vec<String>,
}

/// Entities and relations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct KnowledgeGraph {
    /// The entities, the first stored first.
    pub entities: Vec<Entity>,
    /// The relations, the first stored first.
    pub relations: Vec<Relation>,
    /// True if older facts were not read, because there are more than 50,000.
    #[serde(skip)]
    pub is_partial: bool,
}

/// The outcome of adding to the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added<T> {
    /// The parts that are new.
    pub parts: Vec<T>,
    /// Keys of the stored records.
    pub keys: Vec<Key>,
}

/// The outcome of deleting from the graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Number of deleted entities, observations or relations among those that were named.
    pub count: usize,
    /// Named entities that the graph does not have.
    pub missing: Vec<String>,
    /// Keys of the removed records.
    pub keys: Vec<Key>,
}

/// The graph of entities, observations and relations, as a view works with it. It contains the
/// owner's parts and shared ones, and changes only the owner's.
///
/// ```
/// # use aios_memory::{AgentMemory, Config, graph::{Entity, Observations}};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
/// let ada = Entity {
///     name: "Ada".to_owned(),
///     entity_type: "person".to_owned(),
///     observations: vec!["plays chess".to_owned()],
/// };
/// assert_eq!(memory.graph().create_entities(vec![ada]).await?.parts.len(), 1);
/// let more = Observations {
///     entity_name: "Ada".to_owned(),
///     contents: vec!["plays chess".to_owned(), "lives in Ghent".to_owned()],
/// };
/// let added = memory.graph().add_observations(vec![more]).await?.parts;
/// assert_eq!(added[0].contents, ["lives in Ghent"]);
/// assert_eq!(memory.graph().search("CHESS").await?.entities[0].observations.len(), 2);
/// # memory.shutdown().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Graph<'a> {
    view: &'a MemoryView,
    provenance: Provenance,
}

impl MemoryView {
    /// Returns the graph of entities.
    #[must_use]
    pub fn graph(&self) -> Graph<'_> {
        Graph { view: self, provenance: Provenance::default() }
    }
}

impl Graph<'_> {
    /// Sets the writer of new parts. Default: unknown.
    #[must_use]
    pub fn with_provenance(self, provenance: Provenance) -> Self {
        Graph { provenance, ..self }
    }

    /// Locks out the other writers of the same owner in this process.
    async fn turn(&self) -> Turn {
        let owner = self.view.gate().acts_for().map_or("", |owner| owner.as_str());
        self.view.shared().remembering.of([format!("graph/{owner}")]).await
    }
}

/// Returns each name once.
fn set<'n>(names: impl IntoIterator<Item = &'n str>) -> BTreeSet<&'n str> {
    names.into_iter().collect()
}
