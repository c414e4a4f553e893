//! Calls of the standard services of gRPC, health and reflection. They need no token, so their number
//! has a limit of its own, and they end when the service does: a client that watches its health must
//! not hold up the end.

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
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::{Gate, answer};
use crate::failure::Failure;

/// Carries out a call of a standard service.
pub(super) async fn carry(gate: &Arc<Gate>, request: Request, next: Next) -> Response {
    let Ok(place) = Arc::clone(&gate.standing).try_acquire_owned() else {
        return answer(Failure::busy("too many calls watch the service"), true);
    };
    let place = Arc::new(place);
    let ends = || Box::pin(gate.draining.clone().cancelled_owned());
    let request = request.map(|body| {
        Body::new(Standing { body, ends: ends(), last: None, _place: Arc::clone(&place) })
    });
    let response = next.run(request).await;
    response
        .map(|body| Body::new(Standing { body, ends: ends(), last: Some(last()), _place: place }))
}

/// Returns the trailers of an answer that the end of the service cuts short.
fn last() -> HeaderMap {
    let mut trailers = Failure::busy("the service ends").status().into_http::<()>().into_parts().0;
    trailers.headers.remove(header::CONTENT_TYPE);
    trailers.headers
}

/// A body that ends with the service.
struct Standing {
    body: Body,
    ends: Pin<Box<WaitForCancellationFutureOwned>>,
    /// The trailers of an answer that is cut short. A request has none.
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
