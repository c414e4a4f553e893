//! Repairs nearly valid JSON: output of common programs that no parser accepts, and characters that
//! cannot be stored. Not here: finding the end of a broken element, see `elements`.

use super::elements::length_of;

/// Escape of the replacement character.
const REPLACEMENT: &str = "\\ufffd";

/// Maximum nesting depth that is kept, below the parser's own limit.
const DEPTH_MAX: usize = 100;

/// Words that programs write for values that JSON does not have.
const WORDS: &[(&str, &str)] = &[
    ("NaN", "null"),
    ("-Infinity", "null"),
    ("Infinity", "null"),
    ("undefined", "null"),
    ("None", "null"),
    ("True", "true"),
    ("False", "false"),
];

/// Reason of a repair of commas.
pub(super) const EXTRA_COMMA: &str = "an extra comma was removed";

/// Repaired JSON and the reasons for the changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mended {
    pub(super) json: String,
    pub(super) reasons: Vec<&'static str>,
}

/// Number of digits of the longest 64-bit integer.
const DIGITS_MAX: usize = 20;

/// Returns `true` if JSON that parses may still contain characters that cannot be stored, or
/// integers that the parser would round.
pub(super) fn is_suspect(json: &str) -> bool {
    json.contains("\\u0000") || has_long_number(json.as_bytes())
}

/// Returns `true` if a run of digits is at least as long as an integer beyond 64 bits.
fn has_long_number(json: &[u8]) -> bool {
    // Every run of that length covers one of these offsets.
    let places = (DIGITS_MAX - 2..json.len()).step_by(DIGITS_MAX - 1);
    places.into_iter().any(|at| {
        let digits = |bytes: &mut dyn Iterator<Item = &u8>| {
            bytes.take_while(|byte| byte.is_ascii_digit()).take(DIGITS_MAX).count()
        };
        let before = digits(&mut json[..at].iter().rev());
        DIGITS_MAX - 1 <= before + digits(&mut json[at..].iter())
    })
}

/// Repairs faults without guessing at the meaning: lone surrogates and U+0000 become U+FFFD,
/// control characters are escaped, invalid backslashes are kept as text, words such as `NaN` or
/// `True` become JSON values, numbers out of range become text or null, extra commas are removed,
/// and values nested too deeply become null.
pub(super) fn mend(json: &str) -> Mended {
    let mut mended = Mended { json: String::with_capacity(json.len()), reasons: Vec::new() };
    let mut rest = json;
    let mut depth = 0_usize;
    while let Some(c) = rest.chars().next() {
        let used = match c {
            '[' | '{' if depth == DEPTH_MAX => mended.nested(rest),
            '[' | '{' => {
                depth += 1;
                mended.json.push(c);
                1
            }
            ']' | '}' => {
                depth = depth.saturating_sub(1);
                mended.json.push(c);
                1
            }
            '"' => mended.string(rest),
            ',' => mended.comma(rest),
            '0'..='9' => mended.number(rest),
            '-' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => mended.number(rest),
            '-' | 'A'..='Z' | 'u' => mended.word(rest),
            _ => {
                mended.json.push(c);
                c.len_utf8()
            }
        };
        rest = &rest[used..];
    }
    mended
}

impl Mended {
    fn note(&mut self, reason: &'static str) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    fn comma(&mut self, rest: &str) -> usize {
        let next = rest[1..].trim_ascii_start().chars().next();
        match next {
            Some(']' | '}' | ',') => self.note(EXTRA_COMMA),
            _ => self.json.push(','),
        }
        1
    }

    /// Replaces a list or object with null; returns its length.
    fn nested(&mut self, rest: &str) -> usize {
        self.json.push_str("null");
        self.note("lists and objects nested too deeply were replaced by null");
        length_of(rest.as_bytes()).unwrap_or(rest.len())
    }

    fn word(&mut self, rest: &str) -> usize {
        let found = WORDS.iter().find(|(word, _)| rest.starts_with(word));
        let Some((word, value)) = found else {
            let c = rest.chars().next().expect("the caller passes a non-empty text");
            self.json.push(c);
            return c.len_utf8();
        };
        self.json.push_str(value);
        self.note("a value that JSON lacks, such as NaN, was replaced by null");
        word.len()
    }

    /// Copies a number. An integer beyond 64 bits becomes text, because it would be rounded. A
    /// number beyond the range of `f64` becomes null.
    fn number(&mut self, rest: &str) -> usize {
        let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
        let number = &rest[..rest.find(|c| !is_of_number(c)).unwrap_or(rest.len())];
        let is_integer = number.bytes().skip(1).all(|byte| byte.is_ascii_digit());
        let fits = number.parse::<u64>().is_ok() || number.parse::<i64>().is_ok();
        if is_integer && !fits && DIGITS_MAX - 1 <= number.len() {
            self.json.push_str(&format!("\"{number}\""));
            self.note("an integer beyond 64 bits was converted to text");
            return number.len();
        }
        match number.parse::<f64>() {
            Ok(value) if value.is_infinite() => {
                self.json.push_str("null");
                self.note("a number that is too large was replaced by null");
            }
            _ => self.json.push_str(number),
        }
        number.len()
    }

    /// Repairs a string with its quotes. An unterminated string extends to the end.
    fn string(&mut self, rest: &str) -> usize {
        self.json.push('"');
        let mut at = 1;
        while let Some(c) = rest[at..].chars().next() {
            match c {
                '"' => {
                    self.json.push('"');
                    return at + 1;
                }
                '\\' => at += self.escape(&rest[at..]),
                '\0' => {
                    self.json.push_str(REPLACEMENT);
                    self.note(NUL);
                    at += 1;
                }
                c if c < ' ' => {
                    self.json.push_str(&format!("\\u{:04x}", u32::from(c)));
                    self.note("control characters within text were escaped");
                    at += 1;
                }
                c => {
                    self.json.push(c);
                    at += c.len_utf8();
                }
            }
        }
        at
    }

    /// Repairs an escape, which begins with a backslash; returns its length.
    fn escape(&mut self, rest: &str) -> usize {
        match rest[1..].chars().next() {
            Some(c @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't')) => {
                self.json.push('\\');
                self.json.push(c);
                2
            }
            Some('u') => self.code_unit(rest),
            _ => {
                self.json.push_str("\\\\");
                self.note("a backslash that escapes nothing was kept as text");
                1
            }
        }
    }

    fn code_unit(&mut self, rest: &str) -> usize {
        const UNIT: usize = "\\u0000".len();
        match unit_of(rest) {
            None => {
                self.json.push_str("\\\\");
                self.note("a backslash that escapes nothing was kept as text");
                1
            }
            Some(0) => {
                self.json.push_str(REPLACEMENT);
                self.note(NUL);
                UNIT
            }
            Some(0xD800..=0xDBFF) if is_low(unit_of(&rest[UNIT..])) => {
                self.json.push_str(&rest[..2 * UNIT]);
                2 * UNIT
            }
            Some(0xD800..=0xDFFF) => {
                self.json.push_str(REPLACEMENT);
                self.note("a lone surrogate was replaced by U+FFFD");
                UNIT
            }
            Some(_) => {
                self.json.push_str(&rest[..UNIT]);
                UNIT
            }
        }
    }
}

const NUL: &str = "U+0000 was replaced by U+FFFD";

fn is_low(unit: Option<u16>) -> bool {
    matches!(unit, Some(0xDC00..=0xDFFF))
}

/// Returns the code unit of the escape `\uXXXX` at the beginning of `rest`.
fn unit_of(rest: &str) -> Option<u16> {
    let digits = rest.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

#[cfg(test)]
mod tests;
