//! The beginning of a file, from which its format is detected.

use axum::body::Bytes;
use serde::de::IgnoredAny;

/// Maximum number of bytes of the first line that are examined.
const BYTES_MAX: usize = 1 << 20;
/// Field that identifies the first line of an export.
const EXPORT: &[u8] = b"\"aios_memory_export\"";
/// Byte order mark that some editors put before a text.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The first bytes of a file: its first line that is not blank, or a part of it.
#[derive(Debug, Default)]
pub(super) struct Head {
    bytes: Vec<u8>,
    has_ended: bool,
}

impl Head {
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
    }

    /// Marks the end of the file.
    pub(super) fn end(&mut self) {
        self.has_ended = true;
    }

    /// Returns true if there are enough bytes to decide.
    pub(super) fn is_complete(&self) -> bool {
        self.has_ended || BYTES_MAX <= self.bytes.len() || self.text().contains(&b'\n')
    }

    /// Returns true if the first line is a JSON object, in which case each line is read separately.
    pub(super) fn is_lines(&self) -> bool {
        let line = self.line();
        line.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(line).is_ok()
    }

    /// Returns true for an export of this program.
    pub(super) fn is_export(&self) -> bool {
        self.is_lines() && self.line().windows(EXPORT.len()).any(|it| it == EXPORT)
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.bytes.into()
    }

    /// Returns the bytes from the first non-blank one.
    fn text(&self) -> &[u8] {
        let bytes = self.bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.bytes);
        bytes.trim_ascii_start()
    }

    fn line(&self) -> &[u8] {
        let line = self.text().split(|byte| *byte == b'\n').next();
        line.unwrap_or_default().trim_ascii_end()
    }
}
