//! Text in encodings other than UTF-8. UTF-16 is decoded. If bytes have more invalid UTF-8
//! sequences than valid characters beyond ASCII, they are decoded as Windows-1252, which includes
//! Latin-1, unless they look like another encoding. Both are reported.

mod scripts;

use std::{
    borrow::Cow,
    cell::Cell,
    io::{self, Read},
    rc::Rc,
};

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;

/// Leading bytes that identify the encoding of most texts.
const MARK_BYTES: usize = 4;

/// Leading bytes examined for a script, if the very first ones are inconclusive.
const SAMPLE_BYTES: u64 = 4096;

/// Problem of a text in an unsupported encoding.
const UNKNOWN: &str = "neither UTF-8 nor Windows-1252 (Latin-1); convert it to UTF-8 first";

/// Minimum length of a run of non-ASCII bytes that rarely occurs in Windows-1252.
const FOREIGN_RUN: usize = 4;

/// Report for a text that is decoded as Windows-1252.
const AS_WINDOWS: &str =
    "not UTF-8, read as Windows-1252 (Latin-1); if that is wrong, convert it to UTF-8 first";

/// Report for invalid UTF-16.
pub(super) const BROKEN_UNITS: &str =
    "invalid UTF-16 (lone surrogates or an odd last byte) was replaced by U+FFFD";

/// Reciprocal of the share of control characters above which UTF-8 text counts as binary.
const CONTROLS_SHARE: usize = 20;

/// Minimum number of control characters for a text to count as binary.
const CONTROLS_MIN: usize = 4;

/// Report for a text that is UTF-8 except for a few bytes.
const REPLACED: &str = "bytes that are not UTF-8 were replaced by U+FFFD";

/// A stream in UTF-8, or in an encoding that its reader has yet to detect.
pub(super) struct Stream<'a> {
    pub(super) bytes: Box<dyn Read + 'a>,
    /// The original encoding, if it was not UTF-8.
    pub(super) encoding: Option<&'static str>,
    /// Set when a part of the stream cannot be decoded.
    pub(super) is_replaced: Rc<Cell<bool>>,
}

/// Decodes UTF-16 to UTF-8 and passes everything else through.
///
/// # Errors
/// An I/O error; its kind is [`InvalidData`](io::ErrorKind::InvalidData) for UTF-32.
pub(super) fn decode_stream<'a>(mut bytes: impl Read + 'a) -> io::Result<Stream<'a>> {
    let mut sample = Vec::new();
    (&mut bytes).take(SAMPLE_BYTES).read_to_end(&mut sample)?;
    let mark = &sample[..sample.len().min(MARK_BYTES)];
    let has_byte = |at: usize| mark.get(at).is_some_and(|byte| *byte != 0);
    // Without a byte order mark, the first two characters are assumed to be ASCII.
    let bytes_of_text = [has_byte(0), has_byte(1), has_byte(2), has_byte(3)];
    let encoding = match (mark, bytes_of_text) {
        ([0xFF, 0xFE, 0, 0] | [0, 0, 0xFE, 0xFF], _)
        | ([_, _, _, _], [false, false, false, true] | [true, false, false, false]) => {
            let problem = "UTF-32 is not supported; convert it to UTF-8 first";
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        ([0xFF, 0xFE, ..], _) | (_, [true, false, true, false]) => Some(UTF_16LE),
        ([0xFE, 0xFF, ..], _) | (_, [false, true, false, true]) => Some(UTF_16BE),
        _ if is_utf8_so_far(&sample) => None,
        _ => scripts::utf_16(&sample),
    };
    let whole = io::Cursor::new(sample).chain(bytes);
    let is_replaced = Rc::new(Cell::new(false));
    let bytes: Box<dyn Read + 'a> = match encoding {
        None => Box::new(whole),
        Some(encoding) => {
            let reader = DecodeReaderBytesBuilder::new().encoding(Some(encoding)).build(whole);
            Box::new(Decoded { reader, seen: 0, is_replaced: Rc::clone(&is_replaced) })
        }
    };
    Ok(Stream { bytes, encoding: encoding.map(|it| it.name()), is_replaced })
}

/// Returns `true` for a prefix of UTF-8 text, which may end within a character.
fn is_utf8_so_far(sample: &[u8]) -> bool {
    std::str::from_utf8(sample).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Decoded text that records replacement characters.
struct Decoded<R> {
    reader: R,
    /// Number of bytes of U+FFFD at the end of what was read.
    seen: usize,
    is_replaced: Rc<Cell<bool>>,
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();
        let read = self.reader.read(buffer)?;
        for byte in &buffer[..read] {
            self.seen = match *byte == REPLACEMENT[self.seen] {
                true => self.seen + 1,
                false => usize::from(*byte == REPLACEMENT[0]),
            };
            if self.seen == REPLACEMENT.len() {
                self.is_replaced.set(true);
                self.seen = 0;
            }
        }
        Ok(read)
    }
}

/// Decodes bytes, with a report if they are not UTF-8. Invalid bytes become U+FFFD. Text that has
/// more invalid sequences than valid characters beyond ASCII is decoded as Windows-1252.
///
/// # Errors
/// A message if it looks like text in another encoding.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Option<&'static str>), &'static str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok((Cow::Borrowed(text), None));
    }
    let (mut whole, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    if broken <= whole {
        return Ok((String::from_utf8_lossy(bytes), Some(REPLACED)));
    }
    if is_foreign(bytes) {
        return Err(UNKNOWN);
    }
    Ok((WINDOWS_1252.decode_without_bom_handling(bytes).0, Some(AS_WINDOWS)))
}

/// Returns `true` if most non-ASCII bytes are in long runs, as in scripts other than Latin.
fn is_foreign(bytes: &[u8]) -> bool {
    let runs = bytes.split(u8::is_ascii).map(<[u8]>::len);
    let (mut all, mut together) = (0, 0);
    for run in runs {
        all += run;
        together += if FOREIGN_RUN <= run { run } else { 0 };
    }
    all < 2 * together
}

/// Returns `true` for control characters that no text file has, which means that the input is
/// binary.
pub(super) fn is_binary(text: &str) -> bool {
    text.chars().any(is_control)
}

/// Returns `true` for text with more control characters than a terminal log has, such as UTF-16
/// read as ASCII.
pub(super) fn is_mostly_binary(text: &str) -> bool {
    let controls = text.chars().filter(|c| is_control(*c)).count();
    CONTROLS_MIN <= controls && text.chars().count() < controls * CONTROLS_SHARE
}

fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{e}'..='\u{1a}')
}

/// Returns `bytes` without leading white space, byte order marks and record separators, which occur
/// between concatenated files.
pub(crate) fn begun(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes.trim_ascii_start();
    while let Some(rest) =
        bytes.strip_prefix(b"\xEF\xBB\xBF").or_else(|| bytes.strip_prefix(b"\x1E"))
    {
        bytes = rest.trim_ascii_start();
    }
    bytes
}

#[cfg(test)]
mod tests;
