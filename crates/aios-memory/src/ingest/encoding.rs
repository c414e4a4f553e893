//! Text in other encodings than UTF-8: UTF-16 is read as it is, and bytes that are no UTF-8 at all
//! are taken for Windows-1252, which includes Latin-1, unless they do not look like it. Both are
//! reported.

mod scripts;

use std::{
    borrow::Cow,
    cell::Cell,
    io::{self, Read},
    rc::Rc,
};

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;

/// The number of first bytes that tell the encoding of most texts.
const MARK_BYTES: usize = 4;

/// The number of first bytes that are looked at for a script, if the very first do not tell.
const SAMPLE_BYTES: u64 = 4096;

/// The problem of a text that is in no encoding that is read.
const UNKNOWN: &str = "it is not UTF-8, and does not look like Windows-1252 (Latin-1); convert it \
                       to UTF-8 first";

/// The shortest run of bytes beyond ASCII that texts in Windows-1252 hardly have.
const FOREIGN_RUN: usize = 4;

/// The report for a text that is not UTF-8.
const AS_WINDOWS: &str =
    "it is not UTF-8; read as Windows-1252 (Latin-1); if it is neither, convert it to UTF-8 first";

/// The report for a text in UTF-16 that is not whole.
pub(super) const BROKEN_UNITS: &str =
    "lone surrogates or an odd last byte, which UTF-16 does not have, became U+FFFD";

/// The share of characters of control at which a text in UTF-8 is something else.
const CONTROLS_SHARE: usize = 20;

/// Fewer characters of control may stand in any text.
const CONTROLS_MIN: usize = 4;

/// The report for a text that is UTF-8 but for a few bytes.
const REPLACED: &str = "bytes that are not UTF-8 became U+FFFD";

/// A stream in UTF-8, or in an encoding that its reader has still to find.
pub(super) struct Stream<'a> {
    pub(super) bytes: Box<dyn Read + 'a>,
    /// The encoding, if it was another than UTF-8.
    pub(super) encoding: Option<&'static str>,
    /// Set as soon as something of it could not be read in that encoding.
    pub(super) is_replaced: Rc<Cell<bool>>,
}

/// Reads UTF-16 as UTF-8, and everything else as it is.
///
/// # Errors
/// An I/O error, of kind [`InvalidData`](io::ErrorKind::InvalidData) for UTF-32.
pub(super) fn decode_stream<'a>(mut bytes: impl Read + 'a) -> io::Result<Stream<'a>> {
    let mut sample = Vec::new();
    (&mut bytes).take(SAMPLE_BYTES).read_to_end(&mut sample)?;
    let mark = &sample[..sample.len().min(MARK_BYTES)];
    let has_byte = |at: usize| mark.get(at).is_some_and(|byte| *byte != 0);
    // The first two characters of text that is worth reading are in ASCII where there is no mark.
    let bytes_of_text = [has_byte(0), has_byte(1), has_byte(2), has_byte(3)];
    let encoding = match (mark, bytes_of_text) {
        ([0xFF, 0xFE, 0, 0] | [0, 0, 0xFE, 0xFF], _)
        | ([_, _, _, _], [false, false, false, true] | [true, false, false, false]) => {
            let problem = "it is UTF-32; convert it to UTF-8 first";
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

/// Returns `true` for a beginning of text in UTF-8, which may end within a character.
fn is_utf8_so_far(sample: &[u8]) -> bool {
    std::str::from_utf8(sample).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Decoded text, in which characters that stand in for others are noticed.
struct Decoded<R> {
    reader: R,
    /// The bytes of U+FFFD that came last.
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

/// Reads bytes as text, with a report if they are not UTF-8. Few wrong bytes in UTF-8 become
/// U+FFFD; text without any UTF-8 in it is Windows-1252.
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

/// Returns `true` if most bytes beyond ASCII stand together, as those of scripts other than Latin.
fn is_foreign(bytes: &[u8]) -> bool {
    let runs = bytes.split(u8::is_ascii).map(<[u8]>::len);
    let (mut all, mut together) = (0, 0);
    for run in runs {
        all += run;
        together += if FOREIGN_RUN <= run { run } else { 0 };
    }
    all < 2 * together
}

/// Returns `true` for text with characters that no text file has: it is something else.
pub(super) fn is_binary(text: &str) -> bool {
    text.chars().any(is_control)
}

/// Returns `true` for text that has more such characters than a log of a terminal, such as UTF-16
/// that is taken for ASCII.
pub(super) fn is_mostly_binary(text: &str) -> bool {
    let controls = text.chars().filter(|c| is_control(*c)).count();
    CONTROLS_MIN <= controls && text.chars().count() < controls * CONTROLS_SHARE
}

fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{e}'..='\u{1a}')
}

#[cfg(test)]
mod tests;
