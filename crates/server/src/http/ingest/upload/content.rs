//! The content of an uploaded file, as a blocking reader.

use std::io::{self, Read};

use axum::body::Bytes;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Maximum number of pieces that wait for the reader.
const PIECES_AHEAD: usize = 4;

/// The sending end. If it is dropped without [`end`](Arriving::end), the reader fails, so that
/// partial content is not mistaken for all of it.
pub(super) struct Arriving {
    pieces: Sender<Option<Bytes>>,
    /// True if the reader has stopped reading.
    is_closed: bool,
}

/// The reading end.
pub(super) struct Content {
    pieces: Receiver<Option<Bytes>>,
    current: Bytes,
    has_ended: bool,
}

/// Creates both ends.
pub(super) fn content() -> (Arriving, Content) {
    let (sender, receiver) = channel(PIECES_AHEAD);
    let content = Content { pieces: receiver, current: Bytes::new(), has_ended: false };
    (Arriving { pieces: sender, is_closed: false }, content)
}

impl Arriving {
    /// Passes a piece on when the reader has capacity.
    pub(super) async fn pass(&mut self, piece: Bytes) {
        if !self.is_closed {
            self.is_closed = self.pieces.send(Some(piece)).await.is_err();
        }
    }

    /// Marks the content as complete.
    pub(super) async fn end(self) {
        // The reader may have stopped reading.
        let _ = self.pieces.send(None).await;
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.has_ended {
            match self.pieces.blocking_recv() {
                Some(Some(piece)) => self.current = piece,
                Some(None) => self.has_ended = true,
                None => {
                    let problem = "the upload broke off";
                    return Err(io::Error::new(io::ErrorKind::ConnectionAborted, problem));
                }
            }
        }
        let length = buffer.len().min(self.current.len());
        buffer[..length].copy_from_slice(&self.current.split_to(length));
        Ok(length)
    }
}
