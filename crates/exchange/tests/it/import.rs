//! Import of stores of other programs.

use std::{fs, path::PathBuf};

use aios_exchange::{
    Error,
    import::{self, ImportOptions, ImportReport},
};
use aios_memory::{AgentMemory, Key, Kind, MemoryView, Mode, Record};
use serde_json::{Value, json};

use crate::{Fixture, id, of, texts};

impl Fixture {
    /// Creates a SQLite file by `sql`.
    fn database(&self, name: &str, sql: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch(sql).unwrap();
        connection.close().unwrap();
        path
    }

    fn file(&self, name: &str, content: &Value) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, content.to_string()).unwrap();
        path
    }
}

/// Imports a file twice, after a dry run. The dry run predicts the first import, and the second
/// import adds nothing. None of them changes the file.
async fn import(memory: &MemoryView, path: &PathBuf) -> ImportReport {
    let before = fs::read(path).unwrap();
    let dry = ImportOptions::default().with_mode(Mode::DryRun);
    let planned = import::file(memory, path, dry).await.unwrap();
    let report = import::file(memory, path, ImportOptions::default()).await.unwrap();
    assert_eq!(planned.tally, report.tally);
    assert_eq!(planned.not_understood, report.not_understood);
    let again = import::file(memory, path, ImportOptions::default()).await.unwrap();
    let was_there = report.tally.added + report.tally.known;
    assert_eq!((again.tally.added, again.tally.known), (0, was_there), "{again:?}");
    assert_eq!(fs::read(path).unwrap(), before);
    report
}

async fn records(memory: &MemoryView, kind: Kind) -> Vec<Record> {
    memory.list(kind, None, 100).await.unwrap().records
}

/// Returns the unclear columns, as `table.column rows`.
fn unclear(report: &ImportReport) -> Vec<String> {
    let told = report.not_understood.iter().map(|unclear| {
        let column = unclear.column.as_deref().unwrap_or("*");
        format!("{}.{column} {}", unclear.table, unclear.rows)
    });
    told.collect()
}

#[tokio::test]
async fn a_store_of_tasks_is_imported() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let path = fixture.database(
        "assistant.db",
        "CREATE TABLE tasks (id INTEGER PRIMARY KEY, description TEXT, status TEXT,
             created_at TEXT, completed_at TEXT, result TEXT, priority INT);
         INSERT INTO tasks VALUES
             (1, 'order coffee beans', 'done', '2024-05-01 09:00:00', '2024-05-01 10:00:00',
              'two kilos', 3),
             (2, 'book a table', 'PLANNING', 1714550000, NULL, NULL, NULL),
             (3, NULL, 'pending', NULL, NULL, NULL, NULL);
         CREATE TABLE task_steps (id INTEGER PRIMARY KEY, task_id INT, step_number INT, action TEXT,
             tool_input TEXT, result TEXT, success TEXT, error TEXT, created_at REAL, embedding BLOB);
         INSERT INTO task_steps VALUES
             (1, 1, 1, 'web_search', '{\"q\": \"beans\"}', 'a shop', 'yes', NULL, 1714550000.5,
              x'00ff'),
             (2, 1, 2, 'buy', '{}', NULL, NULL, 'no money', 'soon', NULL),
             (3, 99, 1, 'buy', '{}', 'x', 0, NULL, NULL, NULL);
         CREATE TABLE preferences (key TEXT, value TEXT, updated_at TEXT);
         INSERT INTO preferences VALUES ('coffee', '\"dark roast\"', 'x'), ('volume', '7', 'x');
         CREATE TABLE persona_state (mood TEXT, name TEXT);
         INSERT INTO persona_state VALUES ('cheerful', 'Pixel');
         CREATE TABLE alembic_version (version_num TEXT);
         INSERT INTO alembic_version VALUES ('abc');",
    );
    let report = import(&memory, &path).await;
    assert_eq!(report.shapes, ["tasks"]);
    assert_eq!((report.tally.added, report.failed_count), (2 + 3 + 2 + 2, 1));
    assert_eq!((report.failed[0].table.as_str(), report.failed[0].row), ("tasks", 3));
    assert!(
        report.failed[0].error.contains("all of these columns are empty: description"),
        "{report:?}"
    );
    let expect = [
        "alembic_version.* 1",
        "tasks.priority 1",
        "task_steps.embedding 1",
        "task_steps.created_at 1",
        "task_steps.error 1",
        "task_steps.task_id 1",
    ];
    assert_eq!(unclear(&report), expect);

    let tasks = records(&memory, Kind::Task).await;
    let [planned, done] = &tasks[..] else { panic!("{tasks:?}") };
    let task = &done.payload;
    assert_eq!(task["status"], "completed");
    assert_eq!(task["metadata"], json!({"priority": 3, "status": "done"}));
    assert_eq!(task["created_at"], "2024-05-01T09:00:00Z");
    assert_eq!(task["completed_at"], "2024-05-01T10:00:00Z");
    assert_eq!(planned.payload["status"], "PLANNING");
    assert_eq!(done.provenance.module, "import");
    assert_eq!(done.provenance.updated_by.as_deref(), Some("assistant.db: tasks 1"));
    let steps = records(&memory, Kind::ToolCall).await;
    assert_eq!(steps[0].payload["task_id"], json!(done.id));
    assert_eq!(steps[0].payload["input"], json!({"q": "beans"}));
    let went: Vec<_> = steps.iter().map(|step| step.payload["success"].clone()).collect();
    assert_eq!(went, [true, false, false]);
    assert_eq!(steps[2].payload["task_id"], Value::Null);
    let kept = records(&memory, Kind::Entry).await;
    assert_eq!(kept[0].payload["value"], json!({"error": "no money", "created_at": "soon"}));
    assert_eq!(kept[1].payload["value"], json!({"task_id": "99"}));

    let working = memory.working();
    assert_eq!(working.preferences().get("coffee").await.unwrap(), Some("dark roast".into()));
    assert_eq!(working.preferences().get("volume").await.unwrap(), Some(7.into()));
    assert_eq!(working.persona().list().await.unwrap()["mood"], "cheerful");
    assert_eq!(texts(&memory, "coffee beans").await[0], "order coffee beans\ntwo kilos");
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_store_of_sessions_is_imported() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let path = fixture.database(
        "chat.db",
        "PRAGMA journal_mode = WAL;
         CREATE TABLE sessions (session_id TEXT, user_id TEXT, created_at INT, last_active INT,
             message_count INT, topic TEXT);
         INSERT INTO sessions VALUES ('s-1', 'ada', 1714550000, 1714550900, 2, 'deploy');
         CREATE TABLE messages (id INTEGER PRIMARY KEY, session_id TEXT, role TEXT, content TEXT,
             timestamp TEXT, token_count INT, metadata TEXT, lang TEXT);
         INSERT INTO messages VALUES
             (1, 's-1', 'human', 'deploy the parser', '2024-05-01T08:00:00Z', 4, '{\"a\": 1}', 'en'),
             (2, 's-1', 'ai', 'build 77 is out', '2024-05-01 08:00:05', 5, NULL, NULL),
             (3, 's-2', 'user', 'without a session row', 1714550000000, NULL, NULL, NULL),
             (4, 's-1', 'user', ' ', '2024-05-01 08:00:06', NULL, NULL, NULL);
         CREATE TABLE user_preferences (user_id TEXT, coding_style TEXT, favorite_tools TEXT,
             updated_at TEXT);
         INSERT INTO user_preferences VALUES ('ada', 'tabs', '[\"vim\"]', 'x');
         CREATE TABLE tasks (task_id TEXT, session_id TEXT, description TEXT, status TEXT);
         INSERT INTO tasks VALUES ('t-9', 's-1', 'deploy', 'completed');
         CREATE TABLE knowledge (id INTEGER PRIMARY KEY, category TEXT, key TEXT, value TEXT,
             confidence REAL, created_at TEXT);
         INSERT INTO knowledge VALUES (1, 'infra', 'staging_port', '5433', 0.9, '2024-05-01');",
    );
    let ada = of(&memory, "ada");
    let report = import(&ada, &path).await;
    assert_eq!(report.shapes, ["sessions"]);
    assert_eq!((report.tally.added, report.failed_count), (1 + 3 + 2 + 1 + 1, 0));
    assert_eq!(report.tally.skipped, 1, "the empty message");
    assert_eq!(unclear(&report), ["sessions.topic 1", "messages.lang 1"]);

    let talk = ada.working().messages().recent(&id("s-1"), 12).await.unwrap();
    let said: Vec<_> = talk.iter().map(|m| (m.role.as_str(), m.content.as_str())).collect();
    assert_eq!(said, [("user", "deploy the parser"), ("assistant", "build 77 is out")]);
    assert_eq!((talk[0].position, talk[0].tokens), (0, Some(4)));
    assert_eq!(talk[0].metadata, json!({"a": 1, "lang": "en", "role": "human"}));
    assert_eq!(talk[0].meta.scope.user.as_deref(), Some("ada"));
    let other = ada.working().messages().recent(&id("s-2"), 12).await.unwrap();
    assert_eq!(other[0].timestamp.to_string(), "2024-05-01T07:53:20Z");
    let styled = ada.working().preferences().list().await.unwrap();
    assert_eq!(styled.coding_style, Some("tabs".into()));
    assert_eq!(styled.favorite_tools, Some(json!(["vim"])));
    assert_eq!(records(&ada, Kind::Task).await[0].scope.session.as_deref(), Some("s-1"));
    assert_eq!(texts(&ada, "staging port").await[0], "staging_port\n5433");
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_store_of_interactions_is_imported_with_unknown_columns() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let path = fixture.database(
        "voice.db",
        "CREATE TABLE interactions (id TEXT, session_id INT, timestamp REAL, user_input TEXT,
             tool_calls TEXT, response TEXT, latency_ms TEXT, wake_word TEXT);
         INSERT INTO interactions VALUES
             ('a', 7, 1714550000.25, 'the lamp, please', '[{\"name\": \"lamp\"}]', 'it is on',
              '{\"llm\": 120}', 'hey');",
    );
    let report = import(&memory, &path).await;
    assert_eq!(
        (report.tally.added, unclear(&report)),
        (1, vec!["interactions.wake_word 1".to_owned()])
    );
    let found = &records(&memory, Kind::Interaction).await[0];
    assert_eq!(found.payload["user_transcript"], "the lamp, please");
    assert_eq!(found.payload["tool_calls"], json!([{"name": "lamp"}]));
    assert_eq!(found.payload["latency_ms"], json!({"llm": 120}));
    assert_eq!(found.payload["timestamp"], "2024-05-01T07:53:20.25Z");
    assert_eq!(found.scope.session.as_deref(), Some("voice/7"));
    let kept = &records(&memory, Kind::Entry).await[0];
    assert_eq!(kept.payload["key"], format!("interaction/{}", found.id));
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_store_of_an_agent_is_imported() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let path = fixture.database(
        "agent.db",
        "CREATE TABLE goals (id TEXT, description TEXT, status TEXT, priority INT, created_at INT);
         INSERT INTO goals VALUES ('g', 'move the blog', 'active', 1, 1714550000);
         CREATE TABLE tasks (id TEXT, goal_id TEXT, description TEXT, status TEXT);
         INSERT INTO tasks VALUES ('t', 'g', 'install nginx', 'INIT');
         CREATE TABLE tool_calls (id TEXT, task_id TEXT, tool_name TEXT, success INT);
         INSERT INTO tool_calls VALUES ('c', 't', 'apt', 1);
         CREATE TABLE decisions (id TEXT, context TEXT, options_json TEXT, chosen TEXT);
         INSERT INTO decisions VALUES ('d', 'which server', '[\"nginx\", \"caddy\"]', 'nginx');
         CREATE TABLE patterns (id TEXT, trigger TEXT, action TEXT, success_rate REAL, uses INT);
         INSERT INTO patterns VALUES ('p', 'disk full', 'clean the cache', 0.5, 4);
         CREATE TABLE agent_state (agent_name TEXT, state_json TEXT);
         INSERT INTO agent_state VALUES ('planner', '{\"step\": 3}');",
    );
    let report = import(&memory, &path).await;
    assert_eq!((report.shapes, report.tally.added, report.failed_count), (vec!["agent"], 6, 0));
    let (goal, task) =
        (&records(&memory, Kind::Goal).await[0], &records(&memory, Kind::Task).await[0]);
    assert_eq!(task.payload["goal_id"], json!(goal.id));
    assert_eq!(records(&memory, Kind::ToolCall).await[0].payload["task_id"], json!(task.id));
    let state = memory.working().agent_states().get(&id("planner")).await.unwrap().unwrap();
    assert_eq!(state.state, json!({"step": 3}));
    let pattern = &records(&memory, Kind::Pattern).await[0].payload;
    assert_eq!((&pattern["uses"], &pattern["success_rate"]), (&json!(4), &json!(0.5)));
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_task_without_an_owner_belongs_to_that_of_its_goal() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let path = fixture.database(
        "agent.db",
        "CREATE TABLE goals (id TEXT, description TEXT, status TEXT, user_id TEXT);
         INSERT INTO goals VALUES ('g', 'move the blog', 'active', 'ada');
         CREATE TABLE tasks (id TEXT, goal_id TEXT, description TEXT, status TEXT);
         INSERT INTO tasks VALUES ('t', 'g', 'install nginx', 'INIT');",
    );
    let everything = memory.administrator();
    let report = import(&everything, &path).await;
    assert_eq!(report.failed_count, 0, "{report:?}");
    for kind in [Kind::Goal, Kind::Task] {
        let found = records(&everything, kind).await;
        let [record] = &found[..] else { panic!("{found:?}") };
        assert_eq!(record.scope.user.as_deref(), Some("ada"), "{kind}");
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn entries_are_imported_from_every_json_layout() {
    let lamp = json!({
        "category": "device", "key": "lamp", "value": {"on": true, "w": 4.5, "of": null},
        "tags": ["home"], "timestamp": "2024-05-01T00:00:00", "color": "red",
    });
    let mut listed = lamp.clone();
    listed["id"] = "e-1".into();
    let own = json!([{
        "id": "e-1", "category": "device", "key": "lamp", "value": listed["value"],
        "tags": ["home"], "timestamp": "2024-05-01T00:00:00Z", "scope": {"user": "ada"},
        "provenance": {"module": "unknown"}, "importance": 0.5,
        "created_at": "2024-05-01T00:00:00Z", "updated_at": "2024-05-01T00:00:00Z",
        "recorded_at": "2024-05-01T00:00:00Z",
    }]);
    for (document, user) in [
        (json!({"e-1": lamp}), None),
        (json!([listed.clone()]), None),
        (json!({"version": 1, "entries": [listed]}), None),
        (own, Some("ada")),
    ] {
        let fixture = Fixture::new();
        let memory = fixture.open().await;
        let view = user.map_or_else(|| memory.for_shared(), |user| of(&memory, user));
        let report = import(&view, &fixture.file("entries.json", &document)).await;
        assert_eq!(
            (report.shapes, report.tally.added, report.failed_count),
            (vec!["entries"], 1, 0)
        );
        let entry = view.working().entries().get(&id("e-1")).await.unwrap().unwrap();
        assert_eq!(entry.value, json!({"on": true, "w": 4.5, "of": null}));
        assert_eq!((entry.key.as_str(), entry.tags), ("lamp", vec!["home".to_owned()]));
        assert_eq!(entry.timestamp.unwrap().to_string(), "2024-05-01T00:00:00Z");
        assert_eq!(entry.meta.scope.user.as_deref(), user);
        memory.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_later_import_adds_new_rows_and_changes_no_record() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let path = fixture.database(
        "a.db",
        "CREATE TABLE tasks (id INTEGER PRIMARY KEY, description TEXT, status TEXT);
         INSERT INTO tasks VALUES (1, 'first', 'pending');",
    );
    let ada = of(&memory, "ada");
    let taken = import::file(&ada, &path, ImportOptions::default()).await.unwrap();
    assert_eq!(taken.tally.added, 1);
    let task = records(&ada, Kind::Task).await.remove(0);
    assert_eq!(task.scope.user.as_deref(), Some("ada"));
    let change = json!({"status": "in_progress"}).as_object().unwrap().clone();
    ada.update(&Key::new(Kind::Task, task.id.clone()), change).await.unwrap();

    let connection = rusqlite::Connection::open(&path).unwrap();
    let sql = "UPDATE tasks SET status = 'failed'; INSERT INTO tasks VALUES (2, 'second', 'x')";
    connection.execute_batch(sql).unwrap();
    connection.close().unwrap();
    // A renamed file is the same store.
    let renamed = path.with_file_name("b.db");
    fs::rename(&path, &renamed).unwrap();
    let report = import::file(&ada, &renamed, ImportOptions::default()).await.unwrap();
    assert_eq!((report.tally.added, report.tally.known), (1, 1));
    let kept = ada.working().tasks().get(&task.id).await.unwrap().unwrap();
    assert_eq!(kept.status.as_str(), "in_progress");
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn many_rows_are_imported_in_order() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let path = fixture.database(
        "many.db",
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, session_id TEXT, role TEXT, content TEXT);
         WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1203)
         INSERT INTO messages SELECT i, 'long', 'user', 'turn ' || i FROM n;",
    );
    let report = import(&memory, &path).await;
    assert_eq!(report.tally.added, 1203);
    let last = memory.working().messages().recent(&id("long"), 2).await.unwrap();
    let last: Vec<_> = last.iter().map(|m| (m.position, m.content.as_str())).collect();
    assert_eq!(last, [(1201, "turn 1202"), (1202, "turn 1203")]);
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn messages_that_are_json_are_read_from_it() {
    let message = |sort: &str, content: &str| {
        json!({"type": sort, "data": {"content": content, "additional_kwargs": {}}}).to_string()
    };
    for table in ["messages", "message_store"] {
        let fixture = Fixture::new();
        let memory = fixture.open().await;
        let path = fixture.database(
            "chat.db",
            &format!(
                "CREATE TABLE {table} (id INTEGER PRIMARY KEY, session_id TEXT, message TEXT);
                 INSERT INTO {table} VALUES (1, 's', '{}'), (2, 's', '{}'), (3, 's', 'plain {{}}');",
                message("human", "hello"),
                message("ai", "reply"),
            ),
        );
        assert_eq!(import(&memory, &path).await.tally.added, 3);
        let messages = memory.working().messages().recent(&id("s"), 9).await.unwrap();
        let said: Vec<_> =
            messages.iter().map(|it| (it.role.to_string(), it.content.as_str())).collect();
        let expect = [("user", "hello"), ("assistant", "reply"), ("user", "plain {}")];
        assert_eq!(said, expect.map(|(role, text)| (role.to_owned(), text)));
        memory.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn a_table_that_many_programs_have_is_not_a_store() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    for (name, sql) in [
        (
            "chat.db",
            "CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, handle_id INT,
                 type INT, date INT, is_from_me INT);
             INSERT INTO message VALUES (1, 'g', 'hello', 1, 0, 700000000000000000, 1);",
        ),
        ("web.db", "CREATE TABLE sessions (id TEXT, payload TEXT, last_activity INT);"),
    ] {
        let path = fixture.database(name, sql);
        let error = import::file(&memory, &path, ImportOptions::default()).await.unwrap_err();
        assert!(error.to_string().contains("supported: sessions (tables"), "{error}");
    }
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_file_of_unknown_shape_is_refused_with_the_known_shapes() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let own = memory.config().working_path();
    let foreign = fixture.database("x.db", "CREATE TABLE birds (name); CREATE TABLE tasks (x);");
    let bare = fixture.database("bare.db", "PRAGMA user_version = 3;");
    let chat = fixture.file("chat.json", &json!([{"role": "user", "content": "hi"}]));
    for (path, expect) in [
        (foreign, "(tables: birds, tasks); supported: sessions (tables"),
        (bare, "(no tables)"),
        (chat, "expected entries, not messages"),
        (own, "this is a database of this program and needs no import"),
        (fixture.dir.path().to_owned(), "expected a file, not a directory"),
        (fixture.dir.path().join("missing"), "failed to open"),
    ] {
        let error = import::file(&memory, &path, ImportOptions::default()).await.unwrap_err();
        assert!(matches!(error, Error::Input { .. }), "{error:?}");
        assert!(error.to_string().contains(expect), "`{expect}` is not in {error}");
    }
    memory.shutdown().await.unwrap();
}

/// Imports a file of one record of `ada` as `bob`, who is refused, and as `ada`.
async fn is_of_ada(memory: &AgentMemory, path: &PathBuf) {
    let options = ImportOptions::default();
    let report = import::file(&of(memory, "bob"), path, options.clone()).await.unwrap();
    assert_eq!((report.tally.added, report.failed_count), (0, 1), "{path:?}: {report:?}");
    assert_eq!(report.failed[0].row, 1);
    let report = import::file(&of(memory, "ada"), path, options).await.unwrap();
    assert_eq!((report.tally.added, report.failed_count), (1, 0), "{path:?}: {report:?}");
}

#[tokio::test]
async fn a_column_names_the_owner_in_every_spelling() {
    let columns =
        ["user_id", "owner", "customer_id", "tenant", "account_name", "userId", "\"User Name\""];
    let tables = [
        ("tasks", "description", ""),
        ("agent_states", "agent_name", ", state TEXT DEFAULT 'open'"),
        ("preferences", "coffee", ""),
    ];
    for (at, column) in columns.into_iter().enumerate() {
        let fixture = Fixture::new();
        let memory = fixture.open().await;
        for (table, needed, more) in tables {
            let sql = format!(
                "CREATE TABLE {table} ({needed} TEXT, {column} TEXT{more});
                 INSERT INTO {table} ({needed}, {column}) VALUES ('walk the dog', 'ada');"
            );
            let path = fixture.database(&format!("{table}{at}.db"), &sql);
            is_of_ada(&memory, &path).await;
        }
        memory.shutdown().await.unwrap();
    }
}

#[tokio::test]
async fn json_and_metadata_name_the_owner_in_every_spelling() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let entry = |id: &str, more: Value| {
        let mut entry = json!({"id": id, "key": "lamp", "value": 1});
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        entry
    };
    for (at, document) in [
        json!([entry("e0", json!({"owner": "ada"}))]),
        json!([entry("e1", json!({"metadata": {"user_id": "ada"}}))]),
        json!([entry("e2", json!({"scope": {"user": "ada"}}))]),
        json!([entry("e3", json!({"user": {"id": null, "email": "ada"}}))]),
        json!({"owner": "ada", "entries": [entry("e4", json!({}))]}),
        json!({"entries": {"e5": entry("e5", json!({}))}, "metadata": {"tenant": "ada"}}),
        json!({"user": {"name": "ada"}, "e6": entry("e6", json!({}))}),
    ]
    .into_iter()
    .enumerate()
    {
        let path = fixture.file(&format!("{at}.json"), &document);
        is_of_ada(&memory, &path).await;
    }
    let path = fixture.database(
        "chat.db",
        "CREATE TABLE messages (id INT, session_id TEXT, content TEXT, metadata TEXT);
         INSERT INTO messages VALUES (1, 's', 'hello', '{\"user_id\": \"ada\", \"a\": 1}');",
    );
    is_of_ada(&memory, &path).await;
    memory.shutdown().await.unwrap();
}

#[tokio::test]
async fn a_row_with_two_owners_fails_and_unknown_fields_are_reported() {
    let fixture = Fixture::new();
    let memory = fixture.open().await;
    let path = fixture.dir.path().join("two.json");
    let entry =
        |id: &str, owner: &str| format!(r#"{{"id": "{id}", "key": "k", "value": 1{owner}}}"#);
    let rows = [
        entry("a", ""),
        entry("b", r#", "user": "bob""#),
        entry("c", r#", "owner": "ada", "owner": "bob""#),
    ];
    let text = format!(r#"{{"entries": [{}], "user": "ada", "theme": 1}}"#, rows.join(","));
    fs::write(&path, text).unwrap();
    let report = import::file(&of(&memory, "ada"), &path, ImportOptions::default()).await.unwrap();
    let failed: Vec<u64> = report.failed.iter().map(|failure| failure.row).collect();
    assert_eq!((report.tally.added, failed), (1, vec![2, 3]), "{report:?}");
    assert!(unclear(&report).contains(&"entries.theme 1".to_owned()), "{report:?}");
    memory.shutdown().await.unwrap();
}
