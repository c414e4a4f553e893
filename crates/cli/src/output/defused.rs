//! Makes stored text harmless to print.
//!
//! Texts, titles, names, ids, paths and error messages come from untrusted sources. Terminals
//! execute escape sequences, and invisible characters and bidirectional controls mislead people and
//! models. All output of this program passes [`Defused`], so no command has to escape anything
//! itself. Not here: the destination of the output, see `output`.

use std::{
    borrow::Cow,
    io::{self, Write},
    sync::LazyLock,
};

use aios_memory::record::forms::is_ignorable;
use regex::{Captures, Regex};

/// Notation for a character that must not be printed unescaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notation {
    /// For text: `\e`, `\u{202e}`. Emoji and joined scripts are unchanged.
    Text,
    /// Inside JSON strings: `\u202e`. Emoji and joined scripts are unchanged.
    Json,
}

/// A writer that escapes everything that controls a terminal, except line ends and tabs. It
/// processes whole lines, and the remainder on flush.
#[derive(Debug)]
pub(crate) struct Defused<W: Write> {
    inner: W,
    notation: Notation,
    line: Vec<u8>,
}

impl<W: Write> Defused<W> {
    /// Creates a writer that writes to `inner`.
    pub(crate) fn new(inner: W, notation: Notation) -> Defused<W> {
        Defused { inner, notation, line: Vec::new() }
    }

    fn pass_on(&mut self, bytes: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(bytes);
        self.inner.write_all(defused(&text, self.notation).as_bytes())
    }
}

impl<W: Write> Write for Defused<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
            self.line.extend_from_slice(bytes);
            return Ok(bytes.len());
        };
        let (lines, rest) = bytes.split_at(end + 1);
        let mut whole = std::mem::replace(&mut self.line, rest.to_vec());
        whole.extend_from_slice(lines);
        self.pass_on(&whole)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.line);
        self.pass_on(&rest)?;
        self.inner.flush()
    }
}

impl<W: Write> Drop for Defused<W> {
    fn drop(&mut self) {
        // Callers that need the error call `flush`.
        let _ = self.flush();
    }
}

/// Returns `text` with every unsafe character written in `notation`.
pub(crate) fn defused(text: &str, notation: Notation) -> Cow<'_, str> {
    let has_flood = notation == Notation::Text && FLOODS.is_match(text);
    if !has_flood && !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let text = match notation {
        Notation::Json => Cow::Borrowed(text),
        Notation::Text => without_floods(text),
    };
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = 0;
    for sequence in SEQUENCES.find_iter(&text) {
        write_out(&text[rest..sequence.start()], notation, &mut out);
        out.push_str(sequence.as_str());
        rest = sequence.end();
    }
    write_out(&text[rest..], notation, &mut out);
    Cow::Owned(out)
}

/// Writes out the combining marks beyond those of any script, and shortens line ends.
fn without_floods(text: &str) -> Cow<'_, str> {
    let text = text.replace("\r\n", "\n");
    let shown = FLOODS.replace_all(&text, |flood: &Captures<'_>| {
        let rest: String = flood[2].chars().map(code_point).collect();
        format!("{}{rest}", &flood[1])
    });
    Cow::Owned(shown.into_owned())
}

/// More combining marks on one letter than any script uses, which would overlap adjacent lines.
static FLOODS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\p{M}{8})(\p{M}+)").expect("the pattern is a constant"));

/// Sequences in which invisible characters are part of the script: emoji with a variation selector
/// or joined to others, of bounded length; joiners between Arabic letters, and after a virama.
static SEQUENCES: LazyLock<Regex> = LazyLock::new(|| {
    const PICTURE: &str = r"\p{Extended_Pictographic}[\x{FE0E}\x{FE0F}]?\p{Emoji_Modifier}?";
    const ARABIC: &str = r"[\p{Arabic}&&\p{L}]";
    const VIRAMA: &str =
        r"[\x{94D}\x{9CD}\x{A4D}\x{ACD}\x{B4D}\x{BCD}\x{C4D}\x{CCD}\x{D4D}\x{DCA}]";
    let sequences = [
        format!(r"{PICTURE}(?:\x{{200D}}{PICTURE}){{0,7}}"),
        r"[0-9#*]\x{FE0F}\x{20E3}".to_owned(),
        format!(r"{ARABIC}+(?:\x{{200C}}{ARABIC}+)+"),
        format!(r"{VIRAMA}[\x{{200C}}\x{{200D}}]"),
    ];
    Regex::new(&sequences.join("|")).expect("the pattern is a constant")
});

fn write_out(text: &str, notation: Notation, out: &mut String) {
    for c in text.chars() {
        match notation {
            _ if !is_unsafe(c) => out.push(c),
            Notation::Text => match c {
                '\u{1b}' => out.push_str("\\e"),
                '\r' => out.push_str("\\r"),
                c => out.push_str(&code_point(c)),
            },
            Notation::Json => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
}

/// Formats a character as its code point: `\u{301}`.
fn code_point(c: char) -> String {
    format!("\\u{{{:x}}}", u32::from(c))
}

/// Returns true for characters that control a terminal, change the writing direction, or are
/// invisible.
fn is_unsafe(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        // Line separators, interlinear annotations, private use.
        '\u{2028}'..='\u{2029}' | '\u{fff9}'..='\u{fffb}' => true,
        '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => true,
        c => c.is_control() || is_ignorable(c),
    }
}
