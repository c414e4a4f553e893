//! Months by name, and by season.

/// Returns the month in which a season begins, north of the equator.
pub(super) fn season_month(season: &str) -> i8 {
    match season.to_lowercase().as_str() {
        "spring" => 3,
        "summer" => 6,
        "fall" | "autumn" => 9,
        _ => 12,
    }
}

/// Returns the number of the month that `name` begins like.
pub(super) fn month_number(name: &str) -> Option<i8> {
    let start = name.get(..3)?.to_lowercase();
    let months =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let at = months.iter().position(|month| *month == start)?;
    i8::try_from(at + 1).ok()
}
