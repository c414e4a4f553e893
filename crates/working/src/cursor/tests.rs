//! Cursors map back to their rows, and differ from them.

use super::*;

#[test]
fn a_cursor_maps_to_its_row_only_in_its_own_file() {
    let (here, there) = (Cursors { secret: 7 }, Cursors { secret: 8 });
    for row in [0, 1, 2, 500, ROWS_END - 1] {
        let cursor = here.at(row);
        assert!(ROWS_END < cursor, "{row}: {cursor}");
        assert_eq!(here.row(cursor).unwrap().cast_unsigned(), row);
        assert!(matches!(there.row(cursor), Err(Error::Cursor { .. })));
        assert!(matches!(here.row(row), Err(Error::Cursor { .. })));
    }
}
