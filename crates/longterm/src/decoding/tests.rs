//! The rows that are left to decode when a process has died.

use super::*;

#[test]
fn the_part_that_ended_a_process_is_halved_and_a_single_row_given_up() {
    let mut collected = Collected { count: Some(10), trying: Some(4..8), ..Collected::default() };
    for offset in 0..4 {
        collected.rows.insert(offset, row());
    }
    assert_eq!(collected.parts_left(), [4..6, 6..8, 8..10]);
    collected.trying = Some(4..5);
    assert_eq!(collected.parts_left(), [5..10]);
    let decoded = collected.end();
    assert_eq!((decoded.rows.len(), decoded.damaged), (4, Some(6)));
}

fn row() -> Row {
    use aios_record::{Id, Kind, Scope};
    let record = Record::new(Kind::Note, Id::new("a").unwrap(), "text", Scope::default());
    let content_hash = String::new();
    PlainRow { record, content_hash, vector: None }.into_row()
}
