//! Passes the body of an upload to the parser in small pieces with pauses. The parser of multipart
//! bodies buffers all pieces that arrive without a pause, and the header of a part up to its end.
//! This bounds both.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::body::{Body, BodyDataStream, Bytes};
use futures::{Stream, StreamExt};

use crate::{bounds::SILENCE_MAX, failure::Failure, http::request::broken};

/// Maximum size of a piece in bytes.
const PIECE_BYTES: usize = 64 << 10;
/// Maximum number of bytes before the parser finds a part or a piece of its content.
const UNCLAIMED_BYTES_MAX: usize = 256 << 10;
/// Maximum number of bytes that are read after the last part.
const REST_BYTES_MAX: usize = 64 << 10;

/// Control of the pace of a body.
#[derive(Clone)]
pub(super) struct Pace {
    /// Number of bytes since the parser last found something.
    unclaimed: Arc<AtomicUsize>,
    body: Arc<Mutex<Option<BodyDataStream>>>,
}

impl Pace {
    /// Returns the control of `body`, and the body to parse instead of it.
    pub(super) fn of(body: Body) -> (Pace, Body) {
        let body = Arc::new(Mutex::new(Some(body.into_data_stream())));
        let pace = Pace { unclaimed: Arc::default(), body };
        let paced = Paced { pace: pace.clone(), rest: Bytes::new(), pauses: false };
        (pace, Body::from_stream(paced))
    }

    /// Records that the parser found a part or a piece of its content.
    pub(super) fn claim(&self) {
        self.unclaimed.store(0, Ordering::Relaxed);
    }

    /// Returns the failure if one of these limits ended the body.
    pub(super) fn problem(&self) -> Option<Failure> {
        let is_endless = UNCLAIMED_BYTES_MAX < self.unclaimed.load(Ordering::Relaxed);
        let problem = format!("the header of a part has more than {UNCLAIMED_BYTES_MAX} bytes");
        is_endless.then(|| Failure::invalid(problem))
    }

    /// Reads the few bytes that may follow the last part.
    pub(super) async fn finish(self) -> Result<(), Failure> {
        let body = self.body.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (Some(mut body), mut bytes) = (body, 0) else { return Ok(()) };
        loop {
            let piece = tokio::time::timeout(SILENCE_MAX, body.next()).await;
            let Some(piece) = piece.map_err(|_| Failure::deadline())? else { return Ok(()) };
            bytes += piece.map_err(|_| broken())?.len();
            if REST_BYTES_MAX < bytes {
                return Err(Failure::invalid("the body goes on after its last part"));
            }
        }
    }
}

/// The body as the parser receives it.
struct Paced {
    pace: Pace,
    /// Bytes that arrived but were not passed on.
    rest: Bytes,
    /// True if the next poll returns nothing.
    pauses: bool,
}

impl Stream for Paced {
    type Item = Result<Bytes, io::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.pauses) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        while self.rest.is_empty() {
            let next = {
                let mut body = self.pace.body.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(body) = body.as_mut() else { return Poll::Ready(None) };
                ready!(body.poll_next_unpin(cx))
            };
            match next {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(io::Error::other(error)))),
                Some(Ok(bytes)) => self.rest = bytes,
            }
        }
        let length = self.rest.len().min(PIECE_BYTES);
        let piece = self.rest.split_to(length);
        let unclaimed = self.pace.unclaimed.fetch_add(length, Ordering::Relaxed) + length;
        if UNCLAIMED_BYTES_MAX < unclaimed {
            return Poll::Ready(Some(Err(io::Error::other("the header of a part does not end"))));
        }
        self.pauses = true;
        Poll::Ready(Some(Ok(piece)))
    }
}
