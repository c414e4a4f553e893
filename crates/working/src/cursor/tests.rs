//! Cursors map to their rows, and differ from the row numbers.

use super::*;

#[test]
fn a_cursor_maps_to_its_row_only_in_lists_of_its_own_kind_and_file() {
    let here = Cursors { secret: 7, kind: Kind::Goal };
    let there = Cursors { secret: 8, kind: Kind::Goal };
    let of_tasks = Cursors { secret: 7, kind: Kind::Task };
    for row in [0, 1, 2, 500, ROWS_END - 1] {
        let cursor = here.at(row);
        assert!(ROWS_END < cursor, "{row}: {cursor}");
        assert_eq!(here.row(cursor).unwrap().cast_unsigned(), row);
        assert!(matches!(there.row(cursor), Err(Error::Cursor { .. })));
        assert!(matches!(of_tasks.row(cursor), Err(Error::Cursor { .. })));
        assert!(matches!(here.row(row), Err(Error::Cursor { .. })));
    }
}
