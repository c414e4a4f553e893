//! Markup that is not displayed as text: entities, tags, emphasis, links, and the marks that quote
//! or comment a line.

/// Maximum length of a tag, comment or link address, in bytes.
const MARKUP_BYTES_MAX: usize = 240;

/// Returns the length of the markup that starts at `at`, and the character that it represents, if
/// any.
pub(super) fn at(text: &str, at: usize) -> Option<(usize, Option<char>)> {
    let rest = &text.as_bytes()[at..];
    let previous = at.checked_sub(1).map(|before| text.as_bytes()[before]);
    match rest[0] {
        b'&' => entity(&text[at..]).map(|(length, c)| (length, Some(c))),
        b'<' => tag(rest),
        b'*' | b'`' | b'~' => Some((1, None)),
        // Emphasis is at the edge of a word, the underscore of a name inside one.
        b'_' if !is_word(previous) || !is_word(rest.get(1).copied()) => Some((1, None)),
        b'[' => link_end(rest).map(|_| (1, None)),
        b']' if rest.get(1) == Some(&b'(') => {
            let end = rest.iter().take(MARKUP_BYTES_MAX).position(|&b| b == b')' || b == b'\n')?;
            (rest[end] == b')').then_some((end + 1, None))
        }
        b'\n' => {
            let marks = line_marks(&rest[1..]);
            (0 < marks).then_some((1 + marks, Some('\n')))
        }
        _ => None,
    }
}

fn is_word(byte: Option<u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii())
}

/// Returns the length of an entity and its character. Named entities are those that hide or
/// separate letters, or that spell markup.
fn entity(text: &str) -> Option<(usize, char)> {
    const ENTITY_BYTES_MAX: usize = 12;
    const NAMED: &[(&str, char)] = &[
        ("amp", '&'),
        ("apos", '\''),
        ("colon", ':'),
        ("emsp", ' '),
        ("ensp", ' '),
        ("gt", '>'),
        ("lowbar", '_'),
        ("lt", '<'),
        ("nbsp", ' '),
        ("NewLine", '\n'),
        ("quot", '"'),
        ("shy", '\u{AD}'),
        ("Tab", '\t'),
        ("thinsp", ' '),
        ("zwj", '\u{200D}'),
        ("zwnj", '\u{200C}'),
    ];
    let end = text.bytes().take(ENTITY_BYTES_MAX).position(|byte| byte == b';')?;
    let name = &text[1..end];
    let c = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
        None => NAMED.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((end + 1, c))
}

/// Returns the length of a tag or comment. A tag that breaks lines represents a space.
fn tag(rest: &[u8]) -> Option<(usize, Option<char>)> {
    const BREAKS: &[&[u8]] = &[b"br", b"p", b"div", b"li", b"td", b"tr", b"hr", b"ul", b"ol"];
    let first = *rest.get(1)?;
    if !first.is_ascii_alphabetic() && first != b'/' && first != b'!' {
        return None;
    }
    let end = rest.iter().take(MARKUP_BYTES_MAX).position(|&byte| byte == b'>')?;
    let name = rest[1..end].strip_prefix(b"/").unwrap_or(&rest[1..end]);
    let length = name.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(name.len());
    let is_break = BREAKS.iter().any(|known| name[..length].eq_ignore_ascii_case(known));
    Some((end + 1, is_break.then_some(' ')))
}

/// Returns the end of the text of the link whose bracket `rest` starts with.
fn link_end(rest: &[u8]) -> Option<usize> {
    let within = rest.iter().take(MARKUP_BYTES_MAX);
    let end = within.skip(1).position(|byte| matches!(byte, b']' | b'[' | b'\n'))? + 1;
    (rest[end] == b']' && rest.get(end + 1) == Some(&b'(')).then_some(end)
}

/// Returns the length of the marks at the start of a line that quote or comment it.
fn line_marks(line: &[u8]) -> usize {
    let is_mark = |byte: &u8| matches!(byte, b'>' | b'#' | b'/' | b';' | b'|' | b' ' | b'\t');
    let marks = line.iter().take(MARKUP_BYTES_MAX).take_while(|byte| is_mark(byte)).count();
    // White space alone separates words already.
    if line[..marks].iter().all(u8::is_ascii_whitespace) { 0 } else { marks }
}
