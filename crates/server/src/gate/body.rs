//! The body of a call, read whole before the call takes a place among those that are carried out: a
//! caller that sends slowly holds up nobody else.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::body::{Body, Bytes};
use futures::StreamExt;
use hyper::body::Body as HttpBody;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::Failure;

/// Bytes in front of a message of gRPC.
const PREFIX_BYTES: usize = 5;

/// The bodies of calls that have no place yet.
pub(super) struct Bodies {
    bytes_max: usize,
    /// A permit for each byte.
    room: Arc<Semaphore>,
}

/// The room that a body takes until its call has a place.
pub(super) type Held = Option<OwnedSemaphorePermit>;

impl Bodies {
    /// Describes bodies of up to `bytes_max`. All of them together have the bytes of `count` such
    /// bodies.
    pub(super) fn new(bytes_max: usize, count: usize) -> Bodies {
        let body_bytes_max = bytes_max.saturating_add(PREFIX_BYTES);
        let room = body_bytes_max.saturating_mul(count).min(Semaphore::MAX_PERMITS);
        Bodies { bytes_max, room: Arc::new(Semaphore::new(room)) }
    }

    /// Reads a body to its end.
    ///
    /// # Errors
    /// Fails if the body is too long, the connection breaks, or other calls hold all of the room.
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

    /// Takes the room for more bytes.
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
