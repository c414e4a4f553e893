//! An ingested `memory.jsonl` in the graph of entities.

use std::io::Cursor;

use aios_exchange::ingest::{self, IngestOptions};
use aios_memory::{
    MemoryView,
    graph::{Entity, Observations, Relation},
};

use crate::{Fixture, of};

const MEMORY: &str = r#"
{"type":"entity","name":"Ada","entityType":"person","observations":["plays chess"]}
{"type":"entity","name":"Acme","entityType":"company","observations":[]}
{"type":"relation","from":"Ada","to":"Acme","relationType":"works_at"}
"#;

async fn ingest(view: &MemoryView) -> u64 {
    let input = Cursor::new(MEMORY.as_bytes());
    ingest::reader(view, input, None, IngestOptions::default()).await.unwrap().tally.added
}

fn entity(name: &str, sort: &str, observations: &[&str]) -> Entity {
    let observations = observations.iter().map(|it| (*it).to_owned()).collect();
    Entity { name: name.to_owned(), entity_type: sort.to_owned(), observations }
}

fn about(name: &str, text: &str) -> Observations {
    Observations { entity_name: name.to_owned(), contents: vec![text.to_owned()] }
}

#[tokio::test]
async fn an_ingested_memory_is_a_graph_that_can_be_extended_and_deleted() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let ada = of(&memory, "ada");
    assert_eq!(ingest(&ada).await, 3);
    ada.remember("Ada keeps the keys.").await.unwrap();
    let graph = ada.graph().read().await.unwrap();
    let acme = entity("Acme", "company", &[]);
    assert_eq!(graph.entities, [entity("Ada", "person", &["plays chess"]), acme.clone()]);
    let works_at = Relation {
        from: "Ada".to_owned(),
        to: "Acme".to_owned(),
        relation_type: "works_at".to_owned(),
    };
    assert_eq!(graph.relations, std::slice::from_ref(&works_at));
    assert!(of(&memory, "bob").graph().read().await.unwrap().entities.is_empty());

    // Imported parts exist.
    let again = vec![entity("Ada", "cat", &[]), acme.clone()];
    assert!(ada.graph().create_entities(again).await.unwrap().parts.is_empty());
    assert!(ada.graph().create_relations(vec![works_at.clone()]).await.unwrap().parts.is_empty());
    let known = vec![about("Ada", "plays chess"), about("Ada", "is tall")];
    let added = ada.graph().add_observations(known).await.unwrap().parts;
    assert_eq!((added[0].contents.len(), added[1].contents.len()), (0, 1));

    // The entity keeps its type without the note that states it.
    let deletions = [about("Ada", "plays chess"), about("Ada", "is tall")];
    assert_eq!(ada.graph().delete_observations(&deletions).await.unwrap().count, 2);
    let graph = ada.graph().open(&["Ada".to_owned()]).await.unwrap();
    assert_eq!(graph.entities, [entity("Ada", "person", &[])]);
    assert_eq!(graph.relations.len(), 1);
    assert_eq!(ada.graph().delete_relations(&[works_at]).await.unwrap().count, 1);
    ada.graph().delete_entities(&["Acme".to_owned()]).await.unwrap();
    assert_eq!(ingest(&ada).await, 0, "deleted parts do not come back by themselves");
    let graph = ada.graph().read().await.unwrap();
    assert_eq!((graph.entities.len(), graph.relations.len()), (1, 0));
    let back = ada.graph().add_observations(vec![about("Ada", "plays chess")]).await.unwrap();
    assert_eq!(back.parts[0].contents, ["plays chess"]);
    memory.shutdown().await.unwrap();
}
