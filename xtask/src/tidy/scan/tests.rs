//! Tests of the split into code, comments and literals.

use super::*;

/// `expect` marks each character: `c` code, `/` comment, `"` literal.
fn check(text: &str, expect: &str) {
    let marks = |line: &Line| {
        let mark = |((code, comment), literal)| match (code, comment, literal) {
            (' ', ' ', ' ') => ' ',
            (_, ' ', ' ') => 'c',
            (' ', _, ' ') => '/',
            _ => '"',
        };
        let parts = line.code.chars().zip(line.comment.chars()).zip(line.literal.chars());
        parts.map(mark).collect::<String>()
    };
    let found: Vec<String> = scan(text).iter().map(marks).collect();
    assert_eq!(found.join("\n"), expect, "{text}");
}

#[test]
fn comments_end_at_their_delimiter() {
    check("a // b", "c // /");
    check("a /* b */ c", "c // / // c");
    check("/*/*a*/b*/c", "//////////c");
    check("// a\nb", "// /\nc");
}

#[test]
fn strings_hide_code_and_comment_marks() {
    check(r#"f("//")"#, r#"cc""""c"#);
    check(r#""\"a"b"#, r#""""""c"#);
    check("r#\"a\"b\"#c", "\"\"\"\"\"\"\"\"c");
    check("br\"a\"c", "c\"\"\"\"c");
    check("r#type", "cccccc");
}

#[test]
fn characters_are_not_lifetimes() {
    check("'a'b", "\"\"\"c");
    check("'\\''b", "\"\"\"\"c");
    check("'\\u{1f}'b", "\"\"\"\"\"\"\"\"c");
    check("<'a>b'", "cccccc");
    check("'\"'b", "\"\"\"c");
}

#[test]
fn a_line_knows_that_it_begins_inside_a_string() {
    let lines = scan("a(\"b\nc\")\nd");
    let inside: Vec<bool> = lines.iter().map(|line| line.opens_in_literal).collect();
    assert_eq!(inside, [false, true, false]);
}
