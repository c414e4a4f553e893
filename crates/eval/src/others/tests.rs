//! Texts of every format, and broken ones.

use aios_embedding::StaticModel;

use super::*;
use crate::collection::tests::dir;

#[test]
fn every_format_yields_its_texts() {
    let dir = dir(&[
        ("lines.txt", "One text.\n\n  Another text.\n"),
        (
            "notes.jsonl",
            "{\"id\": \"m1\", \"text\": \"A note.\", \"user\": \"x\"}\n{\"q\": \"?\", \"gold\": \
             []}\n",
        ),
        ("cran/cran.all.1400", ".I 1\n.T\nwings\n.W\nwings in a stream\n"),
        ("cisi/CISI.ALL", ".I 1\n.T\nOn Shelves\n.W\nThey are deep.\n"),
        ("beir/corpus.jsonl", "{\"_id\": \"d\", \"title\": \"Tea\", \"text\": \"It is green.\"}\n"),
        ("talk.json", include_str!("talk.json")),
    ]);
    let embedder = StaticModel::bundled().unwrap();
    let check = |name: &str, expect: &[&str]| {
        let drafts = others(&dir.path().join(name), &*embedder).unwrap();
        let texts: Vec<String> = drafts.into_iter().map(|draft| draft.text).collect();
        assert_eq!(texts, expect, "{name}");
    };
    check("lines.txt", &["One text.", "Another text."]);
    check("notes.jsonl", &["A note."]);
    check("cran", &["wings in a stream"]);
    check("cisi", &["On Shelves\n\nThey are deep."]);
    check("beir", &["Tea\n\nIt is green."]);
    check("talk.json", &["I adopted a heron."]);
}

#[test]
fn broken_texts_are_named_with_the_remedy() {
    let dir = dir(&[
        ("empty.txt", "\n\n"),
        ("broken.jsonl", "a text\n{\"text\": 1}\n"),
        ("cut.jsonl", "{\"text\": \n"),
        ("folder/readme.txt", "nothing\n"),
    ]);
    let embedder = StaticModel::bundled().unwrap();
    let check = |name: &str, expect: &str| {
        let error = others(&dir.path().join(name), &*embedder).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    };
    check("empty.txt", "no texts found; use a file with one text per line");
    check("broken.jsonl", "line 2: expected an object with `text` as a string");
    check("cut.jsonl", "line 1: expected an object with `text`");
    check("folder", "expected a file, or a directory with `cran.all.1400`");
    check("absent.txt", "failed to read");
}
