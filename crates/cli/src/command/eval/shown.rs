//! Results that may be missing.

/// Returns a result with three decimals, or a dash.
pub(super) fn shown(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.3}"))
}
