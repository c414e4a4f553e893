//! Round trips of each format: a test writer writes a conversation, and the reader returns it.

mod broken_parts;
mod exchange;
mod fixtures;
mod hosts;
mod lines;
mod mutations;
mod one_owner;
mod owners;
mod parts_alone;
mod roundtrip;
mod speakers;
mod tools;
mod writers;

use std::{ops::ControlFlow, path::Path};

use aios_draft::{Defaults, Draft, Unnamed};
use serde_json::{Value, json};

use crate::ingest::{
    Format, Thinking,
    formats::table::FORMATS,
    piece::Piece,
    reading::{Input, read},
};

/// Outcome of reading a file.
#[derive(Debug, Default)]
struct Read {
    drafts: Vec<Draft>,
    /// Skipped rows, by reason.
    skipped: Vec<(String, u64)>,
    failed: Vec<String>,
}

impl Read {
    fn of(kind: aios_record::Kind, drafts: &[Draft]) -> Vec<&Draft> {
        drafts.iter().filter(|draft| draft.kind == kind).collect()
    }

    fn messages(&self) -> Vec<&Draft> {
        Read::of(aios_record::Kind::Message, &self.drafts)
    }

    fn calls(&self) -> Vec<&Draft> {
        Read::of(aios_record::Kind::ToolCall, &self.drafts)
    }

    /// Returns each message as `role: text`.
    fn said(&self) -> Vec<String> {
        let role = |draft: &Draft| draft.role.clone().unwrap_or_default();
        self.messages().iter().map(|it| format!("{}: {}", role(it), it.text)).collect()
    }

    /// Returns each message as `speaker: text`.
    fn spoken(&self) -> Vec<String> {
        let name = |draft: &Draft| draft.name.clone().unwrap_or_default();
        self.messages().iter().map(|it| format!("{}: {}", name(it), it.text)).collect()
    }

    /// Returns each note as `title: text`.
    fn noted(&self) -> Vec<String> {
        let notes = Read::of(aios_record::Kind::Note, &self.drafts);
        let title = |draft: &Draft| {
            let kept = draft.metadata.get("title").and_then(Value::as_str).map(str::to_owned);
            draft.title.clone().or(kept).unwrap_or_default()
        };
        notes.iter().map(|it| format!("{}: {}", title(it), it.text)).collect()
    }

    /// Returns the titles of the sessions that have one.
    fn titles(&self) -> Vec<&str> {
        let sessions = Read::of(aios_record::Kind::Session, &self.drafts);
        sessions.iter().map(|it| it.text.as_str()).filter(|it| !it.is_empty()).collect()
    }
}

fn read_as(format: Format, thinking: Thinking, name: &str, bytes: &[u8]) -> Read {
    let session = Unnamed::Fixed("here".to_owned());
    let defaults = Defaults { session, ..Defaults::default() };
    let mut found = Read::default();
    let input = Input {
        bytes,
        name: Some(Path::new(name)),
        format,
        thinking,
        defaults: &defaults,
        chunks: &|text| Vec::from_iter(Some(0..text.len())),
    };
    read(input, &mut |piece| {
        match piece {
            Piece::Draft(_, draft) => found.drafts.push(*draft),
            Piece::Skipped { rows, reason, .. } => found.skipped.push((reason, rows)),
            Piece::Mended(line, mend) => found.failed.push(format!("{line}~ {}", mend.reason)),
            Piece::Failed(_, refusal) => found.failed.push(refusal.reason),
            Piece::Document(_) | Piece::End => {}
        }
        ControlFlow::Continue(())
    });
    found
}

/// Reads a file of this name with the detected format.
fn read_auto(name: &str, text: &str) -> Read {
    read_as(Format::Auto, Thinking::LeftOut, name, text.as_bytes())
}

#[test]
fn every_format_has_one_description_and_a_line_of_help() {
    let all: Vec<Format> = Format::all().collect();
    for format in &all {
        assert_eq!(all.iter().filter(|it| *it == format).count(), 1, "{format:?}");
        assert!(!format.about().is_empty() && format.name() == format.name().to_lowercase());
    }
    // A variant without a description fails to compile here.
    let count = |format: Format| match format {
        Format::Auto
        | Format::ChatGpt
        | Format::Claude
        | Format::ClaudeCode
        | Format::Codex
        | Format::OpenClaw
        | Format::Gemini
        | Format::Responses
        | Format::OpenAi
        | Format::LangChain
        | Format::ShareGpt
        | Format::LongMemEval
        | Format::Locomo
        | Format::McpMemory
        | Format::Mem0
        | Format::Chat
        | Format::Jsonl
        | Format::Markdown
        | Format::Text => 19,
    };
    assert_eq!(FORMATS.len(), count(Format::Auto));
}

#[test]
fn an_unrecognised_file_is_reported_with_a_guess_and_the_known_formats() {
    let export = json!([{"title": "x", "create_time": 1.5, "current_node": "a"}]);
    let read = read_auto("conversations.json", &export.to_string());
    let [problem] = read.failed.as_slice() else { panic!("{read:?}") };
    assert!(problem.contains("looks like `chatgpt`, but `mapping` is missing"), "{problem}");
    for format in Format::all().filter(|it| *it != Format::Auto) {
        assert!(problem.contains(format.name()), "{problem}: {format:?}");
    }
    let read = read_auto("x.json", "{\"colour\": \"red\"}");
    assert!(read.failed[0].contains("its fields are colour; known formats are"), "{read:?}");
    let read = read_as(Format::Claude, Thinking::LeftOut, "x.json", b"[{\"mapping\": {}}]");
    assert_eq!(read.failed, ["the format is `chatgpt`, not `claude`; omit `--format`"]);
    let read = read_as(Format::Claude, Thinking::LeftOut, "x.json", b"[{\"x\": 1}]");
    assert_eq!(read.failed, ["the format is not `claude`: `chat_messages` is missing"]);
}

#[test]
fn several_formats_may_follow_each_other_in_one_stream() {
    let export = json!([{"conversation_id": "c", "title": "One", "current_node": "n", "mapping": {
        "n": {"message": {"id": "n", "author": {"role": "user"},
            "content": {"content_type": "text", "parts": ["first"]}}, "parent": null}}}]);
    let other = json!([{"uuid": "d", "name": "Two", "chat_messages": [
        {"uuid": "m", "sender": "human", "text": "second"}]}]);
    let read = read_auto("all.json", &format!("{export}\n{other}\n{export}"));
    assert_eq!(read.said(), ["user: first", "user: second", "user: first"], "{read:?}");
    assert_eq!(read.titles(), ["One", "Two", "One"]);
}

#[test]
fn an_owner_that_a_file_names_is_never_dropped() {
    let row = |user: Option<&str>, id: &str| {
        let mut row = json!({"type": "user", "uuid": id, "parentUuid": null, "sessionId": "s",
            "message": {"role": "user", "content": id}});
        if let Some(user) = user {
            row["user_id"] = user.into();
        }
        row.to_string()
    };
    // Rows without an owner belong to the conversation whose owner was named before.
    let rows = [row(Some("alice"), "a"), row(None, "b"), row(Some("bob"), "c")].join("\n");
    let read = read_auto("s.jsonl", &rows);
    let owners: Vec<_> = read.messages().iter().map(|it| it.scope.user.clone()).collect();
    assert_eq!(owners, [Some("alice".into()), Some("alice".into()), Some("bob".into())]);

    // The account of an export is an artefact.
    let export = json!([{"uuid": "c", "name": "", "account": {"uuid": "acc"}, "chat_messages": [
        {"uuid": "m", "sender": "human", "text": "hello"}]}]);
    let read = read_auto("conversations.json", &export.to_string());
    assert_eq!((read.messages()[0].scope.user.clone(), read.failed.len()), (None, 0), "{read:?}");

    // One list may hold memories of several people.
    let memories = json!({"results": [{"id": "1", "memory": "likes rye", "user_id": "alice"},
        {"id": "2", "memory": "likes oats"}]});
    let read = read_auto("mem0.json", &memories.to_string());
    let owners: Vec<_> = read.drafts.iter().map(|it| it.scope.user.as_deref()).collect();
    assert_eq!(owners, [Some("alice"), None]);
}

#[test]
fn thinking_is_left_out_by_default() {
    let row = json!({"role": "assistant", "id": "m", "content": [
        {"type": "thinking", "thinking": "It might rain."}, {"type": "text",
            "text": "Take a coat."}]});
    let text = row.to_string();
    let read = |thinking| read_as(Format::Auto, thinking, "x.jsonl", text.as_bytes()).said();
    assert_eq!(read(Thinking::LeftOut), ["assistant: Take a coat."]);
    let kept = ["thinking: It might rain.", "assistant: Take a coat."];
    assert_eq!(read(Thinking::Kept), kept);
}

fn lines(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}
