//! Lists in order of time, and times as people write and read them.

use serde_json::{Value, json};

use crate::program::{Program, text};

fn texts(listed: &Value) -> Vec<String> {
    let items = listed["items"].as_array().unwrap().iter();
    items.map(|it| it["text"].as_str().unwrap().to_owned()).collect()
}

/// Returns the texts of a kind, page by page.
fn paged(program: &Program, kind: &str, limit: &str) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut arguments = vec!["list", kind, "--limit", limit];
        arguments.extend(after.iter().flat_map(|cursor| ["--after", cursor]));
        let page = program.json(&arguments);
        all.extend(texts(&page));
        after = page["next"].as_str().map(str::to_owned);
        if after.is_none() {
            return all;
        }
    }
}

#[test]
fn every_kind_is_listed_oldest_first_and_no_page_repeats_or_misses_one() {
    let program = Program::new();
    // Stored newest first. Two share a timestamp and keep their order of insertion.
    let times = ["2026-01-03T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"];
    for (kind, field, time) in [
        ("decision", "context", "timestamp"),
        ("tool_call", "tool_name", "timestamp"),
        ("interaction", "user_transcript", "timestamp"),
        ("entry", "key", "timestamp"),
        ("incident", "description", "timestamp"),
    ] {
        let numbers = times.iter().zip(["three", "two", "one"]).chain([(&times[1], "two and")]);
        for (at, name) in numbers {
            let mut value = json!({field: name, time: at});
            match kind {
                "decision" => value["chosen"] = json!("it"),
                "entry" => value["category"] = json!("it"),
                _ => {}
            }
            let ended = program.run_with(&["record", kind], value.to_string().as_bytes(), &[]);
            assert_eq!(ended.code, 0, "{kind}: {ended:?}");
        }
        let all = texts(&program.json(&["list", kind, "--limit", "100"]));
        let order: Vec<usize> = ["one", "two", "three"]
            .iter()
            .map(|name| all.iter().position(|text| text.contains(name)).unwrap())
            .collect();
        assert!(order.is_sorted() && all.len() == 4, "{kind}: {all:?}");
        for limit in ["1", "2", "3"] {
            assert_eq!(paged(&program, kind, limit), all, "{kind} by {limit}");
        }
    }
}

#[test]
fn notes_and_messages_are_listed_by_time() {
    let program = Program::new();
    let notes: Vec<String> =
        ["one", "two", "three", "four", "five"].map(|it| format!("note number {it}")).to_vec();
    for note in &notes {
        program.json(&["remember", note]);
    }
    assert_eq!(texts(&program.json(&["list", "note"])), notes);
    assert_eq!(paged(&program, "note", "2"), notes);
    let lines = [
        ("third", "2026-01-01T10:02:00Z"),
        ("first", "2026-01-01T10:00:00Z"),
        ("second", "2026-01-01T10:01:00Z"),
    ];
    let lines = lines.map(|(content, time)| {
        json!({"role": "user", "content": content, "timestamp": time}).to_string()
    });
    let file = program.file("out_of_order.jsonl", lines.join("\n"));
    program.json(&["ingest", text(&file)]);
    assert_eq!(texts(&program.json(&["list", "message"])), ["first", "second", "third"]);
    assert_eq!(paged(&program, "message", "1"), ["first", "second", "third"]);
}

#[test]
fn a_limit_is_from_1_to_1000_everywhere() {
    let program = Program::new();
    program.json(&["remember", "a tulip"]);
    for command in [
        &["recall", "tulip"][..],
        &["list", "note"],
        &["list", "message"],
        &["list", "metric"],
        &["forget", "--query", "tulip"],
    ] {
        for limit in ["0", "-1", "1001", "many", "1.5"] {
            let ended = program.run(&[command, &["--limit", limit]].concat());
            assert_eq!(ended.code, 2, "{command:?} {limit}: {ended:?}");
            let expect = "expected a whole number from 1 to 1000";
            assert!(ended.stderr.contains(expect), "{command:?} {limit}: {ended:?}");
        }
    }
    assert_eq!(program.run(&["recall", "tulip", "--limit=1"]).code, 0);
}

#[test]
fn times_are_read_in_words_and_printed_with_their_zone() {
    let program = Program::new();
    let lines = [("otter", "2026-05-08T22:30:00Z"), ("otter swims", "2026-06-01T12:00:00Z")];
    let lines = lines.map(|(text, time)| json!({"text": text, "timestamp": time}).to_string());
    let file = program.file("times.jsonl", lines.join("\n"));
    program.json(&["ingest", text(&file)]);
    let berlin = &[("TZ", "Europe/Berlin")][..];
    for (arguments, zone, expect) in [
        (&["--since", "2026-06"][..], berlin, &["otter swims"][..]),
        (&["--until", "2026-05"], berlin, &["otter"]),
        (&["--since", "2026", "--until", "2026"], berlin, &["otter", "otter swims"]),
        // In Berlin it is already the 9th.
        (&["--since", "2026-05-09", "--until", "9.5.2026"], berlin, &["otter"]),
        (&["--since", "2026-05-08", "--until", "2026-05-08"], berlin, &[]),
        (&["--since", "2026-05-08", "--until", "2026-05-08"], &[("TZ", "UTC")], &["otter"]),
        (&["--since", "yesterday", "--until", "yesterday"], berlin, &[]),
        (
            &["--until", "2 weeks ago", "--since", "100 years ago"],
            berlin,
            &["otter", "otter swims"],
        ),
    ] {
        let words = [&["recall", "otter", "--json"], arguments].concat();
        let ended = program.run_with(&words, b"", zone);
        assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
        let found = ended.json();
        let hits = found["hits"].as_array().unwrap().iter();
        let mut texts: Vec<&str> = hits.map(|hit| hit["text"].as_str().unwrap()).collect();
        texts.sort_unstable();
        assert_eq!(texts, expect, "{arguments:?}");
    }
    for (arguments, expect) in [
        (&["list", "note"][..], "2026-05-09 00:30 CEST"),
        (&["list", "note", "--utc"], "2026-05-08 22:30 UTC"),
        (&["recall", "otter"], "2026-05-09 00:30 CEST"),
        (&["recall", "otter", "--utc"], "2026-05-08 22:30 UTC"),
        (&["list", "note", "--json"], "2026-05-08T22:30:00Z"),
    ] {
        let ended = program.run_with(arguments, b"", berlin);
        assert!(ended.stdout.contains(expect), "{arguments:?}: {ended:?}");
    }
    let unsure = program.run(&["recall", "otter", "--since", "02/03/2026"]);
    assert_eq!(unsure.code, 2, "{unsure:?}");
    assert!(unsure.stderr.contains("is ambiguous: 2026-03-02 or 2026-02-03"), "{unsure:?}");
}
