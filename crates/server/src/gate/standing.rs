//! Calls of the standard gRPC services, health and reflection. They need no token, so their number
//! has a separate limit. They end when the service shuts down, because a client that watches the
//! health must not delay the shutdown.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, header};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::failure::Failure;

/// Carries out a call of a standard service in one of `places`, until it ends or `draining` is
/// cancelled.
pub(super) async fn carry(
    places: &Arc<Semaphore>,
    draining: &CancellationToken,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let place = Arc::clone(places).try_acquire_owned();
    let place = Arc::new(place.map_err(|_| Failure::busy("too many calls watch the service"))?);
    let standing = |body, last| {
        let ends = Box::pin(draining.clone().cancelled_owned());
        Body::new(Standing { body, ends, last, _place: Arc::clone(&place) })
    };
    let response = next.run(request.map(|body| standing(body, None))).await;
    Ok(response.map(|body| standing(body, Some(last()))))
}

/// Returns the trailers of an answer that the shutdown ends early.
fn last() -> HeaderMap {
    let mut trailers = Failure::busy("the service ends").status().into_http::<()>().into_parts().0;
    trailers.headers.remove(header::CONTENT_TYPE);
    trailers.headers
}

/// A body that ends when the service shuts down.
struct Standing {
    body: Body,
    ends: Pin<Box<WaitForCancellationFutureOwned>>,
    /// The trailers of an answer that is ended early. A request has none.
    last: Option<HeaderMap>,
    _place: Arc<OwnedSemaphorePermit>,
}

impl HttpBody for Standing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        match self.ends.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                self.body = Body::empty();
                Poll::Ready(self.last.take().map(|trailers| Ok(Frame::trailers(trailers))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
