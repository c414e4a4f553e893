//! The number of records that an export reads at once. It depends on their size, so that an export
//! whose reader has stalled holds about 1 MiB in RAM and not a page of the largest records.

#[cfg(test)]
mod tests;

/// Target size of a page in bytes.
const BYTES: usize = 1 << 20;
/// Maximum number of records of a page.
const RECORDS_MAX: usize = 64;

/// The number of records of the next page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageSize(usize);

impl PageSize {
    /// Returns the size of the first page, before the size of records is known.
    pub(crate) fn first() -> PageSize {
        PageSize(1)
    }

    /// Returns the number of records to read.
    pub(crate) fn records(self) -> usize {
        self.0
    }

    /// Returns the size of the next page, given that a page of this size had `bytes`.
    pub(crate) fn after(self, bytes: usize) -> PageSize {
        let of_this_size = self.0.saturating_mul(BYTES) / bytes.max(1);
        PageSize(of_this_size.min(self.0 * 2).clamp(1, RECORDS_MAX))
    }
}
