//! All records out, and back in.

use std::{fs, path::Path};

use aios_memory::{
    AgentMemory, Error, Id, ImportMode, IngestOptions, Kind, Record, RememberOptions, Restocked,
    Scope, ScopeFilter, is_export,
};
use serde_json::{Value, json};

use crate::{Fixture, texts};

async fn filled(memory: &AgentMemory) {
    let ada = Scope::default().with_user("ada");
    let talk = ada.clone().with_session("talk");
    for (kind, value, scope) in [
        (Kind::Goal, json!({"id": "g", "description": "a garden"}), &ada),
        (Kind::Task, json!({"id": "t", "goal_id": "g", "description": "dig"}), &ada),
        (Kind::ToolCall, json!({"task_id": "t", "tool_name": "spade", "input": "1"}), &ada),
        (Kind::Decision, json!({"context": "where", "chosen": "by the wall"}), &ada),
        (Kind::Pattern, json!({"trigger": "rain", "action": "wait", "success_rate": 0.5}), &ada),
        (Kind::Message, json!({"role": "user", "content": "shall we plant ferns?"}), &talk),
        (Kind::Message, json!({"role": "assistant", "content": "ferns it is"}), &talk),
        (Kind::Entry, json!({"key": "soil", "value": {"ph": 6.5}, "category": "c"}), &ada),
        (Kind::Preference, json!({"key": "tone", "value": "dry"}), &ada),
        (Kind::Persona, json!({"key": "name", "value": "Fern"}), &Scope::default()),
        (Kind::Procedure, json!({"name": "plant", "description": "dig, put, water"}), &ada),
        (Kind::Incident, json!({"description": "the pipe burst", "severity": "high"}), &ada),
    ] {
        memory.record(kind, value, scope).await.unwrap();
    }
    let options = RememberOptions::default().with_scope(ada).with_tag("shed");
    memory.remember_with("the key is in the shed", options).await.unwrap();
    memory.remember("a text of everybody's").await.unwrap();
}

async fn export(memory: &AgentMemory, path: &Path) -> String {
    memory.export(path, &ScopeFilter::default(), None).await.unwrap();
    fs::read_to_string(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_comes_back_as_it_was() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let memory = from.open().await;
    filled(&memory).await;
    memory.longterm().drain().await.unwrap();
    let path = from.dir.path().join("all.jsonl");
    let written = export(&memory, &path).await;
    assert_eq!(written.lines().count(), 1 + 15, "{written}");
    assert!(is_export(&path));
    let again = memory.export(&path, &ScopeFilter::default(), None).await.unwrap_err();
    assert!(matches!(again, Error::Output { .. }), "{again}");

    let other = to.open().await;
    let taken = other.import_export(&path, ImportMode::Store, None).await.unwrap();
    assert_eq!((taken.added, taken.known, &*taken.failed), (15, 0, &[][..]));
    let back = export(&other, &to.dir.path().join("back.jsonl")).await;
    assert_eq!(back, written);
    let taken = other.import_export(&path, ImportMode::Store, None).await.unwrap();
    assert_eq!((taken.added, taken.known, &*taken.failed), (0, 15, &[][..]));
    assert!(texts(&other, "plant ferns").await.contains(&"ferns it is".to_owned()));
    assert!(other.longterm().verify().await.unwrap().is_clean());
    // What was taken back goes on like what was written here.
    let said = json!({"role": "user", "content": "and roses"});
    let talk = Scope::default().with_user("ada").with_session("talk");
    other.record(Kind::Message, said, &talk).await.unwrap();
    other.longterm().drain().await.unwrap();
    assert_eq!(other.working().recent_messages("talk", 10).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_a_scope_leaves_others_out_and_what_cannot_be_read_is_named() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let memory = from.open().await;
    filled(&memory).await;
    let path = from.dir.path().join("bob.jsonl");
    let bob = ScopeFilter::exact(Scope::default().with_user("ada"));
    let exported = memory.export(&path, &bob, None).await.unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    assert_eq!(exported.records, 13, "{whole}");
    assert!(!whole.contains("everybody's"));

    // A task whose goal is not there is kept all the same, where open tasks are.
    let task = whole.lines().find(|line| line.contains("\"kind\":\"task\"")).unwrap();
    let damaged = from.dir.path().join("damaged.jsonl");
    fs::write(&damaged, format!("{{\"aios_memory_export\":1}}\n{{}}\n{task}\n")).unwrap();
    let other = to.open().await;
    let taken = other.import_export(&damaged, ImportMode::Store, None).await.unwrap();
    assert_eq!((taken.added, taken.failed.len(), taken.failed[0].0), (1, 1, 2));
    assert_eq!(taken.detached, [(3, "goal/g".to_owned())]);
    assert_eq!(other.working().tasks(None, None).await.unwrap().len(), 1);
    assert_eq!(texts(&other, "dig").await, ["dig"]);

    for (version, expect) in [(99, "use the newer program"), (0, "there is no version 0")] {
        fs::write(&damaged, format!("{{\"aios_memory_export\":{version}}}\n")).unwrap();
        let error = other.import_export(&damaged, ImportMode::Store, None).await.unwrap_err();
        assert!(error.to_string().contains(expect), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_somebody_mended_are_read_as_people_write_them() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let memory = from.open().await;
    let goal = json!({"id": "g", "description": "weed", "expires_at": "2100-01-01T00:00:00Z"});
    memory.record(Kind::Goal, goal, &Scope::default()).await.unwrap();
    let path = from.dir.path().join("all.jsonl");
    let written = export(&memory, &path).await;
    let other = to.open().await;
    for (time, expect) in
        [("9999-12-31", None), ("soon", Some("`expires_at`: `soon` is not a time; write 2026-"))]
    {
        fs::write(&path, written.replace("2100-01-01T00:00:00Z", time)).unwrap();
        let taken = other.import_export(&path, ImportMode::Store, None).await.unwrap();
        let problem = taken.failed.first().map(|(_, problem)| problem.as_str());
        assert_eq!(taken.added, u64::from(expect.is_none()));
        assert!(problem.unwrap_or_default().starts_with(expect.unwrap_or_default()), "{taken:?}");
    }
    let back = other.get(Kind::Goal, &Id::new("g").unwrap()).await.unwrap().unwrap();
    assert_eq!(back.expires_at.unwrap().strftime("%F").to_string(), "9999-12-30");
    assert_eq!(other.working().active_goals().await.unwrap().len(), 1);
}

/// Ada's session `s` with a summary and `messages`, exported; the lines of the file.
async fn talk(fixture: &Fixture, messages: &[&str]) -> Vec<String> {
    let memory = fixture.open().await;
    let ada = Scope::default().with_user("ada").with_session("s");
    for content in messages {
        let said = json!({"role": "user", "content": content});
        memory.record(Kind::Message, said, &ada).await.unwrap();
    }
    memory.working().set_session_summary("s", "about boats").await.unwrap();
    let written = export(&memory, &fixture.dir.path().join("talk.jsonl")).await;
    memory.shutdown().await.unwrap();
    written.lines().map(str::to_owned).collect()
}

async fn import(memory: &AgentMemory, dir: &Path, lines: &[String]) -> Restocked {
    let path = dir.join("given.jsonl");
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    let dry = memory.import_export(&path, ImportMode::DryRun, None).await.unwrap();
    let taken = memory.import_export(&path, ImportMode::Store, None).await.unwrap();
    assert_eq!((dry.added, dry.known), (taken.added, taken.known), "{dry:?} {taken:?}");
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_whatever_came_of_it_in_which_order() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let mut lines = talk(&from, &["one", "two", "three"]).await;
    let other = to.open().await;
    // The header, the session after one message, then the rest in a later file.
    lines.swap(1, 2);
    let taken = import(&other, to.dir.path(), &lines[..3]).await;
    assert_eq!((taken.added, taken.known), (2, 0), "{taken:?}");
    let taken = import(&other, to.dir.path(), &lines).await;
    assert_eq!((taken.added, taken.known, taken.failed.len()), (2, 2, 0), "{taken:?}");
    let session = other.working().session("s").await.unwrap().unwrap();
    assert_eq!((session.message_count, session.summary.as_deref()), (3, Some("about boats")));
    let ada = Scope::default().with_user("ada").with_session("s");
    let said = json!({"role": "user", "content": "four"});
    other.record(Kind::Message, said, &ada).await.unwrap();
    let ingested = br#"{"role": "user", "text": "five", "session": "s"}"#;
    let options = IngestOptions::default().with_scope(Scope::default().with_user("ada"));
    let report = other.ingest_reader(&ingested[..], None, options).await.unwrap();
    assert_eq!((report.added, report.failed_count), (1, 0), "{report:?}");
    assert!(other.verify(|_| {}).await.unwrap().is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stores_with_one_session_become_one() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let lines = talk(&from, &["one", "two"]).await;
    let other = to.open().await;
    let ada = Scope::default().with_user("ada").with_session("s");
    for content in ["own one", "own two"] {
        let said = json!({"role": "user", "content": content});
        other.record(Kind::Message, said, &ada).await.unwrap();
    }
    let taken = import(&other, to.dir.path(), &lines).await;
    assert_eq!((taken.added, taken.known, taken.failed.len()), (3, 0, 0), "{taken:?}");
    let messages = other.working().recent_messages("s", 9).await.unwrap();
    let texts: Vec<&str> = messages.iter().map(|message| message.content.as_str()).collect();
    assert_eq!(texts, ["own one", "own two", "one", "two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_user_has_is_a_failure_of_its_line() {
    let (from, to) = (Fixture::new(), Fixture::new());
    let mut lines = talk(&from, &["one", "two"]).await;
    let memory = from.open().await;
    memory.remember("the shed is green").await.unwrap();
    let path = from.dir.path().join("note.jsonl");
    lines.push(export(&memory, &path).await.lines().last().unwrap().to_owned());
    let other = to.open().await;
    let bob = Scope::default().with_user("bob").with_session("s");
    other.record(Kind::Session, json!({"id": "s"}), &bob).await.unwrap();
    let path = to.dir.path().join("given.jsonl");
    fs::write(&path, lines.join("\n")).unwrap();
    let taken = other.import_export(&path, ImportMode::Store, None).await.unwrap();
    assert_eq!(taken.added, 1, "{taken:?}");
    let failed: Vec<u64> = taken.failed.iter().map(|(line, _)| *line).collect();
    assert_eq!(failed, [2, 3, 4], "{taken:?}");
    assert!(taken.failed.iter().all(|(_, problem)| problem.contains("another scope")));
    assert_eq!(texts(&other, "shed").await, ["the shed is green"]);
}

/// The lines of an export of `records`.
async fn lines_of(records: &[(Kind, Value, &Scope)]) -> Vec<String> {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    for (kind, value, scope) in records {
        memory.record(*kind, value.clone(), scope).await.unwrap();
    }
    let written = export(&memory, &fixture.dir.path().join("all.jsonl")).await;
    memory.shutdown().await.unwrap();
    written.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_another_scope_is_a_conflict_in_either_tier() {
    let (shared, bob) = (Scope::default(), Scope::default().with_user("bob"));
    let lines = lines_of(&[
        (Kind::Goal, json!({"id": "g", "description": "of everybody"}), &shared),
        (Kind::Task, json!({"id": "t", "goal_id": "g", "description": "dig"}), &shared),
        (Kind::Note, json!({"id": "n", "content": "of everybody"}), &shared),
        (
            Kind::Preference,
            json!({"key": "tone", "value": "dry"}),
            &shared.clone().with_user("ada"),
        ),
    ])
    .await;
    let to = Fixture::new();
    let other = to.open().await;
    for (kind, value) in [
        (Kind::Goal, json!({"id": "g", "description": "bob's"})),
        (Kind::Note, json!({"id": "n", "content": "bob's"})),
        (Kind::Preference, json!({"key": "tone", "value": "warm"})),
    ] {
        other.record(kind, value, &bob).await.unwrap();
    }
    let taken = import(&other, to.dir.path(), &lines).await;
    assert_eq!((taken.added, taken.known), (2, 0), "{taken:?}");
    let expect = |key: &str| format!("`{key}` exists already in another scope; choose another id");
    let problems: Vec<&str> = taken.failed.iter().map(|(_, problem)| problem.as_str()).collect();
    let expect = [format!("goal {}", expect("g")), format!("note {}", expect("n"))];
    assert_eq!(problems, expect);
    // Its goal is not bob's.
    assert_eq!(taken.detached, [(3, "goal/g".to_owned())]);
    assert_eq!(other.working().task("t").await.unwrap().unwrap().goal_id, None);
    let ada = other.working().preference(Some("ada"), "tone").await.unwrap();
    assert_eq!(ada, Some(json!("dry")));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_lines_with_one_id_the_first_counts() {
    let shared = Scope::default();
    let lines = lines_of(&[
        (Kind::Goal, json!({"id": "g", "description": "first"}), &shared),
        (Kind::Note, json!({"id": "n", "content": "first"}), &shared),
        (Kind::Preference, json!({"key": "k", "value": "a"}), &shared.clone().with_user("ada")),
        (Kind::Preference, json!({"key": "k", "value": "b"}), &shared.clone().with_user("bob")),
    ])
    .await;
    let again = lines[1..].iter().map(|line| line.replace("first", "second"));
    let twice: Vec<String> = lines.iter().cloned().chain(again).collect();
    let to = Fixture::new();
    let other = to.open().await;
    let taken = import(&other, to.dir.path(), &twice).await;
    assert_eq!((taken.added, taken.known, taken.failed.len()), (4, 4, 0), "{taken:?}");
    let here = export(&other, &to.dir.path().join("back.jsonl")).await;
    assert_eq!(here.lines().collect::<Vec<_>>(), lines);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_ends_an_import_and_an_ingest_and_both_say_how_far_they_came() {
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
    let other = AgentMemory::open(config.clone()).await.unwrap();
    let error = other.import_export(&path, ImportMode::Store, None).await.unwrap_err();
    let Error::Unfinished { added, source } = &error else { panic!("{error:?}") };
    assert!(0 < *added && added % 500 == 0, "{error:?}");
    assert!(source.to_string().contains("raise the limit"), "{error:?}");

    let said: Vec<String> = (0..notes)
        .map(|n| json!({"kind": "note", "text": format!("said {n}")}).to_string())
        .collect();
    let said = std::io::Cursor::new(said.join("\n"));
    let (to, mut config) = (Fixture::new(), config);
    config.memory.data_dir = to.dir.path().to_owned();
    let other = AgentMemory::open(config).await.unwrap();
    let error = other.ingest_reader(said, None, IngestOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::Unfinished { added, .. } if 0 < added), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_long_term_memory_refuses_holds_up_no_other_of_its_batch() {
    let lines = lines_of(&[(Kind::Note, json!({"content": "good"}), &Scope::default())]).await;
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
    let taken = other.import_export(&path, ImportMode::Store, None).await.unwrap();
    assert_eq!(taken.added, 18, "{taken:?}");
    let lines: Vec<u64> = taken.failed.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [6, 15], "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_editor_does_to_an_export_is_no_matter() {
    let lines = lines_of(&[(Kind::Note, json!({"content": "here"}), &Scope::default())]).await;
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
        let taken = other.import_export(&path, ImportMode::Store, None).await.unwrap();
        assert_eq!((taken.added + taken.known, taken.failed.len()), (1, 0), "{n}: {taken:?}");
    }
    fs::write(&path, format!("{}\n\n{{}}\n", lines[0])).unwrap();
    let taken = other.import_export(&path, ImportMode::Store, None).await.unwrap();
    assert_eq!(taken.failed[0].0, 3);
}
