//! Pieces read from well-formed and from broken input, byte by byte.

mod broken;

use std::{io::Read, ops::ControlFlow, path::Path};

use aios_draft::{Defaults, Unnamed};

use super::{
    Format, Thinking,
    document::EMPTY,
    lines::LINE_BYTES_MAX,
    piece::Piece,
    reading::{Input, read},
};

/// Returns each piece as `line: text` or `line! problem`; the line of a problem without a place is
/// `-`.
fn pieces(format: Format, name: &str, bytes: impl Read) -> Vec<String> {
    let session = Unnamed::Fixed("here".to_owned());
    let defaults = Defaults { session, ..Defaults::default() };
    let mut found = Vec::new();
    let input = Input {
        bytes,
        name: Some(Path::new(name)),
        format,
        thinking: Thinking::LeftOut,
        defaults: &defaults,
        chunks: &|text| Vec::from_iter(Some(0..text.trim_end().len())),
    };
    read(input, &mut |piece| {
        found.push(match piece {
            Piece::Draft(line, draft) => format!("{line}: {}", draft.text),
            Piece::Skipped { line, reason, .. } => format!("{line}- {reason}"),
            Piece::Mended(line, mend) => format!("{line}~ {}", mend.reason),
            Piece::Failed(Some(line), problem) => format!("{line}! {problem}"),
            Piece::Failed(None, problem) => format!("-! {problem}"),
            Piece::Document(_) | Piece::End => return ControlFlow::Continue(()),
        });
        ControlFlow::Continue(())
    });
    found
}

/// Returns the session, the owner and the text of each message, and the problems.
fn messages(bytes: &str) -> Vec<String> {
    let session = Unnamed::Fixed("here".to_owned());
    let defaults = Defaults { session, ..Defaults::default() };
    let mut found = Vec::new();
    let input = Input {
        bytes: bytes.as_bytes(),
        name: Some(Path::new("file.jsonl")),
        format: Format::Auto,
        thinking: Thinking::LeftOut,
        defaults: &defaults,
        chunks: &|text| Vec::from_iter(Some(0..text.len())),
    };
    read(input, &mut |piece| {
        match piece {
            Piece::Draft(_, draft) => found.push(format!(
                "{} {} {}",
                draft.scope.session.unwrap_or_default(),
                draft.scope.user.unwrap_or("-".to_owned()),
                draft.text
            )),
            Piece::Failed(_, problem) => found.push(format!("! {problem}")),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    found
}

fn check(format: Format, bytes: &[u8], expect: &[&str]) {
    assert_eq!(pieces(format, "file", bytes), expect, "{}", String::from_utf8_lossy(bytes));
}

#[test]
fn a_broken_line_costs_that_line() {
    check(
        Format::Jsonl,
        b"{\"text\": \"one\"}\n\n{\"text\": \n[1]\n{\"txt\": \"x\"}\n{\"text\": \"\xff\"\
          }\n{\"text\": \"two\"}",
        &[
            "1: one",
            "3! truncated JSON at column 8: EOF while parsing a value",
            "4! expected an object with a text (text, content, body, message, memory, \
             page_content, message_text, msg, fact)",
            "5! missing text; expected one of text, content, body, message, memory, \
             page_content, message_text, msg, fact",
            "6: \u{ff}",
            "7: two",
        ],
    );
}

#[test]
fn each_list_of_messages_is_a_conversation_of_its_own() {
    let one =
        r#"[{"role": "user", "content": "one", "user": "ada"}, {"role": "user", "content": "1"}]"#;
    let two = r#"[{"role": "user", "content": "two"}]"#;
    let three = r#"{"messages": [{"role": "user", "content": "three"}]}"#;
    let own = ["here ada one", "here ada 1"];
    let lines = |lines: &[&str]| lines.join("\n");
    assert_eq!(messages(one), own);
    assert_eq!(messages(&lines(&[one, two])), [own[0], own[1], "here/2 - two"]);
    assert_eq!(
        messages(&lines(&[one, three, two])),
        [own[0], own[1], "here/2 - three", "here/3 - two"]
    );
    assert_eq!(
        messages(&lines(&[three, one, two])),
        ["here - three", "here/2 ada one", "here/2 ada 1", "here/3 - two"]
    );
    for (first, second, texts) in [
        (
            r#"[{"type": "human", "data": {"content": "a", "user": "ada"}}]"#,
            r#"[{"type": "ai", "data": {"content": "b"}}]"#,
            ["here ada a", "here/2 - b"],
        ),
        (
            r#"[{"from": "human", "value": "a", "user": "ada"}]"#,
            r#"[{"from": "gpt", "value": "b"}]"#,
            ["here ada a", "here/2 - b"],
        ),
        (
            r#"[{"type": "reasoning", "summary": []}, {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}], "user": "ada"}]"#,
            r#"[{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "b"}]}]"#,
            ["here ada a", "here/2 - b"],
        ),
    ] {
        assert_eq!(messages(&lines(&[first, second])), texts);
    }
    // Messages on lines are one conversation, even with a list between them.
    let line = r#"{"role": "user", "content": "four"}"#;
    assert_eq!(
        messages(&lines(&[line, two, line])),
        ["here - four", "here/2 - two", "here - four"]
    );
}

#[test]
fn a_text_beside_no_messages_is_a_record() {
    let skipped = "1- a conversation without messages";
    let left_out = format!("{skipped}; left out: `summary`, `title`");
    for (text, expect) in [
        (r#"{"text": "important", "messages": []}"#, vec!["1: important"]),
        (
            r#"{"text": "important", "messages": [{"role": "user", "content": ""}]}"#,
            vec!["1: important", "1- `content` is empty"],
        ),
        (r#"{"title": "t", "messages": [], "summary": "s"}"#, vec![&left_out]),
        (r#"{"text": " ", "messages": []}"#, vec![skipped]),
        (r#"{"messages": []}"#, vec![skipped]),
        (r#"{"text": "x", "messages": [{"role": "user", "content": "one"}]}"#, vec!["1: one"]),
    ] {
        for name in ["a.json", "a.jsonl"] {
            for format in [Format::Auto, Format::Chat] {
                let mut found = pieces(format, name, text.as_bytes());
                found.sort_by_key(|it| it.contains("- "));
                assert_eq!(found, expect, "{name} {format:?}: {text}");
            }
        }
    }
}

#[test]
fn a_line_of_fifty_megabytes_costs_that_line() {
    let long = std::io::repeat(b'x').take(50_000_000);
    let bytes = (&b"{\"text\": \"one\"}\n"[..]).chain(long).chain(&b"\n{\"text\": \"two\"}\n"[..]);
    let expect = [
        "1: one".to_owned(),
        format!("2! the line has 50000000 bytes, more than {LINE_BYTES_MAX}"),
        "3: two".to_owned(),
    ];
    assert_eq!(pieces(Format::Jsonl, "file", bytes), expect);
}

#[test]
fn elements_before_a_truncation_are_read() {
    for format in [Format::Chat, Format::Auto] {
        check(
            format,
            b"[\n{\"content\": \"one\"},\n{\"content\": 7},\n{\"content\": \"two\"},\n{\"cont",
            &[
                "2: one",
                "3: 7",
                "4: two",
                "5! truncated JSON at column 6: EOF while parsing a string",
            ],
        );
        check(
            format,
            b"{\"title\": \"t\", \"messages\": [{\"role\": \"user\", \"content\": \"one\"}, {",
            &["1: one", "1! truncated JSON at column 65: EOF while parsing an object"],
        );
    }
    check(
        Format::Locomo,
        b"[{\"sample_id\": \"c\", \"conversation\": {\"session_1\": [{\"speaker\": \"A\"\
          , \"text\": \"one\"}]}},\n{\"sample",
        &["1: one", "2! truncated JSON at column 8: EOF while parsing a string"],
    );
}

#[test]
fn documents_of_another_shape_are_reported() {
    check(
        Format::Chat,
        b"7",
        &["1! expected a list of messages, or {\"messages\": [...]}, not `7`"],
    );
    check(Format::Chat, b"{\"x\": 1}", &["1! the object has no `messages`"]);
    check(
        Format::Chat,
        b"[] x\nmore\n[{\"content\": \"one\"}]",
        &["1! expected a list of messages, or {\"messages\": [...]}, not `x`", "3: one"],
    );
    check(
        Format::Locomo,
        b"[{\"x\": 1}]",
        &["1! the format is not `locomo`: a `sample_id` with a `conversation` is missing"],
    );
    check(Format::Auto, b"[]", &[]);
    check(Format::Auto, b"[{\"messages\": [{\"content\": \"one\"}]}]", &["1: one"]);
}

#[test]
fn empty_and_binary_inputs_are_reported() {
    let formats =
        [Format::Auto, Format::Locomo, Format::Chat, Format::Jsonl, Format::Markdown, Format::Text];
    for format in formats {
        check(format, b"", &[&format!("-! {EMPTY}")]);
        check(format, b" \n", &[&format!("-! {EMPTY}")]);
    }
    let binary = "-! not text; convert it to text, Markdown or JSON first";
    check(Format::Text, b"\x7fELF\x01\xff\x02", &[binary]);
    check(
        Format::Auto,
        b"\x00\x00\xfe\xff\x00\x00\x00a",
        &["-! UTF-32 is not supported; convert it to UTF-8 first"],
    );
    check(Format::Auto, b"Dear diary. It rained.", &["1: Dear diary. It rained."]);
    let directory = std::fs::File::open(std::env::temp_dir()).unwrap();
    let found = pieces(Format::Auto, "tmp", directory);
    assert_eq!(found, ["-! expected a file, not a directory"]);
}

#[test]
fn a_byte_order_mark_is_not_content() {
    check(Format::Jsonl, b"\xEF\xBB\xBF{\"text\": \"one\"}", &["1: one"]);
    check(Format::Chat, b"\xEF\xBB\xBF[{\"content\": \"one\"}]", &["1: one"]);
    check(Format::Text, b"\xEF\xBB\xBFone", &["1: one"]);
}

#[test]
fn records_are_read_with_any_line_ending_and_separator() {
    let spread = "{\n  \"text\": \"one\"\n}\n{\n  \"text\": \"two\",\n  \"x\": {\n  }\n}\n";
    for (name, text, lines) in [
        ("a.jsonl", spread, [1, 4]),
        ("a.jsonl", "{\"text\": \"one\"}\r{\"text\": \"two\"}\r", [1, 1]),
        ("a.jsonl", "\u{1e}{\"text\": \"one\"}\n\u{1e}{\"text\": \"two\"}\n", [1, 2]),
        ("a.jsonl", "\u{feff}{\"text\": \"one\"}\n\u{feff}{\"text\": \"two\"}\n", [1, 2]),
        ("a.jsonl", "[{\"text\": \"one\"}]\n[{\"text\": \"two\"}]\n", [1, 2]),
        ("a.json", "\u{feff}[{\"text\": \"one\"}]\n\u{feff}[{\"text\": \"two\"}]\n", [1, 2]),
        ("a.txt", "{\"text\": \"one\"}\n{\"text\": \"two\"}\n", [1, 2]),
        ("a.md", "[{\"text\": \"one\"},\n{\"text\": \"two\"}]\n", [1, 2]),
        ("a", "[{\"text\": \"one\"},\n{\"text\": \"two\"}]\n", [1, 2]),
    ] {
        let expect = [format!("{}: one", lines[0]), format!("{}: two", lines[1])];
        assert_eq!(pieces(Format::Auto, name, text.as_bytes()), expect, "{name}: {text}");
    }
    let put_together = "# A\n\none\n\u{feff}# B\n\ntwo\n";
    let found = pieces(Format::Markdown, "a.md", put_together.as_bytes());
    assert_eq!(found, ["1: # A\n\none", "4: # B\n\ntwo"]);
}

#[test]
fn commas_between_records_are_read_as_they_were_meant() {
    let lines = "{\"text\": \"one\"},\n{\"text\": \"two\"}, \n[{\"text\": \"three\"}],\n";
    for name in ["a.jsonl", "a.json", "a"] {
        let found = pieces(Format::Auto, name, lines.as_bytes());
        let texts: Vec<&String> = found.iter().filter(|it| !it.contains('~')).collect();
        assert_eq!(texts, ["1: one", "2: two", "3: three"], "{name}");
    }
}

#[test]
fn broken_utf_16_is_reported_and_undetected_utf_16_is_refused() {
    let units =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let odd = [b"\xFF\xFE", &units("one")[..], b"\x00\xD8", &units(" two")[..], b"x"].concat();
    let found = pieces(Format::Text, "a.txt", &odd[..]);
    assert_eq!(found[1], "1: one\u{fffd} two\u{fffd}");
    assert!(found[2].starts_with("1~ invalid UTF-16"), "{found:?}");
    let cyrillic = units("\u{43f}\u{440}\u{438}\u{432}\u{435}\u{442}");
    let found = pieces(Format::Auto, "a.txt", &cyrillic[..]);
    assert_eq!(found, ["-! not text; convert it to text, Markdown or JSON first"]);
}

#[test]
fn a_number_out_of_range_does_not_cost_its_record() {
    let text = b"{\"text\": \"one\", \"timestamp\": 1e999}\n{\"text\": \"two\", \"score\": -1e999}";
    check(Format::Jsonl, text, &["1: one", "2: two"]);
}

#[test]
fn an_integer_beyond_64_bits_keeps_its_digits() {
    for digits in [
        "18446744073709551616",
        "123456789012345678901234567890",
        "-9223372036854775809",
        "100000000000000000001",
    ] {
        let lines = format!("{{\"role\": \"user\", \"content\": \"x\", \"id\": {digits}}}\n");
        let session = Unnamed::Fixed("s".to_owned());
        let defaults = Defaults { session, ..Defaults::default() };
        let chunks = |text: &str| Vec::from_iter(Some(0..text.len()));
        let input = Input {
            bytes: lines.as_bytes(),
            name: Some(Path::new("x.jsonl")),
            format: Format::Auto,
            thinking: Thinking::LeftOut,
            defaults: &defaults,
            chunks: &chunks,
        };
        let mut ids = Vec::new();
        read(input, &mut |piece| {
            if let Piece::Draft(_, draft) = piece {
                ids.extend(draft.external_id);
            }
            ControlFlow::Continue(())
        });
        assert_eq!(ids, [digits]);
    }
    for kept in ["18446744073709551615", "-9223372036854775808", "0.12345678901234567890123"] {
        let json = format!("[{kept}, \"{kept}\"]");
        assert_eq!(super::mend::mend(&json).json, json);
    }
}
