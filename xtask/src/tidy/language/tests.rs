//! Every rule on a small bad input, and the list of files that are not swept yet.

use super::super::finding::Finding;
use super::super::tree::File;
use super::{UNSWEPT, check, lowered};

const NONE: [usize; 0] = [];

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), bytes: text.len() as u64, text: Some(text.to_owned()) }
}

fn lines(path: &str, text: &str) -> Vec<usize> {
    check(&[file(path, text)]).into_iter().map(|Finding { line, .. }| line).collect()
}

#[test]
fn a_doc_sentence_that_begins_with_a_question_word_is_found() {
    assert_eq!(lines("a.rs", "//! What this is.\n"), [1]);
    assert_eq!(lines("a.rs", "/// Keys. Whether it holds.\n"), [1]);
    assert_eq!(lines("a.rs", "/// Keys of a\n/// What goes on.\n"), NONE);
    assert_eq!(lines("a.md", "A line.\n\nHow it works is here.\n"), [3]);
    assert_eq!(lines("a.md", "| a | What it is |\n"), [1]);
    assert_eq!(lines("a.sql", "-- What it is.\nSELECT 1;\n"), [1]);
    assert_eq!(lines("a.rs", "let a = \"What is it?\";\n"), NONE);
}

#[test]
fn phrases_with_a_plainer_form_are_found_in_prose_and_messages() {
    assert_eq!(lines("a.rs", "// Made anew.\n"), [1]);
    assert_eq!(lines("a.rs", "let a = \"made anew\";\n"), [1]);
    assert_eq!(lines("a/tests.rs", "let a = \"made anew\";\n"), NONE);
    assert_eq!(lines("a.rs", "// A renewal is nonexistent.\n"), NONE);
    assert_eq!(lines("a.md", "Five, unless told otherwise.\n```\nunless told\n```\n"), [1]);
}

#[test]
fn an_older_file_keeps_its_number_of_findings_and_that_number_only_falls() {
    let text = "// Made anew.\n// Made anew.\n";
    let with = |list: &str| check(&[file("a.rs", text), file(UNSWEPT, list)]);
    assert_eq!(with("2 a.rs\n"), Vec::<Finding>::new());
    assert_eq!(with("1 a.rs\n").len(), 2);
    assert!(with("3 a.rs\n")[0].message.contains("fewer"));
    assert!(with("2 a.rs\n1 gone.rs\n")[0].message.contains("fewer"));
    let lowered = |list: &str| lowered(list, &[file("a.rs", text)]);
    assert_eq!(lowered("3 a.rs\n1 gone.rs\n"), "2 a.rs\n");
    assert_eq!(lowered("1 a.rs\n"), "1 a.rs\n");
    assert_eq!(lowered(""), "");
}
