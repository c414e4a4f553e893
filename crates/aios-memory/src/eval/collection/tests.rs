//! Small collections in each layout, and broken ones.

use std::fs;

use super::*;

fn dir(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    dir
}

fn document(id: &str, title: Option<&str>, text: &str) -> Document {
    Document { id: id.to_owned(), title: title.map(str::to_owned), text: text.to_owned() }
}

fn query(text: &str, itself: Option<&str>, judged: &[(&str, u32)]) -> Query {
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

const ABSTRACTS: &str = ".I 1\n.T\nwings\n.A\nnobody\n.B\n1958\n.W\nwings\nin a slipstream .\n\
    .I 2\n\
                         .T\n.A\n.B\n.W\nheat\n";

#[test]
fn cranfields_queries_are_numbered_in_their_order_and_judged_yes_or_no() {
    let queries = ".I 001\n.W\nwhat of\nwings\n.I 004\n.W\nheat .\n";
    let judged = "1 1 3 \n1 2 -1\n2 2 1\n";
    let files = [("cran.all.1400", ABSTRACTS), ("cran.qry", queries), ("cranqrel", judged)];
    let dir = dir(&files);
    let expect = Collection {
        documents: vec![
            document("1", None, "wings\nin a slipstream ."),
            document("2", None, "heat"),
        ],
        queries: vec![
            query("what of\nwings", None, &[("1", 1)]),
            query("heat .", None, &[("2", 1)]),
        ],
    };
    assert_eq!(cranfield(dir.path()).unwrap(), expect);
}

#[test]
fn what_is_broken_is_told_with_its_line() {
    let check = |changed: (&str, &str), expect: &str| {
        let files =
            [("corpus.jsonl", CORPUS), ("queries.jsonl", QUERIES), ("qrels/test.tsv", QRELS)];
        let files = files.map(|file| if file.0 == changed.0 { changed } else { file });
        let error = beir(dir(&files).path()).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    };
    check(("corpus.jsonl", "{\"_id\": \"a\", \"text\": \"b\"}\n{}"), "line 2");
    check(("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\td1\thigh"), "line 2");
    check(("qrels/test.tsv", "query-id\tcorpus-id\tscore\n"), "no queries");
    let empty = dir(&[]);
    assert!(beir(empty.path()).unwrap_err().to_string().contains("failed to read"));
}
