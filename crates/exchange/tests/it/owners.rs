//! Two owners in one memory equal two memories: after any actions of one owner, the other finds the
//! same as if only the shared owner had been there.

use std::{
    collections::BTreeMap,
    fs,
    io::Cursor,
    path::Path,
    sync::{Arc, OnceLock},
};

use aios_embedding::Embedder;
use aios_exchange::{
    export,
    ingest::{self, Format, IngestOptions},
};
use aios_memory::{
    AgentMemory, Config, ForgetOptions, ForgetQuery, ForgetTarget, Id, Identity, Key, Kind,
    MemoryView, Mode, Owner, Receipt, SearchOptions, admission::Tally, working::Durability,
};
use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::{id, in_session, of};

/// The owners; `None` is the shared owner.
const OWNERS: [Option<&str>; 3] = [Some("u1"), Some("u2"), None];
/// Ids, keys and sessions used by all owners.
const NAMES: [&str; 2] = ["a", "b"];
const TEXTS: [&str; 3] =
    ["the zebra sleeps in the barn", "a zebra eats hay", "the lighthouse is white"];
const QUERIES: [&str; 3] = ["zebra", "where does the zebra sleep?", "white lighthouse"];
/// Every kind whose records have ids chosen by the caller.
const KINDS: [Kind; 18] = [
    Kind::Goal,
    Kind::Task,
    Kind::ToolCall,
    Kind::Decision,
    Kind::Pattern,
    Kind::AgentState,
    Kind::Session,
    Kind::Message,
    Kind::Entry,
    Kind::File,
    Kind::Event,
    Kind::Preference,
    Kind::Note,
    Kind::Fact,
    Kind::Summary,
    Kind::Knowledge,
    Kind::Incident,
    Kind::Procedure,
];

/// Conversations as in files: with and without ids, and with a duplicate id.
const CHATS: [&str; 3] = [
    r#"{"role": "user", "content": "the zebra sleeps in the barn", "id": "a", "session": "a"}
{"role": "assistant", "content": "it is white", "session": "a"}
{"role": "assistant", "content": "it is white", "session": "a"}"#,
    r#"{"role": "user", "content": "a zebra eats hay", "id": "a", "session": "a"}
{"role": "user", "content": "not that", "id": "b", "session": "b"}
{"role": "user", "content": "but that", "id": "b", "session": "b"}"#,
    r#"{"text": "the lighthouse is white"}
{"role": "user", "content": "mine", "session": "a", "user": "u1"}"#,
];

#[derive(Debug, Clone)]
enum Action {
    Record {
        kind: Kind,
        id: &'static str,
        text: &'static str,
        parent: &'static str,
    },
    Remember(&'static str),
    Update {
        kind: Kind,
        id: &'static str,
        text: &'static str,
    },
    Delete(Kind, &'static str),
    Forget(Kind, &'static str),
    ForgetFound(&'static str),
    ForgetAll,
    Ingest(&'static str),
    TakeBack,
    /// Messages that are in long-term memory leave working memory.
    MoveOut(&'static str),
    /// Pending records move into the library.
    Drain,
}

fn action() -> impl Strategy<Value = Action> {
    let kinds = || select(&KINDS[..]);
    let names = || select(&NAMES[..]);
    let texts = || select(&TEXTS[..]);
    prop_oneof![
        8 => (kinds(), names(), texts(), names())
            .prop_map(|(kind, id, text, parent)| Action::Record { kind, id, text, parent }),
        1 => texts().prop_map(Action::Remember),
        2 => (kinds(), names(), texts())
            .prop_map(|(kind, id, text)| Action::Update { kind, id, text }),
        2 => (kinds(), names()).prop_map(|(kind, id)| Action::Delete(kind, id)),
        3 => (kinds(), names()).prop_map(|(kind, id)| Action::Forget(kind, id)),
        1 => select(&QUERIES[..]).prop_map(Action::ForgetFound),
        1 => Just(Action::ForgetAll),
        3 => select(&CHATS[..]).prop_map(Action::Ingest),
        2 => Just(Action::TakeBack),
        1 => names().prop_map(Action::MoveOut),
        1 => Just(Action::Drain),
    ]
}

/// Builds the fields of a record with `text`.
fn fields(kind: Kind, id: &str, text: &str, parent: &str) -> Value {
    match kind {
        Kind::Goal => json!({"id": id, "description": text}),
        Kind::Task => json!({"id": id, "description": text, "goal_id": parent}),
        Kind::ToolCall => json!({"id": id, "tool_name": text, "task_id": parent}),
        Kind::Decision => json!({"id": id, "context": text, "chosen": "yes"}),
        Kind::Pattern => json!({"id": id, "trigger": text, "action": "wait"}),
        Kind::AgentState => json!({"agent_name": id, "state": text}),
        Kind::Session => json!({"id": id}),
        Kind::Message => json!({"id": id, "role": "user", "content": text, "session": parent}),
        Kind::Entry => json!({"id": id, "category": "c", "key": parent, "value": text}),
        Kind::File => json!({"id": id, "path": format!("/memories/{id}.md"), "text": text}),
        Kind::Event => json!({"id": id, "category": "event", "source": "s", "data": text}),
        Kind::Preference => json!({"key": id, "value": text}),
        Kind::Note => json!({"id": id, "content": text}),
        Kind::Fact => {
            let evidence = [format!("note/{parent}")];
            json!({"id": id, "subject": "zebra", "attribute": "is", "value": text, "text": text,
                "evidence": evidence})
        }
        Kind::Summary => json!({"id": id, "text": text, "subject": format!("session/{parent}")}),
        Kind::Knowledge => json!({"id": id, "title": parent, "content": text}),
        Kind::Incident => json!({"id": id, "description": text}),
        _ => json!({"id": id, "name": parent, "description": text}),
    }
}

/// Builds a change that sets the text of a record to `text`.
fn change(kind: Kind, text: &str) -> Map<String, Value> {
    let Value::Object(mut fields) = fields(kind, "x", text, "x") else { unreachable!() };
    fields.retain(|_, value| *value == text);
    fields.remove("name");
    match kind {
        Kind::Session => Map::from_iter([("summary".to_owned(), text.into())]),
        _ => fields,
    }
}

/// A memory and its directory.
struct Store {
    memory: AgentMemory,
    _dir: TempDir,
}

impl Store {
    async fn open() -> Store {
        static MODEL: OnceLock<Arc<dyn Embedder>> = OnceLock::new();
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::at(dir.path().join("memory"));
        config.working.durability = Durability::Normal;
        // The load of the machine must not change the hits.
        config.search.vector_wait_ms = 60_000;
        let memory = match MODEL.get() {
            Some(model) => AgentMemory::open_with(config, model.clone()).await,
            None => AgentMemory::open(config).await,
        };
        let memory = memory.unwrap();
        MODEL.get_or_init(|| memory.embedder().clone());
        Store { memory, _dir: dir }
    }

    fn view(&self, owner: Option<&str>) -> MemoryView {
        owner.map_or_else(|| self.memory.for_shared(), |user| of(&self.memory, user))
    }

    /// Executes an action of `owner`, and returns its outcome as text.
    async fn act(&self, owner: Option<&str>, action: &Action, export: &Path) -> String {
        let view = self.view(owner);
        let told = match action.clone() {
            Action::Record { kind, id, text, parent } => {
                let recorded = view.record(kind, fields(kind, id, text, parent)).await;
                // If a record is written twice before long-term memory receives it, the first
                // version is lost.
                self.memory.feed().catch_up().await.unwrap();
                recorded.map(|id| id.to_string())
            }
            Action::Remember(text) => view.remember(text).await.map(|it| format!("{it:?}")),
            Action::Update { kind, id, text } => {
                let changed = view.update(&Key::new(kind, named(id)), change(kind, text)).await;
                changed.map(|()| String::new())
            }
            Action::Delete(kind, id) => view
                .delete(&Key::new(kind, own_id(&view, kind, id).await))
                .await
                .map(|it| format!("{it:?}")),
            Action::Forget(kind, id) => {
                view.forget(of_record(&view, kind, id).await).await.map(|it| receipt(&it))
            }
            Action::ForgetFound(query) => {
                let target = ForgetTarget::Query(ForgetQuery::new(query));
                view.forget(ForgetOptions::new(target)).await.map(|it| receipt(&it))
            }
            Action::ForgetAll => {
                let all = ForgetOptions::new(ForgetTarget::All);
                view.forget(all).await.map(|it| receipt(&it))
            }
            Action::Ingest(chat) => {
                let options = IngestOptions::default().with_format(Format::Jsonl);
                let taken = ingest::reader(&view, Cursor::new(chat), None, options).await;
                let taken = taken.map_err(of_memory);
                taken.map(|it| tally(&it.tally) + &format!("{:?} {}", it.failed, it.sessions))
            }
            Action::TakeBack => {
                let taken = export::read_back(&view, export, Mode::Apply, |_| {}).await;
                let taken = taken.map_err(of_memory);
                taken.map(|it| tally(&it.tally) + &format!("{:?}", it.failed))
            }
            Action::MoveOut(session) => {
                self.memory.feed().catch_up().await.unwrap();
                let working = self.memory.administrator().working().clone();
                working.feed().trim(working.feed().head().await.unwrap()).await.unwrap();
                let moved = view.working().messages().trim(&id(session), 1).await;
                moved.map(|count| count.to_string()).map_err(Into::into)
            }
            Action::Drain => {
                self.memory.feed().catch_up().await.unwrap();
                self.memory.administrator().longterm().upkeep().drain().await.unwrap();
                Ok(String::new())
            }
        };
        told.unwrap_or_else(|error| format!("{}: {error}", error.code()))
    }
}

/// Returns the memory's error, the only one that these files can cause.
fn of_memory(error: aios_exchange::Error) -> aios_memory::Error {
    match error {
        aios_exchange::Error::Memory(error) => error,
        error => panic!("{error:?}"),
    }
}

fn named(id: &str) -> Id {
    Id::new(id).unwrap()
}

/// Returns the id of an owner's record that was recorded as `id`. The id of a message is derived
/// from the given one.
async fn own_id(view: &MemoryView, kind: Kind, id: &str) -> Id {
    let records = match kind {
        Kind::Message => view.list(kind, None, 1000).await.unwrap().records,
        _ => Vec::new(),
    };
    let owner = view.gate().acts_for().unwrap();
    let found = records
        .into_iter()
        .find(|record| record.owner() == *owner && record.external_id.as_deref() == Some(id));
    found.map_or_else(|| named(id), |record| record.id)
}

/// Builds the options to forget an owner's record.
async fn of_record(view: &MemoryView, kind: Kind, id: &str) -> ForgetOptions {
    let owner = view.gate().acts_for().unwrap().clone();
    let identity = Identity::new(owner, kind, own_id(view, kind, id).await);
    ForgetOptions::new(ForgetTarget::Records(vec![identity]))
}

fn receipt(receipt: &Receipt) -> String {
    format!("{} {:?} {:?}", receipt.forgotten, receipt.collections, receipt.records)
}

fn tally(tally: &Tally) -> String {
    serde_json::to_string(tally).unwrap()
}

/// Removes the times from `value`.
fn timeless(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // A fact ends when another one takes its place.
            let is_superseded = fields.get("superseded_by").is_some_and(|by| !by.is_null());
            if is_superseded {
                fields.remove("valid_to");
            }
            fields.retain(|name, _| {
                !name.ends_with("_at") && name != "timestamp" && name != "last_active"
            });
            fields.values_mut().for_each(timeless);
        }
        Value::Array(items) => items.iter_mut().for_each(timeless),
        _ => {}
    }
}

fn shown(record: impl serde::Serialize) -> String {
    let mut record = serde_json::to_value(record).unwrap();
    timeless(&mut record);
    record.to_string()
}

/// Returns everything that is visible through a view, one item per line.
async fn seen(view: &MemoryView) -> Vec<String> {
    let mut lines = Vec::new();
    for kind in KINDS {
        let page = view.list(kind, None, 1000).await.unwrap();
        lines.extend(page.records.into_iter().map(|record| format!("list {}", shown(record))));
        for id in NAMES {
            let id = own_id(view, kind, id).await;
            let got = view.get(&Key::new(kind, id.clone())).await.unwrap();
            lines.push(format!("get {kind}/{id}: {}", got.map(shown).unwrap_or_default()));
            for version in view.history(&Key::new(kind, id.clone())).await.unwrap() {
                let is_former = version.replaced_at.is_some();
                lines.push(format!("was {kind}/{id} {is_former}: {}", shown(version.record)));
            }
        }
    }
    for kind in [Kind::Goal, Kind::Session, Kind::Note] {
        let told =
            view.forget(of_record(view, kind, "a").await.with_mode(Mode::DryRun)).await.unwrap();
        lines.push(format!("would forget {kind}/a: {}", receipt(&told)));
    }
    if view.gate().acts_for().is_some_and(|owner| *owner != Owner::SHARED) {
        let all = ForgetOptions::new(ForgetTarget::All).with_mode(Mode::DryRun);
        let told = view.forget(all).await.unwrap();
        lines.push(format!("would forget all: {}", receipt(&told)));
    }
    let preferences = view.working().preferences().list().await.unwrap();
    lines.push(format!("preferences {}", shown(preferences)));
    for session in NAMES {
        let said = view.working().messages().recent(&id(session), 9).await.unwrap();
        lines.push(format!("said in {session}: {}", shown(said)));
    }
    let stats = view.stats().await.unwrap();
    let longterm = &stats.longterm;
    lines.push(format!("{:?} {} {:?}", stats.working, longterm.records, longterm.collections));
    for query in QUERIES {
        let options = SearchOptions::default().with_limit(50);
        let hits = view.recall_with(query, &options).await.unwrap().hits;
        let found: Vec<(String, Identity, Vec<Identity>)> = hits
            .into_iter()
            .map(|hit| (format!("{:.4}", hit.relevance), hit.identity(), hit.folded))
            .collect();
        lines.push(format!("{query}: {found:?}"));
    }
    lines
}

/// Exports shared records of every kind, all in one session.
async fn export(path: &Path) {
    let store = Store::open().await;
    for kind in KINDS {
        let said = fields(kind, "a", "the zebra of the export", "a");
        in_session(&store.memory, "a").record(kind, said).await.unwrap();
    }
    export::to_file(&store.memory, path, |_| {}).await.unwrap();
    store.memory.shutdown().await.unwrap();
}

/// Outcome of each action, and the records that each owner sees in the end.
struct Outcome {
    /// By index of the action. `None` if it was skipped.
    told: Vec<Option<String>>,
    seen: BTreeMap<Option<&'static str>, Vec<String>>,
}

/// Executes the actions of `owners` in a new memory.
async fn outcome(
    actions: &[(Option<&'static str>, Action)],
    owners: &[Option<&'static str>],
    export: &Path,
) -> Outcome {
    let store = Store::open().await;
    let mut outcome = Outcome { told: Vec::new(), seen: BTreeMap::new() };
    for (owner, action) in actions {
        outcome.told.push(match owners.contains(owner) {
            true => Some(store.act(*owner, action, export).await),
            false => None,
        });
    }
    for owner in owners {
        outcome.seen.insert(*owner, seen(&store.view(*owner)).await);
    }
    store.memory.shutdown().await.unwrap();
    outcome
}

/// Checks that each of two users of one memory finds the same as in a memory without the other.
async fn check(actions: &[(Option<&'static str>, Action)], export: &Path) -> Result<(), String> {
    let (both, one, two) = tokio::join!(
        outcome(actions, &OWNERS, export),
        outcome(actions, &[Some("u1"), None], export),
        outcome(actions, &[Some("u2"), None], export),
    );
    for (beside, alone) in [("u2", one), ("u1", two)] {
        for (at, told) in alone.told.iter().enumerate().filter(|(_, told)| told.is_some()) {
            same(
                &format!("{:?} beside {beside}", actions[at]),
                told.as_ref(),
                both.told[at].as_ref(),
            )?;
        }
        for (owner, expect) in &alone.seen {
            let (what, found) = (format!("{owner:?} beside {beside}"), &both.seen[owner]);
            let differs = expect.iter().zip(found).find(|(expect, found)| expect != found);
            if let Some((expect, found)) = differs {
                same(&what, Some(expect), Some(found))?;
            }
            same(&what, expect.get(found.len()), found.get(expect.len()))?;
        }
    }
    Ok(())
}

fn same(what: &str, expect: Option<&String>, found: Option<&String>) -> Result<(), String> {
    if expect == found {
        return Ok(());
    }
    Err(format!("{what}\n  alone: {expect:?}\n  with another: {found:?}"))
}

#[test]
fn two_owners_equal_two_separate_stores() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("export.jsonl");
    let runtime = Runtime::new().unwrap();
    runtime.block_on(export(&path));
    assert!(17 < fs::read_to_string(&path).unwrap().lines().count());
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let config = ProptestConfig {
        cases: cases.unwrap_or(12),
        max_shrink_iters: 60,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let actions = prop::collection::vec((select(&OWNERS[..]), action()), 1..20);
    proptest!(config, |(actions in actions)| {
        runtime.block_on(check(&actions, &path)).map_err(TestCaseError::fail)?;
    });
}
