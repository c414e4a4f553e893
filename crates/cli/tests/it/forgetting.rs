//! Forgetting by a query: only matching records, not similar ones.

use serde_json::Value;

use crate::program::Program;

/// The notes of a household.
const NOTES: &[&str] = &[
    "Anna's birthday is on 4 May",
    "Anna likes mushroom risotto",
    "Anna's brother is called Piet",
    "Ben's birthday is on 9 June",
    "The birthday cake recipe needs six eggs",
    "Anna moved to Utrecht in 2024",
    "Carl's birthday is on 1 July",
    "Keep the vaccine fridge in room six at -4 degrees",
    "Keep the vaccine fridge in room six at 4 degrees",
    "The landlord allows cats",
    "The landlord does not allow dogs",
];

fn filled() -> Program {
    let program = Program::new();
    for note in NOTES {
        program.json(&["remember", note]);
    }
    program
}

/// Returns the texts that a query proposes, or the error.
fn proposed(program: &Program, arguments: &[&str]) -> Result<Vec<String>, String> {
    let query = ["--json", "forget", "--dry-run", "--query"];
    let ended = program.run(&[&query[..], arguments].concat());
    if ended.code != 0 {
        return Err(ended.stderr);
    }
    let shown = ended.json();
    let texts = shown["proposed"].as_array().unwrap().iter();
    let mut texts: Vec<String> = texts.map(|it| it["text"].as_str().unwrap().to_owned()).collect();
    texts.sort_unstable();
    Ok(texts)
}

fn left(program: &Program) -> Vec<String> {
    let listed = program.json(&["list", "note", "--limit", "100"]);
    let items = listed["items"].as_array().unwrap().iter();
    items.map(|it| it["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_query_proposes_matching_records() {
    let program = filled();
    for (arguments, expect) in [
        (&["Anna's birthday"][..], &["Anna's birthday is on 4 May"][..]),
        (&["annas BIRTHDAY 4 may"], &["Anna's birthday is on 4 May"]),
        (&["When is Anna's birthday?"], &["Anna's birthday is on 4 May"]),
        (&["vaccine fridge at -4"], &["Keep the vaccine fridge in room six at -4 degrees"]),
        (&["vaccine fridge at 4"], &["Keep the vaccine fridge in room six at 4 degrees"]),
        (
            &["Keep the vaccine  fridge in room six at 4 degrees\n"],
            &["Keep the vaccine fridge in room six at 4 degrees"],
        ),
        (&["The landlord does not allow cats"], &[]),
        (&["Anna's birthday is on 5 May"], &[]),
        (&["Dora's birthday"], &[]),
        (&["landlord dogs"], &["The landlord does not allow dogs"]),
        // Numbers must match at any relevance.
        (
            &["vaccine fridge at -4", "--min-relevance", "0.1"],
            &["Keep the vaccine fridge in room six at -4 degrees"],
        ),
    ] {
        match proposed(&program, arguments) {
            Ok(texts) => assert_eq!(texts, expect, "{arguments:?}"),
            Err(told) => {
                assert!(expect.is_empty(), "{arguments:?}: {told}");
                let told: Value = serde_json::from_str(&told).unwrap();
                assert_eq!(told["code"], "not_found", "{arguments:?}: {told}");
                assert!(told["message"].as_str().unwrap().contains("the nearest are: "), "{told}");
                assert!(told["hint"].as_str().unwrap().contains("--min-relevance"), "{told}");
            }
        }
    }
    let wide = proposed(&program, &["Anna's birthday", "--min-relevance", "0.1"]).unwrap();
    assert!(3 < wide.len(), "{wide:?}");
    let wide = proposed(&program, &["Anna's birthday", "--min-relevance", "0.1", "--limit", "2"]);
    assert_eq!(wide.unwrap().len(), 2);
    assert_eq!(left(&program).len(), NOTES.len());
}

#[test]
fn a_preview_shows_relevance_text_and_keys_and_matches_the_result() {
    let program = filled();
    let repeated = NOTES[0];
    let knowledge = ["remember", "--collection", "knowledge", repeated];
    let other = program.json(&knowledge)["id"].as_str().unwrap().to_owned();
    let shown = program.run(&["forget", "--query", "Anna's birthday", "--dry-run"]);
    let lines: Vec<&str> = shown.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{shown:?}");
    assert!(lines[0].starts_with("would be forgotten: 2 records"), "{shown:?}");
    assert!(lines[1].trim().starts_with("0.") || lines[1].trim().starts_with("1."), "{shown:?}");
    assert!(lines[1].contains(&format!("{repeated}  [")), "{shown:?}");
    assert!(lines[1].contains("and 1 more with the same text ["), "{shown:?}");
    assert!(shown.stdout.contains(&other), "{shown:?}");

    let preview = program.json(&["forget", "--query", "Anna's birthday", "--dry-run"]);
    let done = program.json(&["forget", "--query", repeated, "--yes"]);
    assert_eq!(preview["keys"], done["keys"]);
    assert_eq!(left(&program), NOTES[1..]);
}

#[test]
fn without_a_terminal_a_query_must_be_certain() {
    let program = filled();
    let forget = |arguments: &[&str]| program.run(&[&["forget", "--yes"], arguments].concat());
    for uncertain in [
        &["--query", "birthday"][..],
        // One note has all the words, but also others.
        &["--query", "Ben's birthday"],
        &["--query", "vaccine fridge at -4"],
        &["--query", "Anna's birthday", "--min-relevance", "0.1"],
        &["--query", "Anna's food", "--min-relevance", "0.1"],
        // The stored note says the opposite.
        &["--query", "The landlord allows dogs"],
    ] {
        let ended = forget(uncertain);
        assert_eq!(ended.code, 2, "{uncertain:?}: {ended:?}");
        assert!(ended.stderr.contains("name the records by key"), "{ended:?}");
        // Records are shown with their keys.
        assert!(ended.stderr.contains("[note/"), "{ended:?}");
    }
    let nobody = program.run(&["forget", "--query", "Anna's birthday"]);
    assert_eq!(nobody.code, 2, "{nobody:?}");
    assert_eq!(left(&program).len(), NOTES.len());

    for certain in [NOTES[3], NOTES[8], " Keep the vaccine fridge in room  six at -4 degrees"] {
        assert_eq!(forget(&["--query", certain]).code, 0, "{certain}");
    }
    let listed = program.json(&["list", "note"])["items"].clone();
    let keys: Vec<String> =
        (0..2).map(|at| format!("note/{}", listed[at]["id"].as_str().unwrap())).collect();
    assert_eq!(forget(&[&keys[0], &keys[1]]).code, 0);
    let gone = [3, 7, 8, 0, 1];
    let expect: Vec<&str> =
        NOTES.iter().enumerate().filter(|(at, _)| !gone.contains(at)).map(|(_, it)| *it).collect();
    assert_eq!(left(&program), expect);
}

#[test]
fn a_query_of_a_user_proposes_only_their_own_records() {
    let program = Program::new();
    let text = "The gate code is 4711";
    program.json(&["remember", text]);
    program.json(&["--user", "ada", "remember", text]);
    program.json(&["--user", "bob", "remember", text]);
    let done = program.json(&["--user", "ada", "forget", "--query", text, "--yes"]);
    assert_eq!(done["forgotten"], 1);
    assert_eq!(done["records"][0]["user"], "ada");
    assert_eq!(program.recall("gate code"), [text]);
    let ended = program.run(&["--user", "ada", "forget", "--query", text, "--dry-run"]);
    assert_eq!(ended.code, 3, "{ended:?}");
}

#[test]
fn the_same_words_with_another_meaning_stay_without_a_terminal() {
    let program = Program::new();
    let pairs = [
        ("Das Fenster ist offen", "Das Fenster ist nicht offen"),
        ("price < 5", "price > 5"),
        ("Anna likes Ben", "Ben likes Anna"),
        ("move 5 boxes from A to B", "move 5 boxes from B to A"),
        ("meeting at 3", "meeting at 3:30"),
        ("La porte est ouverte", "La porte n'est pas ouverte"),
    ];
    pairs.iter().for_each(|(_, stored)| drop(program.json(&["remember", stored])));
    for (query, stored) in pairs {
        let ended = program.run(&["forget", "--query", query, "--yes"]);
        assert!(matches!(ended.code, 2 | 3), "{query}: {ended:?}");
        assert!(ended.stderr.contains(stored), "{query}: {ended:?}");
    }
    assert_eq!(left(&program).len(), pairs.len());
}

#[test]
fn every_exact_repetition_is_forgotten_and_punctuation_counts_as_text() {
    let program = Program::new();
    let text = "ping of the monitor";
    let lines: Vec<String> = (0..450)
        .map(|at| format!("{{\"kind\":\"note\",\"id\":\"n{at}\",\"text\":\"{text}\"}}"))
        .chain([r#"{"kind":"note","text":"ping of the other monitor"}"#.to_owned()])
        .collect();
    let file = program.file("pings.jsonl", lines.join("\n"));
    program.json(&["ingest", file.to_str().unwrap()]);
    let shown = program.run(&["forget", "--query", text, "--dry-run"]);
    assert!(shown.stdout.contains("and 449 more with the same text"), "{shown:?}");
    let done = program.json(&["forget", "--query", text, "--yes"]);
    assert_eq!(done["forgotten"], 450);
    assert_eq!(left(&program), ["ping of the other monitor"]);

    for signs in ["*", "---", "?!"] {
        program.json(&["remember", "--", signs]);
    }
    for signs in ["*", "---", "?!"] {
        let query = format!("--query={signs}");
        assert_eq!(program.json(&["forget", &query, "--yes"])["forgotten"], 1, "{signs}");
    }
    assert_eq!(left(&program), ["ping of the other monitor"]);
}

#[test]
fn a_narrowed_query_forgets_records_of_exactly_that_scope() {
    let text = "The deploy key is rotated on Mondays";
    for flag in ["--session", "--project", "--agent"] {
        let program = Program::new();
        program.json(&["remember", text]);
        program.json(&[flag, "one", "remember", text]);
        program.json(&[flag, "two", "remember", text]);
        let done = program.json(&[flag, "one", "forget", "--query", text, "--yes"]);
        assert_eq!(done["forgotten"], 1, "{flag}");
        assert_eq!(left(&program).len(), 2, "{flag}");
    }
}

#[test]
fn a_record_that_repeats_the_text_is_shown_and_needs_confirmation() {
    let program = Program::new();
    let text = "The vault code of Anna is zanzibarquux";
    let chat = format!("{{\"role\":\"user\",\"content\":\"{text}\",\"session\":\"s1\"}}\n");
    let chat = program.file("chat.jsonl", chat);
    program.json(&["ingest", chat.to_str().unwrap()]);
    let told = br#"{"summary": "Anna told the code zanzibarquux"}"#;
    program.json_with(&["update", "session/s1"], told);
    let call = format!(r#"{{"id": "c", "tool_name": "sh", "input": {{"run": ["{text}"]}}}}"#);
    program.json_with(&["record", "tool_call"], call.as_bytes());
    let setting = format!(r#"{{"key": "greeting", "value": "Say: {text}!"}}"#);
    program.json_with(&["--user", "bob", "record", "preference"], setting.as_bytes());

    let shown = program.run(&["forget", "--query", text, "--dry-run"]).stdout;
    for line in [
        "would be forgotten: 2 records (messages: 1, tool_calls: 1) and part of another record",
        "  contains the query in `input`  sh  [tool_call/c]",
        "  loses its summary, the session stays  session/s1",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
    let refused = program.run(&["forget", "--query", text, "--yes"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("[tool_call/c]"), "{refused:?}");
    assert!(!shown.contains("preference/greeting"), "bob's: {shown}");

    program.json(&["forget", "tool_call/c", "--yes"]);
    // The summary is derived from the message, so its removal is certain.
    let preview = program.json(&["forget", "--query", text, "--dry-run"]);
    let done = program.json(&["forget", "--query", text, "--yes", "--purge"]);
    for part in ["keys", "related", "remade"] {
        assert_eq!(preview[part], done[part], "{part}");
    }
    assert_eq!((&done["forgotten"], &done["purged"]), (&1.into(), &true.into()));
    assert_eq!(done["remade"][0]["part"], "summary");
    assert_eq!(program.json(&["show", "session/s1"])["text"], "");
    assert_eq!(program.json(&["ingest", chat.to_str().unwrap()])["forgotten"], 1);
    let bobs = program.json(&["--user", "bob", "list", "preference"]);
    assert_eq!(bobs["items"].as_array().unwrap().len(), 1);
}

#[test]
fn ingesting_a_directory_restores_no_forgotten_text() {
    let program = Program::new();
    let text = "The caf\u{e9} code is zq4711 at the gate";
    program.json(&["remember", text]);
    program.json(&["forget", "--query", text, "--yes", "--purge"]);
    std::fs::create_dir(program.path("notes")).unwrap();
    let writings = [
        text.to_owned(),
        text.to_uppercase(),
        text.replace(' ', "\r\n"),
        text.replace('e', "e\u{ad}"),
        text.replace('\u{e9}', "e\u{301}"),
        format!("\u{feff}\u{202a}{text}\u{202c}"),
    ];
    for (at, text) in writings.iter().enumerate() {
        program.file(&format!("notes/{at}.md"), format!("# Codes\n\n{text}\n"));
        program.file(&format!("notes/{at}.txt"), text);
    }
    let report = program.json(&["ingest", program.path("notes").to_str().unwrap()]);
    assert_eq!((&report["added"], &report["forgotten"]), (&0.into(), &12.into()), "{report}");
    assert_eq!(program.recall("caf\u{e9} code zq4711"), [""; 0]);
    program.json(&["remember", text]);
    assert_eq!(program.recall("caf\u{e9} code zq4711"), [text]);
}

#[test]
fn purging_an_unknown_record_is_not_found() {
    let program = Program::new();
    let manual = program.file("manual.md", "# Pumps\n\nPrime the pump before it runs.\n");
    program.json(&["ingest".as_ref(), manual.as_os_str()]);
    program.json(&["remember", "the lamp is out"]);
    let found = program.json(&["recall", "lamp"]);
    let note = format!("note/{}", found["hits"][0]["id"].as_str().unwrap());
    for typed in ["file/manaul.md", "note/none", "goal/none"] {
        for more in [&["--purge"][..], &["--purge", "--dry-run"], &[]] {
            let ended = program.run(&[&["forget", typed, "--yes"], more].concat());
            assert_eq!(ended.code, 3, "{typed} {more:?}: {ended:?}");
        }
    }
    let one_of_two = program.run(&["forget", &note, "note/none", "--yes", "--purge"]);
    assert_eq!(one_of_two.code, 3, "{one_of_two:?}");
    for known in ["file/manual.md", &note] {
        for times in 0..2 {
            let purged = program.json(&["forget", known, "--yes", "--purge"]);
            assert_eq!(purged["forgotten"] == 0, 0 < times, "{known}: {purged}");
        }
    }
}

#[test]
fn a_text_only_in_an_older_version_is_forgotten_without_a_terminal() {
    let program = Program::new();
    let text = "The vault code of Anna is zanzibarquux";
    let note = program.json(&["remember", text])["id"].as_str().unwrap().to_owned();
    let note = format!("note/{note}");
    program.json_with(&["update", &note], br#"{"content": "withdrawn"}"#);
    let done = program.json(&["forget", "--query", text, "--yes", "--purge"]);
    assert_eq!((&done["forgotten"], &done["remade"][0]["part"]), (&0.into(), &"versions".into()));
    assert_eq!(program.json(&["show", &note])["text"], "withdrawn");
    let history = program.run(&["history", &note]);
    assert!(!history.stdout.contains("zanzibarquux"), "{history:?}");
    let file = program.file("again.txt", text);
    assert_eq!(program.json(&["ingest", file.to_str().unwrap()])["forgotten"], 1);
}

#[test]
fn a_purge_names_other_records_that_contain_the_text() {
    let program = Program::new();
    let text = "The vault code of Anna is zanzibarquux";
    let note = program.json(&["remember", text])["id"].as_str().unwrap().to_owned();
    let setting = format!(r#"{{"key": "greeting", "value": "Say: {text}!"}}"#);
    program.json_with(&["record", "preference"], setting.as_bytes());
    let forget = ["forget", &format!("note/{note}"), "--yes", "--purge"];
    let preview = program.json(&[&forget[..], &["--dry-run"]].concat());
    assert_eq!(preview["repeating"][0]["key"], "preference/greeting", "{preview}");
    let done = program.run(&forget);
    assert!(done.stdout.contains("has the same text and stays: preference/greeting"), "{done:?}");
    assert!(!done.stdout.contains("no file holds a byte"), "{done:?}");
}
