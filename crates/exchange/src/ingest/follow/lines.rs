//! Reads whole lines of a file from an offset. Leaves out an incomplete last line.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
};

use crate::ingest::lines::LINE_BYTES_MAX;

/// Whole lines of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    /// The lines, without those that are too long.
    pub(super) bytes: Vec<u8>,
    /// Number of lines, including those that are too long.
    pub(super) count: u64,
    /// Number, from 1, and length of the lines that are too long.
    pub(super) too_long: Vec<(u64, u64)>,
    /// True if further whole lines follow.
    pub(super) has_more: bool,
    /// The incomplete last line, if the end of the file was reached.
    pub(super) rest: Vec<u8>,
}

/// Reads whole lines from `offset` on until `bytes_max` bytes are exceeded, but at least one.
pub(super) fn lines_from(file: &mut File, offset: u64, bytes_max: u64) -> io::Result<Lines> {
    file.seek(SeekFrom::Start(offset))?;
    let mut input = BufReader::with_capacity(256 << 10, file);
    let mut lines = Lines::default();
    let mut read = 0;
    loop {
        let begin = lines.bytes.len();
        let Some(length) = next_line(&mut input, &mut lines.bytes)? else {
            lines.rest = lines.bytes.split_off(begin);
            return Ok(lines);
        };
        if 0 < read && bytes_max < read + length {
            lines.bytes.truncate(begin);
            lines.has_more = true;
            return Ok(lines);
        }
        read += length;
        lines.count += 1;
        if LINE_BYTES_MAX as u64 + 1 < length {
            lines.bytes.truncate(begin);
            lines.too_long.push((lines.count, length - 1));
        }
    }
}

/// Appends the next line including its end to `bytes`, or only the beginning of a line that is too
/// long. Returns its length, or `None` if no whole line follows.
fn next_line(input: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<Option<u64>> {
    let begin = bytes.len();
    let held = input.by_ref().take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', bytes)?;
    if bytes.len() > begin && bytes.last() == Some(&b'\n') {
        return Ok(Some(held as u64));
    }
    if held <= LINE_BYTES_MAX {
        return Ok(None);
    }
    let mut length = held as u64;
    loop {
        let available = input.fill_buf()?;
        if available.is_empty() {
            return Ok(None);
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(available.len(), |at| at + 1);
        input.consume(used);
        length += used as u64;
        if end.is_some() {
            return Ok(Some(length));
        }
    }
}
