//! Merging the segments of the word index, a little with each batch.
//!
//! Each commit adds a segment. FTS5 by itself merges after every 64 pages, some hundreds of pages
//! at one go, and whoever writes then waits for that. The same work is cut small here: rows pay for
//! it in the measure of their text, and eight segments of a level become one of the next
//! (`usermerge`). FTS5's own merging is off (`automerge`), except that it never lets a level have
//! 16.

use rusqlite::Connection;

/// For each byte of text so many bytes of the index may be rewritten. Words of few rows
/// take as much room as their text, and are rewritten once for each level; a level has eight times
/// as much as the last. Where nothing is to be merged, nothing is done.
const SHARE: i64 = 16;
/// A merge is for so many pages, not for less: it costs something by itself.
const STEP_PAGES: i64 = 16;
const STEP_BYTES: i64 = STEP_PAGES * 4096;
/// The golden ratio's part of a step.
const GOLDEN_BYTES: i64 = 40_503;

/// The pages to be merged because of a row with a text of so many bytes; most rows with short texts
/// owe nothing. Multiples of the golden ratio spread those that do evenly over the rows.
pub(super) fn due(row: i64, bytes: i64) -> Option<i64> {
    let spread = row.wrapping_mul(GOLDEN_BYTES).rem_euclid(STEP_BYTES);
    let steps = (SHARE * bytes + spread) / STEP_BYTES;
    (0 < steps).then_some(steps * STEP_PAGES)
}

/// Merges segments, where some are to be merged, until about so many pages are written.
pub(crate) fn merge(connection: &Connection, pages: i64) -> rusqlite::Result<()> {
    let sql = "INSERT INTO search (search, rank) VALUES ('merge', ?1)";
    connection.prepare_cached(sql)?.execute([pages]).map(drop)
}
