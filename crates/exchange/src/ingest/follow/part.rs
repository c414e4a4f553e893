//! The lines of one reading of a session file, and the line with which the next reading begins.

use std::{fs::File, io};

use super::{
    calls::unanswered,
    lines::{Lines, lines_from},
};
use crate::ingest::{format::Format, options::LastLine};

/// Maximum distance in bytes of an unanswered call from the end. Such a call is read again with the
/// lines that follow.
const CALL_WAIT_BYTES: u64 = 1 << 20;

/// Lines of a session file that are read at once.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// The lines to store, without those that are too long. A last line without a line end is one of
    /// them if it is to be read, and is read again by the next reading.
    pub(super) bytes: Vec<u8>,
    /// Number, from 1, and length of the lines that are too long.
    pub(super) too_long: Vec<(u64, u64)>,
    /// Number of bytes of the lines, including those that are too long.
    pub(super) length: u64,
    /// Number of bytes and of lines of the part before the line with which the next reading begins.
    pub(super) next: (u64, u64),
    /// True if further whole lines follow.
    pub(super) has_more: bool,
}

impl Part {
    /// Reads whole lines from `start` on until `bytes_max` bytes are exceeded. Reads further if the
    /// next reading would otherwise begin at `start` again although more lines follow.
    pub(super) fn read(
        file: &mut File,
        start: u64,
        bytes_max: u64,
        format: Format,
        last_line: LastLine,
    ) -> io::Result<Part> {
        let mut limit = bytes_max.max(1);
        loop {
            let part = Part::of(lines_from(file, start, limit)?, format, last_line);
            if 0 < part.next.0 || !part.has_more {
                return Ok(part);
            }
            limit = limit.saturating_mul(2);
        }
    }

    fn of(lines: Lines, format: Format, last_line: LastLine) -> Part {
        let Lines { mut bytes, count, too_long, has_more, rest } = lines;
        let length = bytes.len() as u64 + too_long.iter().map(|it| it.1 + 1).sum::<u64>();
        let mut next = (length, count);
        // Lines that are too long are not held, so the distance to an earlier line is unknown.
        let waits = unanswered(format, &bytes).filter(|_| too_long.is_empty());
        if let Some((at, line)) = waits
            && length - at <= CALL_WAIT_BYTES
        {
            next = (at, line);
        }
        if last_line == LastLine::Read && is_object(&rest) {
            bytes.extend(rest);
        }
        Part { bytes, too_long, length, next, has_more }
    }
}

/// Returns `true` for a whole JSON object.
fn is_object(line: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line).is_ok()
}
