//! Records that reads leave out: expired and retired ones.

use aios_record::{Record, Timestamp};

/// Returns `true` if the record has expired, so that no read shows it.
pub(crate) fn is_past(record: &Record, now: Timestamp) -> bool {
    record.expires_at.is_some_and(|end| end <= now)
}

/// Returns `true` if the validity of a record has not ended.
pub(crate) fn is_valid(record: &Record, now: Timestamp) -> bool {
    record.valid_to.is_none_or(|end| now < end)
}
