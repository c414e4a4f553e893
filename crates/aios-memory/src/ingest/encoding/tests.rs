//! Texts in other encodings.

use super::*;

fn stream(bytes: &[u8]) -> io::Result<(String, Option<&'static str>)> {
    let Stream { mut bytes, encoding, is_replaced } = decode_stream(bytes)?;
    let mut text = String::new();
    bytes.read_to_string(&mut text)?;
    assert_eq!(is_replaced.get(), text.contains('\u{fffd}'), "{text}");
    Ok((text, encoding))
}

#[test]
fn utf_16_is_known_with_a_mark_and_without() {
    let text = "[{\"content\": \"sch\u{f6}n \u{1f600}\"}]";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (mark, bytes, name) in [
        (&b"\xFF\xFE"[..], &little, "UTF-16LE"),
        (b"", &little, "UTF-16LE"),
        (b"\xFE\xFF", &big, "UTF-16BE"),
        (b"", &big, "UTF-16BE"),
    ] {
        let (read, encoding) = stream(&[mark, bytes].concat()).unwrap();
        assert_eq!((read.as_str(), encoding), (text, Some(name)));
    }
    for text in ["", "a", "ab", "abc", text] {
        assert_eq!(stream(text.as_bytes()).unwrap(), (text.to_owned(), None));
    }
    let wide: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    assert!(stream(&wide).is_err());
}

#[test]
fn utf_16_that_is_not_whole_is_noticed() {
    for units in [&b"a\0\x00\xd8b\0"[..], b"a\0b\0c"] {
        assert!(stream(&[b"\xFF\xFE", units].concat()).unwrap().0.contains('\u{fffd}'));
    }
    let cyrillic: Vec<u8> =
        "\u{43f}\u{440}\u{438}\u{432}\u{435}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (text, told) = decode(&cyrillic);
    assert!(told.is_none() && is_mostly_binary(&text));
    assert!(!is_mostly_binary("a\0b") && !is_mostly_binary("a log of a terminal \u{8} with few"));
}

#[test]
fn what_is_no_utf_8_is_windows_1252_and_few_wrong_bytes_are_replaced() {
    for (bytes, expect, is_told) in [
        (&b"plain"[..], "plain", false),
        ("sch\u{f6}n".as_bytes(), "sch\u{f6}n", false),
        (b"sch\xf6n", "sch\u{f6}n", true),
        (b"\x80 5 \x93quoted\x94", "\u{20ac} 5 \u{201c}quoted\u{201d}", true),
        (b"\xc3\xb6 \xc3\xa9 cut \xc3", "\u{f6} \u{e9} cut \u{fffd}", true),
    ] {
        let (text, told) = decode(bytes);
        assert_eq!((&*text, told.is_some()), (expect, is_told));
    }
    assert!(is_binary("a\0b") && is_binary("\u{1}") && !is_binary("a\tb\r\n\u{c}"));
}
