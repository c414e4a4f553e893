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
fn utf_16_is_detected_with_and_without_a_mark() {
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
fn incomplete_utf_16_is_detected() {
    for units in [&b"a\0\x00\xd8b\0"[..], b"a\0b\0c"] {
        assert!(stream(&[b"\xFF\xFE", units].concat()).unwrap().0.contains('\u{fffd}'));
    }
    let cyrillic: Vec<u8> =
        "\u{43f}\u{440}\u{438}\u{432}\u{435}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (text, told) = decode(&cyrillic).unwrap();
    assert!(told.is_none() && is_mostly_binary(&text));
    assert!(!is_mostly_binary("a\0b") && !is_mostly_binary("a log of a terminal \u{8} with few"));
}

#[test]
fn invalid_utf_8_is_windows_1252_and_a_few_wrong_bytes_are_replaced() {
    for (bytes, expect, is_told) in [
        (&b"plain"[..], "plain", false),
        ("sch\u{f6}n".as_bytes(), "sch\u{f6}n", false),
        (b"sch\xf6n", "sch\u{f6}n", true),
        (b"\x80 5 \x93quoted\x94", "\u{20ac} 5 \u{201c}quoted\u{201d}", true),
        (b"\xc3\xb6 \xc3\xa9 cut \xc3", "\u{f6} \u{e9} cut \u{fffd}", true),
    ] {
        let (text, told) = decode(bytes).unwrap();
        assert_eq!((&*text, told.is_some()), (expect, is_told));
    }
    assert!(is_binary("a\0b") && is_binary("\u{1}") && !is_binary("a\tb\r\n\u{c}"));
}

#[test]
fn short_utf_16_texts_of_other_scripts_are_detected_without_a_mark() {
    for text in [
        "\u{4e2d}\u{6587}",
        "\u{6211}\u{5728}\u{5317}\u{4eac}\u{3002}",
        "\u{53f0}\u{7063}\u{7684}\u{8336}\u{5f88}\u{597d}\u{ff0c}\u{6211}\u{611b}\u{559d}",
        "\u{79c1}\u{306f}\u{6771}\u{4eac}\u{306b}\u{4f4f}\u{3093}\u{3067}\u{3044}\u{307e}\u{3059}",
        "\u{ac00}\u{ac01} \u{d55c}\u{ad6d}\u{c5b4}",
        "\u{4f1a}\u{8bae}\u{5728} 15 \u{65e5}\n\u{4e0b}\u{5348}",
    ] {
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(stream(&little).unwrap(), (text.to_owned(), Some("UTF-16LE")), "{text}");
        assert_eq!(stream(&big).unwrap(), (text.to_owned(), Some("UTF-16BE")), "{text}");
    }
    // Latin text with accents is not UTF-16.
    for text in [
        "Z\u{fc}rich",
        "caf\u{e9}",
        "\u{e9}t\u{e9}",
        "na\u{ef}ve r\u{e9}sum\u{e9}",
        "\u{c5}ngstr\u{f6}m",
        "S\u{e3}o Paulo",
        "\u{d6}l \u{fc}ber \u{c4}pfel",
        "ma\u{f1}ana",
        "gar\u{e7}on",
        "\u{a3}5",
        "20 \u{b0}C",
    ] {
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap()).collect();
        let (mut bytes, encoding) = {
            let stream = decode_stream(&latin[..]).unwrap();
            (stream.bytes, stream.encoding)
        };
        let mut read = Vec::new();
        bytes.read_to_end(&mut read).unwrap();
        assert_eq!((encoding, decode(&read).unwrap().0.as_ref()), (None, text));
    }
}

#[test]
fn other_encodings_are_refused_by_name() {
    let chinese = "\u{4e2d}\u{6587}\u{7684}\u{4f1a}\u{8bae}";
    let russian = "\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442} \u{43c}\u{438}\u{440}";
    for (encoding, text) in [
        (encoding_rs::GBK, chinese),
        (encoding_rs::BIG5, "\u{53f0}\u{7063}\u{7684}\u{8336}"),
        (encoding_rs::EUC_KR, "\u{d55c}\u{ad6d}\u{c5b4}"),
        (encoding_rs::WINDOWS_1251, russian),
        (encoding_rs::KOI8_R, russian),
    ] {
        let (bytes, ..) = encoding.encode(text);
        let (read, told) = stream_bytes(&bytes);
        assert_eq!(told, None, "{}", encoding.name());
        assert!(decode(&read).unwrap_err().contains("convert it to UTF-8"), "{}", encoding.name());
    }
}

fn stream_bytes(bytes: &[u8]) -> (Vec<u8>, Option<&'static str>) {
    let Stream { mut bytes, encoding, .. } = decode_stream(bytes).unwrap();
    let mut read = Vec::new();
    bytes.read_to_end(&mut read).unwrap();
    (read, encoding)
}
