//! Small collections in the format of the SMART system, and broken ones.

use super::*;
use crate::collection::tests::{dir, document, query};

const ABSTRACTS: &str = ".I 1\n.T\nwings\n.A\nnobody\n.B\n1958\n.W\nwings\nin a slipstream .\n\
    .I 2\n\
                         .T\n.A\n.B\n.W\nheat\n";

#[test]
fn cranfield_queries_are_numbered_in_file_order_with_binary_judgements() {
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

const ALL: &str = ".I 1\r\n.T \r\nOn Shelves\r\n.A\r\nFirst, A.\r\nSecond, B.\r\n.W\r\n   Shelves \
                   are\r\n.5 metres deep.\r\n\r\n.X\r\n1\t5\t1\r\n.I 2\r\n.T\r\n\r\n.W\r\nCards\r\n";
const QRY: &str = ".I 1\n.W\nhow deep?\n\n.I 7\n.T\nCards\n.W\nof a library\n.I 8\n.W\nunjudged\n";
const REL: &str = "     1      1\t0\t0.000000\r\n     7      2\t0\t0.000000\r\n";

#[test]
fn cisi_has_titles_and_its_judgements_name_queries_by_their_ids() {
    let dir = dir(&[("CISI.ALL", ALL), ("CISI.QRY", QRY), ("CISI.REL", REL)]);
    let expect = Collection {
        documents: vec![
            document("1", Some("On Shelves"), "Shelves are\n.5 metres deep."),
            document("2", None, "Cards"),
        ],
        queries: vec![
            query("how deep?", None, &[("1", 1)]),
            query("of a library", None, &[("2", 1)]),
        ],
    };
    assert_eq!(cisi(dir.path()).unwrap(), expect);
}

#[test]
fn broken_lines_are_named_with_the_remedy() {
    let check = |changed: (&str, &str), expect: &str| {
        let files = [("CISI.ALL", ALL), ("CISI.QRY", QRY), ("CISI.REL", REL)];
        let files = files.map(|file| if file.0 == changed.0 { changed } else { file });
        let error = cisi(dir(&files).path()).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    };
    check(("CISI.ALL", ".I 1\n.Q\nx"), "CISI.ALL: line 2: `.Q` is not a field of an entry; begin");
    check(("CISI.ALL", ".W\nx"), "line 1: `.W` is not a field of an entry");
    check(("CISI.ALL", ".I 1\nlost"), "line 2: text outside a field; put it below a line");
    check(("CISI.ALL", ".I 1\n.W\nx\n.I 1\n.W\ny"), "line 4: line 1 also has the id `1`");
    check(("CISI.REL", "1 1 0 0.0\n1 9 0 0.0"), "CISI.REL: line 2: unknown document `9`");
    check(("CISI.REL", "9 1 0 0.0"), "line 1: unknown query `9`; remove the line");
    check(("CISI.REL", "1 1"), "line 1: expected the id of a query, the id of a document");
    check(("CISI.REL", ""), "no queries with judgements");
}
