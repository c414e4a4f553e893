//! Detects UTF-16 without a byte order mark in scripts other than Latin, by the decoded text.

use encoding_rs::{BIG5, EUC_KR, Encoding, GBK, SHIFT_JIS, UTF_16BE, UTF_16LE};

/// Minimum share of characters of such scripts in a text, in percent.
const SHARE_MIN: usize = 90;

/// Minimum number of characters of such scripts.
const CHARS_MIN: usize = 2;

/// East Asian character sets, with the first bytes of their common characters.
const COMMON: &[(&Encoding, std::ops::RangeInclusive<u8>)] =
    &[(GBK, 0xB0..=0xD7), (BIG5, 0xA4..=0xC6), (SHIFT_JIS, 0x88..=0x97), (EUC_KR, 0xCA..=0xFD)];

/// The character set of Hangul, with the first bytes of its common characters.
const COMMON_HANGUL: (&Encoding, std::ops::RangeInclusive<u8>) = (EUC_KR, 0xB0..=0xC8);

/// Letters of scripts that do not occur in sequence by chance if Latin text is read as UTF-16.
const SCRIPTS: &[std::ops::RangeInclusive<char>] = &[
    '\u{370}'..='\u{3ff}',
    '\u{400}'..='\u{52f}',
    '\u{590}'..='\u{5ff}',
    '\u{600}'..='\u{6ff}',
    '\u{900}'..='\u{97f}',
    '\u{e00}'..='\u{e7f}',
    '\u{3040}'..='\u{30ff}',
    '\u{ac00}'..='\u{d7a3}',
];

/// Returns the byte order in which a text is UTF-16, if its letters determine it.
pub(super) fn utf_16(sample: &[u8]) -> Option<&'static Encoding> {
    let says = |encoding: &&'static Encoding| {
        let whole = &sample[..sample.len() & !1];
        let (text, has_faults) = encoding.decode_without_bom_handling(whole);
        // The sample may end within a surrogate pair.
        !has_faults && is_text(&text)
    };
    let mut orders = [UTF_16LE, UTF_16BE].into_iter().filter(says);
    let found = orders.next();
    found.filter(|_| orders.next().is_none())
}

fn is_text(text: &str) -> bool {
    let letters: Vec<char> = text.chars().filter(|c| !is_between(*c)).collect();
    let of_script = |c: &&char| is_han(**c) || SCRIPTS.iter().any(|script| script.contains(*c));
    let found = letters.iter().filter(of_script).count();
    if found < CHARS_MIN || found * 100 < letters.len() * SHARE_MIN {
        return false;
    }
    let of = |is: fn(char) -> bool| letters.iter().copied().filter(|c| is(*c)).collect::<String>();
    let (han, hangul) = (of(is_han), of(is_hangul));
    let (set, first) = COMMON_HANGUL;
    are_common(&hangul, set, &first)
        && COMMON.iter().any(|(set, first)| are_common(&han, set, first))
}

/// Returns `true` for characters that occur between words in any script.
fn is_between(c: char) -> bool {
    c.is_ascii_digit()
        || matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{2010}'..='\u{2027}' | '\u{3000}'..='\u{3020}'
            | '\u{ff01}'..='\u{ff5e}')
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}')
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}

/// Returns `true` if nearly all of these characters are common ones of a set.
fn are_common(letters: &str, set: &'static Encoding, first: &std::ops::RangeInclusive<u8>) -> bool {
    let is_common = |c: &char| {
        let text = c.to_string();
        let (bytes, _, is_lacking) = set.encode(&text);
        !is_lacking && bytes.len() == 2 && first.contains(&bytes[0])
            // The larger sets that extend these have lower second bytes.
            && (set != EUC_KR || 0xA1 <= bytes[1])
    };
    let common = letters.chars().filter(is_common).count();
    letters.chars().count() * SHARE_MIN <= common * 100
}
