//! The period of a search, in the fields of either transport.

use aios_memory::Timestamp;

use crate::failure::Failure;

/// Refuses a period that ends before it begins, which contains nothing.
pub(crate) fn check_order(
    since: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<(), Failure> {
    match since.zip(until) {
        Some((since, until)) if until < since => {
            Err(Failure::invalid("`since` is later than `until`"))
        }
        _ => Ok(()),
    }
}
