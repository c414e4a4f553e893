//! The graph of entities over facts: the rules of the reference implementation, owners, durability,
//! forgetting, and its place among other facts.

use aios_memory::{
    AgentMemory, Error, FactQuery, Kind, MemoryView,
    graph::{Deleted, Entity, GraphProblem, KnowledgeGraph, Observations, Relation},
    guard::Policy,
};
use serde_json::{Value, json};

use crate::{Fixture, of, texts};

fn entity(name: &str, sort: &str, observations: &[&str]) -> Entity {
    let observations = observations.iter().map(|it| (*it).to_owned()).collect();
    Entity { name: name.to_owned(), entity_type: sort.to_owned(), observations }
}

fn relation(from: &str, sort: &str, to: &str) -> Relation {
    let [from, relation_type, to] = [from, sort, to].map(str::to_owned);
    Relation { from, to, relation_type }
}

fn about(name: &str, contents: &[&str]) -> Observations {
    let contents = contents.iter().map(|it| (*it).to_owned()).collect();
    Observations { entity_name: name.to_owned(), contents }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|it| (*it).to_owned()).collect()
}

async fn create(view: &MemoryView, entities: Vec<Entity>) -> Vec<Entity> {
    view.graph().create_entities(entities).await.unwrap().parts
}

async fn relate(view: &MemoryView, relations: Vec<Relation>) -> Vec<Relation> {
    view.graph().create_relations(relations).await.unwrap().parts
}

async fn add(view: &MemoryView, observations: Vec<Observations>) -> Vec<Observations> {
    view.graph().add_observations(observations).await.unwrap().parts
}

async fn read(view: &MemoryView) -> KnowledgeGraph {
    view.graph().read().await.unwrap()
}

fn problem(error: Error) -> (String, GraphProblem) {
    match error {
        Error::Graph { at, problem } => (at, problem),
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn duplicates_are_skipped_and_deleting_an_entity_deletes_its_relations() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let ada = entity("Ada", "person", &["plays chess"]);
    let bo = entity("Bo", "person", &[]);
    let new = create(&memory, vec![ada.clone(), bo.clone(), entity("Ada", "cat", &["x"])]).await;
    assert_eq!(new, [ada.clone(), bo.clone()]);
    assert!(create(&memory, vec![entity("Ada", "dog", &["barks"])]).await.is_empty());
    let knows = relation("Ada", "knows", "Bo");
    let likes = relation("Bo", "likes", "Ada");
    let new = relate(&memory, vec![knows.clone(), likes.clone(), knows.clone()]).await;
    assert_eq!(new, [knows.clone(), likes.clone()]);
    assert!(relate(&memory, vec![knows.clone()]).await.is_empty());
    let new = add(&memory, vec![about("Ada", &["plays chess", "is tall", "is tall"])]).await;
    assert_eq!(new, [about("Ada", &["is tall"])]);
    let graph = read(&memory).await;
    assert_eq!(graph.entities, [entity("Ada", "person", &["plays chess", "is tall"]), bo.clone()]);
    assert_eq!(graph.relations, [knows.clone(), likes.clone()]);

    let opened = memory.graph().open(&names(&["Bo", "Nobody"])).await.unwrap();
    assert_eq!(opened.entities, std::slice::from_ref(&bo));
    assert_eq!(opened.relations.len(), 2, "of either end");
    for (query, count) in [("TALL", 1), ("person", 2), ("ada", 1), ("x", 0), ("", 2)] {
        assert_eq!(memory.graph().search(query).await.unwrap().entities.len(), count, "{query}");
    }

    let gone = memory.graph().delete_entities(&names(&["Ada", "Nobody"])).await.unwrap();
    assert_eq!((gone.count, gone.missing), (1, names(&["Nobody"])));
    assert_eq!(gone.keys.len(), 5, "the type, two observations, two relations");
    let graph = read(&memory).await;
    assert_eq!((graph.entities, graph.relations.len()), (vec![bo], 0));
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_call_with_an_unknown_entity_stores_nothing() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    create(&memory, vec![entity("Ada", "person", &[])]).await;
    let given = vec![about("Ada", &["is tall"]), about("Bo", &["is small"])];
    let refused = memory.graph().add_observations(given).await.unwrap_err();
    assert!(refused.is_not_found(), "{refused}");
    let (at, _) = problem(refused);
    assert_eq!(at, "observations[1].entityName");
    let given = vec![relation("Ada", "likes", "Ada"), relation("Ada", "knows", "Bo")];
    let (at, found) = problem(memory.graph().create_relations(given).await.unwrap_err());
    assert_eq!(at, "relations[1].to");
    assert_eq!(found, GraphProblem::Unknown { name: "Bo".to_owned() });
    let graph = read(&memory).await;
    assert_eq!((graph.entities[0].observations.len(), graph.relations.len()), (0, 0));
    assert_eq!(memory.graph().delete_relations(&[]).await.unwrap(), Deleted::default());
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_rejected_statement_stores_nothing_of_its_call() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    create(&memory, vec![entity("Ada", "person", &["is tall"])]).await;
    let facts = memory.facts().list(FactQuery::default()).await.unwrap().facts;
    let tall = facts.iter().find(|fact| fact.text == "Ada: is tall").unwrap();
    memory.facts().reject(&tall.id).await.unwrap();
    let given = vec![about("Ada", &["is old", "is tall"])];
    let (at, found) = problem(memory.graph().add_observations(given).await.unwrap_err());
    assert_eq!((at.as_str(), found), ("observations[0].contents[1]", GraphProblem::Rejected));
    let given = vec![about("Ada", &["is tall"])];
    let (_, found) = problem(memory.graph().add_observations(given).await.unwrap_err());
    assert_eq!(found, GraphProblem::Rejected);
    assert_eq!(read(&memory).await.entities, [entity("Ada", "person", &[])]);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn deleted_parts_can_be_added_again_and_a_restart_keeps_them() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    create(&memory, vec![entity("Ada", "person", &["repairs zeppelins"])]).await;
    create(&memory, vec![entity("Bo", "person", &[])]).await;
    relate(&memory, vec![relation("Bo", "works_with", "Ada")]).await;
    for round in 0..3 {
        let deletions = [about("Ada", &["repairs zeppelins"])];
        let gone = memory.graph().delete_observations(&deletions).await.unwrap();
        assert_eq!(gone.count, 1, "round {round}");
        let found = texts(&memory, "zeppelins").await;
        assert!(!found.iter().any(|it| it.contains("zeppelins")), "round {round}: {found:?}");
        assert_eq!(read(&memory).await.entities[0], entity("Ada", "person", &[]));
        let again = add(&memory, vec![about("Ada", &["repairs zeppelins"])]).await;
        assert_eq!(again[0].contents.len(), 1, "round {round}");
        assert_eq!(texts(&memory, "zeppelins").await[0], "Ada: repairs zeppelins");
    }
    let gone = memory.graph().delete_relations(&[relation("Bo", "works_with", "Ada")]).await;
    assert_eq!(gone.unwrap().count, 1);
    relate(&memory, vec![relation("Bo", "works_with", "Ada")]).await;
    memory.graph().delete_entities(&names(&["Ada"])).await.unwrap();
    create(&memory, vec![entity("Ada", "person", &["repairs zeppelins"])]).await;
    relate(&memory, vec![relation("Bo", "works_with", "Ada")]).await;
    let before = read(&memory).await;
    assert_eq!((before.entities.len(), before.relations.len()), (2, 1));
    memory.shutdown().await.unwrap();

    let memory = fixture.open().await;
    assert_eq!(read(&memory).await, before);
    assert_eq!(texts(&memory, "zeppelins").await[0], "Ada: repairs zeppelins");
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn relations_and_observations_neither_end_nor_contradict_each_other() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let people = ["Ada", "Bo", "Cy"].map(|name| entity(name, "person", &["is here"]));
    create(&memory, people.to_vec()).await;
    relate(&memory, vec![relation("Ada", "knows", "Bo"), relation("Ada", "knows", "Cy")]).await;
    add(&memory, vec![about("Ada", &["lives in Ghent", "lives in Oslo"])]).await;
    assert!(memory.facts().contradictions().await.unwrap().is_empty());
    let graph = read(&memory).await;
    assert_eq!(graph.relations.len(), 2);
    assert_eq!(graph.entities[0].observations, ["is here", "lives in Ghent", "lives in Oslo"]);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn learned_facts_are_observations_of_their_subject() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let said = json!([{"content": "I live in Ghent.", "name": "Ada", "session": "s"}]);
    let said = said.as_array().unwrap().iter().filter_map(Value::as_object).cloned().collect();
    memory.facts().learn(said).await.unwrap();
    let learned = "Ada lives in Ghent.";
    assert_eq!(read(&memory).await.entities, [entity("Ada", "", &[learned])]);
    add(&memory, vec![about("Ada", &["plays chess"])]).await;
    let ada = entity("Ada", "person", &["is tall"]);
    assert_eq!(create(&memory, vec![ada.clone()]).await, [ada], "a type for an observed entity");
    let seen = read(&memory).await.entities;
    let observations = [learned, "plays chess", "is tall"];
    assert_eq!(seen[0].entity_type, "person");
    for observation in observations {
        assert!(seen[0].observations.iter().any(|it| it == observation), "{seen:?}");
    }
    let gone = memory.graph().delete_observations(&[about("Ada", &[learned])]).await.unwrap();
    assert_eq!(gone.count, 1);
    assert_eq!(read(&memory).await.entities[0].observations.len(), 2);
    memory.graph().delete_entities(&names(&["Ada"])).await.unwrap();
    assert!(read(&memory).await.entities.is_empty());
    assert!(memory.list(Kind::Fact, None, 10).await.unwrap().records.is_empty());
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_user_sees_shared_entities_and_changes_only_own_ones() {
    let fixture = Fixture::new();
    let memory: AgentMemory = fixture.open().await;
    let (ada, bob) = (of(&memory, "ada"), of(&memory, "bob"));
    create(&memory, vec![entity("Team", "group", &["meets on Mondays"])]).await;
    create(&ada, vec![entity("Ada", "person", &["is tall"])]).await;
    assert!(create(&ada, vec![entity("Team", "band", &[])]).await.is_empty(), "it exists");
    add(&ada, vec![about("Team", &["is late"])]).await;
    relate(&ada, vec![relation("Ada", "belongs_to", "Team")]).await;
    assert_eq!(read(&ada).await.entities.len(), 2);
    let of_bob = read(&bob).await;
    assert_eq!(of_bob.entities, [entity("Team", "group", &["meets on Mondays"])]);
    assert!(of_bob.relations.is_empty());
    assert!(bob.graph().search("tall").await.unwrap().entities.is_empty());
    assert!(bob.graph().open(&names(&["Ada"])).await.unwrap().entities.is_empty());
    let unseen = bob.graph().delete_entities(&names(&["Ada"])).await.unwrap();
    assert_eq!((unseen.count, unseen.missing.len()), (0, 1));
    let refused = bob.graph().add_observations(vec![about("Ada", &["x"])]).await.unwrap_err();
    assert!(refused.is_not_found());

    for refused in [
        ada.graph().delete_entities(&names(&["Ada", "Team"])).await.unwrap_err(),
        ada.graph()
            .delete_observations(&[about("Team", &["is late", "meets on Mondays"])])
            .await
            .unwrap_err(),
    ] {
        assert!(refused.is_not_yours(), "{refused}");
    }
    assert_eq!(read(&ada).await.entities.len(), 2, "nothing was deleted");
    let gone = ada.graph().delete_observations(&[about("Team", &["is late"])]).await.unwrap();
    assert_eq!(gone.count, 1);
    // The same text of two owners is two facts.
    create(&bob, vec![entity("Ada", "person", &["is tall"])]).await;
    ada.graph().delete_entities(&names(&["Ada"])).await.unwrap();
    assert_eq!(read(&bob).await.entities.len(), 2);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn texts_pass_the_guard_and_names_stay_as_they_are() {
    let fixture = Fixture::new();
    let mut config = fixture.config();
    config.guard.secrets = Policy::Redact;
    let memory = AgentMemory::open(config).await.unwrap();
    let secret = "its password is tr0ub4dor&3x";
    let stored = create(&memory, vec![entity("db", "server", &[secret])]).await;
    assert!(!format!("{stored:?}").contains("tr0ub4dor"), "{stored:?}");
    let stored = add(&memory, vec![about("db", &["password: hunter2-9x"])]).await;
    assert!(!format!("{stored:?}").contains("hunter2"), "{stored:?}");
    let exported = memory.list(Kind::Fact, None, 10).await.unwrap();
    let exported = format!("{exported:?}");
    assert!(!exported.contains("tr0ub4dor") && !exported.contains("hunter2"), "{exported}");
    let named = entity("password: tr0ub4dor&3x", "server", &[]);
    let (at, found) = problem(memory.graph().create_entities(vec![named]).await.unwrap_err());
    assert_eq!((at.as_str(), found), ("entities[0].name", GraphProblem::Name));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_calls_store_a_part_once() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.open().await, fixture.open().await);
    let calls = (0..8).map(|round| {
        let memory = if round % 2 == 0 { one.clone() } else { two.clone() };
        tokio::spawn(async move { create(&memory, vec![entity("Ada", "person", &["x"])]).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    assert_eq!(one.list(Kind::Fact, None, 10).await.unwrap().records.len(), 2);
    assert_eq!(read(&two).await.entities, [entity("Ada", "person", &["x"])]);
    one.shutdown().await.unwrap();
    two.shutdown().await.unwrap();
}
