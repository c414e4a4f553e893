//! Detected layouts of files.

use super::*;

#[test]
fn recognised_content_takes_precedence_over_the_name() {
    for (name, head, expect) in [
        ("a.jsonl", "", Layout::JsonLines),
        ("a.NDJSON", "{\"a\": 1}\n{\"a\"", Layout::JsonLines),
        ("a.jsonl", "{\"a\": \n{\"a\": 1}\n", Layout::JsonLines),
        ("a.jsonl", "{\"a\": \"\n{\"a\": 1}\n", Layout::JsonLines),
        ("a.jsonl", "\u{1e}{\"a\": 1}\n\u{1e}{\"a\": 2}\n", Layout::JsonLines),
        ("a.jsonl", "{\n  \"text\": \"x\"\n}\n{\n", Layout::Records),
        ("a.jsonl", "{\n  \"text\": \"x\",\n  \"more\": {\n", Layout::Records),
        ("a.jsonl", "{\"text\": \"x\"}\r{\"text\": \"y\"}\r", Layout::Records),
        ("a.jsonl", "[{\"text\": \"x\"}]\n[{\"text\": \"y\"}]\n", Layout::Json),
        ("a.jsonl", "[\n{\"text\": \"x\"},\n", Layout::Json),
        ("a.md", "[{\"role\": \"user\", \"content\": \"x\"}]", Layout::Json),
        ("a.txt", "{\n \"messages\": []\n}", Layout::Json),
        ("a.txt", "{\"mapping\": {\"cut", Layout::Json),
        ("a.txt", "{\"role\": \"user\", \"content\": \"x\"}\n", Layout::JsonLines),
        ("a.txt", "{\"name\": \"a package\", \"version\": 1}", Layout::Text),
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
