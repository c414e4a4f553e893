//! Reads a sample from its line: escapes, and random values of a given shape with a fixed seed.
//!
//! `tests/corpus/README.md` describes the format.

/// One line of a corpus.
pub(super) struct Sample {
    pub(super) line: &'static str,
    pub(super) is_positive: bool,
    pub(super) kind: String,
    pub(super) half: Half,
    pub(super) text: String,
    /// The parts of the text that are secret, if it is positive.
    pub(super) secrets: Vec<String>,
}

/// The half of the corpus that a sample belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    Development,
    HeldOut,
}

impl Sample {
    /// Reads all samples of a file.
    pub(super) fn read(file: &'static str) -> Vec<Sample> {
        file.lines().filter(|line| !line.starts_with('#')).map(Sample::of).collect()
    }

    fn of(line: &'static str) -> Sample {
        let mut columns = line.splitn(4, '\t');
        let mut column = || columns.next().expect("four columns");
        let (verdict, kind, _source, template) = (column(), column(), column(), column());
        let hash = fnv(line);
        // The lowest bit of FNV-1a is only a parity of bytes; a higher one is mixed.
        let half = if hash >> 32 & 1 == 0 { Half::Development } else { Half::HeldOut };
        let (text, secrets) = filled(template, hash);
        Sample { line, is_positive: verdict == "+", kind: kind.to_owned(), half, text, secrets }
    }
}

/// Fills in the shapes and escapes of `template`, and returns the text and the values.
fn filled(template: &str, seed: u64) -> (String, Vec<String>) {
    let mut state = seed | 1;
    let (mut text, mut values) = (String::new(), Vec::new());
    let mut rest = template;
    while let Some(c) = rest.chars().next() {
        if let Some((value, length)) = value(rest, &mut state) {
            text.push_str(&value);
            values.push(value);
            rest = &rest[length..];
        } else if let Some(escaped) = rest.strip_prefix('\\') {
            let (c, length) = escape(escaped);
            text.push(c);
            rest = &escaped[length..];
        } else {
            text.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    (text, values)
}

/// Returns the character of an escape without its backslash, and the length of the escape.
fn escape(text: &str) -> (char, usize) {
    match text.as_bytes() {
        [b'n', ..] => ('\n', 1),
        [b't', ..] => ('\t', 1),
        [b'\\', ..] => ('\\', 1),
        [b'u', b'{', ..] => {
            let end = text.find('}').expect("a closed escape");
            let code = u32::from_str_radix(&text[2..end], 16).expect("a code point");
            (char::from_u32(code).expect("a character"), end + 1)
        }
        _ => ('\\', 0),
    }
}

/// Returns a value of the shape that `text` starts with, and the length of the shape.
fn value(text: &str, state: &mut u64) -> Option<(String, usize)> {
    if let Some(literal) = text.strip_prefix("{=") {
        let end = literal.find("=}")?;
        return Some((literal[..end].to_owned(), end + 4));
    }
    let end = text.strip_prefix('{')?.find('}')? + 1;
    let shape = &text[1..end];
    if shape == "uuid" {
        let hex = |n, state: &mut u64| draw("0123456789abcdef", n, state);
        let parts = [8, 4, 4, 4, 12].map(|n| hex(n, state));
        return Some((parts.join("-"), end + 1));
    }
    let digits = shape.find(|c: char| c.is_ascii_digit() && !shape.starts_with("B32u"));
    let digits = if shape.starts_with("B32u") { 4 } else { digits? };
    let length = shape[digits..].parse().ok()?;
    Some((draw(alphabet(&shape[..digits])?, length, state), end + 1))
}

fn alphabet(name: &str) -> Option<&'static str> {
    Some(match name {
        "an" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "low" => "abcdefghijklmnopqrstuvwxyz0123456789",
        "UP" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "hex" => "0123456789abcdef",
        "az" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "d" => "0123456789",
        "b" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "url" => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        "AGE" => "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
        "B32u" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        _ => return None,
    })
}

/// Draws `n` characters of `alphabet`, by xorshift. The first and last are letters or digits, as
/// nearly always in issued tokens.
fn draw(alphabet: &str, n: usize, state: &mut u64) -> String {
    let alphabet = alphabet.as_bytes();
    let mut next = |at: usize| loop {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        let c = char::from(alphabet[(*state >> 20) as usize % alphabet.len()]);
        if c.is_ascii_alphanumeric() || (at != 0 && at + 1 != n) {
            return c;
        }
    };
    (0..n).map(&mut next).collect()
}

/// Returns the FNV-1a hash.
fn fnv(text: &str) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    text.bytes().fold(0xCBF2_9CE4_8422_2325, mix)
}
