//! Small collections in the layout of BEIR, and broken ones.

use std::fs;

use super::*;

/// Creates a directory with these files.
pub(crate) fn dir(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    dir
}

pub(crate) fn document(id: &str, title: Option<&str>, text: &str) -> Document {
    Document { id: id.to_owned(), title: title.map(str::to_owned), text: text.to_owned() }
}

pub(crate) fn query(text: &str, itself: Option<&str>, judged: &[(&str, u32)]) -> Query {
    let judged = judged.iter().map(|(id, grade)| ((*id).to_owned(), *grade)).collect();
    Query { text: text.to_owned(), itself: itself.map(str::to_owned), judged }
}

const CORPUS: &str = r#"{"_id": "d1", "title": "Tea", "text": "green"}
{"_id": "q2", "title": "", "text": "coffee", "metadata": {}}
"#;
const QUERIES: &str = r#"{"_id": "q1", "text": "what is green?"}
{"_id": "q2", "text": "coffee"}
{"_id": "q3", "text": "nobody judged this"}
"#;
const QRELS: &str = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\tq2\t0\nq2\td1\t1\n";

#[test]
fn beir_has_grades_and_queries_that_are_documents() {
    let files = [("corpus.jsonl", CORPUS), ("queries.jsonl", QUERIES), ("qrels/test.tsv", QRELS)];
    let dir = dir(&files);
    let expect = Collection {
        documents: vec![document("d1", Some("Tea"), "green"), document("q2", None, "coffee")],
        queries: vec![
            query("what is green?", None, &[("d1", 2)]),
            query("coffee", Some("q2"), &[("d1", 1)]),
        ],
    };
    assert_eq!(beir(dir.path()).unwrap(), expect);
}

#[test]
fn broken_lines_are_named_with_the_remedy() {
    let check = |changed: (&str, &str), expect: &str| {
        let files =
            [("corpus.jsonl", CORPUS), ("queries.jsonl", QUERIES), ("qrels/test.tsv", QRELS)];
        let files = files.map(|file| if file.0 == changed.0 { changed } else { file });
        let error = beir(dir(&files).path()).unwrap_err().to_string();
        assert!(error.contains(changed.0.rsplit('/').next().unwrap()) || expect.starts_with("no "));
        assert!(error.contains(expect), "{error}");
    };
    check(("corpus.jsonl", "{\"_id\": \"a\", \"text\": \"b\"}\n{}"), "line 2: expected an object");
    check(
        ("corpus.jsonl", "{\"_id\": \"a\", \"text\": \"b\"}\n\n{\"_id\": \"a\", \"text\": \"c\"}"),
        "line 3: line 1 also has the id `a`; use distinct ids",
    );
    let heading = "query-id\tcorpus-id\tscore\n";
    let judged = |line: &str| format!("{heading}{line}");
    check(("qrels/test.tsv", &judged("q1\td1\thigh")), "line 2: expected the id of a query");
    check(("qrels/test.tsv", &judged("q1\td1")), "line 2: expected the id of a query");
    check(
        ("qrels/test.tsv", &judged("q1\td1\t1\nq1\td9\t1")),
        "line 3: unknown document `d9`; remove the line, or add the missing one",
    );
    check(("qrels/test.tsv", &judged("q9\td1\t1")), "line 2: unknown query `q9`");
    check(("qrels/test.tsv", heading), "no queries with judgements");
    check(("qrels/test.tsv", &judged("q1\td9\t0")), "no queries with judgements");
    let empty = dir(&[]);
    let error = beir(empty.path()).unwrap_err().to_string();
    assert!(error.contains("failed to read") && error.contains("check the path"), "{error}");
}
