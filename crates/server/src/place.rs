//! The place of a call among the concurrent calls.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
#[cfg(test)]
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;

/// Places for the calls of one connection: half of all, so that one client cannot occupy all
/// places. An extension of each request.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionPlaces(Arc<Semaphore>);

impl ConnectionPlaces {
    /// Creates the places of a new connection to a service with up to `calls_max` concurrent calls.
    pub(crate) fn new(calls_max: usize) -> ConnectionPlaces {
        ConnectionPlaces(Arc::new(Semaphore::new(calls_max.div_ceil(2))))
    }
}

/// The permits of a call: one of its connection and one of the service. A stream has only one.
#[derive(Debug)]
pub(crate) struct Permits {
    _of_connection: Option<OwnedSemaphorePermit>,
    _of_all: OwnedSemaphorePermit,
}

impl Permits {
    pub(crate) fn of_stream(permit: OwnedSemaphorePermit) -> Permits {
        Permits { _of_connection: None, _of_all: permit }
    }

    /// Acquires both permits if they are available.
    pub(crate) fn try_take(connection: &ConnectionPlaces, all: &Arc<Semaphore>) -> Option<Permits> {
        let of_connection = Arc::clone(&connection.0).try_acquire_owned().ok()?;
        let of_all = Arc::clone(all).try_acquire_owned().ok()?;
        Some(Permits { _of_connection: Some(of_connection), _of_all: of_all })
    }

    /// Waits for both permits. `None` if the service shuts down.
    pub(crate) async fn take(
        connection: &ConnectionPlaces,
        all: &Arc<Semaphore>,
    ) -> Option<Permits> {
        let of_connection = Arc::clone(&connection.0).acquire_owned().await.ok()?;
        let of_all = Arc::clone(all).acquire_owned().await.ok()?;
        Some(Permits { _of_connection: Some(of_connection), _of_all: of_all })
    }
}

/// The place of a call among the concurrent calls. Released when the last clone of the call is
/// dropped; for a stream, when its body is dropped.
pub(crate) struct Place {
    _permits: Permits,
    _end: DropGuard,
}

impl Place {
    /// Returns the place for `permits`. `end` cancels what belongs to the call when the place is
    /// released.
    pub(crate) fn new(permits: Permits, end: DropGuard) -> Place {
        Place { _permits: permits, _end: end }
    }

    /// Returns a place without a limit.
    #[cfg(test)]
    pub(crate) fn free() -> Arc<Place> {
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned();
        let permit = permit.expect("the semaphore has one permit");
        let end = CancellationToken::new().drop_guard();
        Arc::new(Place::new(Permits::of_stream(permit), end))
    }
}
