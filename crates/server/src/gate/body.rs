//! Reads the body of a call completely before the call gets a place, so that a slow sender does not
//! delay other calls.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use futures::StreamExt;
use hyper::body::Body as HttpBody;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::Failure;

/// Number of bytes before a gRPC message.
const PREFIX_BYTES: usize = 5;

/// Bodies of calls that have no place yet.
pub(super) struct Bodies {
    bytes_max: usize,
    /// A permit for each byte.
    room: Arc<Semaphore>,
}

/// Permit for the bytes of a body, held until its call has a place.
pub(super) type Held = Option<OwnedSemaphorePermit>;

impl Bodies {
    /// Creates the limits for bodies of up to `bytes_max` each, and of `count` times that in total.
    pub(super) fn new(bytes_max: usize, count: usize) -> Bodies {
        let body_bytes_max = bytes_max.saturating_add(PREFIX_BYTES);
        let room = body_bytes_max.saturating_mul(count).min(Semaphore::MAX_PERMITS);
        Bodies { bytes_max, room: Arc::new(Semaphore::new(room)) }
    }

    /// Reads a body to its end.
    ///
    /// # Errors
    /// Fails if the body is too long, the connection breaks, or other bodies occupy the total.
    pub(super) async fn whole(&self, body: Body, is_grpc: bool) -> Result<(Body, Held), Failure> {
        let bytes_max = self.bytes_max + if is_grpc { PREFIX_BYTES } else { 0 };
        let too_long = || Failure::too_long(self.bytes_max);
        if u64::try_from(bytes_max).is_ok_and(|most| most < body.size_hint().lower()) {
            return Err(too_long());
        }
        let (mut chunks, mut read, mut held): (_, Vec<Bytes>, Held) =
            (body.into_data_stream(), Vec::new(), None);
        let mut length = 0;
        while let Some(chunk) = chunks.next().await {
            let chunk =
                chunk.map_err(|_| Failure::invalid("the connection broke within the body"))?;
            length += chunk.len();
            if bytes_max < length {
                return Err(too_long());
            }
            self.hold(&mut held, chunk.len())?;
            read.push(chunk);
        }
        let whole = match read.len() {
            1 => read.pop().unwrap_or_default(),
            _ => Bytes::from(read.concat()),
        };
        Ok((Body::from(whole), held))
    }

    /// Reserves more bytes.
    fn hold(&self, held: &mut Held, bytes: usize) -> Result<(), Failure> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let more = Arc::clone(&self.room).try_acquire_many_owned(bytes);
        let more = more.map_err(|_| Failure::busy("too many calls are being received"))?;
        match held {
            Some(held) => held.merge(more),
            None => *held = Some(more),
        }
        Ok(())
    }
}
