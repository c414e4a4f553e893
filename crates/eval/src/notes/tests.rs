//! Small files of notes, and broken ones. The command's tests measure one.

use super::*;
use crate::collection::tests::dir;

const NOTES: &str = r#"{"id": "m1", "text": "The kettle is dented.", "kind": "fact", "user": "x"}

{"q": "What is dented?", "gold": ["m1"], "type": "one-word"}
{"id": "m2", "text": "The boat is called Petrel."}
{"q": "Who repairs shoes?", "gold": [], "type": "never-stored"}
"#;

#[test]
fn memories_and_questions_are_distinguished() {
    let dir = dir(&[("notes.jsonl", NOTES)]);
    let notes = read_notes(&dir.path().join("notes.jsonl")).unwrap();
    let ids: Vec<&str> = notes.notes.iter().map(|note| note.id.as_str()).collect();
    let types: Vec<&str> = notes.questions.iter().map(|it| it.r#type.as_str()).collect();
    assert_eq!((ids, types), (vec!["m1", "m2"], vec!["one-word", "never-stored"]));
}

#[test]
fn broken_lines_are_named_with_the_remedy() {
    let check = |line: &str, expect: &str| {
        let dir = dir(&[("notes.jsonl", &format!("{NOTES}{line}\n"))]);
        let error = read_notes(&dir.path().join("notes.jsonl")).unwrap_err().to_string();
        assert!(error.contains(&format!("notes.jsonl: line 6: {expect}")), "{error}");
    };
    check("{\"id\": ", "expected a JSON object");
    check("[]", "expected a JSON object");
    check("{\"id\": \"m3\"}", "expected `id` and `text` (a memory), or `q`, `gold` and `type`");
    check(
        "{\"text\": \"x\"}",
        "expected a memory with `id`, `text`, `kind` and `user`: missing field `id`",
    );
    check("{\"id\": \"m3\", \"text\": \"x\", \"tag\": 1}", "expected a memory with `id`, `text`");
    check("{\"id\": \"m1\", \"text\": \"x\"}", "line 1 also has the id `m1`; use distinct ids");
    check("{\"id\": \"m3\", \"text\": \" \"}", "the memory has no text; add one");
    let question = |q: &str, gold: &str, name: &str| {
        format!("{{\"q\": \"{q}\", \"gold\": [{gold}], \"type\": \"{name}\"}}")
    };
    check(&question("x", "\"m9\"", "one-word"), "unknown memory `m9`; correct `gold`");
    check(&question("x", "", "one-word"), "`gold` is empty; name the memories that answer");
    check(&question("x", "\"m1\"", "never-stored"), "a question of the type `never-stored` must");
    check(&question(" ", "\"m1\"", "one-word"), "the question is empty");
    check(
        "{\"q\": \"x\", \"golds\": [], \"type\": \"y\"}",
        "expected a question with `q`, `gold` and `type`",
    );
}

#[test]
fn a_file_without_answerable_questions_is_refused() {
    for content in ["", "{\"id\": \"m1\", \"text\": \"x\"}\n"] {
        let dir = dir(&[("notes.jsonl", content)]);
        let error = read_notes(&dir.path().join("notes.jsonl")).unwrap_err().to_string();
        assert!(error.contains("no questions with `gold`; add lines"), "{error}");
    }
}
