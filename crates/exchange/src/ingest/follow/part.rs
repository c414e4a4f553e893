//! The lines of one reading of a session file, and the line with which the next reading begins.

use std::{collections::BTreeSet, fs::File, io};

use super::{
    calls::unanswered,
    events::{Events, settle},
    lines::{Lines, lines_from},
};
use crate::ingest::{format::Format, options::LastLine};

/// Maximum distance in bytes of an unanswered call from the end. Such a call is read again with the
/// lines that follow.
const CALL_WAIT_BYTES: u64 = 1 << 20;

/// Lines of a session file that are read at once.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// The lines to store, without those that are too long. They include a last line without a line
    /// end if it is to be read. The next reading reads that line again.
    pub(super) bytes: Vec<u8>,
    /// Number, from 1, and length of the lines that are too long.
    pub(super) too_long: Vec<(u64, u64)>,
    /// Number of bytes of the lines, including those that are too long.
    pub(super) length: u64,
    /// Number of bytes and of lines of the part before the line with which the next reading begins.
    pub(super) next: (u64, u64),
    /// True if further whole lines follow.
    pub(super) has_more: bool,
    /// Roles with items in the file, of a session of Codex.
    pub(super) roles: BTreeSet<String>,
    /// Numbers of the lines, from 1, with events that repeat items of earlier parts.
    pub(super) repeated: Vec<u64>,
}

/// Properties of the file that a part is read from.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) format: Format,
    pub(super) last_line: LastLine,
    /// Roles with items in the earlier parts.
    pub(super) roles: BTreeSet<String>,
    /// True if the file was changed so recently that the item of its last event may follow.
    pub(super) is_fresh: bool,
}

impl Part {
    /// Reads whole lines from `start` on until `bytes_max` bytes are exceeded. Reads further if the
    /// next reading would otherwise begin at `start` again although more lines follow.
    pub(super) fn read(
        file: &mut File,
        start: u64,
        bytes_max: u64,
        source: &Source,
    ) -> io::Result<Part> {
        let mut limit = bytes_max.max(1);
        loop {
            let part = Part::of(lines_from(file, start, limit)?, source.clone());
            if 0 < part.next.0 || !part.has_more {
                return Ok(part);
            }
            limit = limit.saturating_mul(2);
        }
    }

    fn of(lines: Lines, source: Source) -> Part {
        let Source { format, last_line, mut roles, is_fresh } = source;
        let Lines { mut bytes, mut count, too_long, has_more, mut rest } = lines;
        let Events { mut repeated, waiting } = match format {
            Format::Codex => settle(&mut bytes, &mut roles),
            _ => Events::default(),
        };
        // Lines that are too long are not held, so the offsets of later lines are unknown.
        let is_whole = too_long.is_empty();
        let is_written = last_line == LastLine::Waits && (is_fresh || !rest.is_empty());
        if let Some((at, line)) = waiting.filter(|_| is_whole && (has_more || is_written)) {
            bytes.truncate(at);
            count = line;
            repeated.retain(|number| *number <= line);
            rest.clear();
        }
        let length = bytes.len() as u64 + too_long.iter().map(|it| it.1 + 1).sum::<u64>();
        let mut next = (length, count);
        let call = unanswered(format, &bytes).filter(|_| is_whole);
        if let Some((at, line)) = call.filter(|(at, _)| length - at <= CALL_WAIT_BYTES) {
            next = (at, line);
        }
        if last_line == LastLine::Read && is_object(&rest) {
            if format == Format::Codex {
                repeated.extend(settle(&mut rest, &mut roles).repeated.iter().map(|it| count + it));
            }
            bytes.extend(rest);
        }
        Part { bytes, too_long, length, next, has_more, roles, repeated }
    }
}

/// Returns `true` for a whole JSON object.
fn is_object(line: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(line).is_ok()
}
