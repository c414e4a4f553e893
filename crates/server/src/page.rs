//! The number of records that an export reads at once. It follows their size, so that a reader who
//! takes nothing holds about a mebibyte in RAM, and not a page of the largest records.

#[cfg(test)]
mod tests;

/// Bytes of a page.
const BYTES: usize = 1 << 20;
/// Maximum number of records of a page.
const RECORDS_MAX: usize = 64;

/// The number of records of the next page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageSize(usize);

impl PageSize {
    /// Returns the size of a first page: nothing is known of the records.
    pub(crate) fn first() -> PageSize {
        PageSize(1)
    }

    /// Returns the number of records to read.
    pub(crate) fn records(self) -> usize {
        self.0
    }

    /// Returns the size of the page after one of this size, whose records had `bytes`.
    pub(crate) fn after(self, bytes: usize) -> PageSize {
        let of_this_size = self.0.saturating_mul(BYTES) / bytes.max(1);
        PageSize(of_this_size.min(self.0 * 2).clamp(1, RECORDS_MAX))
    }
}
