//! The methods of `AgentMemory`, `MemoryView` and `Administrator` that read and write.

use std::{io::Cursor, path::Path, time::Duration};

use aios_draft::Draft;
use aios_exchange::{
    export,
    import::{self, ImportOptions},
    ingest::{self, Format, IngestOptions},
};
use aios_memory::{
    AgentMemory, Config, Event, FactQuery, ForgetQuery, Id, Kind, MemoryView, Mode,
    RememberOptions, ReportOptions, Scope, ScopeFilter, SearchOptions, Tier, Timestamp, Tokenizer,
    graph::{Entity, Observations, Relation},
    longterm::Explain,
    record::Provenance,
    upkeep::ScheduledBackup,
    work::{NewTask, Outcome, Work},
    working::{Decision, ToolCall},
};
use serde_json::{Map, Value, json};

use super::{Exercise, Hand, exercises, key, value};
use crate::{same_names, state::Written};

pub(super) const TABLE: &[Exercise] = exercises! { h;
    "MemoryView::gate" => [value(h.view.gate())];
    "memory::Feed::behind" => [{
        h.memory.feed().catch_up().await.unwrap();
        h.view.feed().behind().await
    }];
    "MemoryView::config" => [value(h.view.config().search.limit)];
    "MemoryView::embedder" => [value(h.view.embedder().fingerprint().to_string())];
    "MemoryView::working" => [value(h.view.working().gate())];
    "MemoryView::longterm" => [value(h.view.longterm().gate())];
    "MemoryView::narrow" => [
        h.view.narrow(&in_session("s1")).map(|it| it.gate().clone()),
        h.view.narrow(&in_session("s1")).unwrap().list(Kind::Task, None, 50).await,
        h.view.narrow(&in_session("s1")).unwrap().recall_with("barn", &explained()).await,
        h.view.narrow(&in_session("s1")).unwrap().stats().await.map(|it| it.working),
        h.view.narrow(&Scope::default().with_project("p").into()).unwrap()
            .recall_with("barn", &explained()).await,
    ];
    "MemoryView::select" => [
        h.view.select(&in_session("s1")).map(|it| it.gate().clone()),
        h.view.select(&in_session("s1")).unwrap().list(Kind::Task, None, 50).await,
        h.view.select(&in_session("s1")).unwrap().recall_with("barn", &explained()).await,
    ];
    "MemoryView::report" => [
        h.view.report(&ReportOptions::default()).await.map(|it| {
            let kinds: Vec<_> = it.kinds.into_iter().map(|row| (row.kind, row.records)).collect();
            (it.totals.records, it.totals.text_bytes, kinds, it.users.rows.len())
        }),
    ];
    "MemoryView::stats" => [h.view.stats().await.map(|it| (it.working, it.longterm.collections))];
    "MemoryView::snapshot" => [h.view.snapshot().await.map(|it| it.active_tasks)];
    "MemoryView::context_options" => [value(h.view.context_options())];
    "MemoryView::assemble_context" => [
        h.view.assemble_context("lock the zebra in the barn", &context(&h, None)).await,
        h.view.assemble_context("lock the barn", &context(&h, Some("s1"))).await,
    ];
    "memory::Contexts::gather" => [
        h.view.contexts().gather("lock the zebra in the barn", &context(&h, None)).await,
        h.view.contexts().gather("lock the barn", &context(&h, Some("s1"))).await,
    ];
    "memory::Contexts::pack" => [packed(&h).await];
    "memory::Contexts::count" => [
        h.view.contexts().count(h.text("hay for zebra@"), Tokenizer::O200k).await,
    ];
    "MemoryView::moved_messages" => [
        h.view.moved_messages(&Id::new("s1").unwrap(), None).await.map(|moved| moved.len()),
    ];
    "MemoryView::search_options" => [value(h.view.search_options())];
    "MemoryView::recall" => [
        h.view.recall("hay").await.map(|recalled| recalled.hits.len()),
    ];
    "MemoryView::recall_with" => [
        h.view.recall_with("Where does the zebra sleep?", &explained()).await,
        h.view.recall_with("the gate of the south paddock", &explained()).await,
        h.view.recall_with("hay", &explained().with_min_relevance(0.3)).await,
    ];
    "memory::Forgetting::propose" => [
        h.view.forgetting().propose(&ForgetQuery::new("The vet of the zebra").with_limit(1000))
            .await,
        h.view.forgetting().propose(&ForgetQuery::new("The same words, remembered by everybody."))
            .await,
        h.view.forgetting().propose(&ForgetQuery::new("hay").with_min_relevance(0.1)).await,
    ];
    "MemoryView::get" => [
        h.view.get(&key(Kind::Goal, "g1")).await,
        h.view.get(&key(Kind::Note, "n1")).await,
        h.view.get(&key(Kind::Message, "m1")).await,
        h.view.get(&key(Kind::Note, "nothing")).await,
        h.view.get(&key(Kind::Note, "n-only-zebra1")).await.map(|it| it.map(|it| it.position)),
        h.view.get(&key(Kind::Note, "n-only-zebra2")).await.map(|it| it.map(|it| it.position)),
    ];
    "MemoryView::list" => [
        h.view.list(Kind::Goal, None, 50).await,
        h.view.list(Kind::Session, None, 50).await,
        h.view.list(Kind::Note, None, 50).await,
        h.view.list(Kind::Note, None, 2).await,
        h.view.list(Kind::Preference, None, 50).await,
        h.view.list(Kind::Persona, None, 50).await,
        h.view.list(Kind::Event, None, 50).await,
        h.view.list(Kind::Summary, None, 50).await,
    ];
    "MemoryView::history" => [
        h.view.history(&key(Kind::Goal, "g1")).await,
        h.view.history(&key(Kind::Note, "n1")).await,
        h.view.history(&key(Kind::Note, "nothing")).await,
    ];
    "MemoryView::delete_with" => [
        h.view.delete_with(&key(Kind::Goal, "g1"), Mode::DryRun).await,
        h.view.delete_with(&key(Kind::Session, "s1"), Mode::DryRun).await,
        h.view.delete_with(&key(Kind::Note, "n1"), Mode::DryRun).await,
    ];
    "export::to_writer" => [exported(&h).await];
    "export::to_file" => [
        export::to_file(&h.view, &h.files.join("all.jsonl"), |_| {}).await,
        export::to_file(&h.view, &h.files.join("all.jsonl"), |_| {}).await,
    ];

    "MemoryView::record" => [
        h.view.record(Kind::Goal, object(&h, json!({"id": "g7", "description": "Buy zebra@"})))
            .await,
        h.view.record(Kind::Goal, object(&h, json!({"id": "g7", "description": "Buy zebra@"})))
            .await,
        h.view.record(Kind::Entry, object(&h, json!({
            "id": "e1", "category": "stock", "key": "hay", "value": "an id that is taken",
        }))).await,
        h.view.record(Kind::Message, object(&h, json!({
            "id": "m1", "content": "an id that is taken", "session_id": "s1",
        }))).await,
        h.view.record(Kind::Preference, object(&h, json!({"key": "colour", "value": "zebra@"})))
            .await,
        h.view.record(Kind::Note, object(&h, json!({"content": "Not mine.", "user_id": "u1"})))
            .await.map(|_| ()),
        h.view.record(Kind::Note, object(&h, json!({"content": "Not mine.", "user_id": "u2"})))
            .await.map(|_| ()),
    ];
    "memory::Facts::learn" => [
        h.view.facts().learn(said(&h, "I live in Zebra@.")).await.map(|it| (it.added, it.failed)),
        h.view.facts().learn(said(&h, "I live in Zebra@.")).await.map(|it| (it.added, it.failed)),
    ];
    "memory::Facts::catch_up" => [h.view.facts().catch_up().await];
    "memory::Facts::catch_up_within" => [
        h.view.facts().catch_up_within(Duration::from_secs(60)).await,
    ];
    "memory::Facts::list" => [h.view.facts().list(FactQuery::default()).await.map(|it| it.facts)];
    "memory::Facts::search" => [
        h.view.facts().search("where does the user live?", Some(9)).await,
    ];
    "memory::Facts::history" => [h.view.facts().history("the user", "home").await];
    "memory::Facts::contradictions" => [h.view.facts().contradictions().await];
    "memory::Facts::remove_unfounded" => [
        h.view.facts().remove_unfounded(&[]).await,
    ];
    "memory::Facts::confirm" => [
        h.view.facts().confirm(&Id::new("nothing").unwrap()).await,
    ];
    "memory::Facts::reject" => [
        h.view.facts().reject(&Id::new("nothing").unwrap()).await,
    ];
    "memory::Graph::create_entities" => [
        h.view.graph().create_entities(vec![entity(&h)]).await.map(|it| it.parts),
        h.view.graph().create_entities(vec![entity(&h)]).await.map(|it| it.parts),
    ];
    "memory::Graph::add_observations" => [
        h.view.graph().add_observations(vec![observed(&h)]).await.map(|it| it.parts),
    ];
    "memory::Graph::create_relations" => [
        h.view.graph().create_relations(vec![opens()]).await.map(|it| it.parts),
    ];
    "memory::Graph::read" => [h.view.graph().read().await];
    "memory::Graph::search" => [h.view.graph().search("zebra").await];
    "memory::Graph::open" => [h.view.graph().open(&["Gate".to_owned()]).await];
    "memory::Graph::with_provenance" => [
        h.view.graph().with_provenance(Provenance::default()).open(&["Gate".to_owned()]).await,
    ];
    "memory::Files::create" => [
        h.view.files().create("/memories/gate.md", &h.text("zebra@ opens it\n")).await,
        h.view.files().create("/memories/gate.md", "taken").await,
    ];
    "memory::Files::str_replace" => [
        h.view.files().str_replace("/memories/gate.md", "opens", "shuts").await,
    ];
    "memory::Files::insert" => [h.view.files().insert("/memories/gate.md", 1, "at night").await];
    "memory::Files::rename" => [
        h.view.files().rename("/memories/gate.md", "/memories/south/gate.md").await,
    ];
    "memory::Files::view" => [
        h.view.files().view("/memories", None).await,
        h.view.files().view("/memories/south/gate.md", Some([1, 2])).await,
    ];
    "memory::Files::run" => [{
        let command = json!({
            "command": "str_replace", "path": "/memories/south/gate.md",
            "old_str": "at night", "new_str": h.text("zebra@ by day"),
        });
        h.view.files().run(serde_json::from_value(command).unwrap()).await
    }];
    "MemoryView::update" => [
        h.view.update(&key(Kind::Goal, "g2"), h.fields(json!({"priority": 1}))).await,
        h.view.update(&key(Kind::Note, "n1"), h.fields(json!({"content": "Vet, zebra@!"}))).await,
        h.view.update(&key(Kind::Note, "nothing"), h.fields(json!({"content": "x"}))).await,
        h.view.update(&key(Kind::Message, "m1"), h.fields(json!({"content": "x"}))).await,
        h.view.history(&key(Kind::Note, "n1")).await,
    ];
    "MemoryView::remember" => [
        h.view.remember(&h.text("The ears of the zebra@ are cold.")).await,
        h.view.remember("The same words, remembered by everybody.").await,
        h.view.remember("The same words, remembered by everybody.").await,
    ];
    "MemoryView::remember_with" => [
        h.view.remember_with("A goal of everybody.", RememberOptions::default().with_tag("x"))
            .await,
        h.view.remember_with(
            &h.text("The zebra@ is trained to stop."),
            RememberOptions::default().with_kind(Kind::Knowledge),
        ).await,
    ];
    "MemoryView::shown" => [value(h.view.shown(&h.text("the zebra@")).map(|it| it.text))];
    "MemoryView::remember_batch" => [
        h.view.remember_batch(vec![
            (h.text("The zebra@ has two bridles."), RememberOptions::default()),
        ]).await,
        h.view.remember_batch(vec![(String::new(), RememberOptions::default())]).await,
    ];
    "MemoryView::remember_all" => [
        h.view.remember_all(vec![
            ("The same words, remembered by everybody.".to_owned(), RememberOptions::default()),
            (h.text("The zebra@ has two saddles."), RememberOptions::default()),
        ]).await,
    ];
    "MemoryView::observe" => [
        h.view.observe(Event::new("alarm", "barn", json!("seen"))).map(|it| it.spill),
    ];
    "memory::Events::push_durable" => [
        h.view.events().push_durable(Event::new("alarm", "barn", json!("written"))).await
            .map(|it| it.spill),
    ];
    "ingest::file" => [
        ingest::file(&h.view, same_path(&h, "care.md", CARE), IngestOptions::default()).await,
        ingest::file(&h.view, same_path(&h, "care.md", CARE), IngestOptions::default()).await,
        ingest::file(&h.view, h.files.join("missing.md"), IngestOptions::default()).await,
    ];
    "ingest::follow" => [
        ingest::follow(
            &h.view, &h.files.join("missing.jsonl"), None, 1 << 20, IngestOptions::default(),
        ).await.map(|_| ()),
    ];
    "ingest::reader" => [
        ingest(&h, CHAT).await,
        ingest(&h, CHAT).await,
        ingest(&h, &CHAT.replace("\"role\"", "\"user\": \"u1\", \"role\"")).await
            .map(|it| it.failed_count),
        ingest(&h, &CHAT.replace("\"role\"", "\"user\": \"u2\", \"role\"")).await
            .map(|it| it.failed_count),
    ];
    "ingest::drafts" => [
        ingest::drafts(&h.view, &[draft(&h, None)]).await.map(|it| it.tally),
        ingest::drafts(&h.view, &[draft(&h, None)]).await.map(|it| it.tally),
        ingest::drafts(&h.view, &[draft(&h, Some("u1"))]).await.map(|it| it.failed_count),
        ingest::drafts(&h.view, &[draft(&h, Some("u2"))]).await.map(|it| it.failed_count),
    ];
    "import::file" => [
        import::file(&h.view, h.file("entries.json", ENTRIES), ImportOptions::default()).await,
        import::file(&h.view, h.file("entries.json", ENTRIES), ImportOptions::default()).await,
        import::file(&h.view,
            h.file("entries.json", ENTRIES),
            ImportOptions::default().with_mode(Mode::DryRun),
        ).await,
    ];
    "export::read_back" => [
        export::read_back(&h.view, &h.files.join("all.jsonl"), Mode::Apply, |_| {}).await,
        export::read_back(&h.view, &h.files.join("all.jsonl"), Mode::DryRun, |_| {}).await,
        // An export of the whole store, imported by one owner.
        foreign_export(&h).await,
    ];
    "memory::Works::begin" => [
        begun(h.view.work().begin(task(&h, "w1")).await),
        begun(h.view.work().begin(task(&h, "w1")).await),
        begun(h.view.work().begin(task(&h, "w2").with_goal(key(Kind::Goal, "g1").id)).await),
    ];
    "memory::Works::start" => [
        begun(h.view.work().start(&key(Kind::Task, "t1").id).await),
        begun(h.view.work().start(&key(Kind::Task, "nothing").id).await),
    ];
    "memory::Works::open" => [
        finished(h.view.work().open(&key(Kind::Task, "w1").id).await).await,
        begun(h.view.work().open(&key(Kind::Task, "nothing").id).await),
    ];
    "memory::Works::resume" => [
        begun(h.view.work().resume(&key(Kind::Task, "w2").id).await),
        begun(h.view.work().resume(&key(Kind::Task, "nothing").id).await),
    ];
    "memory::Works::resume_list" => [{
        drop(h.view.work().begin(task(&h, "w3")).await.unwrap());
        h.view.work().resume_list().await.map(|list| {
            list.into_iter().map(|it| (it.task, it.description, it.goal_description))
                .collect::<Vec<_>>()
        })
    }];

    "AgentMemory::open" => [again(&h, AgentMemory::open(config(&h)).await.unwrap()).await];
    "AgentMemory::open_with" => [
        again(&h, AgentMemory::open_with(config(&h), h.view.embedder().clone()).await.unwrap())
            .await,
    ];
    "AgentMemory::for_user" => [
        h.memory.for_user(h.user.unwrap_or("")).map(|it| it.gate().clone()),
    ];
    "AgentMemory::for_shared" => [
        value(h.memory.for_shared().gate()),
        h.memory.for_shared().list(Kind::Goal, None, 50).await,
    ];
    "AgentMemory::administrator" => [value(h.memory.administrator().gate())];
    "AgentMemory::operational" => [value(h.memory.operational().snapshot().active_tasks)];
    "memory::Feed::catch_up" => [h.view.feed().catch_up().await];
    "Administrator::operational" => [
        value(h.memory.administrator().operational().snapshot().active_tasks),
    ];
    "Administrator::working" => [value(h.memory.administrator().working().gate())];
    "Administrator::longterm" => [value(h.memory.administrator().longterm().gate())];
    "memory::Upkeep::verify" => [
        h.memory.administrator().upkeep().verify(|_| ()).await.map(|it| it.is_clean()),
    ];
    "memory::Upkeep::older_databases" => [
        h.memory.administrator().upkeep().older_databases().await,
    ];
    "memory::Upkeep::backup" => [backed_up(&h).await];
    "memory::Upkeep::backups" => [
        h.memory.administrator().upkeep().backups().await.map(|it| it.failures),
    ];
    "memory::Upkeep::scheduled_backup" => [{
        let now = Timestamp::now();
        let made = h.memory.administrator().upkeep().scheduled_backup(now, |_| ()).await;
        made.map(|outcome| match outcome {
            // Another owner may just have made it.
            ScheduledBackup::Made { .. } | ScheduledBackup::NotDue { .. } => "there".to_owned(),
            other => format!("{other:?}"),
        })
    }];
    "memory::Upkeep::maintain_with" => [
        h.memory.administrator().upkeep().maintain_with(Mode::DryRun).await,
    ];
};

/// Returns a task whose description has the owner's secret word.
fn task(hand: &Hand, name: &str) -> NewTask {
    NewTask::new(hand.text("Groom the zebra@")).with_id(key(Kind::Task, name).id)
}

/// Makes the process hold a task, and returns its id.
fn begun(work: Result<Work, aios_memory::Error>) -> Result<Id, aios_memory::Error> {
    work.map(Work::keep)
}

/// Finishes a task in one step.
async fn finished(work: Result<Work, aios_memory::Error>) -> Result<String, aios_memory::Error> {
    let work = work?;
    work.decide(Decision::new("which brush", "the soft one")).await?;
    work.tool_call(ToolCall { success: true, ..ToolCall::new("brush") }).await?;
    let finished = work.finish(Outcome::success("groomed")).await?;
    Ok(format!("{finished:?}"))
}

const CARE: &str = "# Care of the zebra@\n\nBrush the zebra@ on Sundays.\n\n\
    # Night\n\nThe zebra@ has a lamp.\n";

const CHAT: &str = r#"{"messages": [
    {"role": "user", "content": "The zebra@ needs a halter.", "session": "s3", "id": "x1"},
    {"role": "user", "content": "The zebra@ wears the halter.", "session": "s3", "id": "x3"},
    {"role": "user", "content": "Everybody says this.", "session": "s5", "id": "x4"}]}"#;

const ENTRIES: &str = r#"{"entries": {
    "e9": {"id": "e9", "category": "stock", "key": "salt", "value": "a lick for zebra@",
           "created_at": "2025-05-01T10:00:00Z", "updated_at": "2025-05-01T10:00:00Z"}}}"#;

fn object(hand: &Hand, fields: Value) -> Value {
    Value::Object(hand.fields(fields))
}

fn in_session(session: &str) -> ScopeFilter {
    ScopeFilter::new(Scope::default().with_session(session))
}

fn explained() -> SearchOptions {
    SearchOptions::default().with_explain(Explain::Yes).with_limit(1000)
}

fn context(hand: &Hand, session: Option<&str>) -> aios_memory::ContextOptions {
    let mut options = hand.view.context_options();
    // Large enough to avoid truncation.
    options.max_tokens = 100_000;
    options.session = session.map(str::to_owned);
    // The machine state varies between runs.
    options.tiers.retain(|tier| *tier != Tier::Operational);
    options
}

/// Writes a file at the path that every owner ingested before.
fn same_path(hand: &Hand, name: &str, text: &str) -> std::path::PathBuf {
    let files = hand.files.parent().unwrap().join("files");
    let path = files.join(name);
    std::fs::write(&path, hand.text(text)).unwrap();
    path
}

async fn ingest(hand: &Hand, text: &str) -> Result<ingest::IngestReport, aios_exchange::Error> {
    let options = IngestOptions::default().with_format(Format::Chat);
    let text = Cursor::new(hand.text(text).into_bytes());
    ingest::reader(&hand.view, text, Some(Path::new("chat.json")), options).await
}

async fn packed(hand: &Hand) -> Result<aios_memory::Context, aios_memory::Error> {
    let options = context(hand, Some("s1"));
    let candidates = hand.view.contexts().gather("lock the barn", &options).await?;
    hand.view.contexts().pack(candidates, &options).await
}

/// Creates the draft of a note, optionally with an owner.
fn draft(hand: &Hand, user: Option<&str>) -> Draft {
    let scope = Scope { user: user.map(str::to_owned), ..Scope::default() };
    Draft::new(Kind::Note, scope, hand.text("A draft of the zebra@."))
}

async fn exported(hand: &Hand) -> Result<String, aios_exchange::Error> {
    let out = Written::default();
    export::to_writer(&hand.view, out.clone(), "export", |_| {}).await?;
    let written = out.0.lock().unwrap();
    Ok(String::from_utf8(written.clone()).unwrap())
}

/// Imports a file with records of every owner. The lines of others are refused.
async fn foreign_export(hand: &Hand) -> Result<(u64, Vec<(u64, String)>), aios_exchange::Error> {
    let line = |user: &str| {
        let user =
            if user.is_empty() { "{}".to_owned() } else { format!("{{\"user\":\"{user}\"}}") };
        format!(
            "{{\"kind\":\"note\",\"id\":\"n20\",\"scope\":{user},\"provenance\":{{\"module\":\
             \"unknown\"}},\"text\":\"Taken back.\",\"title\":null,\"speaker\":null,\"position\":\
             null,\"payload\":{{\"id\":\"n20\",\"content\":\"Taken back.\"}},\"tags\":[],\
             \"source\":null,\"external_id\":null,\"importance\":0.5,\"confidence\":1.0,\"trust\":\
             \"normal\",\"occurred_at\":null,\"recorded_at\":\"2025-03-06T00:00:00Z\",\
             \"valid_from\":null,\"valid_to\":null,\"superseded_by\":null,\"expires_at\":null}}"
        )
    };
    let text = ["{\"aios_memory_export\":1}".to_owned(), line("u1"), line("u2"), line("")];
    let path = hand.file("foreign.jsonl", &text.join("\n"));
    let taken = export::read_back(&hand.view, &path, Mode::Apply, |_| {}).await?;
    let failed = taken.failed.into_iter();
    // The refusal names the user in the file.
    let failed = failed.map(|it| (it.line, it.error.replace("u1", "U").replace("u2", "U")));
    Ok((taken.tally.added, failed.collect()))
}

fn config(hand: &Hand) -> Config {
    let mut config = same_names::config(&hand.dir);
    config.memory.user = hand.user.unwrap_or_default().to_owned();
    config
}

/// Returns the results of another handle on the store that acts for the same owner.
async fn again(
    hand: &Hand,
    memory: AgentMemory,
) -> Result<(aios_memory::Recalled, aios_memory::record::Gate), aios_memory::Error> {
    let view = if hand.digit == "9" {
        MemoryView::clone(&memory.administrator())
    } else {
        MemoryView::clone(&memory)
    };
    let recalled = view.recall_with("Where does the zebra sleep?", &explained()).await?;
    memory.shutdown().await?;
    Ok((recalled, view.gate().clone()))
}

/// Returns the hits of the owner in a copy of the store.
async fn backed_up(hand: &Hand) -> Result<Vec<aios_memory::Recollection>, aios_memory::Error> {
    let copy = hand.files.join("copy");
    hand.memory.administrator().upkeep().backup(&copy, |_| ()).await?;
    let mut copied = config(hand);
    copied.memory.data_dir = copy;
    let memory = AgentMemory::open(copied).await?;
    let recalled = memory.recall_with("Where does the zebra sleep?", &explained()).await?;
    memory.shutdown().await?;
    Ok(recalled.hits)
}

/// Returns a message to learn from.
fn said(hand: &Hand, text: &str) -> Vec<Map<String, Value>> {
    vec![hand.fields(json!({"id": "l1", "content": text}))]
}

fn entity(hand: &Hand) -> Entity {
    Entity {
        name: "Gate".to_owned(),
        entity_type: "door".to_owned(),
        observations: vec![hand.text("the zebra@ leans on it")],
    }
}

fn observed(hand: &Hand) -> Observations {
    Observations { entity_name: "Gate".to_owned(), contents: vec![hand.text("zebra@ painted it")] }
}

fn opens() -> Relation {
    let (from, to) = ("Gate".to_owned(), "Barn".to_owned());
    Relation { from, to, relation_type: "leads_to".to_owned() }
}
