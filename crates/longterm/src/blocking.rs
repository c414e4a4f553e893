//! Work that computes for long, off the async workers.

use tokio::task;

use crate::Error;

/// Runs `work` on a blocking thread. Fails with [`Error::Closed`] if the runtime ends or `work`
/// panics.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    task::spawn_blocking(work).await.map_err(|_| Error::Closed)
}
