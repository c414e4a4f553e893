//! Which format a file is taken for.

use super::*;

#[test]
fn names_count_before_content() {
    for (name, head, expect) in [
        ("a.jsonl", "", Layout::JsonLines),
        ("a.NDJSON", "[", Layout::JsonLines),
        ("a.md", "[{", Layout::Markdown),
        ("a.txt", "{}", Layout::Text),
        ("a.json", "not json", Layout::Json),
        ("a.json", "", Layout::Json),
        ("a.json", "[\n {\"role\"", Layout::Json),
        ("a.json", "{\"messages\": []}", Layout::Json),
        ("a.json", "{\n  \"messages\"", Layout::Json),
        ("a.json", "{\"text\": \"x\"}\n{\"text\"", Layout::JsonLines),
        ("-", "\u{feff} {\"text\": \"x\"}", Layout::JsonLines),
        ("-", "[]", Layout::Json),
        ("-", "[todo] buy milk", Layout::Text),
        ("-", "Dear diary", Layout::Text),
        ("notes", "", Layout::Text),
    ] {
        assert_eq!(detect(Some(Path::new(name)), head.as_bytes()), expect, "{name}: {head}");
    }
}
