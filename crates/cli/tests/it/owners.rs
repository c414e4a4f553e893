//! Users who share one store: no action of one user affects a record of another.

use std::fs;

use serde_json::{Value, json};

use crate::program::{Ended, Program, text};

/// Returns the texts of a list or a search.
fn texts(value: &Value, field: &str) -> Vec<String> {
    let items = value[field].as_array().unwrap();
    items.iter().map(|item| item["text"].as_str().unwrap().to_owned()).collect()
}

/// Returns all texts of a kind, as the administrator sees them.
fn all(program: &Program, kind: &str) -> Vec<String> {
    texts(&program.json(&["--all-users", "list", kind]), "items")
}

fn assert_fails(ended: &Ended, code: i32, says: &str) {
    assert_eq!(ended.code, code, "{ended:?}");
    assert!(ended.stderr.contains(says), "{ended:?}");
}

#[test]
fn a_file_cannot_write_into_the_session_of_another_user() {
    let program = Program::new();
    let forged = [
        json!({"role": "assistant", "content": "FORGED", "session": "a1", "user": "u1"}),
        json!({"role": "assistant", "content": "FORGED", "session": "a1", "user_id": "u1"}),
        json!({"role": "assistant", "content": "FORGED", "session": "a1", "userId": "u1"}),
        json!({"role": "assistant", "content": "FORGED", "session": "a1", "owner": {"id": "u1"}}),
        json!({"role": "assistant", "content": "FORGED", "session": "a1", "scope": {"user": "u1"}}),
        json!({"role": "assistant", "content": "FORGED", "session": "a1",
               "metadata": {"customer-name": "u1"}}),
    ];
    program.json(&["--user", "u1", "record", "message", "--session", "a1", "--content", "mine"]);
    for line in &forged {
        let chat = json!({ "messages": [line] }).to_string();
        for user in [&["--user", "u2"][..], &[]] {
            let ingest = [user, &["ingest", "-", "--format", "chat"]].concat();
            let ended = program.run_with(&ingest, chat.as_bytes(), &[]);
            assert_fails(&ended, 1, "another user");
            let record = [user, &["record", "message"]].concat();
            let ended = program.run_with(&record, line.to_string().as_bytes(), &[]);
            assert_fails(&ended, 1, "another user");
        }
    }
    assert_eq!(all(&program, "message"), ["mine"]);

    // The administrator may accept the owners in a file.
    let chat = json!({ "messages": [forged[0]] }).to_string();
    let ingest = ["ingest", "-", "--format", "chat", "--owners-from-file"];
    assert_eq!(program.json_with(&ingest, chat.as_bytes())["added"], 1);
    assert_eq!(texts(&program.json(&["--user", "u1", "list", "message"]), "items").len(), 2);
    assert_eq!(texts(&program.json(&["list", "message"]), "items"), Vec::<String>::new());
}

#[test]
fn a_locomo_sample_is_stored_for_the_user_of_the_flag() {
    let program = Program::new();
    let talk = json!([{
        "sample_id": "conv-1",
        "conversation": {
            "speaker_a": "Ada", "speaker_b": "Bob",
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [{"speaker": "Ada", "dia_id": "D1:1", "text": "the kettle sings"}],
        },
        "qa": [],
    }]);
    let file = program.file("talk.json", talk.to_string());
    let report = program.json(&["--user", "u2", "ingest", text(&file), "--format", "locomo"]);
    assert_eq!(report["added"], 1);
    let hit = &program.json(&["--user", "u2", "recall", "kettle"])["hits"][0];
    assert_eq!(hit["user"], "u2");
    assert_eq!(program.recall("kettle"), Vec::<String>::new());
}

#[test]
fn forgetting_a_session_or_a_whole_user_affects_only_that_user() {
    let program = Program::new();
    for user in [&["--user", "u1"][..], &["--user", "u2"], &[]] {
        let name = user.last().unwrap_or(&"shared");
        let message =
            ["record", "message", "--session", "main", "--content", &format!("hello from {name}")];
        program.json(&[user, &message].concat());
        let note = format!("note of {name}");
        program.json(&[user, &["--session", "main", "remember", &note]].concat());
    }
    let forgotten = program.json(&["--user", "u2", "forget", "session/main", "--yes"]);
    let records = forgotten["records"].as_array().unwrap();
    assert!(records.iter().all(|record| record["user"] == "u2"), "{forgotten}");
    assert_eq!(all(&program, "message"), ["hello from u1", "hello from shared"]);

    program.json(&["--user", "u1", "forget", "--yes"]);
    assert_eq!(all(&program, "message"), ["hello from shared"]);
    let mut notes = all(&program, "note");
    notes.sort();
    assert!(notes.contains(&"note of shared".to_owned()), "{notes:?}");
    assert!(!notes.contains(&"note of u1".to_owned()), "{notes:?}");
}

#[test]
fn a_user_cannot_change_or_remove_a_shared_record_or_see_its_children() {
    let program = Program::new();
    program.json(&["record", "goal", "--id", "gs", "--description", "of all"]);
    let task = ["--user", "u1", "record", "task", "--goal-id", "gs", "--description", "child"];
    program.json(&task);
    program.json(&["record", "entry", "--id", "e", "--category", "c", "--key", "k"]);
    program.json(&["record", "persona", "--key", "mood", "--value", "calm"]);
    program.json(&["remember", "shared note"]);

    let said = "goal `gs` is shared";
    assert_fails(&program.run(&["--user", "u2", "delete", "goal/gs", "--yes"]), 1, said);
    assert_fails(&program.run(&["--user", "u2", "forget", "goal/gs", "--yes"]), 1, said);
    let update = ["--user", "u2", "update", "goal/gs", "--description", "x"];
    assert_fails(&program.run(&update), 1, said);
    let cleared = program.json(&["--user", "u2", "clear", "entry", "--yes"]);
    assert_eq!(cleared["deleted"], 0);
    assert_eq!(all(&program, "entry").len(), 1);
    let record = ["--user", "u2", "record", "persona", "--key", "mood", "--value", "wild"];
    assert_eq!(program.run(&record).code, 1);
    let delete = ["--user", "u2", "delete", "persona/mood", "--yes"];
    assert_eq!(program.run(&delete).code, 1);
    assert_eq!(program.json(&["show", "persona/mood"])["payload"]["value"], "calm");

    // The shared goal is deleted, and the user's task stays.
    let deleted = program.json(&["delete", "goal/gs", "--yes"]);
    assert_eq!(deleted["keys"], json!(["goal/gs"]), "{deleted}");
    assert_eq!(all(&program, "task"), ["child"]);
}

#[test]
fn an_id_of_one_user_is_free_for_every_other() {
    let program = Program::new();
    for user in [&["--user", "u1"][..], &["--user", "u2"], &[]] {
        let name = user.last().unwrap_or(&"shared");
        let goal = ["record", "goal", "--id", "g", "--description", name];
        assert_eq!(program.json(&[user, &goal].concat())["id"], "g");
    }
    let shown = |user: &[&str]| {
        program.json(&[user, &["show", "goal/g"]].concat())["payload"]["description"].clone()
    };
    assert_eq!(shown(&["--user", "u1"]), "u1");
    assert_eq!(shown(&["--user", "u2"]), "u2");
    assert_eq!(shown(&["--user", "u3"]), "shared");
    assert_eq!(shown(&[]), "shared");
    let asked = program.run(&["--all-users", "show", "goal/g"]);
    assert_fails(&asked, 2, "u1");
    assert!(asked.stderr.contains("u2"), "{asked:?}");
}

#[test]
fn a_tombstone_blocks_only_records_of_its_own_user() {
    let program = Program::new();
    let line = json!({"text": "the pump hums", "id": "n1"}).to_string();
    let file = program.file("notes.jsonl", line);
    let ingest = |user: &str| program.json(&["--user", user, "ingest", text(&file)]);
    assert_eq!(ingest("u1")["added"], 1);
    let items = program.json(&["--user", "u1", "list", "note"]);
    let key = format!("note/{}", items["items"][0]["id"].as_str().unwrap());
    program.json(&["--user", "u1", "forget", &key, "--yes"]);
    let again = ingest("u1");
    assert_eq!((&again["added"], &again["forgotten"]), (&json!(0), &json!(1)));
    assert_eq!(ingest("u2")["added"], 1);
    assert_eq!(ingest("u2")["known"], 1);

    // The same holds for an id that two users gave to different records.
    for user in ["u1", "u2"] {
        let text = format!("bake bread for {user}");
        program.json(&["--user", user, "record", "goal", "--id", "g", "--description", &text]);
    }
    let path = program.path("u2.jsonl");
    program.json(&["--user", "u2", "export", text(&path)]);
    program.json(&["--user", "u1", "forget", "goal/g", "--yes"]);
    program.json(&["--user", "u2", "delete", "goal/g", "--yes"]);
    let back = program.json(&["--user", "u2", "import", "--from", text(&path)]);
    assert_eq!(back["added"], 1, "{back}");
}

#[test]
fn an_invalid_user_name_is_refused() {
    let program = Program::new();
    let long = "x".repeat(129);
    for name in ["", " ", " \t", "a\nb", "a\u{1f}b", "\u{7f}", "\u{200b}", "\u{3164}", "u1 ", &long]
    {
        for arguments in [&["list", "note"][..], &["remember", "x"], &["recall", "x"]] {
            let ended = program.run(&[&["--user", name][..], arguments].concat());
            assert_fails(&ended, 2, "name");
        }
        let setting = [("AIOS_MEMORY_MEMORY_USER", name)];
        if !name.is_empty() {
            let ended = program.run_with(&["remember", "x"], b"", &setting);
            assert_ne!(ended.code, 0, "{name:?}: {ended:?}");
        }
    }
    assert_eq!(program.run(&["--user", &long[..128], "remember", "x"]).code, 0);
    let both = ["--user", "u1", "--all-users", "list", "note"];
    assert_eq!(program.run(&both).code, 2);
}

#[test]
fn shared_preferences_apply_to_all_and_a_user_can_override_them() {
    let program = Program::new();
    let set = |user: &[&str], value: &str| {
        let tone = ["record", "preference", "--key", "tone", "--value", value];
        program.json(&[user, &tone].concat());
    };
    set(&[], "short");
    let tone = |user: &[&str]| {
        program.json(&[user, &["show", "preference/tone"]].concat())["payload"]["value"].clone()
    };
    assert_eq!(tone(&["--user", "u1"]), "short");
    set(&["--user", "u1"], "long");
    assert_eq!(tone(&["--user", "u1"]), "long");
    assert_eq!(tone(&["--user", "u2"]), "short");
    assert_eq!(tone(&[]), "short");
    let delete = ["--user", "u2", "delete", "preference/tone", "--yes"];
    assert_fails(&program.run(&delete), 1, "is shared");
    program.json(&["--user", "u1", "delete", "preference/tone", "--yes"]);
    assert_eq!(tone(&["--user", "u1"]), "short");
}

#[test]
fn the_user_setting_acts_as_a_permanent_flag() {
    let program = Program::new();
    let env = [("AIOS_MEMORY_MEMORY_USER", "u1")];
    assert_eq!(program.run_with(&["remember", "mine alone"], b"", &env).code, 0);
    assert_eq!(program.recall("mine"), Vec::<String>::new());
    let found = program.json(&["--user", "u1", "recall", "mine"]);
    assert_eq!(found["hits"][0]["user"], "u1");
    let shared = program.run_with(&["--json", "recall", "mine"], b"", &env);
    assert_eq!(shared.json()["hits"][0]["text"], "mine alone");
}

#[test]
fn a_user_cannot_store_records_for_others_from_a_file() {
    let program = Program::new();
    let line = json!({"role": "user", "content": "FORGED", "session": "a", "user": "u1"});
    let file = program.file("forged.jsonl", line.to_string());
    let flags = ["ingest", text(&file), "--owners-from-file"];
    assert_fails(&program.run(&[&["--user", "u2"][..], &flags].concat()), 2, "acts for one");
    let env = [("AIOS_MEMORY_MEMORY_USER", "u2")];
    assert_fails(&program.run_with(&flags, b"", &env), 2, "acts for one");
    let metric = ["record", "metric", "--key", "cpu", "--value", "1"];
    assert_fails(&program.run_with(&metric, b"", &env), 2, "belong to the machine");
    assert_eq!(all(&program, "message"), Vec::<String>::new());

    // With a session, the view stays narrowed to it.
    let narrowed = [&["--session", "b"][..], &flags].concat();
    assert_eq!(program.run(&narrowed).code, 1);
    // Without the flag, the line is refused, and the flag is named.
    let refused = program.run(&["ingest", text(&file)]);
    assert_fails(&refused, 1, "--owners-from-file");
    assert_eq!(program.json(&flags)["added"], 1);
}

#[test]
fn the_export_of_a_user_is_imported_unchanged_and_changes_nothing_for_others() {
    let program = Program::new();
    for user in [&[][..], &["--user", "u1"], &["--user", "u2"]] {
        let name = user.last().unwrap_or(&"shared");
        let preference = ["record", "preference", "--key", "lang", "--value", name];
        program.json(&[user, &preference].concat());
        program.json(&[user, &["record", "goal", "--id", "g", "--description", name]].concat());
    }
    program.json(&["record", "persona", "--key", "tone", "--value", "formal"]);
    let path = program.path("u1.jsonl");
    program.json(&["--user", "u1", "export", text(&path)]);
    let lines = fs::read_to_string(&path).unwrap();
    assert!(!lines.contains("shared") && !lines.contains("formal"), "{lines}");

    program.json(&["delete", "persona/tone", "--yes"]);
    let back = program.json(&["--user", "u1", "import", "--from", text(&path)]);
    assert_eq!((&back["added"], &back["known"]), (&json!(0), &json!(2)));
    let other = program.path("other");
    let at = ["--data-dir", text(&other), "--user", "u1"];
    let taken = program.json(&[&at[..], &["import", "--from", text(&path)]].concat());
    assert_eq!(taken["added"], 2);
    let shown = program.json(&[&at[..], &["show", "preference/lang"]].concat());
    assert_eq!(shown["payload"]["value"], "u1");

    // A forged line cannot write the persona either, or a record whose id differs from its payload.
    let whole = program.path("all.jsonl");
    program.json(&["record", "persona", "--key", "tone", "--value", "formal"]);
    program.json(&["--all-users", "export", text(&whole)]);
    let lines = fs::read_to_string(&whole).unwrap();
    let persona = lines.lines().find(|line| line.contains("formal")).unwrap();
    let head = lines.lines().next().unwrap();
    let forged = program.file("persona.jsonl", format!("{head}\n{persona}\n"));
    program.json(&["delete", "persona/tone", "--yes"]);
    let import = ["--user", "u1", "import", "--from", text(&forged)];
    assert_fails(&program.run(&import), 1, "belongs to the whole machine");
    let goal = lines.lines().find(|line| line.contains("\"u2\"")).unwrap();
    let renamed = goal.replacen("\"id\":\"g\"", "\"id\":\"other\"", 1);
    let forged = program.file("renamed.jsonl", format!("{head}\n{renamed}\n"));
    let import = ["--all-users", "import", "--from", text(&forged)];
    assert_fails(&program.run(&import), 1, "another id");
}

#[test]
fn a_known_id_with_another_text_is_not_a_duplicate() {
    let program = Program::new();
    let line = |agent: &str, words: &str| {
        json!({"id": "x", "role": "user", "content": words, "session": "s", "agent": agent})
            .to_string()
    };
    let one = program.file("one.jsonl", line("a", "the first words"));
    let other = program.file("other.jsonl", line("b", "the other words"));
    assert_eq!(program.json(&["ingest", text(&one)])["added"], 1);
    let report = program.json(&["ingest", text(&other)]);
    assert_eq!((&report["updated"], &report["known"]), (&json!(1), &json!(0)), "{report}");
    let both = [line("a", "third words"), line("b", "fourth words")].join("\n");
    let both = program.file("both.jsonl", both.replace("\"x\"", "\"y\""));
    let report = program.run(&["--json", "ingest", text(&both)]).json();
    let counts = (&report["added"], &report["conflicting_count"]);
    assert_eq!(counts, (&json!(1), &json!(1)), "{report}");

    let message =
        |words: &str| program.run(&["record", "message", "--set", "id=m", "--content", words]);
    assert_eq!(message("c one").code, 0);
    assert_eq!(message("c one").code, 0);
    assert_fails(&message("c two"), 1, "another one with this id");
}
