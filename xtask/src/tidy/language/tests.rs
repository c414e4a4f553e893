//! Every rule on a small bad input.

use super::super::finding::Finding;
use super::super::tree::File;
use super::check;

const NONE: [usize; 0] = [];

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), bytes: text.len() as u64, text: Some(text.to_owned()) }
}

fn lines(path: &str, text: &str) -> Vec<usize> {
    check(&file(path, text)).into_iter().map(|Finding { line, .. }| line).collect()
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
