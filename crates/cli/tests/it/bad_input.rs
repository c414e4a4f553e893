//! Bad input: a clear error or a correct answer, never a panic, and no stored record is lost.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
};

use serde_json::{Value, json};

use crate::program::{Ended, Program, text};

/// The text stored before each failure.
const KEPT: &str = "The staging database moved to port 5433.";

fn with_something_stored() -> Program {
    let program = Program::new();
    program.json(&["remember", KEPT]);
    program
}

/// Checks that the run exited with `code`, printed one error that contains `expect`, and lost
/// nothing.
fn check_error(program: &Program, ended: &Ended, code: i32, expect: &str) {
    assert_eq!(ended.code, code, "{ended:?}");
    let errors: Vec<_> = ended.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{ended:?}");
    assert!(ended.stderr.contains(expect), "`{expect}` is not in {ended:?}");
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
    assert_eq!(program.recall("which port does staging use?")[0], KEPT);
}

#[test]
fn input_files() {
    let program = with_something_stored();
    let long_line = [b"{\"text\": \"".as_slice(), &vec![b'x'; 50_000_000], b"\"}\n"].concat();
    for (name, format, content, expect) in [
        ("empty.json", "auto", &b""[..], "the input is empty"),
        ("empty.txt", "text", b"", "the input is empty"),
        ("cut.json", "locomo", b"[{\"sample_id\": \"c\", \"conv", "truncated JSON"),
        ("cut.json", "chat", b"[{\"content\": ", "cut.json:1: truncated JSON"),
        ("long.jsonl", "auto", &long_line, "long.jsonl:1: the line has 50000012 bytes"),
        ("binary.txt", "text", b"\x7fELF\x01\xff\x02", "not text; convert it"),
        ("other.json", "locomo", b"{\"x\": 1}", "sample_id"),
    ] {
        let file = program.file(name, content);
        let ended = program.run(&["ingest", text(&file), "--format", format]);
        check_error(&program, &ended, 1, expect);
    }
    let directory = program.path("folder");
    fs::create_dir(&directory).unwrap();
    let ended = program.run(&["ingest", text(&directory)]);
    assert_eq!(ended.code, 0, "nothing in a directory is no mistake: {ended:?}");
    check_error(&program, &program.run(&["ingest", "/nowhere"]), 1, "/nowhere: failed to open");
    check_error(
        &program,
        &program.run_with(&["ingest", "-"], b"", &[]),
        1,
        "stdin: the input is empty",
    );
}

#[test]
fn intact_lines_of_a_broken_file_are_ingested() {
    let program = Program::new();
    let long = [b"{\"text\": \"".as_slice(), &vec![b'x'; 50_000_000], b"\"}"].concat();
    let lines = [&b"{\"text\": \"first\"}"[..], b"{\"text\": ", &long, b"{\"text\": \"last\"}"];
    let file = program.file("mixed.jsonl", lines.join(&b'\n'));
    let ended = program.run(&["ingest", text(&file), "--json"]);
    assert_eq!(ended.code, 1);
    let report = ended.json();
    assert_eq!((&report["added"], &report["failed_count"]), (&2.into(), &2.into()));
    let lines: Vec<_> =
        report["failed"].as_array().unwrap().iter().map(|failed| &failed["line"]).collect();
    assert_eq!(lines, [2, 3]);
    let error: Value = serde_json::from_str(ended.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(error["error"]["code"], "partial");
    assert_eq!(program.recall("last")[0], "last");
    assert_eq!(program.recall("first")[0], "first");
}

#[test]
fn data_directories() {
    let program = with_something_stored();
    let file = program.file("file", "x");
    let ended = program.run(&["--data-dir", text(&file), "stats"]);
    check_error(&program, &ended, 1, "it is a file; pass a directory with `--data-dir DIR`");
    let ended = program.run(&["--data-dir", "/proc/nothing", "stats"]);
    check_error(&program, &ended, 1, "failed to use the data directory /proc/nothing");

    let locked = program.path("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
    let ended = program.run(&["--data-dir", text(&locked), "remember", "x"]);
    // Root may write here, too.
    if ended.code != 0 {
        check_error(&program, &ended, 1, "locked");
    }
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_data_directory_is_its_owners_alone() {
    let program = with_something_stored();
    let mode = fs::metadata(program.data_dir()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn queries() {
    let program = with_something_stored();
    let long = "staging port ".repeat(100_000 / 13);
    for (query, finds) in [
        ("", false),
        ("   ", false),
        ("*", false),
        ("\"", false),
        ("()", false),
        ("NEAR(", false),
        ("\" OR 1=1 --", false),
        ("'; DROP TABLE ids; -- staging port", true),
        ("staging AND NOT port", true),
        ("text:staging NEAR(port, 5)", true),
        ("\"staging\" port*", true),
        (&long, true),
    ] {
        let found = program.recall(query);
        match finds {
            true => assert_eq!(found, [KEPT], "{query:.40}"),
            // A single common word may match weakly.
            false => assert!(found.len() <= 1, "{query:.40}"),
        }
    }
    assert_eq!(program.recall("port"), [KEPT]);
}

#[test]
fn budgets() {
    let program = with_something_stored();
    for (budget, is_empty) in [("0", true), ("10000000", false)] {
        let context = program.json(&["context", "connect to staging", "--max-tokens", budget]);
        let text = context["text"].as_str().unwrap();
        assert_eq!(text.is_empty(), is_empty, "{context}");
        assert_eq!(text.contains(KEPT), !is_empty, "{context}");
        assert!(context["total_tokens"].as_u64() <= context["max_tokens"].as_u64());
    }
    let ended = program.run(&["context", "x", "--max-tokens", "-1"]);
    check_error(&program, &ended, 2, "invalid value '-1' for '--max-tokens <N>'");
}

#[test]
fn models() {
    let program = with_something_stored();
    let missing = program.path("missing").display().to_string();
    let ended =
        program.run_with(&["stats"], b"", &[("AIOS_MEMORY_EMBEDDING_MODEL", missing.as_str())]);
    check_error(&program, &ended, 1, "set `embedding.model` to a model's directory, or to `auto`");
}

#[test]
fn records() {
    let program = with_something_stored();
    for (kind, stdin, code, expect) in [
        ("goal", "{", 2, "stdin is not valid JSON"),
        ("goal", "[]", 2, "expected a JSON object on stdin"),
        (
            "goal",
            "{\"descripton\": \"x\"}",
            1,
            "has no field `descripton` (did you mean `description`?)",
        ),
        ("goal", "{\"description\": 7}", 1, "`description`: expected text, not `7`"),
        ("task", "{\"description\": \"x\", \"started_at\": \"soon\"}", 1, "`soon` is not a time"),
        (
            "task",
            "{\"description\": \"x\", \"goal_id\": \"none\"}",
            3,
            "goal `none`, which does not exist",
        ),
        ("entry", "{\"key\": \"k\", \"category\": \"c\", \"tags\": [1]}", 1, "a list of labels"),
        ("preference", "{\"value\": 1}", 1, "missing field `key`"),
        ("metric", "{\"key\": \"k\"}", 2, "a metric requires a key and a value"),
        ("metric", "{\"key\": \"k\", \"value\": \"much\"}", 2, "expected a number"),
        ("goal", "{}", 1, "missing field `description`"),
        ("note", "{}", 1, "it requires title or content"),
        ("thing", "{}", 2, "unknown kind `thing`"),
    ] {
        let ended = program.run_with(&["record", kind], stdin.as_bytes(), &[]);
        check_error(&program, &ended, code, expect);
    }
    for (kind, object) in [
        ("goal", "{\"id\": \"both\", \"description\": \"x\"}"),
        ("pattern", "{\"id\": \"both\", \"trigger\": \"x\", \"action\": \"y\"}"),
        ("message", "{\"id\": \"m\", \"session\": \"s\", \"content\": \"x\"}"),
        ("note", "{\"id\": \"n\", \"content\": \"x\"}"),
    ] {
        program.json_with(&["record", kind], object.as_bytes());
    }
    let key = program.json(&["list", "message"])["items"][0]["id"].clone();
    let message = format!("message/{}", key.as_str().unwrap());
    for (arguments, code, expect) in [
        (&["record", "goal", "--priority", "high"][..], 2, "`priority`: expected a whole number"),
        (&["record", "goal", "--set", "prio=1"], 1, "(did you mean `priority`?)"),
        (&["record", "goal", "--set", "prio"], 2, "expected NAME=VALUE"),
        (&["record", "goal", "--chosen", "x"], 1, "has no field `chosen`"),
        (&["update", "goal/none", "--status", "active"], 3, "record `goal/none` not found"),
        (&["update", "both", "--status", "active"], 2, "goal/both, pattern/both"),
        (&["update", "goal/both", "--priority", "1.5"], 2, "`priority`: expected a whole number"),
        (&["update", "goal/both", "--id", "other"], 1, "the id of a record never changes"),
        (&["update", "message/m", "--content", "y"], 1, "a message stays as it was stored"),
        (&["update", "session/s", "--message-count", "7"], 1, "only `summary` can be changed"),
        (
            &["update", "note/n", "--set", "valid_from=2020"],
            1,
            "`valid_from` cannot be set; a note",
        ),
        (&["delete", "goal/none", "--yes"], 3, "record `goal/none` not found"),
        (&["delete", "goal/both"], 2, "confirmation required: permanently delete goal/both"),
        (&["delete", "note/n", "--yes"], 1, "or remove it with `aios-memory forget KIND/ID`"),
        (&["clear", "entry"], 2, "confirmation required: permanently delete all entries"),
        (&["clear", "goal", "--yes"], 2, "invalid value 'goal'"),
        (
            &["record", "persona", "--key", "k", "--value", "v", "--user", "zoe"],
            1,
            "belongs to the whole machine",
        ),
        (
            &["record", "metric", "--key", "k", "--value", "1", "--session", "s"],
            2,
            "belong to the machine",
        ),
        (&["list", "metric", "--after", "x"], 2, "`x` is not a cursor"),
        (&["show", "metric/none"], 3, "metric `none` not found"),
        (&["show", "preference/none"], 3, "record `preference/none` not found"),
    ] {
        let arguments: Vec<&str> = arguments
            .iter()
            .map(|argument| if *argument == "message/m" { message.as_str() } else { *argument })
            .collect();
        check_error(&program, &program.run(&arguments), code, expect);
    }
    let ended = program.run(&["remember", " "]);
    check_error(&program, &ended, 1, "its text is empty");
    let ended = program.run(&["remember", "x", "--collection", "goals"]);
    check_error(&program, &ended, 1, "this kind belongs to working memory");
    let ended = program.run(&["show", "goal/none"]);
    check_error(&program, &ended, 3, "record `goal/none` not found");
}

#[test]
fn imports() {
    let program = with_something_stored();
    let database = |name: &str, sql: &str| {
        let path = program.path(name);
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        path
    };
    let tasks = "CREATE TABLE tasks (id, description); INSERT INTO tasks VALUES (1, 'x')";
    let damaged = database("damaged.db", tasks);
    let mut bytes = fs::read(&damaged).unwrap();
    bytes[100..].fill(0xaa);
    fs::write(&damaged, bytes).unwrap();
    let unreadable = database("unreadable.db", tasks);
    fs::set_permissions(&unreadable, fs::Permissions::from_mode(0o000)).unwrap();
    let folder = program.path("folder");
    fs::create_dir(&folder).unwrap();
    let shapes = "supported: sessions (tables sessions, messages, user_preferences, tasks, \
                  knowledge); agent (";
    for (path, expect) in [
        (program.path("missing.db"), "missing.db: failed to open: No such file"),
        (folder, "expected a file, not a directory (pass a file)"),
        (program.file("empty.db", ""), "the file is empty; there is nothing to import"),
        (program.file("text.db", "hello"), "neither SQLite nor JSON; supported:"),
        (program.file("cut.json", "[{\"key\": "), "not a complete JSON document: EOF"),
        (program.file("other.json", "{\"a\": 1}"), "no entries found; supported:"),
        (database("birds.db", "CREATE TABLE birds (name)"), shapes),
        (database("none.db", "PRAGMA user_version = 1"), "unknown store (no tables)"),
        (damaged, " .recover` extracts"),
        (program.data_dir().join("working.db"), "needs no import"),
    ] {
        let ended = program.run(&["import", "--from", text(&path)]);
        check_error(&program, &ended, 1, expect);
    }
    let ended = program.run(&["import", "--from", text(&unreadable)]);
    // Root may read the file, too.
    if ended.code != 0 {
        check_error(&program, &ended, 1, "unreadable.db: failed to open: Permission denied");
    }
    check_error(&program, &program.run(&["import"]), 2, "--from <FILE>");
    for stream in ["-", "/dev/stdin"] {
        let export = b"{\"aios_memory_export\":1}\n";
        let ended = program.run_with(&["import", "--from", stream], export, &[]);
        check_error(&program, &ended, 2, "write the data to a file");
    }

    let locked = database("locked.db", tasks);
    let writer = rusqlite::Connection::open(&locked).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let ended = program.run(&["import", "--from", text(&locked)]);
    check_error(&program, &ended, 1, "wait for that program or end it, then try again");
}

#[test]
fn command_lines() {
    let program = with_something_stored();
    for (arguments, expect) in [
        (&["recall"][..], "required arguments were not provided"),
        (&["recal", "x"], "unrecognized subcommand 'recal'"),
        (&["recall", "x", "--since", "soon"], "`soon` is not a time"),
        (&["recall", "x", "--min-relevance", "2"], "expected a number from 0 to 1"),
        (&["recall", "x", "--collection", "cellar"], "unknown kind `cellar`"),
        (&["context", "x", "--tier", "cellar"], "unknown tier `cellar`"),
        (&["context", "x", "--tokenizer", "abacus"], "unknown tokenizer `abacus`"),
        (&["ingest", "x", "--format", "stone"], "invalid value 'stone'"),
        (&["list", "goal", "--after", "x"], "`x` is not a cursor"),
        (&["list", "note", "--after", "garbage"], "`garbage` is not a cursor"),
        (&["list", "note", "--after", "goal/g"], "`goal/g` is not a cursor"),
    ] {
        check_error(&program, &program.run(arguments), 2, expect);
    }
    let ended = program.run(&["recall", "--json"]);
    let error: Value = serde_json::from_str(&ended.stderr).unwrap();
    assert_eq!(error["error"]["code"], "usage");
}

/// A name that is not UTF-8.
const NAME: &[u8] = b"caf\xe9";

fn named(program: &Program, end: &str) -> std::path::PathBuf {
    program.path("x").with_file_name(OsStr::from_bytes(&[NAME, end.as_bytes()].concat()))
}

#[test]
fn reports_on_paths_that_are_not_utf8_are_complete() {
    let program = with_something_stored();
    let file = named(&program, ".jsonl");
    fs::write(&file, "{\"kind\":\"note\",\"text\":\"one\"}\n{\"kind\":\"note\",\"txt\":").unwrap();
    let arguments = [OsStr::new("--json"), OsStr::new("ingest"), file.as_os_str()];
    let ended = program.run(&arguments);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(!ended.stderr.contains("panicked"), "{ended:?}");
    assert!(ended.stdout.contains("caf\u{fffd}.jsonl"), "{ended:?}");

    let copy = named(&program, "-copy");
    let copied = program.json(&[OsStr::new("backup"), copy.as_os_str()]);
    assert!(copied["path"].as_str().unwrap().ends_with("caf\u{fffd}-copy"), "{copied}");

    let document = named(&program, ".md");
    fs::write(&document, "# Lamp\n\nThe lamp of the lighthouse is a Fresnel lens.\n").unwrap();
    program.json(&[OsStr::new("ingest"), document.as_os_str()]);
    let mut key = OsString::from("file/");
    key.push(&document);
    let done = program.json(&[OsStr::new("forget"), &key, OsStr::new("--yes")]);
    assert_eq!(done["forgotten"], 1, "{done}");
}

#[test]
fn invisible_names_are_refused() {
    let program = with_something_stored();
    for blank in ["\u{200b}", "\u{2800}", " "] {
        for arguments in [
            &["--session", blank, "list", "note"][..],
            &["--agent", blank, "list", "note"],
            &["remember", "a text", "--tag", blank],
            &["recall", "a text", "--tag", blank],
        ] {
            check_error(&program, &program.run(arguments), 2, "the value is empty");
        }
        let key = ["record", "preference", "--key", blank, "--value", "x"];
        check_error(&program, &program.run(&key), 1, "its `key` is empty");
    }
}

#[test]
fn implausible_times_are_refused() {
    let program = with_something_stored();
    let swapped = ["recall", "port", "--since", "2026-05", "--until", "2026-04"];
    check_error(&program, &program.run(&swapped), 2, "--since is later than --until");
    let short = ["recall", "port", "--since", "26"];
    check_error(&program, &program.run(&short), 2, "is not a time");
    let far = program.run(&["recall", "port", "--until", "9999-12-31"]);
    assert_eq!(far.code, 0, "{far:?}");
}

#[test]
fn a_flood_of_combining_marks_is_escaped_and_a_relative_home_is_refused() {
    let program = Program::new();
    let flood = format!("e{} lens n\u{303}", "\u{301}".repeat(99));
    program.json(&["remember", &flood]);
    let shown = program.run(&["recall", "lens"]);
    assert!(shown.stdout.contains("\\u{301}"), "{shown:?}");
    assert!(!shown.stdout.contains(&"\u{301}".repeat(9)), "{shown:?}");
    assert!(shown.stdout.contains("n\u{303}"), "{shown:?}");

    let relative = program.run_in(&["stats"], "HOME", OsStr::new("here"));
    assert_eq!(relative.code, 2, "{relative:?}");
    assert!(relative.stderr.contains("absolute path"), "{relative:?}");
}

#[test]
fn an_update_changes_what_it_reports_or_is_refused() {
    let program = Program::new();
    program.json(&["record", "note", "--set", "id=n", "--title", "Boat", "--content", "Paint it."]);
    program.json(&["record", "goal", "--set", "id=g", "--description", "Paint the boat"]);
    program.json(&["record", "task", "--set", "id=t", "--goal-id", "g", "--description", "Sand"]);
    for (key, set, expect) in [
        ("goal/g", "created_at=2020-01-01", "`created_at` is set by the memory"),
        ("goal/g", "updated_at=2020-01-01", "`updated_at` is set by the memory"),
        ("goal/g", "recorded_at=2020-01-01", "`recorded_at` is set by the memory"),
        ("note/n", "updated_at=2020-01-01", "`updated_at` is set by the memory"),
        ("note/n", "recorded_at=2020-01-01", "`recorded_at` is set by the memory"),
        ("goal/g", "description=null", "missing field `description`"),
        ("goal/g", "metadata={\"a\":1", "`metadata`: the value is not valid JSON"),
        ("goal/g", "metadata={\"a\":1,\"a\":2}", "duplicate field `a`"),
        ("note/n", "own=[1", "`own`: the value is not valid JSON"),
    ] {
        let ended = program.run(&["update", key, "--set", set]);
        assert_ne!(ended.code, 0, "{set}: {ended:?}");
        assert!(ended.stderr.contains(expect), "{set}: {ended:?}");
    }
    for (key, field, default) in [
        ("note/n", "title", &Value::Null),
        ("goal/g", "status", &json!("pending")),
        ("task/t", "summary", &Value::Null),
        ("task/t", "goal_id", &Value::Null),
    ] {
        program.json(&["update", key, "--set", &format!("{field}=null")]);
        let shown = program.json(&["show", key]);
        assert_eq!(shown["payload"][field], *default, "{key} {field}: {shown}");
    }
    let twice = br#"{"description": "one", "description": "two"}"#;
    let ended = program.run_with(&["record", "goal"], twice, &[]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains("duplicate field `description`"), "{ended:?}");
}
