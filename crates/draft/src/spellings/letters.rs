//! Letters that look like those of a field's name.

/// Letters of other alphabets that look like Latin ones, and the Latin letters.
const ALIKE: &[(&str, char)] = &[
    ("\u{430}\u{3b1}\u{251}\u{410}\u{391}", 'a'),
    ("\u{412}\u{392}", 'b'),
    ("\u{441}\u{421}\u{3f2}\u{3f9}", 'c'),
    ("\u{501}\u{1d05}", 'd'),
    ("\u{435}\u{451}\u{415}\u{395}\u{212f}\u{1d07}", 'e'),
    ("\u{210a}\u{261}", 'g'),
    ("\u{4bb}\u{570}\u{41d}\u{397}\u{210e}", 'h'),
    ("\u{456}\u{3b9}\u{131}\u{26a}\u{406}\u{399}", 'i'),
    ("\u{458}\u{3f3}\u{408}", 'j'),
    ("\u{43a}\u{3ba}\u{41a}\u{39a}", 'k'),
    ("\u{43c}\u{41c}\u{39c}", 'm'),
    ("\u{578}\u{39d}", 'n'),
    ("\u{43e}\u{3bf}\u{585}\u{41e}\u{39f}\u{2134}", 'o'),
    ("\u{440}\u{3c1}\u{420}\u{3a1}", 'p'),
    ("\u{51b}", 'q'),
    ("\u{280}\u{433}", 'r'),
    ("\u{455}\u{405}\u{17f}\u{a731}", 's'),
    ("\u{442}\u{422}\u{3a4}\u{3c4}", 't'),
    ("\u{57d}\u{3c5}\u{1d1c}", 'u'),
    ("\u{3bd}\u{475}", 'v'),
    ("\u{51d}\u{461}", 'w'),
    ("\u{445}\u{3c7}\u{425}\u{3a7}", 'x'),
    ("\u{443}\u{423}\u{3a5}", 'y'),
    ("\u{396}", 'z'),
];

/// Returns the ASCII letter or digit that `c` is a form of, as in full-width and mathematical
/// alphabets, or that it looks like. Other characters are returned unchanged.
pub(super) fn letter(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    let code = u32::from(c);
    let nth = |first: char, nth: u32| char::from_u32(u32::from(first) + nth).unwrap_or(c);
    match code {
        0xFF01..=0xFF5E => nth('!', code - 0xFF01),
        // Bold, italic, script and others, each with 26 capital and 26 small letters.
        0x1D400..=0x1D6A3 => match (code - 0x1D400) % 52 {
            capital @ 0..26 => nth('A', capital),
            small => nth('a', small - 26),
        },
        0x1D7CE..=0x1D7FF => nth('0', (code - 0x1D7CE) % 10),
        0x24B6..=0x24CF => nth('A', code - 0x24B6),
        0x24D0..=0x24E9 => nth('a', code - 0x24D0),
        _ => match ALIKE.iter().find(|(these, _)| these.contains(c)) {
            Some((_, latin)) if c.is_uppercase() => latin.to_ascii_uppercase(),
            Some((_, latin)) => *latin,
            None => c,
        },
    }
}
