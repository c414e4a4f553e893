//! A forgotten text is not stored again, in any notation and by any route into the memory.

use std::{
    fs,
    path::{Path, PathBuf},
};

use aios_exchange::{
    export,
    import::{self, ImportOptions},
    ingest::{self, IngestOptions},
};
use aios_memory::{
    AgentMemory, ForgetOptions, ForgetQuery, ForgetTarget, Id, Identity, Kind, MemoryView, Mode,
    Owner, upkeep::restore,
};
use aios_record::forms;
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use crate::{Fixture, in_session, of, texts};

/// A text with letters that have several encodings.
const TEXT: &str = "Stra\u{df}e 5: the caf\u{e9} code is zq4711,\nat the \u{fb01}rst gate";

/// Returns other notations of the text.
fn writings() -> Vec<(&'static str, String)> {
    let text = TEXT.to_owned();
    vec![
        ("as it was", text.clone()),
        ("CRLF", text.replace('\n', "\r\n")),
        ("no line end", text.replace('\n', " ")),
        ("trailing space", format!("{text}  \n")),
        ("leading space", format!("\t {text}")),
        ("doubled space", text.replace(' ', "  ")),
        ("no-break space", text.replace(' ', "\u{a0}")),
        ("ideographic space", text.replace(' ', "\u{3000}")),
        ("zero-width space", text.replace('a', "a\u{200b}")),
        ("joiners", text.replace('c', "c\u{200d}\u{200c}")),
        ("soft hyphen", text.replace('e', "e\u{ad}")),
        ("bidi marks", format!("\u{202a}{text}\u{202c}\u{200e}\u{61c}")),
        ("isolates", format!("\u{2066}{text}\u{2069}")),
        ("byte order mark", format!("\u{feff}{text}")),
        ("variation selector", text.replace('4', "4\u{fe0f}")),
        ("decomposed", text.replace('\u{e9}', "e\u{301}")),
        ("ligature apart", text.replace('\u{fb01}', "fi")),
        ("full width", text.replace("zq4711", "\u{ff5a}\u{ff51}\u{ff14}\u{ff17}\u{ff11}\u{ff11}")),
        ("upper case", text.to_uppercase()),
        ("lower case", text.to_lowercase()),
    ]
}

/// Returns files with `text`, each in a different format.
fn files(text: &str) -> Vec<(&'static str, String)> {
    let line = |value: Value| format!("{value}\n");
    vec![
        ("plain.txt", text.to_owned()),
        ("bare.md", format!("{text}\n")),
        ("headed.md", format!("# Gates\n\n## Codes\n\n{text}\n")),
        ("chat.jsonl", line(json!({"role": "user", "content": text}))),
        ("note.jsonl", line(json!({"text": text}))),
        ("kinds.jsonl", line(json!({"kind": "knowledge", "content": text}))),
        ("openai.json", json!({"messages": [{"role": "user", "content": text}]}).to_string()),
        (
            "sharegpt.json",
            json!([{"conversations": [{"from": "human", "value": text}]}]).to_string(),
        ),
        ("mem0.json", json!({"results": [{"id": "9", "memory": text}]}).to_string()),
        (
            "claude.jsonl",
            line(json!({
                "type": "user", "uuid": "u1", "sessionId": "s", "timestamp": "2026-01-01T00:00:00Z",
                "message": {"role": "user", "content": text},
            })),
        ),
    ]
}

/// Returns records with `text`, each of a different kind.
fn records(text: &str) -> Vec<(Kind, Value)> {
    vec![
        (Kind::Note, json!({"content": text})),
        (Kind::Knowledge, json!({"content": text})),
        (Kind::Fact, json!({"subject": "gate", "attribute": "code", "value": "it", "text": text})),
        (Kind::Goal, json!({"description": text})),
        (Kind::Task, json!({"description": "look", "result": text})),
        (Kind::ToolCall, json!({"tool_name": "grep", "input": {"pattern": text}})),
        (Kind::Decision, json!({"context": "gates", "options": [text], "chosen": "a"})),
        (Kind::Pattern, json!({"trigger": "gates", "action": text})),
        (Kind::AgentState, json!({"agent_name": "a", "state": {"plan": [text]}})),
        (Kind::Session, json!({"id": "s", "summary": text})),
        (Kind::Message, json!({"role": "user", "content": text, "session": "m"})),
        (Kind::Interaction, json!({"user_transcript": text, "assistant_response": "well"})),
        (Kind::File, json!({"path": "/memories/gates.md", "text": text})),
        (Kind::Entry, json!({"category": "c", "key": "k", "value": text})),
        (Kind::Preference, json!({"key": "p", "value": text})),
        (Kind::Incident, json!({"description": "it broke", "resolution": text})),
        (Kind::Summary, json!({"id": "y", "text": text, "subject": "session/x"})),
    ]
}

async fn forget_text(view: &MemoryView, text: &str) {
    view.remember(text).await.unwrap();
    let query = ForgetTarget::Query(ForgetQuery::new(text));
    assert_eq!(view.forget(ForgetOptions::new(query)).await.unwrap().forgotten, 1);
}

/// Returns the lines of an export that contain `text` in any notation.
async fn said(view: &MemoryView, dir: &Path, text: &str) -> Vec<String> {
    let path = dir.join(format!("{}.jsonl", Id::generate()));
    export::to_file(view, &path, |_| {}).await.unwrap();
    let text = forms::forgotten(text);
    let lines = fs::read_to_string(path).unwrap();
    let says = |line: &&str| {
        let record: Value = serde_json::from_str(line).unwrap();
        forms::forgotten(record["text"].as_str().unwrap_or_default()).contains(&text)
    };
    lines.lines().filter(says).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_text_is_not_ingested_in_any_writing_or_format() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    forget_text(&memory, TEXT).await;
    for (at, (writing, text)) in writings().into_iter().enumerate() {
        let dir = fixture.dir.path().join(at.to_string());
        fs::create_dir(&dir).unwrap();
        for (name, content) in files(&text) {
            let path = dir.join(name);
            fs::write(&path, content).unwrap();
            let tally = ingest::file(&memory, &path, IngestOptions::default()).await.unwrap().tally;
            let counts = (tally.added, tally.known, tally.forgotten);
            assert_eq!(counts, (0, 0, 1), "{writing}: {name}: {tally:?}");
        }
    }
    assert_eq!(said(&memory, fixture.dir.path(), TEXT).await, [""; 0]);
    assert_eq!(texts(&memory, "caf\u{e9} code zq4711").await, [""; 0]);
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_text_is_not_restored_as_any_kind_by_an_export() {
    let (fixture, other) = (Fixture::new(), Fixture::new());
    let (memory, source) = (fixture.open().await, other.open().await);
    let mut expected = 0;
    for (_, text) in writings().into_iter().step_by(3) {
        for (kind, mut value) in records(&text) {
            let nth = expected.to_string();
            for name in ["id", "key", "session", "agent_name", "path"] {
                if let Some(given) = value.get_mut(name) {
                    *given = json!(format!("{}{nth}", given.as_str().unwrap()));
                }
            }
            source.record(kind, value).await.unwrap_or_else(|error| panic!("{kind}: {error}"));
            expected += 1;
        }
    }
    let exported = other.dir.path().join("all.jsonl");
    export::to_file(&source, &exported, |_| {}).await.unwrap();
    forget_text(&memory, TEXT).await;
    let taken = export::read_back(&memory, &exported, Mode::Apply, |_| {}).await.unwrap().tally;
    // The sessions of the messages do not contain the text.
    let sessions = taken.added;
    assert_eq!(taken.forgotten, expected, "{taken:?}");
    assert_eq!(sessions, expected / 17, "{taken:?}");
    assert_eq!(said(&memory, fixture.dir.path(), TEXT).await, [""; 0]);
    memory.shutdown().await.unwrap();
    source.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_text_is_not_restored_by_an_import_or_an_older_copy() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    memory.remember(TEXT).await.unwrap();
    let copy = fixture.dir.path().join("copy");
    memory.administrator().upkeep().backup(&copy, |_| {}).await.unwrap();
    forget_text(&memory, TEXT).await;

    let database = fixture.dir.path().join("other.db");
    let rows = rusqlite::Connection::open(&database).unwrap();
    let sql = "CREATE TABLE tasks (id INTEGER PRIMARY KEY, description TEXT);
        CREATE TABLE preferences (key TEXT, value TEXT);";
    rows.execute_batch(sql).unwrap();
    for (_, text) in writings() {
        rows.execute("INSERT INTO tasks (description) VALUES (?1)", [&text]).unwrap();
        let sql = "INSERT INTO preferences SELECT 'p' || count(*), ?1 FROM preferences";
        rows.execute(sql, [&text]).unwrap();
    }
    let report = import::file(&memory, &database, ImportOptions::default()).await.unwrap();
    for table in &report.tables {
        let counts = (table.added, table.known, table.forgotten, table.skipped);
        assert_eq!(counts, (0, 0, table.rows, 0), "{table:?}");
    }
    let tally = report.tally;
    assert_eq!((tally.added, tally.forgotten), (0, 2 * writings().len() as u64), "{tally:?}");

    // The older copy has the text if restored separately; it is not merged into the memory.
    let restored = Fixture::new();
    restore(&copy, &restored.config()).await.unwrap();
    let older = restored.open().await;
    assert_eq!(texts(&older, "caf\u{e9} code").await.len(), 1);
    let exported = restored.dir.path().join("all.jsonl");
    export::to_file(&older, &exported, |_| {}).await.unwrap();
    older.shutdown().await.unwrap();
    let taken = export::read_back(&memory, &exported, Mode::Apply, |_| {}).await.unwrap().tally;
    assert_eq!((taken.added, taken.forgotten), (0, 1), "{taken:?}");
    assert_eq!(said(&memory, fixture.dir.path(), TEXT).await, [""; 0]);
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_forgotten_for_its_owner_until_it_is_remembered_again() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let (ada, bob) = (of(&memory, "ada"), of(&memory, "bob"));
    let path = fixture.dir.path().join("chat.jsonl");
    fs::write(&path, json!({"role": "user", "content": TEXT.to_uppercase()}).to_string()).unwrap();
    for view in [&ada, &bob] {
        view.remember(TEXT).await.unwrap();
    }
    let query = ForgetTarget::Query(ForgetQuery::new(TEXT));
    ada.forget(ForgetOptions::new(query).with_purge()).await.unwrap();
    let take = async |view: &MemoryView| {
        let tally = ingest::file(view, &path, IngestOptions::default()).await.unwrap().tally;
        (tally.added, tally.forgotten)
    };
    assert_eq!(take(&ada).await, (0, 1));
    assert_eq!(take(&bob).await, (1, 0));
    assert_eq!(take(&memory).await, (1, 0));
    // The same applies to a narrower scope of the same user. A paraphrase is another text.
    let session = in_session(&ada, "another");
    assert_eq!(take(&session).await, (0, 1));
    let paraphrase = fixture.dir.path().join("paraphrase.txt");
    fs::write(&paraphrase, TEXT.replace("code", "password")).unwrap();
    let tally = ingest::file(&ada, &paraphrase, IngestOptions::default()).await.unwrap().tally;
    assert_eq!((tally.added, tally.forgotten), (1, 0));
    ada.remember(TEXT).await.unwrap();
    assert_eq!(take(&ada).await, (1, 0));
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_text_or_a_forgotten_session_affects_only_that_session() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let says = |session: &str, text: &str| {
        let path = fixture.dir.path().join(format!("{session}.jsonl"));
        let line = json!({"role": "user", "content": text, "session": session, "id": session});
        fs::write(&path, line.to_string()).unwrap();
        path
    };
    let take = async |path: &PathBuf| {
        let tally = ingest::file(&memory, path, IngestOptions::default()).await.unwrap().tally;
        (tally.added, tally.forgotten)
    };
    for text in ["yes, do", "a sentence that several conversations have"] {
        let name = text.split(' ').next().unwrap();
        let (one, two) = (format!("{name}1"), format!("{name}2"));
        let one_file = says(&one, text);
        assert_eq!(take(&one_file).await, (1, 0));
        let target = match name {
            "a" => ForgetTarget::All,
            _ => ForgetTarget::Query(ForgetQuery::new(text)),
        };
        in_session(&memory, &one).forget(ForgetOptions::new(target)).await.unwrap();
        assert_eq!(take(&one_file).await, (0, 1), "{text}");
        assert_eq!(take(&says(&two, text)).await, (1, 0), "{text}");
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_paragraph_or_line_is_omitted_from_a_document() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    forget_text(&memory, TEXT).await;
    let line = TEXT.replace('\n', " ");
    let path = fixture.dir.path().join("guide.md");
    for (writing, text) in writings() {
        for document in [
            format!("# Guide\n\nThe gates are old.\n\n{text}\n\nThey open at nine.\n"),
            format!("# Guide\n\nThe gates are old.\n- {line}\n- They open at nine.\n"),
        ] {
            fs::write(&path, document).unwrap();
            let tally = ingest::file(&memory, &path, IngestOptions::default()).await.unwrap().tally;
            assert_eq!(tally.forgotten, 1, "{writing}: {tally:?}");
            // A second reading changes nothing.
            let again = ingest::file(&memory, &path, IngestOptions::default()).await.unwrap().tally;
            assert_eq!((again.added, again.updated, again.known), (0, 0, 1), "{again:?}");
            let left = texts(&memory, "gates open at nine").await;
            assert!(left[0].contains("gates are old") && left[0].contains("open at nine"));
        }
    }
    assert_eq!(said(&memory, fixture.dir.path(), TEXT).await, [""; 0]);
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_forgotten_with_a_containing_record_is_forgotten_itself() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    memory.remember(&format!("Mind this: {TEXT}. Really.")).await.unwrap();
    let proposal = memory.forgetting().propose(&ForgetQuery::new(TEXT)).await.unwrap();
    let target = ForgetTarget::Proposed(Box::new(proposal));
    assert_eq!(memory.forget(ForgetOptions::new(target)).await.unwrap().forgotten, 1);
    for (name, content) in files(&TEXT.to_uppercase()) {
        let path = fixture.dir.path().join(name);
        fs::write(&path, content).unwrap();
        let tally = ingest::file(&memory, &path, IngestOptions::default()).await.unwrap().tally;
        assert_eq!((tally.added, tally.forgotten), (0, 1), "{name}: {tally:?}");
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_document_stays_out_with_any_cuts_and_at_any_path() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let paragraph =
        |n: usize| format!("Paragraph {n} of the caf\u{e9}: {}", "so it goes. ".repeat(90));
    let document = format!("# One\n\n{}\n\n## Two\n\n{}\n", paragraph(1), paragraph(2));
    let (path, copy) = (fixture.dir.path().join("a.md"), fixture.dir.path().join("copy.md"));
    let take = async |path: &PathBuf, text: &str| {
        fs::write(path, text).unwrap();
        let tally = ingest::file(&memory, path, IngestOptions::default()).await.unwrap().tally;
        (tally.added, tally.forgotten)
    };
    let (pieces, _) = take(&path, &document).await;
    assert!(1 < pieces);
    let target = ForgetTarget::Document(path.clone());
    assert_eq!(memory.forget(ForgetOptions::new(target)).await.unwrap().forgotten, pieces);
    for disguised in [
        document.clone(),
        document.replace(' ', "\u{a0}"),
        document.replace("\n\n", "\r\n\r\n"),
        document.replace('o', "o\u{ad}"),
        format!("\u{202a}{document}"),
        document.replace("so it goes. ", "so  it goes.\u{3000}"),
        document.replace('#', "\u{ff03}"),
        document.to_uppercase(),
    ] {
        for path in [&path, &copy] {
            let (added, forgotten) = take(path, &disguised).await;
            assert!(added == 0 && 0 < forgotten, "{disguised:?}");
        }
    }
    // A paragraph of it in another document is another record.
    let (added, forgotten) = take(&copy, &format!("# New\n\n{}\n", paragraph(1))).await;
    assert!(0 < added && forgotten == 0, "{forgotten}");
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_repeated_in_a_source_is_forgotten_each_time() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    forget_text(&memory, TEXT).await;
    let lines = writings().into_iter().map(|(_, text)| json!({"text": text}).to_string());
    let path = fixture.dir.path().join("all.jsonl");
    fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let tally = ingest::file(&memory, &path, IngestOptions::default()).await.unwrap().tally;
    assert_eq!((tally.forgotten, tally.read), (tally.read, writings().len() as u64), "{tally:?}");
    memory.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_changed_by_the_guard_is_forgotten_in_its_source_form() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let line = |id: &str| {
        let text = "the deploy token is ghp_0123456789abcdefghijABCDEFGHIJ012345, keep it";
        json!({"role": "user", "content": text, "id": id, "session": id}).to_string()
    };
    let path = fixture.dir.path().join("chat.jsonl");
    let take = async |id: &str| {
        fs::write(&path, line(id)).unwrap();
        let tally = ingest::file(&memory, &path, IngestOptions::default()).await.unwrap().tally;
        (tally.added, tally.forgotten)
    };
    assert_eq!(take("one").await, (1, 0));
    let found = memory.list(Kind::Message, None, 9).await.unwrap().records;
    let identity = Identity::new(Owner::SHARED, Kind::Message, found[0].id.clone());
    let target = ForgetTarget::Records(vec![identity]);
    memory.forget(ForgetOptions::new(target)).await.unwrap();
    assert_eq!(take("two").await, (0, 1));
    memory.shutdown().await.unwrap();
}

/// Changes a text without changing its normalised form.
fn disguise(text: &str, (way, place): (usize, Index)) -> String {
    const INVISIBLE: &[char] =
        &['\u{200b}', '\u{ad}', '\u{200e}', '\u{2060}', '\u{fe0f}', '\u{34f}'];
    const SPACES: &[&str] = &["  ", "\r\n", "\u{a0}", "\t", "\u{2009} ", "\u{3000}", "\u{2028}"];
    let chars: Vec<char> = text.chars().collect();
    let at = place.index(chars.len());
    let with = |inner: &str| {
        let (before, after) = (&chars[..at], &chars[at + 1..]);
        before.iter().chain(&inner.chars().collect::<Vec<_>>()).chain(after).collect::<String>()
    };
    let one = chars[at];
    match way % 5 {
        0 => with(&format!("{one}{}", INVISIBLE[way % INVISIBLE.len()])),
        1 if one.is_whitespace() => with(SPACES[way % SPACES.len()]),
        2 => with(&one.to_uppercase().to_string()),
        3 if one.is_ascii_graphic() => {
            with(&char::from_u32(u32::from(one) + 0xfee0).unwrap().to_string())
        }
        4 => format!(" {text}\r\n"),
        _ => text.to_owned(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn no_disguise_brings_a_forgotten_text_back(
        words in prop::collection::vec("[a-z\u{e9}\u{444}]{2,8}[0-9]{0,3}", 4..9),
        ways in prop::collection::vec(
            prop::collection::vec((any::<usize>(), any::<Index>()), 1..6),
            6,
        ),
    ) {
        let text = words.join(" ");
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let fixture = Fixture::new();
            let memory: AgentMemory = fixture.open().await;
            forget_text(&memory, &text).await;
            for ways in ways {
                let disguised =
                    ways.into_iter().fold(text.clone(), |text, way| disguise(&text, way));
                for (name, content) in files(&disguised).into_iter().step_by(3) {
                    let path = fixture.dir.path().join(name);
                    fs::write(&path, content).unwrap();
                    let report = ingest::file(&memory, &path, IngestOptions::default()).await;
                    let report = report.unwrap();
                    assert_eq!(report.tally.forgotten, 1, "{name}: {disguised:?}: {report:?}");
                }
            }
            assert_eq!(said(&memory, fixture.dir.path(), &text).await, [""; 0]);
            memory.shutdown().await.unwrap();
        });
    }
}
