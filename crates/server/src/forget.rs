//! Selects records to forget, in the same way for every transport.

use aios_memory::{ForgetOptions, Identity, Key, MemoryView, Owner, Receipt};

use crate::{caller::Caller, failure::Failure};

/// Returns the record that a key names in this view. If it is not stored, because it expired or was
/// forgotten, it is treated as the caller's own, so that it can be forgotten and purged as well.
///
/// # Errors
/// Fails if the caller may not know of records of this kind; errors of reading the record.
pub(crate) async fn identity(
    caller: &Caller,
    view: &MemoryView,
    key: Key,
) -> Result<Identity, Failure> {
    caller.check_kind(key.kind)?;
    match view.get(&key).await? {
        Some(record) => Ok(record.identity()),
        None => Ok(own(view, key)),
    }
}

/// Returns the identity of the caller's own record with this key.
pub(crate) fn own(view: &MemoryView, key: Key) -> Identity {
    key.of(view.gate().acts_for().cloned().unwrap_or(Owner::SHARED))
}

/// Forgets records. Lists the records that repeat their text if the caller may read those.
///
/// # Errors
/// Errors of the memory.
pub(crate) async fn forget(
    caller: &Caller,
    view: &MemoryView,
    options: ForgetOptions,
) -> Result<Receipt, Failure> {
    let mut receipt = Box::pin(view.forget(options)).await?;
    receipt.repeating.retain(|record| caller.check_kind(record.kind).is_ok());
    Ok(receipt)
}
