//! Threads that read and write lines, so that a blocked pipe delays neither the runtime nor its
//! shutdown.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    thread,
};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Maximum length of a line in bytes.
pub(super) const LINE_BYTES_MAX: usize = 4 << 20;
/// Maximum number of waiting lines in each direction.
const LINES_MAX: usize = 8;

/// A line of the input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Whole(Vec<u8>),
    /// A line of more than [`LINE_BYTES_MAX`] bytes, which was dropped.
    TooLong,
}

/// Reads the lines of `input` in a thread, which ends with the input or when the receiver is
/// dropped.
pub(super) fn read(input: File) -> mpsc::Receiver<Line> {
    let (sender, receiver) = mpsc::channel(LINES_MAX);
    thread::spawn(move || {
        let mut input = BufReader::new(input);
        while let Some(line) = next(&mut input) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Writes lines to `output` in a thread, and cancels `broken` if writing fails. The second value
/// signals the end of the thread.
pub(super) fn write(
    mut output: File,
    broken: CancellationToken,
) -> (mpsc::Sender<Vec<u8>>, oneshot::Receiver<()>) {
    let (sender, mut receiver) = mpsc::channel::<Vec<u8>>(LINES_MAX);
    let (ended, has_ended) = oneshot::channel();
    thread::spawn(move || {
        while let Some(line) = receiver.blocking_recv() {
            if output.write_all(&line).and_then(|()| output.flush()).is_err() {
                broken.cancel();
                break;
            }
        }
        let _ = ended.send(());
    });
    (sender, has_ended)
}

/// Returns the next line without its line feed. `None` at the end of the input, or if reading
/// fails.
fn next(input: &mut impl BufRead) -> Option<Line> {
    let mut line = Vec::new();
    let mut is_too_long = false;
    let mut has_begun = false;
    loop {
        let bytes = match input.fill_buf() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return None,
        };
        if bytes.is_empty() {
            return has_begun.then(|| finished(line, is_too_long));
        }
        has_begun = true;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let part = &bytes[..end.unwrap_or(bytes.len())];
        is_too_long |= LINE_BYTES_MAX < line.len() + part.len();
        match is_too_long {
            true => line = Vec::new(),
            false => line.extend_from_slice(part),
        }
        let consumed = part.len() + usize::from(end.is_some());
        input.consume(consumed);
        if end.is_some() {
            return Some(finished(line, is_too_long));
        }
    }
}

fn finished(line: Vec<u8>, is_too_long: bool) -> Line {
    match is_too_long {
        true => Line::TooLong,
        false => Line::Whole(line),
    }
}

#[cfg(test)]
mod tests;
