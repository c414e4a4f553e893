//! Notes and queries of the workloads.

use crate::numbers::Numbers;

/// Topics and things of the notes. Numbers make each text unique.
const TOPICS: [&str; 8] =
    ["staging", "billing", "search", "the garden", "the move", "Lisbon", "the kiln", "payroll"];
const THINGS: [&str; 8] =
    ["database", "invoice", "index", "fence", "sofa", "flight", "glaze", "report"];

/// Returns the note of a number.
pub(super) fn text(number: u64) -> String {
    let (topic, thing) = (number % 8, number / 8 % 8);
    format!(
        "Note {number}: the {} of {} was changed on day {}.",
        THINGS[thing as usize],
        TOPICS[topic as usize],
        number % 365
    )
}

/// Returns a query that matches some of the notes.
pub(super) fn query(numbers: &mut Numbers) -> String {
    format!("which {} of {}", THINGS[numbers.below(8)], TOPICS[numbers.below(8)])
}
