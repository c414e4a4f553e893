//! Files in the forms that users have: owners, times, ids and texts in the notations of other
//! programs, and malformed elements.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Program, text};

/// Runs `ingest`, which may fail in part. Returns the report and stderr.
fn ingest(program: &Program, flags: &[&str], file: &str) -> (Value, String) {
    let ended = program.run(&[&["--json"], flags, &["ingest", file]].concat());
    (ended.json(), ended.stderr)
}

fn counts(report: &Value) -> [u64; 6] {
    ["added", "known", "updated", "conflicting_count", "skipped", "failed_count"]
        .map(|name| report[name].as_u64().unwrap())
}

/// Returns the texts of the messages, oldest first, each with its session.
fn messages(program: &Program, flags: &[&str]) -> Vec<(String, String)> {
    let list = program.json(&[flags, &["list", "message"]].concat());
    let items = list["items"].as_array().unwrap().iter();
    let field = |value: &Value| value.as_str().unwrap().to_owned();
    items.map(|item| (field(&item["scope"]["session"]), field(&item["text"]))).collect()
}

fn texts(program: &Program, flags: &[&str]) -> Vec<String> {
    messages(program, flags).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn a_record_with_an_owner_in_any_spelling_is_never_shared() {
    let program = Program::new();
    let names =
        ["user", "user_id", "userId", "user-id", "owner", "accountId", "customer_name", "tenant"];
    let mut lines = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let said = format!("pebble {at} of alice");
        lines.push(json!({"role": "user", "content": said, (*name): "alice"}));
        lines.push(json!({"role": "user", "content": said, "metadata": {(*name): "alice"}}));
        lines.push(
            json!({"role": "user", "content": said, "session": {"id": "s", (*name): "alice"}}),
        );
    }
    let count = lines.len() as u64;
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    let list = format!("[{}]", lines.join(","));
    let chat = format!("{{\"messages\": [{}]}}", lines.join(","));
    for (name, content) in [("a.jsonl", lines.join("\n")), ("a.json", list), ("c.json", chat)] {
        let program = Program::new();
        let file = program.file(name, content);
        for flags in [&[][..], &["--user", "bob"]] {
            let (report, _) = ingest(&program, flags, text(&file));
            assert_eq!(counts(&report), [0, 0, 0, 0, 0, count], "{name}: {report}");
        }
        let (report, _) = ingest(&program, &["--all-users"], text(&file));
        assert_eq!(report["failed_count"], 0, "{report}");
        assert_eq!(program.recall("pebble"), Vec::<String>::new());
        assert_eq!(texts(&program, &["--user", "bob"]), Vec::<String>::new());
        assert!(names.len() <= texts(&program, &["--user", "alice"]).len());
    }
    // A field that only resembles an owner is refused for all users.
    for name in ["user_uuid", "member_id", "uid", "ownerEmail", "account_key"] {
        let line = json!({"role": "user", "content": "whose is it", (name): "alice"});
        let file = program.file("doubt.jsonl", line.to_string());
        for flags in [&[][..], &["--user", "bob"], &["--all-users"]] {
            let (report, _) = ingest(&program, flags, text(&file));
            assert_eq!(counts(&report), [0, 0, 0, 0, 0, 1], "{name}: {report}");
            assert!(report["failed"][0]["error"].as_str().unwrap().contains(name), "{report}");
        }
    }
}

#[test]
fn a_locomo_sample_belongs_to_the_owner_that_it_names() {
    let program = Program::new();
    let sample = json!([{
        "sample_id": "c", "user_id": "alice",
        "conversation": {"session_1": [{"speaker": "A", "dia_id": "D1:1", "text": "the kettle"}]},
    }]);
    let file = program.file("talk.json", sample.to_string());
    for flags in [&[][..], &["--user", "bob"]] {
        let (report, _) = ingest(&program, flags, text(&file));
        assert_eq!(counts(&report), [0, 0, 0, 0, 0, 1], "{report}");
    }
    let (report, _) = ingest(&program, &["--user", "alice"], text(&file));
    assert_eq!(report["added"], 1);
}

#[test]
fn every_spelling_of_a_session_field_is_recognised() {
    let program = Program::new();
    let names = ["session_id", "conversation_id", "sessionId", "thread_id", "chatId", "run-id"];
    let line = |name: &&str| json!({"role": "user", "content": "x", (*name): name}).to_string();
    let lines: Vec<String> = names.iter().map(line).collect();
    let file = program.file("sessions.jsonl", lines.join("\n"));
    let (report, _) = ingest(&program, &[], text(&file));
    assert_eq!((&report["added"], &report["sessions"]), (&json!(6), &json!(6)));
    let sessions: Vec<String> = messages(&program, &[]).into_iter().map(|(name, _)| name).collect();
    assert_eq!(sessions, names);
}

#[test]
fn conversations_of_one_file_are_apart() {
    let with_ids = json!([
        {"id": "conv-a", "title": "Kitchen", "messages": [
            {"id": "1", "role": "user", "content": "The tiles are from Faenza."},
            {"id": "2", "role": "assistant", "content": "Noted, Faenza tiles."}]},
        {"id": "conv-b", "title": "Garage", "messages": [
            {"id": "1", "role": "user", "content": "The key hangs behind the radiator."},
            {"id": "2", "role": "assistant", "content": "Noted, behind the radiator."}]},
    ]);
    let without = json!([
        {"messages": [{"role": "user", "content": "ok"}, {"role": "user", "content": "Faenza"}]},
        {"messages": [{"role": "user", "content": "ok"}, {"role": "user", "content": "radiator"}]},
    ]);
    for chats in [with_ids, without] {
        let lines: Vec<String> =
            chats.as_array().unwrap().iter().map(ToString::to_string).collect();
        for (name, content) in [("a.json", chats.to_string()), ("b.jsonl", lines.join("\n"))] {
            let program = Program::new();
            let file = program.file(name, content);
            let (report, _) = ingest(&program, &[], text(&file));
            assert_eq!(counts(&report), [4, 0, 0, 0, 0, 0], "{name}: {report}");
            assert_eq!(report["sessions"], 2);
            let (again, _) = ingest(&program, &[], text(&file));
            assert_eq!(counts(&again), [0, 4, 0, 0, 0, 0], "{name}: {again}");
        }
    }
}

#[test]
fn one_id_with_another_text_is_an_update_or_a_conflict() {
    let shapes: [fn(&[Value]) -> String; 3] = [
        |items| items.iter().map(|item| format!("{item}\n")).collect(),
        |items| Value::from(items.to_vec()).to_string(),
        |items| json!({"messages": items}).to_string(),
    ];
    for (name, shape) in ["a.jsonl", "a.json", "c.json"].into_iter().zip(shapes) {
        let item = |text: &str| json!({"id": "m1", "role": "user", "content": text});
        let program = Program::new();
        let file = program.file(name, shape(&[item("on Tuesday at nine")]));
        assert_eq!(counts(&ingest(&program, &[], text(&file)).0), [1, 0, 0, 0, 0, 0]);
        program.file(name, shape(&[item("on Thursday at ten")]));
        assert_eq!(counts(&ingest(&program, &[], text(&file)).0), [0, 0, 1, 0, 0, 0], "{name}");
        assert_eq!(texts(&program, &[]), ["on Thursday at ten"]);
        let twice =
            program.file(&format!("twice-{name}"), shape(&[item("plums"), item("cherries")]));
        let (report, _) = ingest(&program, &[], text(&twice));
        assert_eq!(counts(&report), [1, 0, 0, 1, 0, 0], "{name}: {report}");
        assert_eq!(texts(&program, &[]), ["on Thursday at ten", "plums"]);
    }
    // The same holds for notes.
    let program = Program::new();
    let file = program.file("n.jsonl", "{\"id\": \"n\", \"text\": \"the gate is red\"}");
    assert_eq!(counts(&ingest(&program, &[], text(&file)).0), [1, 0, 0, 0, 0, 0]);
    program.file("n.jsonl", "{\"id\": \"n\", \"text\": \"the gate is blue\"}");
    assert_eq!(counts(&ingest(&program, &[], text(&file)).0), [0, 0, 1, 0, 0, 0]);
    assert_eq!(program.recall("gate"), ["the gate is blue"]);
}

#[test]
fn files_with_one_stem_are_two_conversations_and_a_grown_file_is_one() {
    let program = Program::new();
    for (dir, pet) in [("x", "Kiki"), ("y", "Momo")] {
        fs::create_dir(program.path(dir)).unwrap();
        let chat = json!([{"role": "user", "content": "hello"},
                          {"role": "user", "content": format!("the parrot is {pet}")}]);
        program.file(&format!("{dir}/chat.json"), chat.to_string());
    }
    let report = program.json(&["ingest", "x/chat.json", "y/chat.json"]);
    assert_eq!((&report["added"], &report["sessions"]), (&json!(4), &json!(2)));
    let again = program.json(&["ingest", "x/chat.json", text(&program.path("y/chat.json"))]);
    assert_eq!((&again["added"], &again["known"]), (&json!(0), &json!(4)));
    let grown = json!([{"role": "user", "content": "hello"},
                       {"role": "user", "content": "the parrot is Kiki"},
                       {"role": "user", "content": "it sings"}]);
    program.file("x/chat.json", grown.to_string());
    assert_eq!(program.json(&["ingest", "x/chat.json"])["added"], 1);
    let sessions: std::collections::BTreeSet<String> =
        messages(&program, &[]).into_iter().map(|(session, _)| session).collect();
    assert_eq!(sessions.len(), 2, "{sessions:?}");
    // A file name that exceeds the length of an id.
    let long = program.file(&format!("{}.json", "\u{9577}".repeat(60)), grown.to_string());
    assert_eq!(program.json(&["ingest", text(&long)])["added"], 3);
}

#[test]
fn each_text_on_stdin_is_its_own_conversation() {
    let program = Program::new();
    let line = |text: &str| json!({"role": "user", "content": text}).to_string();
    let one = [line("hello"), line("the parrot is Kiki")].join("\n");
    let two = [line("hello"), line("the parrot is Momo")].join("\n");
    let read = |text: &str| {
        let report = program.json_with(&["ingest", "-", "--format", "jsonl"], text.as_bytes());
        [report["added"].as_u64().unwrap(), report["known"].as_u64().unwrap()]
    };
    for (text, expect) in [(&one, [2, 0]), (&two, [2, 0]), (&one, [0, 2]), (&two, [0, 2])] {
        assert_eq!(read(text), expect);
    }
    assert_eq!(read(&[&one, line("it sings").as_str()].join("\n")), [1, 2]);
    let named = ["--session", "s", "ingest", "-", "--format", "jsonl"];
    assert_eq!(program.json_with(&named, one.as_bytes())["added"], 2);
    assert_eq!(program.json_with(&named, two.as_bytes())["added"], 1);
}

#[test]
fn a_conversation_named_for_its_stem_by_a_former_version_continues() {
    let program = Program::new();
    let chat = |texts: &[&str]| {
        let messages = texts.iter().map(|text| json!({"role": "user", "content": text}));
        Value::from(messages.collect::<Vec<_>>()).to_string()
    };
    for dir in ["x", "y"] {
        fs::create_dir(program.path(dir)).unwrap();
    }
    let old = program.file("x/chat.json", chat(&["hello", "the parrot is Kiki"]));
    // Ids derive from the session, so this is what that version stored.
    program.json(&["--session", "chat", "ingest", text(&old)]);
    let (again, _) = ingest(&program, &[], text(&old));
    assert_eq!(counts(&again), [0, 2, 0, 0, 0, 0], "{again}");
    program.file("x/chat.json", chat(&["hello", "the parrot is Kiki", "it sings"]));
    assert_eq!(counts(&ingest(&program, &[], text(&old)).0), [1, 2, 0, 0, 0, 0]);
    let sessions: Vec<String> = messages(&program, &[]).into_iter().map(|(name, _)| name).collect();
    assert_eq!(sessions, ["chat", "chat", "chat"]);
    // Another file that begins the same is another conversation.
    let other = program.file("y/chat.json", chat(&["hello", "the parrot is Momo"]));
    assert_eq!(counts(&ingest(&program, &[], text(&other)).0), [2, 0, 0, 0, 0, 0]);
    assert_eq!(counts(&ingest(&program, &[], text(&other)).0), [0, 2, 0, 0, 0, 0]);
}

#[test]
fn storing_a_changed_event_or_session_again_fails() {
    let program = Program::new();
    let record = |kind: &str, fields: &Value| {
        program.run_with(&["record", kind], fields.to_string().as_bytes(), &[]).code
    };
    let event = json!({"id": "e", "category": "disk", "data": {"free": 1}});
    let other = json!({"id": "e", "category": "disk", "data": {"free": 2}});
    assert_eq!(
        [record("event", &event), record("event", &event), record("event", &other)],
        [0, 0, 1]
    );
    let session = json!({"id": "s", "summary": "kelp"});
    let other = json!({"id": "s", "summary": "dulse"});
    let bare = json!({"id": "s"});
    let codes = [&session, &session, &other, &bare].map(|fields| record("session", fields));
    assert_eq!(codes, [0, 0, 1, 0]);
}

#[test]
fn odd_fields_are_mended_with_a_warning() {
    let program = Program::new();
    let lines = [
        r#"{"id": 17, "role": "user", "content": "numeric id"}"#,
        r#"{"role": "user", "content": "metadata is text", "metadata": "{\"a\":1}"}"#,
        r#"{"role": "user", "content": "metadata is a list", "metadata": [1, 2]}"#,
        r#"{"role": "user", "content": "tags with comma", "tags": "a,b"}"#,
        r#"{"role": {"name": "user"}, "content": "role is an object"}"#,
        r#"{"role": "user", "content": {"type": "text", "text": "content is an object"}}"#,
        r#"{"role": "user", "content": 12345}"#,
        r#"{"role": "user", "content": "timestamp is a bool", "timestamp": true}"#,
        r#"{"role": "user", "content": "day or month", "created_at": "05/08/2026"}"#,
        r#"{"role": "user", "text": "", "content": "the truth about quinces"}"#,
        r#"{"role": "assistant", "content": null, "tool_calls": []}"#,
        r#"{"role": "user", "content": "a lone \ud83d surrogate and \u0000"}"#,
    ];
    let file = program.file("loose.jsonl", lines.join("\r\n"));
    let (report, _) = ingest(&program, &[], text(&file));
    assert_eq!(counts(&report), [11, 0, 0, 0, 1, 0], "{report}");
    let mended: Vec<u64> = report["mended"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["line"].as_u64().unwrap())
        .collect();
    assert_eq!(mended, [3, 8, 9, 12, 12], "{report}");
    assert_eq!(report["details"][0]["line"], 11);
    assert!(texts(&program, &[]).contains(&"a lone \u{fffd} surrogate and \u{fffd}".to_owned()));
    let told = program.run(&["ingest", text(&program.file("one.jsonl", lines[7]))]);
    assert!(told.stderr.contains("line 1: `timestamp`"), "{told:?}");
}

#[test]
fn the_time_of_a_message_is_read_in_every_notation() {
    let program = Program::new();
    let times = [
        ("timestamp", json!("2026-05-08T13:56:00Z")),
        ("created_at", json!("2026-05-08 13:56:00")),
        ("createdAt", json!("2026-05-08T13:56:00.000000")),
        ("create_time", json!(1_778_248_560.0)),
        ("ts", json!("1778248560000")),
        ("sent_at", json!(1_778_248_560_000_000_000_u64)),
        ("date", json!("Fri, 8 May 2026 15:56:00 +0200")),
        ("time", json!("May 8, 2026, 1:56 PM")),
        ("occurred_at", json!({"$date": "2026-05-08T13:56:00Z"})),
        ("created", json!({"seconds": 1_778_248_560, "nanos": 0})),
    ];
    for (at, (name, time)) in times.iter().enumerate() {
        let line = json!({"role": "user", "content": format!("at {at}"), (*name): time});
        let file = program.file("times.jsonl", line.to_string());
        let (report, _) = ingest(&program, &[], text(&file));
        assert_eq!((&report["added"], &report["mended_count"]), (&json!(1), &json!(0)), "{name}");
    }
    let list = program.json(&["list", "message"]);
    for item in list["items"].as_array().unwrap() {
        assert_eq!(item["occurred_at"], "2026-05-08T13:56:00Z", "{item}");
    }
    assert_eq!(list["items"].as_array().unwrap().len(), times.len());
}

#[test]
fn concatenated_json_and_a_long_first_line_are_read() {
    let program = Program::new();
    let pretty = |text: &str| {
        serde_json::to_string_pretty(&json!({"role": "user", "content": text})).unwrap()
    };
    let concat =
        program.file("concat.json", [pretty("the anvil"), pretty("the bellows")].join("\n"));
    assert_eq!(ingest(&program, &[], text(&concat)).0["added"], 2);
    let first = json!({"role": "user", "content": "wool ".repeat(20_000)}).to_string();
    let second = json!({"role": "user", "content": "short"}).to_string();
    let log = program.file("big.log", [first, second].join("\n"));
    assert_eq!(counts(&ingest(&program, &[], text(&log)).0), [2, 0, 0, 0, 0, 0]);
    let huge = json!({"id": "h", "role": "user", "content": "word ".repeat(500_000)}).to_string();
    let huge = program.file("huge.jsonl", huge);
    assert_eq!(counts(&ingest(&program, &[], text(&huge)).0), [3, 0, 0, 0, 0, 0]);
    assert_eq!(counts(&ingest(&program, &[], text(&huge)).0), [0, 3, 0, 0, 0, 0]);
}

#[test]
fn other_encodings_are_read_and_reported() {
    let program = Program::new();
    let wide = |text: &str| -> Vec<u8> {
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    let narrow =
        |text: &str| -> Vec<u8> { text.chars().map(|c| u8::try_from(c).unwrap()).collect() };
    let line = "{\"role\": \"user\", \"content\": \"sch\u{f6}n NAME\"}";
    for (name, shape) in [
        ("a.jsonl", line.to_owned()),
        ("a.json", format!("[{line}]")),
        ("a.md", "# Title\n\nsch\u{f6}n NAME\n".to_owned()),
        ("a.txt", "sch\u{f6}n NAME\n".to_owned()),
    ] {
        for (encoding, encode) in [("wide", &wide as &dyn Fn(&str) -> Vec<u8>), ("narrow", &narrow)]
        {
            let words = format!("{encoding}{}", name.replace('.', ""));
            let file = program.file(name, encode(&shape.replace("NAME", &words)));
            let (report, _) = ingest(&program, &[], text(&file));
            assert_eq!(report["failed_count"], 0, "{name} {encoding}: {report}");
            assert_eq!(report["mended_count"], 1, "{name} {encoding}: {report}");
            let found = program.recall(&words);
            assert!(found[0].contains(&format!("sch\u{f6}n {words}")), "{found:?}");
        }
    }
}

#[test]
fn a_data_directory_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let program = Program::new();
    let odd = std::ffi::OsStr::from_bytes(b"odd-\xff");
    let ended = program.run(&["--data-dir".as_ref(), odd, "remember".as_ref(), "x".as_ref()]);
    assert_eq!(ended.code, 2, "{ended:?}");
    for variable in ["AIOS_MEMORY_DATA_DIR", "XDG_DATA_HOME", "AIOS_MEMORY_MEMORY_USER"] {
        let ended = program.run_in(&["remember", "x"], variable, odd);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.stderr.contains(variable), "{ended:?}");
    }
    assert!(!program.data_dir().exists());
    assert_eq!(fs::read_dir(program.path("")).unwrap().count(), 0);
}
