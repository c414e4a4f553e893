//! The place of a call among those that are carried out at once.

#[cfg(test)]
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
#[cfg(test)]
use tokio::sync::Semaphore;
#[cfg(test)]
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;

/// The place of a call among those carried out. It is left when the last clone of the call is
/// dropped: of a stream, when its body is.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    _end: DropGuard,
}

impl Place {
    /// Returns the place that `permit` grants. `end` ends what belongs to the call when it is left.
    pub(crate) fn new(permit: OwnedSemaphorePermit, end: DropGuard) -> Place {
        Place { _permit: permit, _end: end }
    }

    /// Returns a place that no limit counts.
    #[cfg(test)]
    pub(crate) fn free() -> Arc<Place> {
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned();
        let permit = permit.expect("the semaphore has one permit");
        Arc::new(Place::new(permit, CancellationToken::new().drop_guard()))
    }
}
