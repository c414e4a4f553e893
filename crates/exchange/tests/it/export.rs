//! Export of all records, and its import.

use std::{fs, path::Path};

use aios_exchange::{
    Error,
    export::{self, Restocked, is_export},
    import::{self, ImportOptions},
    ingest::{self, IngestOptions},
};
use aios_memory::{
    AgentMemory, Fact, FactQuery, Id, Key, Kind, MemoryView, Mode, Record, Remedy, RememberOptions,
    Scope, ScopeFilter, admission::Detail,
};
use serde_json::{Value, json};

use crate::{Fixture, id, in_session, of, texts};

async fn filled(memory: &AgentMemory) {
    let ada = of(memory, "ada");
    let talk = in_session(&ada, "talk");
    for (kind, value, view) in [
        (Kind::Goal, json!({"id": "g", "description": "a garden"}), &ada),
        (Kind::Task, json!({"id": "t", "goal_id": "g", "description": "dig"}), &ada),
        (Kind::ToolCall, json!({"task_id": "t", "tool_name": "spade", "input": "1"}), &ada),
        (Kind::Decision, json!({"context": "where", "chosen": "by the wall"}), &ada),
        (Kind::Pattern, json!({"trigger": "rain", "action": "wait", "success_rate": 0.5}), &ada),
        (Kind::Message, json!({"role": "user", "content": "shall we plant ferns?"}), &talk),
        (Kind::Message, json!({"role": "assistant", "content": "ferns it is"}), &talk),
        (Kind::File, json!({"path": "/memories/soil.md", "text": "pH 6.5"}), &ada),
        (Kind::Entry, json!({"key": "soil", "value": {"ph": 6.5}, "category": "c"}), &ada),
        (Kind::Preference, json!({"key": "tone", "value": "dry"}), &ada),
        (Kind::Persona, json!({"key": "name", "value": "Fern"}), &**memory),
        (Kind::Procedure, json!({"name": "plant", "description": "dig, put, water"}), &ada),
        (Kind::Incident, json!({"description": "the pipe burst", "severity": "high"}), &ada),
    ] {
        view.record(kind, value).await.unwrap();
    }
    let options = RememberOptions::default().with_tags(vec!["shed".to_owned()]);
    ada.remember_with("the key is in the shed", options).await.unwrap();
    memory.remember("a text of everybody's").await.unwrap();
}

async fn export(memory: &MemoryView, path: &Path) -> String {
    export::to_file(memory, path, |_| {}).await.unwrap();
    fs::read_to_string(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_round_trips_through_an_import() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let memory = from.open().await;
    filled(&memory).await;
    let everything = memory.administrator();
    everything.longterm().upkeep().drain().await.unwrap();
    let path = from.dir.path().join("all.jsonl");
    let written = export(&everything, &path).await;
    assert_eq!(written.lines().count(), 1 + 16, "{written}");
    assert!(is_export(&path));
    let headless = from.dir.path().join("headless.jsonl");
    fs::write(&headless, written.split_once('\n').unwrap().1).unwrap();
    let options = IngestOptions::default();
    let report = ingest::file(&memory, &headless, options).await.unwrap();
    assert_eq!((report.tally.added, report.failed_count), (0, 1), "{report:?}");
    assert!(report.failed[0].error.contains("first line is missing"), "{report:?}");
    let error = import::file(&memory, &headless, ImportOptions::default()).await.unwrap_err();
    assert!(error.to_string().contains("without its first line"), "{error}");
    let again = export::to_file(&everything, &path, |_| {}).await.unwrap_err();
    let of_memory = again.of_memory().unwrap();
    assert!(matches!(of_memory, aios_memory::Error::Output { .. }), "{again}");

    let other = to.open().await;
    let everything = other.administrator();
    let taken = export::read_back(&everything, &path, Mode::Apply, |_| {}).await.unwrap();
    assert_eq!(counts(&taken), (16, 0, 0));
    let back = export(&everything, &to.dir.path().join("back.jsonl")).await;
    assert_eq!(back, written);
    let taken = export::read_back(&everything, &path, Mode::Apply, |_| {}).await.unwrap();
    assert_eq!(counts(&taken), (0, 16, 0));
    let ada = of(&other, "ada");
    assert!(texts(&ada, "plant ferns").await.contains(&"ferns it is".to_owned()));
    assert!(everything.longterm().upkeep().verify().await.unwrap().is_clean());
    // Imported records are continued like original ones.
    let said = json!({"role": "user", "content": "and roses"});
    in_session(&ada, "talk").record(Kind::Message, said).await.unwrap();
    everything.longterm().upkeep().drain().await.unwrap();
    assert_eq!(ada.working().messages().recent(&id("talk"), 10).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_one_owner_and_unreadable_lines_are_reported() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let memory = from.open().await;
    filled(&memory).await;
    of(&memory, "bob").remember("a text of bob's").await.unwrap();
    let path = from.dir.path().join("ada.jsonl");
    let ada = ScopeFilter::exact(Scope::default().with_user("ada"));
    let view = memory.administrator().narrow(&ada).unwrap();
    let exported = export::to_file(&view, &path, |_| {}).await.unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    assert_eq!(exported.records, 14, "{whole}");
    assert!(!whole.contains("everybody's") && !whole.contains("bob's"));

    // A task whose goal is missing is stored in working memory.
    let task = whole.lines().find(|line| line.contains("\"kind\":\"task\"")).unwrap();
    let damaged = from.dir.path().join("damaged.jsonl");
    fs::write(&damaged, format!("{{\"aios_memory_export\":1}}\n{{}}\n{task}\n")).unwrap();
    let other = to.open().await;
    let ada = of(&other, "ada");
    let taken = export::read_back(&ada, &damaged, Mode::Apply, |_| {}).await.unwrap();
    assert_eq!((taken.tally.added, taken.failed.len(), taken.failed[0].line), (1, 1, 2));
    assert_detached(&taken, &[(3, "goal/g")]);
    assert_eq!(ada.working().tasks().list(None, None).await.unwrap().len(), 1);
    assert_eq!(texts(&ada, "dig").await, ["dig"]);

    for (version, expect) in
        [(99, "export version 99 is not supported"), (0, "invalid export version 0")]
    {
        fs::write(&damaged, format!("{{\"aios_memory_export\":{version}}}\n")).unwrap();
        let error = export::read_back(&ada, &damaged, Mode::Apply, |_| {}).await.unwrap_err();
        assert!(error.to_string().contains(expect), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preference_of_the_former_default_user_is_shared() {
    let line = |key: &str, user: &str| {
        json!({
            "kind": "preference", "id": key, "scope": {"user": user},
            "text": format!("{key}: mint"),
            "payload": {"key": key, "value": "mint", "user": user,
                "updated_at": "2026-05-08T13:56:00Z"},
            "provenance": {"module": "unknown"}, "title": null, "speaker": null, "position": null,
            "tags": [], "source": null, "external_id": null, "importance": 0.5, "confidence": 1.0,
            "trust": "normal", "occurred_at": null, "recorded_at": "2026-05-08T13:56:00Z",
            "valid_from": null, "valid_to": null, "superseded_by": null, "expires_at": null,
        })
    };
    let to = Fixture::new();
    let other = to.open().await;
    let path = to.dir.path().join("former.jsonl");
    for (version, is_shared) in [(1, true), (2, false)] {
        let key = format!("tea{version}");
        let lines = [
            format!("{{\"aios_memory_export\":{version}}}"),
            line(&key, "default").to_string(),
            line(&key, "ann").to_string(),
        ];
        fs::write(&path, lines.join("\n")).unwrap();
        let all = other.administrator();
        let taken = export::read_back(&all, &path, Mode::Apply, |_| {}).await.unwrap();
        assert_eq!((taken.tally.added, taken.failed.len()), (2, 0), "{taken:?}");
        let seen = other.for_shared().working().preferences().list().await.unwrap();
        assert_eq!(seen.other.contains_key(&key), is_shared, "version {version}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hand_edited_times_are_read_in_any_accepted_notation() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let memory = from.open().await;
    let goal = json!({"id": "g", "description": "weed", "expires_at": "2100-01-01T00:00:00Z"});
    memory.record(Kind::Goal, goal).await.unwrap();
    let path = from.dir.path().join("all.jsonl");
    let written = export(&memory, &path).await;
    let other = to.open().await;
    for (time, expect) in
        [("9999-12-31", None), ("soon", Some("`expires_at`: `soon` is not a time; write 2026-"))]
    {
        fs::write(&path, written.replace("2100-01-01T00:00:00Z", time)).unwrap();
        let taken = export::read_back(&other, &path, Mode::Apply, |_| {}).await.unwrap();
        let problem = taken.failed.first().map(|failure| failure.error.as_str());
        assert_eq!(taken.tally.added, u64::from(expect.is_none()));
        assert!(problem.unwrap_or_default().starts_with(expect.unwrap_or_default()), "{taken:?}");
    }
    let back = other.get(&Key::new(Kind::Goal, Id::new("g").unwrap())).await.unwrap().unwrap();
    assert_eq!(back.expires_at.unwrap().strftime("%F").to_string(), "9999-12-30");
    assert_eq!(other.working().goals().active().await.unwrap().len(), 1);
}

/// Exports Ada's session `s` with a summary and `messages`, and returns the lines of the file.
async fn talk(fixture: &Fixture, messages: &[&str]) -> Vec<String> {
    let memory = fixture.open().await;
    let ada = in_session(&of(&memory, "ada"), "s");
    for content in messages {
        let said = json!({"role": "user", "content": content});
        ada.record(Kind::Message, said).await.unwrap();
    }
    ada.working().sessions().set_summary(&id("s"), "about boats").await.unwrap();
    let written = export(&ada, &fixture.dir.path().join("talk.jsonl")).await;
    memory.shutdown().await.unwrap();
    written.lines().map(str::to_owned).collect()
}

async fn import(memory: &MemoryView, dir: &Path, lines: &[String]) -> Restocked {
    let path = dir.join("given.jsonl");
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    let dry = export::read_back(memory, &path, Mode::DryRun, |_| {}).await.unwrap();
    let taken = export::read_back(memory, &path, Mode::Apply, |_| {}).await.unwrap();
    let (told, done) = (&dry.tally, &taken.tally);
    assert_eq!((told.added, told.known), (done.added, done.known), "{dry:?} {taken:?}");
    taken
}

/// Returns the numbers of records added, known and failed.
fn counts(taken: &Restocked) -> (u64, u64, usize) {
    (taken.tally.added, taken.tally.known, taken.failed.len())
}

/// Checks the lines of records that were stored without a reference, and the missing references.
fn assert_detached(taken: &Restocked, expect: &[(u64, &str)]) {
    let is_detached = |detail: &&Detail| detail.outcome == "detached";
    let found: Vec<&Detail> = taken.tally.details.iter().filter(is_detached).collect();
    let lines: Vec<u64> = found.iter().map(|detail| detail.line).collect();
    assert_eq!(lines, expect.iter().map(|(line, _)| *line).collect::<Vec<_>>(), "{taken:?}");
    for (detail, (_, goal)) in found.iter().zip(expect) {
        assert!(detail.reason.as_ref().unwrap().contains(goal), "{detail:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_continues_after_imports_in_any_order() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let mut lines = talk(&from, &["one", "two", "three"]).await;
    let other = to.open().await;
    let ada = of(&other, "ada");
    // The header, the session after one message, then the rest in a later file.
    lines.swap(1, 2);
    let taken = import(&ada, to.dir.path(), &lines[..3]).await;
    assert_eq!(counts(&taken), (2, 0, 0), "{taken:?}");
    let taken = import(&ada, to.dir.path(), &lines).await;
    assert_eq!(counts(&taken), (2, 2, 0), "{taken:?}");
    let session = ada.working().sessions().get(&id("s")).await.unwrap().unwrap();
    assert_eq!((session.message_count, session.summary.as_deref()), (3, Some("about boats")));
    let said = json!({"role": "user", "content": "four"});
    in_session(&ada, "s").record(Kind::Message, said).await.unwrap();
    let ingested = br#"{"role": "user", "text": "five", "session": "s"}"#;
    let report = ingest::reader(&ada, &ingested[..], None, IngestOptions::default()).await.unwrap();
    assert_eq!((report.tally.added, report.failed_count), (1, 0), "{report:?}");
    assert!(other.administrator().upkeep().verify(|_| {}).await.unwrap().is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_merges_sessions_with_the_same_id() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let lines = talk(&from, &["one", "two"]).await;
    let other = to.open().await;
    let ada = in_session(&of(&other, "ada"), "s");
    for content in ["own one", "own two"] {
        let said = json!({"role": "user", "content": content});
        ada.record(Kind::Message, said).await.unwrap();
    }
    let taken = import(&ada, to.dir.path(), &lines).await;
    assert_eq!(counts(&taken), (3, 0, 0), "{taken:?}");
    let messages = ada.working().messages().recent(&id("s"), 9).await.unwrap();
    let texts: Vec<&str> = messages.iter().map(|message| message.content.as_str()).collect();
    assert_eq!(texts, ["own one", "own two", "one", "two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_another_user_is_a_failure_of_its_line() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let mut lines = talk(&from, &["one", "two"]).await;
    let memory = from.open().await;
    memory.remember("the shed is green").await.unwrap();
    let path = from.dir.path().join("note.jsonl");
    lines.push(export(&memory, &path).await.lines().last().unwrap().to_owned());
    let other = to.open().await;
    let bob = of(&other, "bob");
    bob.record(Kind::Session, json!({"id": "s"})).await.unwrap();
    let path = to.dir.path().join("given.jsonl");
    fs::write(&path, lines.join("\n")).unwrap();
    // Records without a user become the reader's; the shared handle refuses those of a user.
    for (view, texts_of) in [(&bob, "bob"), (&*other, "everybody")] {
        let taken = export::read_back(view, &path, Mode::Apply, |_| {}).await.unwrap();
        assert_eq!((taken.tally.added, taken.tally.refused), (1, 3), "{texts_of}: {taken:?}");
        let failed: Vec<u64> = taken.failed.iter().map(|failure| failure.line).collect();
        assert_eq!(failed, [2, 3, 4], "{texts_of}: {taken:?}");
        assert!(taken.failed.iter().all(|failure| failure.error.contains("user")), "{taken:?}");
        assert_eq!(texts(view, "shed").await, ["the shed is green"]);
    }
    assert_eq!(bob.working().sessions().get(&id("s")).await.unwrap().unwrap().message_count, 0);
}

/// Returns the lines of an export of `records`, each with its owner; `None` is the shared owner.
async fn lines_of(records: &[(Kind, Value, Option<&str>)]) -> Vec<String> {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    for (kind, value, user) in records {
        let view = user.map_or_else(|| memory.for_shared(), |user| of(&memory, user));
        view.record(*kind, value.clone()).await.unwrap();
    }
    let path = fixture.dir.path().join("all.jsonl");
    let written = export(&memory.administrator(), &path).await;
    memory.shutdown().await.unwrap();
    written.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_ids_of_different_owners_do_not_conflict() {
    let lines = lines_of(&[
        (Kind::Goal, json!({"id": "g", "description": "of everybody"}), None),
        (Kind::Task, json!({"id": "t", "goal_id": "g", "description": "dig"}), None),
        (Kind::Note, json!({"id": "n", "content": "of everybody"}), None),
        (Kind::Preference, json!({"key": "tone", "value": "dry"}), Some("ada")),
    ])
    .await;
    let to = Fixture::new();
    let other = to.open().await;
    let bob = of(&other, "bob");
    let own = [
        (Kind::Goal, "g", json!({"id": "g", "description": "bob's"})),
        (Kind::Note, "n", json!({"id": "n", "content": "bob's"})),
        (Kind::Preference, "tone", json!({"key": "tone", "value": "warm"})),
    ];
    for (kind, _, value) in own.clone() {
        bob.record(kind, value).await.unwrap();
    }
    let taken = import(&other.administrator(), to.dir.path(), &lines).await;
    assert_eq!(counts(&taken), (4, 0, 0), "{taken:?}");
    assert_detached(&taken, &[]);
    for (kind, id, _) in own {
        let id = Id::new(id).unwrap();
        let record = bob.get(&Key::new(kind, id.clone())).await.unwrap().unwrap();
        assert_eq!(record.scope.user.as_deref(), Some("bob"));
        if kind != Kind::Preference {
            let shared = other.get(&Key::new(kind, id.clone())).await.unwrap().unwrap();
            assert_eq!(shared.text, "of everybody");
        }
    }
    // The shared task refers to the shared goal, not to Bob's.
    let goals_tasks = other.working().tasks().of_goal(&id("g")).await.unwrap();
    assert_eq!(goals_tasks.len(), 1);
    assert_eq!(bob.working().preferences().get("tone").await.unwrap(), Some(json!("warm")));
    assert_eq!(
        of(&other, "ada").working().preferences().get("tone").await.unwrap(),
        Some(json!("dry"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_of_two_lines_with_the_same_id_counts() {
    let lines = lines_of(&[
        (Kind::Goal, json!({"id": "g", "description": "first"}), None),
        (Kind::Note, json!({"id": "n", "content": "first"}), None),
        (Kind::Preference, json!({"key": "k", "value": "a"}), Some("ada")),
        (Kind::Preference, json!({"key": "k", "value": "b"}), Some("bob")),
    ])
    .await;
    let again = lines[1..].iter().map(|line| line.replace("first", "second"));
    let twice: Vec<String> = lines.iter().cloned().chain(again).collect();
    let to = Fixture::new();
    let other = to.open().await;
    let everything = other.administrator();
    let taken = import(&everything, to.dir.path(), &twice).await;
    // Those with another text conflict with the first; the equal ones are known.
    assert_eq!(counts(&taken), (4, 2, 0), "{taken:?}");
    let conflicting: Vec<u64> = taken.tally.conflicting.iter().map(|it| it.line).collect();
    assert_eq!((conflicting.len(), taken.tally.conflicting_count), (2, 2), "{taken:?}");
    assert!(conflicting.iter().all(|line| twice[*line as usize - 1].contains("second")));
    let here = export(&everything, &to.dir.path().join("back.jsonl")).await;
    assert_eq!(here.lines().collect::<Vec<_>>(), lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_ends_an_import_or_ingest_with_the_number_of_added_records() {
    let (notes, to) = (1200, Fixture::new());
    let note = |n: usize| Record {
        payload: json!({"content": format!("note {n}")}),
        ..Record::new(
            Kind::Note,
            format!("n{n:04}").parse().unwrap(),
            format!("note {n}"),
            Scope::default(),
        )
    };
    let mut lines = vec!["{\"aios_memory_export\":1}".to_owned()];
    lines.extend((0..notes).map(|n| serde_json::to_string(&note(n)).unwrap()));
    let path = to.dir.path().join("given.jsonl");
    fs::write(&path, lines.join("\n")).unwrap();
    let mut config = to.config();
    config.longterm.max_disk_bytes = 900_000;
    // With the transformer, the vectors of one batch would exceed the limit.
    config.embedding.model = "static".to_owned();
    let other = AgentMemory::open(config.clone()).await.unwrap();
    let error = export::read_back(&other, &path, Mode::Apply, |_| {}).await.unwrap_err();
    let Error::Unfinished { added, .. } = &error else { panic!("{error:?}") };
    assert!(0 < *added && added % 500 == 0, "{error:?}");
    let purge = Remedy::Purge { setting: "longterm.max_disk_bytes" };
    assert_eq!(error.remedy(), Some(purge), "{error:?}");

    let said: Vec<String> = (0..notes)
        .map(|n| json!({"kind": "note", "text": format!("said {n}")}).to_string())
        .collect();
    let said = std::io::Cursor::new(said.join("\n"));
    let (to, mut config) = (Fixture::new(), config);
    config.memory.data_dir = to.dir.path().to_owned();
    let other = AgentMemory::open(config).await.unwrap();
    let error = ingest::reader(&other, said, None, IngestOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::Unfinished { added, .. } if 0 < added), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_record_does_not_block_the_rest_of_its_batch() {
    let lines = lines_of(&[(Kind::Note, json!({"content": "good"}), None)]).await;
    let copies = (0..20).map(|n| {
        let mut record: Record = serde_json::from_str(&lines[1]).unwrap();
        record.id = format!("n{n}").parse().unwrap();
        if n % 9 == 4 {
            record.text = "x".repeat((16 << 20) + 1);
        }
        serde_json::to_string(&record).unwrap()
    });
    let given: Vec<String> = lines[..1].iter().cloned().chain(copies).collect();
    let to = Fixture::new();
    let other = to.open().await;
    let path = to.dir.path().join("given.jsonl");
    fs::write(&path, given.join("\n")).unwrap();
    let taken = export::read_back(&other, &path, Mode::Apply, |_| {}).await.unwrap();
    assert_eq!(taken.tally.added, 18, "{taken:?}");
    let lines: Vec<u64> = taken.failed.iter().map(|failure| failure.line).collect();
    assert_eq!(lines, [6, 15], "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn byte_order_marks_and_blank_lines_in_an_export_are_ignored() {
    let lines = lines_of(&[(Kind::Note, json!({"content": "here"}), None)]).await;
    let to = Fixture::new();
    let other = to.open().await;
    let path = to.dir.path().join("edited.jsonl");
    for (n, edited) in [
        format!("\u{feff}{}\r\n{}\r\n", lines[0], lines[1]),
        format!("\u{feff}\n \n{}\n\n{}\n\n\n", lines[0], lines[1]),
    ]
    .into_iter()
    .enumerate()
    {
        fs::write(&path, edited).unwrap();
        assert!(is_export(&path), "{n}");
        let taken = export::read_back(&other, &path, Mode::Apply, |_| {}).await.unwrap();
        assert_eq!(
            (taken.tally.added + taken.tally.known, taken.failed.len()),
            (1, 0),
            "{n}: {taken:?}"
        );
    }
    fs::write(&path, format!("{}\n\n{{}}\n", lines[0])).unwrap();
    let taken = export::read_back(&other, &path, Mode::Apply, |_| {}).await.unwrap();
    assert_eq!(taken.failed[0].line, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learned_fact_is_not_imported_without_a_message_that_states_it() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let memory = from.open().await;
    let ada = of(&memory, "ada");
    let said = ["I live in Ghent.", "I have a dog named Rex."].map(|text| {
        let message = json!({"content": text, "name": "Ada", "timestamp": "2026-01-01T10:00:00Z"});
        message.as_object().unwrap().clone()
    });
    ada.facts().learn(said.to_vec()).await.unwrap();
    ada.record(Kind::Fact, json!({"text": "Ada likes rye bread."})).await.unwrap();
    let path = from.dir.path().join("all.jsonl");
    let written = export(&ada, &path).await;
    let is_message = |line: &&str| line.starts_with("{\"kind\":\"message\"");
    let is_of_ghent = |line: &&str| is_message(line) && line.contains("Ghent");
    let texts_of = async |memory: &MemoryView| {
        let facts = memory.facts().list(aios_memory::FactQuery::default()).await.unwrap().facts;
        let mut texts: Vec<String> = facts.into_iter().map(|fact| fact.text).collect();
        texts.sort();
        texts
    };
    let other = to.open().await;
    let ada = of(&other, "ada");
    let import = async |name: &str, lines: Vec<&str>| {
        let path = to.dir.path().join(name);
        fs::write(&path, lines.join("\n")).unwrap();
        export::read_back(&ada, &path, Mode::Apply, |_| {}).await.unwrap().tally
    };
    let without = import("without", written.lines().filter(|it| !is_message(it)).collect()).await;
    assert_eq!((without.added, without.skipped), (2, 2), "{without:?}");
    assert!(without.details.iter().any(|it| it.to_string().contains("not stored")), "{without:?}");
    assert_eq!(texts_of(&ada).await, ["Ada likes rye bread."]);
    // Only one message, after the facts.
    let mut lines: Vec<&str> = written.lines().filter(|it| !is_message(it)).collect();
    lines.extend(written.lines().filter(is_of_ghent));
    let with = import("with", lines).await;
    assert_eq!(with.skipped, 1, "{with:?}");
    assert_eq!(texts_of(&ada).await, ["Ada likes rye bread.", "Ada lives in Ghent."]);
    memory.shutdown().await.unwrap();
    other.shutdown().await.unwrap();
}

/// Opens a memory that learns from messages as they are stored.
async fn open_learning(fixture: &Fixture) -> AgentMemory {
    let mut config = fixture.config();
    config.learning.auto = true;
    AgentMemory::open(config).await.unwrap()
}

async fn facts(view: &MemoryView) -> Vec<Fact> {
    view.facts().list(FactQuery::default()).await.unwrap().facts
}

/// Stores a message of each text in one session, a minute apart.
async fn say(view: &MemoryView, said: impl Iterator<Item = String>) {
    let message = |(minute, text): (usize, String)| {
        let (hour, minute) = (minute / 60, minute % 60);
        let timestamp = format!("2026-01-05T{hour:02}:{minute:02}:00Z");
        let message = json!({
            "role": "user", "name": "Ada", "content": text, "session": "s",
            "timestamp": timestamp, "id": timestamp,
        });
        message.as_object().cloned().unwrap()
    };
    let report = view.facts().learn(said.enumerate().map(message).collect()).await.unwrap();
    assert_eq!(report.failed, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_facts_keep_their_confirmations_and_corrections() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let memory = open_learning(&from).await;
    let ada = of(&memory, "ada");
    let stated = ["I live in Ghent.", "I work at Calder Mills.", "I live in Ghent."];
    let fillers = (0..1200).map(|n| format!("pebble number {n}"));
    say(&ada, stated.into_iter().map(str::to_owned).chain(fillers)).await;
    let stated = async |word: &str| {
        let found = facts(&ada).await.into_iter().find(|fact| fact.statement().contains(word));
        found.unwrap_or_else(|| panic!("no fact of {word}"))
    };
    let (work, home) = (stated("Calder").await, stated("Ghent").await);
    ada.facts().confirm(&work.id).await.unwrap();
    let changes = json!({"value": "Lyon"}).as_object().cloned().unwrap();
    ada.update(&Key::new(Kind::Fact, home.id), changes).await.unwrap();
    let before = facts(&ada).await;
    let path = from.dir.path().join("all.jsonl");
    export(&memory.administrator(), &path).await;
    memory.shutdown().await.unwrap();

    let other = open_learning(&to).await;
    let everything = other.administrator();
    let taken = export::read_back(&everything, &path, Mode::Apply, |_| {}).await.unwrap();
    assert_eq!((taken.tally.known, taken.failed.len()), (0, 0), "{:?}", taken.tally);
    let ada = of(&other, "ada");
    ada.facts().catch_up().await.unwrap();
    let after = facts(&ada).await;
    assert_eq!(after.len(), before.len(), "{after:?}");
    for fact in before {
        let same = after.iter().find(|it| it.id == fact.id).unwrap();
        assert_eq!(same.statement(), fact.statement());
        assert_eq!(same.confirmed_at, fact.confirmed_at);
    }
    other.shutdown().await.unwrap();
}
