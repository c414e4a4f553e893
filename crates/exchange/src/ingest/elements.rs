//! Splits streamed JSON into its elements, each with its bytes and its position.
//!
//! An element ends where its brackets close, ignoring those in strings; `json` parses its content.
//! An element that cannot be parsed therefore does not affect others. If the brackets or quotes of
//! an element do not close, it includes what follows, up to an object in it that begins the same
//! way: see [`next_alike`].

use std::io::{self, BufRead, Read};

use serde_json::{Map, Value};

/// Maximum length of an element, in bytes. Each element is held as a whole.
pub(super) const ELEMENT_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Maximum length in bytes of a conversation that is held as a whole, because its end may have
/// fields that concern its beginning.
pub(crate) const CONVERSATION_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Number of bytes after the first fault of an element within which its brackets may close. Beyond
/// it, the next element is searched for in the bytes read so far, so a broken list is read in
/// linear time.
pub(super) const WINDOW_BYTES: usize = 4 * 1024;

/// Bytes that are scanned at once.
const STEP_BYTES: usize = 1024;

/// Nesting depth at which an element is assumed to include others.
const DEPTH_MAX: usize = 128;

/// Maximum number of bytes that are read again, beyond [`WINDOW_BYTES`], to resume after elements
/// without an end.
const AGAIN_BYTES_MAX: usize = if cfg!(test) { 16 << 20 } else { 1 << 30 };

/// Scanner of elements.
pub(super) struct Scanner<R> {
    input: R,
    /// Bytes to read again before the rest of the input.
    again: io::Cursor<Vec<u8>>,
    again_bytes: usize,
    place: Place,
}

/// A position in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Line number, from 1.
    pub(super) line: u64,
    /// Offset of the position within its line, in bytes.
    pub(super) column: u64,
}

/// One unparsed JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) bytes: Vec<u8>,
    pub(super) place: Place,
    pub(super) end: End,
}

/// The end of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Its brackets and quotes close.
    Closed,
    /// The input ends, or a closing bracket does not match.
    Open,
    /// It has a fault, and no end within the window of bytes after that.
    Unclear,
    /// It exceeds [`ELEMENT_BYTES_MAX`].
    TooLong,
}

/// The extent of an element within some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Number of bytes until its brackets close.
    Whole(usize),
    /// It has a fault.
    Faulty,
    /// It does not end within the bytes.
    Unfinished,
}

impl<R: BufRead> Scanner<R> {
    /// Reads from the beginning of `input`, skipping a byte order mark.
    pub(super) fn new(mut input: R) -> io::Result<Scanner<impl BufRead>> {
        let mut first = Vec::with_capacity(3);
        (&mut input).take(3).read_to_end(&mut first)?;
        if first == b"\xEF\xBB\xBF" {
            first.clear();
        }
        Ok(Scanner {
            input: io::Cursor::new(first).chain(input),
            again: io::Cursor::new(Vec::new()),
            again_bytes: 0,
            place: Place { line: 1, column: 0 },
        })
    }

    /// Reads `input`, the part of a larger input that begins at `place`.
    pub(super) fn at(input: R, place: Place) -> Scanner<R> {
        Scanner { input, again: io::Cursor::new(Vec::new()), again_bytes: 0, place }
    }

    /// Returns the position of the next byte.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Skips white space, byte order marks and record separators, and returns the next byte without
    /// consuming it.
    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        loop {
            let available = self.available()?;
            if available.is_empty() {
                return Ok(None);
            }
            let blank = available.iter().take_while(|byte| is_blank(**byte)).count();
            let found = available.get(blank).copied();
            self.pass(blank);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Skips the next byte.
    pub(super) fn skip(&mut self) -> io::Result<()> {
        let available = self.available()?.len();
        self.pass(available.min(1));
        Ok(())
    }

    /// Skips the rest of the line.
    pub(super) fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let available = self.available()?;
            let end = available.iter().position(|byte| *byte == b'\n');
            let passed = end.map_or(available.len(), |end| end + 1);
            self.pass(passed);
            if end.is_some() || passed == 0 {
                return Ok(());
            }
        }
    }

    /// Reads the value that begins at the next byte.
    pub(super) fn element(&mut self) -> io::Result<Element> {
        self.element_within(usize::MAX)
    }

    /// Reads the value that begins at the next byte. After a fault, reads at most about `window`
    /// more bytes of it.
    pub(super) fn element_within(&mut self, window: usize) -> io::Result<Element> {
        let place = self.place;
        let (mut bytes, mut state) = (Vec::new(), State::default());
        loop {
            let available = self.available()?;
            if available.is_empty() {
                let end = if state.is_scalar() { End::Closed } else { End::Open };
                return Ok(Element { bytes, place, end });
            }
            let (taken, end) = state.take(&available[..available.len().min(STEP_BYTES)]);
            bytes.extend_from_slice(&available[..taken]);
            self.pass(taken);
            if let Some(end) = end {
                return Ok(Element { bytes, place, end });
            }
            if state.fault.is_some_and(|fault| window < bytes.len() - fault) {
                return Ok(Element { bytes, place, end: End::Unclear });
            }
            if ELEMENT_BYTES_MAX < bytes.len() {
                return Ok(Element { bytes, place, end: End::TooLong });
            }
        }
    }

    /// Rewinds to `at` bytes after the beginning of an element. Returns `false` if this would
    /// exceed the limit of bytes read again.
    pub(super) fn go_back(&mut self, element: &Element, at: usize) -> bool {
        let rest = &element.bytes[at..];
        self.again_bytes += rest.len().saturating_sub(WINDOW_BYTES);
        if AGAIN_BYTES_MAX < self.again_bytes {
            return false;
        }
        let read = usize::try_from(self.again.position()).unwrap_or(usize::MAX);
        let after = self.again.get_ref().get(read..).unwrap_or_default();
        self.again = io::Cursor::new([rest, after].concat());
        self.place = element.place;
        self.place.pass(&element.bytes[..at]);
        true
    }

    fn available(&mut self) -> io::Result<&[u8]> {
        if self.again.fill_buf()?.is_empty() {
            loop {
                match self.input.fill_buf() {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                    Ok(_) => break,
                }
            }
            return self.input.fill_buf();
        }
        self.again.fill_buf()
    }

    fn pass(&mut self, count: usize) {
        let again = self.again.get_ref().len() as u64 != self.again.position();
        if again {
            let read = usize::try_from(self.again.position()).unwrap_or(usize::MAX);
            self.place.pass(&self.again.get_ref()[read..read + count]);
            self.again.consume(count);
        } else {
            if let Ok(available) = self.input.fill_buf() {
                self.place.pass(&available[..count]);
            }
            self.input.consume(count);
        }
    }
}

impl Place {
    fn pass(&mut self, bytes: &[u8]) {
        let ends = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => {
                self.line += ends;
                self.column = (bytes.len() - last - 1) as u64;
            }
            None => self.column += bytes.len() as u64,
        }
    }
}

/// State after the part of an element read so far.
#[derive(Debug, Default)]
struct State {
    /// Closing brackets still expected, innermost last.
    open: Vec<u8>,
    in_string: bool,
    is_escaped: bool,
    is_begun: bool,
    /// True after a string, until the next token.
    is_after_string: bool,
    /// True in an object if a name comes next.
    expects_name: bool,
    /// Bytes consumed so far.
    taken: usize,
    /// Offset of the first token that valid JSON cannot have at its position, even after a repair.
    fault: Option<usize>,
}

impl State {
    /// Consumes bytes up to the end of the element. Returns the number of bytes consumed, and the
    /// end if it was reached.
    fn take(&mut self, bytes: &[u8]) -> (usize, Option<End>) {
        let (taken, end) = self.scan(bytes);
        self.taken += taken;
        (taken, end)
    }

    fn scan(&mut self, bytes: &[u8]) -> (usize, Option<End>) {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                at += self.within_string(&bytes[at..]);
                if !self.in_string && self.open.is_empty() {
                    return (at, Some(End::Closed));
                }
                continue;
            }
            let byte = bytes[at];
            self.judge(byte, at);
            match byte {
                b'"' if self.is_scalar() => return (at, Some(End::Closed)),
                b'"' => self.in_string = true,
                b'{' | b'[' if self.is_scalar() => return (at, Some(End::Closed)),
                b'{' => self.open.push(b'}'),
                b'[' => self.open.push(b']'),
                b'}' | b']' => match self.open.pop() {
                    None => return (at, Some(End::Closed)),
                    Some(close) if close != byte => return (at, Some(End::Open)),
                    Some(_) if self.open.is_empty() => return (at + 1, Some(End::Closed)),
                    Some(_) => {}
                },
                b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if self.open.is_empty() => {
                    return (at, Some(End::Closed));
                }
                _ => {}
            }
            self.is_begun = true;
            at += 1;
        }
        (at, None)
    }

    /// Records a fault if valid JSON cannot have the token `byte` here: after a string anything but
    /// punctuation, in an object anything but a name. Both result from a missing quote or bracket.
    fn judge(&mut self, byte: u8, at: usize) {
        if byte.is_ascii_whitespace() {
            return;
        }
        let is_misplaced = (self.is_after_string && !b",:}]".contains(&byte))
            || (self.expects_name && !b"\",}".contains(&byte))
            || DEPTH_MAX < self.open.len();
        if is_misplaced {
            self.fault.get_or_insert(self.taken + at);
        }
        self.is_after_string = byte == b'"';
        let is_in_object = byte == b'{' || self.open.last() == Some(&b'}');
        self.expects_name = is_in_object && b"{,".contains(&byte);
    }

    /// Consumes bytes of a string up to its closing quote and returns their number.
    fn within_string(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            at += 1;
            if self.is_escaped {
                self.is_escaped = false;
            } else if byte == b'\\' {
                self.is_escaped = true;
            } else if byte == b'"' {
                self.in_string = false;
                break;
            }
        }
        at
    }

    /// Returns `true` within a number or a word.
    fn is_scalar(&self) -> bool {
        self.is_begun && self.open.is_empty() && !self.in_string
    }
}

/// Returns `true` for white space, the record separator of JSON text sequences and the bytes of a
/// byte order mark. No value begins with any of these.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, 0xEF | 0xBB | 0xBF | 0x1E)
}

/// Returns the length of the value at the beginning of `bytes`, if it ends within them.
pub(super) fn length_of(bytes: &[u8]) -> Option<usize> {
    let (length, end) = State::default().take(bytes);
    (end == Some(End::Closed)).then_some(length)
}

/// Returns the extent of the value at the beginning of `bytes`.
pub(super) fn extent_of(bytes: &[u8]) -> Extent {
    let mut state = State::default();
    for step in bytes.chunks(STEP_BYTES) {
        match state.take(step).1 {
            _ if state.fault.is_some() => return Extent::Faulty,
            Some(End::Closed) => return Extent::Whole(state.taken),
            Some(_) => return Extent::Faulty,
            None => {}
        }
    }
    Extent::Unfinished
}

/// Returns the beginning of an object up to its first field name, such as `{"role"`, without white
/// space. It identifies other elements of the same list.
pub(super) fn head_of(bytes: &[u8]) -> Option<Vec<u8>> {
    let rest = bytes.strip_prefix(b"{")?.trim_ascii_start();
    let name = rest.strip_prefix(b"\"")?;
    let end = name.iter().position(|byte| *byte == b'"')?;
    Some([b"{\"", &name[..=end]].concat())
}

/// Returns the offsets in a broken element at which the next element of its list may begin: an
/// object with the same first field, after a comma, after a closing brace or at the beginning of a
/// line. If the brackets of the element close, only offsets within its strings are returned. The
/// caller parses the candidates.
pub(super) fn next_alike(element: &Element, head: &[u8]) -> Vec<usize> {
    let bytes = &element.bytes;
    let mut state = State::default();
    let mut found = Vec::new();
    for at in 0..bytes.len() {
        let in_string = state.in_string;
        if 0 < at && bytes[at] == b'{' && (in_string || element.end != End::Closed) {
            let before = bytes[..at].trim_ascii_end();
            let is_first = before.len() < at && bytes[before.len()..at].contains(&b'\n');
            let follows = before.ends_with(b",") || before.ends_with(b"}") || is_first;
            if follows && begins_alike(&bytes[at..], head) {
                found.push(at);
            }
        }
        if state.in_string {
            state.within_string(&bytes[at..=at]);
        } else {
            state.in_string = bytes[at] == b'"';
        }
    }
    found
}

/// Returns the offset in a broken element of a table at which the next entry begins: a name with an
/// object that has the same first field, can be parsed, and contains the name itself, as a node of
/// a tree does.
pub(super) fn next_entry(element: &Element, head: &[u8]) -> Option<usize> {
    let bytes = &element.bytes;
    let objects = (1..bytes.len()).filter(|at| begins_alike(&bytes[*at..], head));
    objects.into_iter().find_map(|at| {
        let before = bytes[..at].trim_ascii_end().strip_suffix(b":")?.trim_ascii_end();
        let name = before.strip_suffix(b"\"")?;
        let begin = name.iter().rposition(|byte| *byte == b'"')?;
        let name = std::str::from_utf8(&name[begin + 1..]).ok()?;
        let Extent::Whole(length) = extent_of(&bytes[at..]) else { return None };
        let object = &bytes[at..at + length];
        let object: Map<String, Value> = serde_json::from_slice(object).ok()?;
        object.values().any(|value| value == name).then_some(begin)
    })
}

fn begins_alike(bytes: &[u8], head: &[u8]) -> bool {
    let Some(rest) = bytes.strip_prefix(b"{") else { return false };
    rest.trim_ascii_start().starts_with(&head[1..])
}

#[cfg(test)]
mod tests;
