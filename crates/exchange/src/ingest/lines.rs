//! Lines of a stream, each of bounded length.

use std::io::{self, BufRead};

/// Maximum length of a line, in bytes.
pub const LINE_BYTES_MAX: usize = 10 * 1024 * 1024;

/// One line without its end, or only its length if it is too long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    Whole(&'a [u8]),
    TooLong { bytes: u64 },
}

/// Reader of lines that skips overlong lines without holding them.
pub(crate) struct Lines<R> {
    input: R,
    number: u64,
    buffer: Vec<u8>,
    bytes_max: usize,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(input: R, bytes_max: usize) -> Lines<R> {
        Lines { input, number: 0, buffer: Vec::new(), bytes_max }
    }

    /// Returns the next line with its number, from 1; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<(u64, Line<'_>)>> {
        self.buffer.clear();
        let mut bytes = 0_u64;
        loop {
            let available = match self.input.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let end = available.iter().position(|byte| *byte == b'\n');
            let part = &available[..end.unwrap_or(available.len())];
            bytes += part.len() as u64;
            if bytes <= self.bytes_max as u64 {
                self.buffer.extend_from_slice(part);
            }
            let (ended, used) = (end.is_some(), part.len() + usize::from(end.is_some()));
            let at_end = available.is_empty();
            self.input.consume(used);
            if at_end && bytes == 0 {
                return Ok(None);
            }
            if ended || at_end {
                break;
            }
        }
        self.number += 1;
        if (self.bytes_max as u64) < bytes {
            return Ok(Some((self.number, Line::TooLong { bytes })));
        }
        let line = self.buffer.strip_suffix(b"\r").unwrap_or(&self.buffer);
        Ok(Some((self.number, Line::Whole(line))))
    }
}

#[cfg(test)]
mod tests;
