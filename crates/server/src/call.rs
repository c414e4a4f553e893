//! A call: its caller, its time limit, and the execution of its work.
//!
//! The gate inserts a [`Call`] into the extensions of each request. Handlers read through
//! [`read`](Call::read) and write through [`write`](Call::write).

use std::{
    future::{self, Future},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    caller::Caller,
    failure::{Class, Failure},
    place::Place,
    telemetry::Traced,
};

/// An admitted call. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) caller: Caller,
    /// Deadline of the call. A stream has one only if the caller set it.
    pub(crate) deadline: Option<Instant>,
    /// Cancelled when the service drains or the caller's token is revoked. Streams end then.
    pub(crate) ended: CancellationToken,
    /// Writes that a shutdown waits for.
    pub(crate) writes: TaskTracker,
    /// Place among the concurrent calls, held until the call or its stream ends.
    pub(crate) place: Arc<Place>,
    /// The spans of the call, to which handlers add the records found.
    pub(crate) traced: Traced,
}

impl Call {
    /// Returns the call of a request.
    pub(crate) fn of(extensions: &http::Extensions) -> Result<Call, Failure> {
        extensions.get::<Call>().cloned().ok_or_else(|| Failure::internal("a call without a gate"))
    }

    /// Awaits work that changes nothing. The work is dropped at the deadline.
    pub(crate) async fn read<T, E: Into<Failure>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure> {
        match self.deadline {
            None => work.await.map_err(Into::into),
            Some(deadline) => match tokio::time::timeout_at(deadline, work).await {
                Ok(result) => result.map_err(Into::into),
                Err(_) => Err(Failure::deadline()),
            },
        }
    }

    /// Awaits work that changes records. Once started, the work is completed even if the caller
    /// disconnects or the deadline passes, so a record is stored completely or not at all.
    pub(crate) async fn write<T, E>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send + 'static,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        E: Into<Failure> + Send + 'static,
    {
        if self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(Failure::deadline());
        }
        let place = Arc::clone(&self.place);
        let task = self.writes.spawn(async move {
            let result = work.await;
            drop(place);
            result
        });
        let ended = async move {
            match task.await {
                Ok(result) => result.map_err(Into::into),
                Err(error) => Err(Failure::internal(&error.to_string())),
            }
        };
        self.read(ended).await
    }

    /// Waits until the call of a stream ends: the service drains, the caller's token is revoked, or
    /// the deadline passes.
    pub(crate) async fn over(&self) -> Failure {
        let deadline = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            () = self.ended.cancelled() => Failure::new(
                Class::Unavailable,
                "ended",
                "the service ended the stream: it shuts down, or the token was revoked",
            )
            .with_advice("begin a new stream"),
            () = deadline => Failure::deadline(),
        }
    }

    /// Returns the remaining time, at most `most`.
    pub(crate) fn time_left(&self, most: Duration) -> Duration {
        self.deadline.map_or(most, |end| end.saturating_duration_since(Instant::now()).min(most))
    }
}
