//! The period that a search is about, in the fields of either transport.

use aios_memory::Timestamp;

use crate::failure::Failure;

/// Refuses a period that ends before it begins: nothing can be found in it.
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
