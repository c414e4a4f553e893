//! Splits a stream into lines of bounded length.

/// Byte order mark that some editors put before a text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A line that is not blank.
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its bytes, or the reason for dropping them.
    pub(super) json: Result<Vec<u8>, String>,
}

impl Line {
    pub(super) fn bytes(&self) -> usize {
        self.json.as_ref().map_or(0, Vec::len)
    }
}

/// The lines of a stream.
pub(super) struct Lines {
    bytes_max: usize,
    /// The current line as far as it was read.
    begun: Vec<u8>,
    /// Number of complete lines.
    complete: u64,
    /// True if the current line is too long and its rest is dropped.
    is_too_long: bool,
}

impl Lines {
    pub(super) fn new(bytes_max: usize) -> Lines {
        Lines { bytes_max, begun: Vec::new(), complete: 0, is_too_long: false }
    }

    /// Processes the next bytes, and returns the lines that they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.extend(&rest[..end]);
            lines.extend(self.complete());
            rest = &rest[end + 1..];
        }
        self.extend(rest);
        lines
    }

    /// Returns the last line if it has no line feed.
    pub(super) fn finish(&mut self) -> Option<Line> {
        self.complete()
    }

    fn extend(&mut self, bytes: &[u8]) {
        if self.bytes_max < self.begun.len() + bytes.len() {
            self.is_too_long = true;
            self.begun = Vec::new();
        }
        if !self.is_too_long {
            self.begun.extend_from_slice(bytes);
        }
    }

    /// Completes the current line. Returns `None` for a blank one.
    fn complete(&mut self) -> Option<Line> {
        self.complete += 1;
        let number = self.complete;
        if std::mem::take(&mut self.is_too_long) {
            let reason = format!("the line is longer than {} bytes", self.bytes_max);
            return Some(Line { number, json: Err(reason) });
        }
        let mut line = std::mem::take(&mut self.begun);
        if number == 1 && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        let is_blank = line.trim_ascii().is_empty();
        (!is_blank).then_some(Line { number, json: Ok(line) })
    }
}
