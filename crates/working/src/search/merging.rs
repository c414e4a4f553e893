//! Incremental merging of the segments of the search index, a little with each batch.
//!
//! Each commit adds a segment. FTS5's automatic merge runs after every 64 pages and merges hundreds
//! of pages at once, while writers wait. Here the same work is split: each row causes merge work in
//! proportion to its text, and eight segments of a level become one of the next (`usermerge`).
//! FTS5's automatic merge is off (`automerge`); only its limit of 16 segments per level remains.

use rusqlite::Connection;

/// Index bytes to rewrite per byte of text. Words that occur in few rows take as much space as
/// their text and are rewritten once per level; a level is eight times as large as the previous
/// one. If nothing needs merging, nothing is done.
const SHARE: i64 = 16;
/// Minimum pages per merge, because each merge has a fixed cost.
const STEP_PAGES: i64 = 16;
const STEP_BYTES: i64 = STEP_PAGES * 4096;
/// The golden ratio's share of a step.
const GOLDEN_BYTES: i64 = 40_503;

/// Returns the pages to merge for a row with a text of `bytes`; `None` for most rows with short
/// texts. Multiples of the golden ratio spread the merges evenly over the rows.
pub(super) fn due(row: i64, bytes: i64) -> Option<i64> {
    let spread = row.wrapping_mul(GOLDEN_BYTES).rem_euclid(STEP_BYTES);
    let steps = (SHARE * bytes + spread) / STEP_BYTES;
    (0 < steps).then_some(steps * STEP_PAGES)
}

/// Merges segments, if any are due, until about `pages` pages are written.
pub(crate) fn merge(connection: &Connection, pages: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO search (search, rank) VALUES ('merge', ?1)";
    connection.prepare_cached(sql)?.execute([pages]).map(drop)
}
