//! Records by flags, updates and deletion; stores of other programs; checks and upkeep.

use std::{fs, os::unix::fs::PermissionsExt};

use serde_json::{Value, json};

use crate::program::{Program, text};

/// Every kind of working memory, its flags, and a field that they set.
const BY_FLAGS: &[(&str, &[&str], &str, &str)] = &[
    ("goal", &["--description", "ship it", "--priority", "2"], "priority", "2"),
    ("task", &["--description", "build", "--goal-id", "g", "--input", "{}"], "goal_id", "\"g\""),
    ("tool-call", &["--tool-name", "sh", "--task-id", "t", "--success", "yes"], "success", "true"),
    ("decision", &["--context", "a", "--chosen", "b", "--options", "[1]"], "options", "[1]"),
    ("pattern", &["--trigger", "a", "--action", "b", "--uses", "3"], "uses", "3"),
    ("agent_state", &["--agent-name", "bob", "--state", "{\"n\": 1}"], "state", "{\"n\":1}"),
    ("session", &["--summary", "talk"], "summary", "\"talk\""),
    ("message", &["--content", "hi", "--role", "tool"], "role", "\"tool\""),
    ("interaction", &["--user-transcript", "a", "--latency-ms", "{}"], "latency_ms", "{}"),
    ("entry", &["--category", "c", "--key", "k", "--tags", "a, b"], "tags", "[\"a\",\"b\"]"),
    (
        "event",
        &["--category", "boot", "--timestamp", "2024-05-01", "--critical", "1"],
        "timestamp",
        "\"2024-05-01T00:00:00Z\"",
    ),
    ("preference", &["--key", "tone", "--value", "short"], "value", "\"short\""),
    ("persona", &["--key", "mood", "--value", "calm"], "value", "\"calm\""),
];

#[test]
fn every_kind_is_recorded_by_flags_listed_and_shown() {
    let program = Program::new();
    program.json(&["record", "goal", "--id", "g", "--description", "first"]);
    program.json(&["record", "task", "--id", "t", "--description", "first"]);
    for (kind, flags, field, expect) in BY_FLAGS {
        let stored = program.json(&[&["record", kind], *flags].concat());
        let kind = kind.replace('-', "_");
        let key = format!("{kind}/{}", stored["id"].as_str().unwrap());
        let shown = program.json(&["show", &key]);
        assert_eq!(shown["payload"][field].to_string(), *expect, "{shown}");
        let listed = program.json(&["list", &kind])["items"].as_array().unwrap().clone();
        assert!(listed.contains(&shown), "{kind}: {listed:?}");
    }
    program.json(&["record", "metric", "--key", "load", "--value", "0.5", "--timestamp", "60"]);
    for (value, time) in [("0.75", "3600"), ("0.25", "1800")] {
        let metric = ["record", "metric", "--key", "wait", "--value", value, "--timestamp", time];
        program.json(&metric);
    }
    let listed = program.json(&["list", "metric"]);
    assert_eq!(
        listed["items"],
        json!([
            {"kind": "metric", "key": "load", "timestamp": "1970-01-01T00:01:00Z", "value": 0.5},
            {"kind": "metric", "key": "wait", "timestamp": "1970-01-01T01:00:00Z", "value": 0.75},
        ])
    );
    let lines = program.run(&["list", "metric"]).stdout;
    assert!(lines.contains("  0.75  [metric/wait]\n"), "{lines}");
    let shown = program.json(&["show", "metric/load"]);
    let point = json!({
        "timestamp": "1970-01-01T00:01:00Z", "count": 1, "mean": 0.5, "min": 0.5, "max": 0.5,
    });
    assert_eq!(shown, json!({"key": "load", "points": [point]}));
}

#[test]
fn an_update_changes_only_the_named_fields() {
    let program = Program::new();
    let decided = ["--id", "d", "--context", "which server", "--chosen", "nginx"];
    program.json(&[&["record", "decision"][..], &decided].concat());
    let before = program.json(&["show", "d"]);
    let updated = program.json(&["update", "d", "--outcome", "it held"]);
    assert_eq!(updated, json!({"id": "d", "kind": "decision", "changed": ["outcome"]}));
    let mut expect = before["payload"].clone();
    let after = program.json(&["show", "decision/d"])["payload"].clone();
    expect["outcome"] = "it held".into();
    expect["provenance"]["updated_by"] = "update".into();
    expect["updated_at"] = after["updated_at"].clone();
    assert_eq!(after, expect);
    assert_eq!(program.recall("did it hold?")[0], "which server\nnginx\nit held");
    program.json_with(&["update", "d"], b"{\"outcome\": null}");
    assert_eq!(program.json(&["show", "d"])["payload"]["outcome"], Value::Null);
    let ended = program.run(&["update", "d", "--outcome", "x", "--user", "bob"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("decision `d` is shared"), "{ended:?}");

    let noted = program.json(&["record", "note", "--title", "pump", "--content", "it hums"]);
    let key = format!("note/{}", noted["id"].as_str().unwrap());
    program.json(&["update", &key, "--content", "it whistles"]);
    assert_eq!(program.recall("pump")[0], "pump\nit whistles");
    program.json(&["record", "knowledge", "--id", "k", "--content", "ice", "--confidence", "7"]);
    let known = program.json(&["show", "knowledge/k"]);
    assert_eq!((&known["confidence"], &known["payload"]["confidence"]), (&json!(1.0), &json!(1.0)));
    for (kind, flags) in [("session", ["--summary", "a talk"]), ("entry", ["--value", "[1]"])] {
        let made = ["record", kind, "--id", kind, "--set", "summary=x"];
        let entry = ["record", kind, "--id", kind, "--category", "c", "--key", "k"];
        program.json(if kind == "session" { &made[..] } else { &entry[..] });
        program.json(&[&["update", &format!("{kind}/{kind}")][..], &flags].concat());
    }
    assert_eq!(program.json(&["show", "session/session"])["payload"]["summary"], "a talk");
    assert_eq!(program.json(&["show", "entry/entry"])["payload"]["value"], json!([1]));
}

#[test]
fn deleting_a_record_names_and_removes_its_dependents() {
    let program = Program::new();
    program.json(&["record", "goal", "--id", "g", "--description", "move the blog"]);
    program.json(&["record", "task", "--id", "t", "--goal-id", "g", "--description", "nginx"]);
    program.json(&["record", "tool_call", "--id", "c", "--task-id", "t", "--tool-name", "apt"]);
    assert_eq!(program.recall("nginx")[0], "nginx");
    let asked = program.run(&["delete", "g"]);
    assert!(asked.stderr.contains("(tasks: 1, tool_calls: 1)"), "{asked:?}");
    let deleted = program.json(&["delete", "g", "--yes"]);
    assert_eq!(deleted, json!({"deleted": 3, "keys": ["tool_call/c", "task/t", "goal/g"]}));
    assert_eq!(program.recall("nginx"), Vec::<String>::new());
    assert_eq!(program.run(&["show", "goal/g"]).code, 3);

    for (user, key) in [("ada", "a"), ("ada", "b"), ("bob", "c")] {
        let entry = ["record", "entry", "--category", "c", "--key", key, "--user", user];
        program.json(&entry);
        program.json(&["record", "preference", "--key", "tone", "--value", key, "--user", user]);
    }
    let cleared = program.json(&["clear", "entry", "--yes", "--user", "ada"]);
    assert_eq!(cleared["deleted"], 2);
    let left = program.json(&["--all-users", "list", "entry"]);
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
    program.json(&["delete", "preference/tone", "--yes", "--user", "ada"]);
    let left = program.json(&["show", "preference/tone", "--user", "bob"]);
    assert_eq!(left["payload"]["value"], "c");
    assert_eq!(program.run(&["show", "preference/tone", "--user", "ada"]).code, 3);
}

/// Not a real secret: only the shape matches.
const SECRET: &str = "AKIAIOSFODNN7EXAMPLQ";

#[test]
fn the_guard_checks_every_record_before_it_is_stored() {
    let records = [
        ("goal", json!({"description": SECRET, "metadata": {"deep": [SECRET]}})),
        ("task", json!({"description": "x", "input": {"key": SECRET}, "error": SECRET})),
        ("tool_call", json!({"tool_name": "sh", "output": SECRET})),
        ("entry", json!({"category": "c", "key": "k", "value": {"v": SECRET}})),
        ("message", json!({"content": SECRET, "metadata": {"m": SECRET}})),
        ("event", json!({"category": "c", "data": {"d": SECRET}})),
        ("preference", json!({"key": "k", "value": SECRET})),
        ("note", json!({"content": "x", "more": SECRET})),
        ("incident", json!({"description": SECRET, "symptoms": [SECRET]})),
    ];
    for (policy, code, is_stored) in [("mark", 0, true), ("redact", 0, false), ("refuse", 1, false)]
    {
        let program = Program::new();
        let env = [("AIOS_MEMORY_GUARD_SECRETS", policy)];
        for (kind, object) in &records {
            let ended = program.run_with(&["record", kind], object.to_string().as_bytes(), &env);
            assert_eq!(ended.code, code, "{policy} {kind}: {ended:?}");
            let said = ended.stderr.contains("error: refused: ");
            assert_eq!(said, policy == "refuse", "{policy} {kind}: {ended:?}");
            let bytes = |name| fs::read(program.data_dir().join(name)).unwrap_or_default();
            let files = ["working.db", "working.db-wal", "journal.db", "journal.db-wal"].map(bytes);
            let has = |file: &Vec<u8>| file.windows(SECRET.len()).any(|w| w == SECRET.as_bytes());
            assert_eq!(files.iter().any(has), is_stored, "{policy} {kind}");
        }
    }
    let program = Program::new();
    program.json(&["record", "goal", "--id", "g", "--description", "x"]);
    let env = [("AIOS_MEMORY_GUARD_SECRETS", "refuse")];
    let ended = program.run_with(&["update", "g", "--result", SECRET], b"", &env);
    assert_eq!(ended.code, 1, "{ended:?}");
}

#[test]
fn a_store_of_another_program_is_imported_once() {
    let program = Program::new();
    let path = program.path("old.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let sql = "CREATE TABLE tasks (id INTEGER PRIMARY KEY, description TEXT, mood TEXT);
        INSERT INTO tasks VALUES (1, 'water the ferns', 'calm'), (2, NULL, NULL);
        CREATE TABLE birds (name); INSERT INTO birds VALUES ('wren');";
    connection.execute_batch(sql).unwrap();
    connection.close().unwrap();
    let from = ["import", "--from", text(&path)];
    let dry = program.run(&[&from[..], &["--dry-run"]].concat());
    assert!(dry.stdout.contains("dry run: 1 added, 0 already known, 1 failed"), "{dry:?}");
    assert_eq!(program.recall("ferns"), Vec::<String>::new());

    let ended = program.run(&[&["--json"][..], &from].concat());
    assert_eq!(ended.code, 1, "{ended:?}");
    let report = ended.json();
    assert_eq!(report["shapes"], json!(["tasks"]));
    assert_eq!((&report["added"], &report["failed_count"]), (&json!(1), &json!(1)));
    let tasks = json!({
        "table": "tasks", "becomes": "task", "rows": 2, "added": 1, "known": 0, "forgotten": 0,
        "skipped": 0, "failed": 1,
    });
    assert_eq!(report["tables"], json!([tasks]));
    assert_eq!(report["not_understood"][0]["table"], "birds");
    assert_eq!(report["not_understood"][1]["column"], "mood");
    assert_eq!(program.recall("ferns"), ["water the ferns"]);
    let again = program.run(&from);
    assert!(again.stdout.contains("\n0 added, 1 already known, 1 failed"), "{again:?}");
}

#[test]
fn doctor_finds_each_problem_and_advises() {
    let program = Program::new();
    let fresh = program.json(&["doctor"]);
    assert_eq!(fresh["failed"], 0, "{fresh}");
    assert!(!program.data_dir().exists());

    program.json(&["remember", "tea at four"]);
    let sound = program.json(&["doctor"]);
    assert_eq!((&sound["failed"], &sound["checks"][0]["part"]), (&json!(0), &json!("config")));
    assert_eq!(program.json(&["verify"])["working"], json!([]));

    fs::set_permissions(program.data_dir(), fs::Permissions::from_mode(0o755)).unwrap();
    let open = program.run(&["--read-only", "doctor"]);
    assert_eq!(open.code, 1, "{open:?}");
    assert!(open.stdout.contains("FAIL  data_dir mode"), "{open:?}");
    assert!(open.stdout.contains("-> run `chmod 700 '"), "{open:?}");
    // Opening for writing removes the access, so nothing is left to do.
    let closed = program.run(&["doctor"]);
    assert_eq!(closed.code, 0, "{closed:?}");
    assert!(closed.stdout.contains("warn  data_dir mode"), "{closed:?}");
    assert!(closed.stdout.contains("this command removed their access"), "{closed:?}");
    assert!(!closed.stdout.contains("chmod"), "{closed:?}");
    let mode = fs::metadata(program.data_dir()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);

    let env = [("AIOS_MEMORY_EMBEDDING_MODEL", "/nowhere")];
    let ended = program.run_with(&["doctor", "--json"], b"", &env);
    assert_eq!(ended.code, 1);
    assert_eq!(ended.json()["checks"][2]["health"], "bad", "{ended:?}");
    let env = [("AIOS_MEMORY_SEARCH_LIMIT", "many")];
    let ended = program.run_with(&["doctor"], b"", &env);
    assert!(ended.stdout.contains("FAIL  config settings"), "{ended:?}");

    let path = program.data_dir().join("working.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("INSERT INTO search_docsize (id, sz) VALUES (8001, x'00')").unwrap();
    connection.close().unwrap();
    let ended = program.run(&["verify", "--json"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert_eq!(ended.json()["working"][0]["problem"], "index_out_of_step", "{ended:?}");
}

#[test]
fn a_database_under_creation_is_not_reported_as_foreign() {
    let program = Program::new();
    let dir = program.path("new");
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(dir.join("working.db"), "").unwrap();
    fs::set_permissions(dir.join("working.db"), fs::Permissions::from_mode(0o600)).unwrap();
    let creating = rusqlite::Connection::open(dir.join("journal.db")).unwrap();
    creating.pragma_update(None, "journal_mode", "wal").unwrap();
    assert_ne!(fs::metadata(dir.join("journal.db")).unwrap().len(), 0);
    let at = ["--data-dir", text(&dir)];
    let dry = program.run(&[&at[..], &["migrate", "--dry-run"]].concat());
    assert!(dry.stdout.contains("journal.db: being created"), "{dry:?}");
    let ended = program.run(&[&at[..], &["doctor"]].concat());
    assert_eq!(ended.code, 0, "{ended:?}");
    for file in ["working.db", "journal.db"] {
        let finding = format!("{file} is being created, or");
        assert!(ended.stdout.contains(&finding), "{ended:?}");
    }
    assert!(ended.stdout.contains("-> run the command again"), "{ended:?}");
    drop(creating);
    let again = program.json(&[&at[..], &["doctor"]].concat());
    // Disk space depends on the machine.
    let is_unwell = |it: &&Value| it["health"] != "good" && it["name"] != "room";
    let unwell: Vec<&Value> =
        again["checks"].as_array().unwrap().iter().filter(is_unwell).collect();
    assert!(unwell.is_empty(), "{unwell:?}");
}

#[test]
fn maintain_tidies_the_files_and_migrate_updates_them() {
    let program = Program::new();
    program.json(&["remember", "tea at four"]);
    let tidied = program.json(&["maintain", "--vacuum"]);
    assert_eq!(tidied["vacuumed"], true);
    let present = program.run(&["migrate"]);
    assert!(present.stdout.contains(", current"), "{present:?}");

    // A store at version 1, where the first migration starts.
    let old = program.path("old");
    fs::create_dir(&old).unwrap();
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/../working/tests/fixtures/v1.sqlite3");
    fs::copy(fixture, old.join("working.db")).unwrap();
    let at = ["--data-dir", text(&old)];
    let dry = program.run(&[&at[..], &["migrate", "--dry-run"]].concat());
    assert!(dry.stdout.contains("working.db: would be migrated from version 1 to "), "{dry:?}");
    assert!(!old.join("backup").exists());
    let done = program.run(&[&at[..], &["migrate"]].concat());
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains("working.db: migrated from version 1 to "), "{done:?}");
    assert!(old.join("backup/working.db.v1").exists());

    let connection = rusqlite::Connection::open(old.join("working.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    connection.close().unwrap();
    for command in ["migrate", "doctor"] {
        let newer = program.run(&[&at[..], &[command]].concat());
        assert_eq!(newer.code, 1, "{newer:?}");
        assert!(newer.stdout.contains("use the newer program, or replace the file"), "{newer:?}");
    }
}

#[test]
fn forget_reports_its_records_and_purge_removes_them() {
    let program = Program::new();
    program.json(&["--user", "ada", "remember", "the wobblefrotz is hers"]);
    program.json(&["--user", "bob", "remember", "the wobblefrotz is his"]);
    let whole = ["forget", "--query", "wobblefrotz", "--user", "ada"];
    let dry = program.json(&[&whole[..], &["--dry-run"]].concat());
    assert_eq!((&dry["forgotten"], &dry["dry_run"]), (&json!(1), &json!(true)));
    let asked = program.run(&whole);
    assert_eq!(asked.code, 2, "{asked:?}");
    assert!(asked.stderr.contains("the wobblefrotz is hers"), "{asked:?}");
    assert!(asked.stderr.contains("pass --yes to confirm"), "{asked:?}");
    let nothing = program.run(&["forget", "--yes"]);
    assert_eq!(nothing.code, 2, "{nothing:?}");

    let done = program.json(&["--user", "ada", "forget", "--yes"]);
    assert_eq!((&done["forgotten"], &done["purged"]), (&json!(1), &json!(false)));
    let left = program.json(&["--all-users", "recall", "wobblefrotz"]);
    assert_eq!(left["hits"].as_array().unwrap().len(), 1);
    assert_eq!(left["hits"][0]["text"], "the wobblefrotz is his");
    let key = done["keys"][0].as_str().unwrap();
    let gone = program.run(&["forget", key, "--yes", "--user", "ada"]);
    assert_eq!(gone.code, 3, "{gone:?}");
    let purged = program.json(&["forget", key, "--yes", "--purge", "--user", "ada"]);
    assert_eq!((&purged["forgotten"], &purged["purged"]), (&json!(0), &json!(true)));
    let purged = program.run(&["--user", "bob", "forget", "--yes", "--purge"]);
    assert!(purged.stdout.contains("forgotten: 1 record (notes: 1)\npurged"), "{purged:?}");
    assert_eq!(program.recall("wobblefrotz"), Vec::<String>::new());
}

#[test]
fn an_export_is_imported_and_a_backup_restored() {
    let program = Program::new();
    program.json(&["remember", "tea at four"]);
    program.json(&["record", "goal", "--description", "bake a cake"]);
    let path = program.path("all.jsonl");
    let exported = program.json(&["export", text(&path)]);
    assert_eq!((&exported["records"], &exported["working"]), (&json!(2), &json!(1)));
    let again = program.run(&["export", text(&path)]);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stderr.contains("pass a file that does not exist yet"), "{again:?}");
    let printed = program.run(&["export", "-"]);
    assert_eq!(printed.stdout, fs::read_to_string(&path).unwrap());
    assert_eq!(printed.stderr, "2 records\n");
    assert!(!program.path("-").exists());
    let other = program.path("other");
    let at = ["--data-dir", text(&other)];
    let import = [&at[..], &["import", "--from", text(&path)]].concat();
    let dry = program.run(&[&import[..], &["--dry-run"]].concat());
    assert!(dry.stdout.contains("dry run: 2 added, 0 already known, 0 failed"), "{dry:?}");
    let taken = program.json(&import);
    assert_eq!((&taken["added"], &taken["known"]), (&json!(2), &json!(0)));
    program
        .json(&[&at[..], &["forget", "--query", "tea at four", "--limit", "1", "--yes"]].concat());
    let dry = program.json(&[&import[..], &["--dry-run"]].concat());
    let counts = (&dry["added"], &dry["known"], &dry["forgotten"]);
    assert_eq!(counts, (&json!(0), &json!(1), &json!(1)));
    let goals = program.json(&[&at[..], &["list", "goal"]].concat());
    assert_eq!(goals["items"][0]["payload"]["description"], "bake a cake");

    let (copies, put_back) = (program.path("copies"), program.path("put-back"));
    program.json(&["backup", text(&copies)]);
    let at = ["--data-dir", text(&put_back)];
    let restored = program.json(&[&at[..], &["restore", text(&copies)]].concat());
    assert_eq!(restored["path"], text(&put_back));
    assert_eq!(program.json(&[&at[..], &["list", "goal"]].concat()), goals);
    let again = program.run(&[&at[..], &["restore", text(&copies)]].concat());
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stderr.contains("pass a directory that is empty"), "{again:?}");
}

#[test]
fn a_copy_or_check_of_a_missing_directory_is_not_found_and_creates_nothing() {
    let program = Program::new();
    let (missing, copy) = (program.path("missing"), program.path("copy"));
    let at = ["--data-dir", text(&missing)];
    for command in [&["backup", text(&copy)][..], &["export", text(&copy)], &["verify"]] {
        let ended = program.run(&[&at[..], command].concat());
        assert_eq!(ended.code, 3, "{command:?}: {ended:?}");
        let is_told = ended.stderr.contains("nothing is stored in");
        assert!(is_told && ended.stderr.contains("--data-dir DIR"), "{command:?}: {ended:?}");
        assert!(!missing.exists() && !copy.exists(), "{command:?}");
    }
    program.json(&[&at[..], &["remember", "tea at four"]].concat());
    program.json(&[&at[..], &["backup", text(&copy)]].concat());
}
