//! Streams of messages to a client. They are pull-based: the next message is built when the
//! connection can send it, so a slow reader uses no RAM and delays no other call.

use std::future::Future;

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use tonic::Status;

use crate::{call::Call, failure::Failure};

/// A source of messages.
pub(super) trait Source: Send + 'static {
    type Message: Send + 'static;

    /// Returns the next message; `None` after the last one. If the future is dropped, the stream
    /// ends.
    fn next(&mut self) -> impl Future<Output = Result<Option<Self::Message>, Failure>> + Send;
}

/// Streams the messages of `source` until it ends or fails, or the call ends.
pub(super) fn serve<S: Source>(
    call: Call,
    source: S,
) -> BoxStream<'static, Result<S::Message, Status>> {
    let next = |state: Option<(Call, S)>| async move {
        let (call, mut source) = state?;
        let next = tokio::select! {
            biased;
            failure = call.over() => Err(failure),
            next = source.next() => next,
        };
        match next {
            Ok(Some(message)) => Some((Ok(message), Some((call, source)))),
            Ok(None) => None,
            Err(failure) => Some((Err(failure.into()), None)),
        }
    };
    stream::unfold(Some((call, source)), next).boxed()
}
