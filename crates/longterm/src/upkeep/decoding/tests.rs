//! Rows left to decode after a process has died.

use super::*;

#[test]
fn the_part_that_ended_a_process_is_halved_and_a_single_row_counts_as_damaged() {
    let mut collected = Collected { count: Some(10), trying: Some(4..8), ..Collected::default() };
    for offset in 0..4 {
        collected.rows.insert(offset, row());
    }
    assert_eq!(collected.parts_left(), [4..6, 6..8, 8..10]);
    collected.trying = Some(4..5);
    assert_eq!(collected.parts_left(), vec![5..10; 1]);
    let decoded = collected.end();
    assert_eq!((decoded.rows.len(), decoded.damaged), (4, Some(6)));
}

fn row() -> Row {
    use aios_record::{Id, Kind, Scope};
    let record = Record::new(Kind::Note, Id::new("a").unwrap(), "text", Scope::default());
    let content_hash = String::new();
    PlainRow { record, content_hash, vector: None }.into_row()
}

#[tokio::test]
async fn a_program_that_dies_each_time_is_not_run_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    // Announces 4 rows, and dies at the first part.
    let script = "read request; echo . >> $0; echo '{\"rows\":4}'
        part=${request##*[}; start=${part#*start\\\":}; start=${start%%,*}
        end=${part#*end\\\":}; end=${end%%\\}*}
        echo \"{\\\"trying\\\":{\\\"start\\\":${start:-0},\\\"end\\\":${end:-4}}}\"; kill -9 $$";
    let arguments = ["-c", script, runs.to_str().unwrap()].map(OsString::from).to_vec();
    let decoder = Decoder::Program { path: "/bin/sh".into(), arguments };
    let decoded = decoder.rows(&dir.path().join("file"), &dir.path().join("scratch"), 3).await;
    let decoded = decoded.unwrap();
    assert_eq!((decoded.rows.len(), decoded.damaged), (0, Some(4)));
    let runs = std::fs::read_to_string(runs).unwrap().lines().count();
    assert!((2..=DEATHS_MAX).contains(&runs), "{runs}");
}
