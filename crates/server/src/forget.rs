//! The selection of records to forget, the same for both transports.

use aios_memory::{Error, Identity, Key, MemoryView, Owner};

/// Returns the record that a key names in this view. One that is not stored, because it has expired
/// or was forgotten, is the caller's own: it can be forgotten and purged, too.
///
/// # Errors
/// Errors of reading the record.
pub(crate) async fn identity(view: &MemoryView, key: Key) -> Result<Identity, Error> {
    match view.get(&key).await? {
        Some(record) => Ok(record.identity()),
        None => Ok(own(view, key)),
    }
}

/// Returns the caller's own record of this key.
pub(crate) fn own(view: &MemoryView, key: Key) -> Identity {
    key.of(view.gate().acts_for().cloned().unwrap_or(Owner::SHARED))
}
