//! Concurrent changes of one record.

use aios_memory::{Id, Key, Kind, RememberOptions, working::Goal};
use serde_json::{Map, Value, json};

use crate::Fixture;

fn fields(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_to_an_empty_text_is_refused() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    for (kind, field) in [(Kind::Note, "content"), (Kind::Goal, "description")] {
        let id = memory.record(kind, json!({ field: "paint the boat" })).await.unwrap();
        for blank in ["", " \n", "\u{200b}\u{2800}"] {
            let refused =
                memory.update(&Key::new(kind, id.clone()), fields(&json!({ field: blank }))).await;
            let told = refused.unwrap_err().to_string();
            let of_note = "it requires title or content";
            let is_told = told.contains("its text is empty") || told.contains(of_note);
            assert!(is_told, "{kind} {blank:?}: {told}");
        }
        let kept = memory.get(&Key::new(kind, id.clone())).await.unwrap().unwrap();
        assert!(kept.text.contains("paint the boat"), "{kind}: {}", kept.text);
    }
    let blank = memory.record(Kind::Note, json!({"id": "\u{200b}", "content": "x"})).await;
    assert!(blank.unwrap_err().to_string().contains("its `id` is empty"));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_updates_are_all_kept_in_the_history() {
    const ROUNDS: u64 = 6;
    let fixture = Fixture::new();
    let handles = [fixture.open().await, fixture.open().await];
    let id = Id::new("g").unwrap();
    let goal = Goal { id: id.clone(), ..Goal::new("paint the boat") };
    handles[0].working().goals().put(goal).await.unwrap();
    let mut callers = Vec::new();
    // Both handles write both fields.
    for (at, handle) in handles.iter().enumerate() {
        for field in ["priority", "metadata"] {
            let (memory, id) = (handle.clone(), id.clone());
            callers.push(tokio::spawn(async move {
                for n in 0..ROUNDS {
                    let value = match field {
                        "priority" => json!(n % 10),
                        _ => json!({"handle": at, "round": n}),
                    };
                    let changes = fields(&json!({ field: value }));
                    memory.update(&Key::new(Kind::Goal, id.clone()), changes).await.unwrap();
                }
            }));
        }
    }
    for caller in callers {
        caller.await.unwrap();
    }
    let goal = handles[1].get(&Key::new(Kind::Goal, id.clone())).await.unwrap().unwrap();
    assert_eq!(goal.payload["priority"], (ROUNDS - 1) % 10);
    assert_eq!(goal.payload["metadata"]["round"], ROUNDS - 1);
    let history = handles[0].history(&Key::new(Kind::Goal, id.clone())).await.unwrap();
    let versions: Vec<_> = history.iter().map(|it| &it.record.payload).collect();
    for at in 0..2 {
        for round in 0..ROUNDS {
            let written = json!({"handle": at, "round": round});
            assert!(
                versions.iter().any(|payload| payload["metadata"] == written),
                "{written} is in the history of {} versions",
                versions.len()
            );
        }
    }
    for memory in handles {
        memory.shutdown().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn remembering_a_text_again_merges_its_tags() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let with = |tags: &[&str], importance| {
        RememberOptions::default()
            .with_tags(tags.iter().map(|tag| (*tag).to_owned()).collect())
            .with_importance(importance)
    };
    let text = "The harbour is quiet.";
    let first = memory.remember_with(text, with(&["sea", "night"], 0.9)).await.unwrap();
    let before = memory.get(&Key::new(Kind::Note, first.id.clone())).await.unwrap().unwrap();
    for (tags, importance, expect, counts) in [
        (&[][..], 0.5, &["sea", "night"][..], 0.9),
        (&["night", "boats"], 0.2, &["sea", "night", "boats"], 0.9),
        (&["sea"], 1.0, &["sea", "night", "boats"], 1.0),
    ] {
        let again = memory.remember_with(text, with(tags, importance)).await.unwrap();
        assert_eq!((&again.id, again.known), (&first.id, true));
        let record = memory.get(&Key::new(Kind::Note, first.id.clone())).await.unwrap().unwrap();
        assert_eq!(record.tags, expect);
        assert!((record.importance - counts).abs() < f32::EPSILON, "{record:?}");
        assert_eq!(record.recorded_at, before.recorded_at);
    }
    memory.shutdown().await.unwrap();
    let memory = fixture.open().await;
    let record = memory.get(&Key::new(Kind::Note, first.id.clone())).await.unwrap().unwrap();
    assert_eq!(record.tags, ["sea", "night", "boats"]);
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_whose_record_was_changed_is_stored_beside_it_once() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let view = memory.for_user("ada").unwrap();
    for kind in [Kind::Note, Kind::Knowledge, Kind::Fact] {
        let options = || RememberOptions::default().with_kind(kind);
        let field = if kind == Kind::Fact { "text" } else { "content" };
        let text = format!("Ada drinks tea as a {kind}.");
        let mut ids = Vec::new();
        for round in 0..3 {
            let first = view.remember_with(&text, options()).await.unwrap();
            assert!(!first.known && !ids.contains(&first.id), "{kind} {round}: {first:?}");
            let again = view.remember_with(&format!("{text} "), options()).await.unwrap();
            assert_eq!((again.known, &again.id), (true, &first.id), "{kind} {round}");
            let key = Key::new(kind, first.id.clone());
            let stored = view.get(&key).await.unwrap().unwrap();
            assert_eq!(stored.text, text);
            view.update(&key, fields(&json!({ field: format!("coffee {round}") }))).await.unwrap();
            ids.push(first.id);
        }
        for (round, id) in ids.into_iter().enumerate() {
            let changed = view.get(&Key::new(kind, id)).await.unwrap().unwrap();
            assert_eq!(changed.text, format!("coffee {round}"), "{kind}");
        }
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redacted_text_and_one_with_a_new_heading_are_known() {
    let fixture = Fixture::new();
    let mut config = fixture.config();
    config.guard.secrets = aios_memory::guard::Policy::Redact;
    let memory = aios_memory::AgentMemory::open(config).await.unwrap();
    for kind in [Kind::Note, Kind::Fact] {
        let options = || RememberOptions::default().with_kind(kind);
        let text = "the password is hunter2-Xy7!";
        let first = memory.remember_with(text, options()).await.unwrap();
        let again = memory.remember_with(text, options()).await.unwrap();
        assert_eq!((again.known, again.id), (true, first.id), "{kind}");
    }
    let first = memory.remember("the harbour is quiet").await.unwrap();
    let key = Key::new(Kind::Note, first.id.clone());
    memory.update(&key, fields(&json!({"title": "Harbour"}))).await.unwrap();
    let again = memory.remember("the harbour is quiet").await.unwrap();
    assert_eq!((again.known, again.id), (true, first.id));
    memory.shutdown().await.unwrap();
}
