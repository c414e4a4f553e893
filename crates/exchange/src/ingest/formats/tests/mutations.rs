//! Current and former shapes of each format, and edge cases.

use serde_json::{Value, json};

use super::{lines, read_auto};
use crate::ingest::{Format, Thinking};

fn node(id: &str, parent: Option<&str>, role: &str, text: &str, time: Value) -> (String, Value) {
    let message = json!({"id": id, "author": {"role": role}, "create_time": time,
        "content": {"content_type": "text", "parts": [text]}});
    (id.to_owned(), json!({"id": id, "message": message, "parent": parent}))
}

fn chatgpt(nodes: impl IntoIterator<Item = (String, Value)>, current: Value) -> String {
    let mapping = Value::Object(nodes.into_iter().collect());
    json!([{"title": "t", "id": "c", "mapping": mapping, "current_node": current}]).to_string()
}

#[test]
fn chatgpt_without_a_current_node_is_read_from_the_newest_leaf() {
    let nodes = || {
        [
            node("a", None, "user", "question", json!(1.0)),
            node("b", Some("a"), "assistant", "older", json!(2.0)),
            node("c", Some("a"), "assistant", "newer", json!(3.5)),
        ]
    };
    for current in [Value::Null, json!("gone")] {
        let read = read_auto("conversations.json", &chatgpt(nodes(), current));
        assert_eq!(read.said(), ["user: question", "assistant: newer"]);
    }
    let read = read_auto("conversations.json", &chatgpt(nodes(), json!("b")));
    assert_eq!(read.said(), ["user: question", "assistant: older"]);
}

#[test]
fn a_cycle_in_a_tree_ends() {
    let nodes = [
        node("a", Some("b"), "user", "one", json!(1)),
        node("b", Some("a"), "assistant", "two", json!(2)),
    ];
    let read = read_auto("conversations.json", &chatgpt(nodes, json!("b")));
    assert_eq!(read.said(), ["user: one", "assistant: two"]);
}

#[test]
fn chatgpt_attachments_are_named_and_settings_are_skipped() {
    let message = |id: &str, parent: Value, content: Value, metadata: Value| {
        let message = json!({"id": id, "author": {"role": "user"}, "content": content,
            "metadata": metadata, "create_time": 1.5});
        (id.to_owned(), json!({"message": message, "parent": parent}))
    };
    let image =
        json!({"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_1"});
    let audio = json!({"content_type": "audio_transcription", "text": "hello there"});
    let parts = json!({"content_type": "multimodal_text", "parts": [image, audio, "look"]});
    let attached = json!({"attachments": [
        {"id": "file_1", "name": "label.png", "mimeType": "image/png", "size": 7},
        {"id": "file_2", "name": "plan.pdf", "mimeType": "application/pdf"}]});
    let thoughts =
        json!({"content_type": "thoughts", "thoughts": [{"summary": "s", "content": "t"}]});
    let context = json!({"content_type": "user_editable_context", "user_profile": "I am Ada"});
    let nodes = [
        message("a", Value::Null, context, json!({"is_visually_hidden_from_conversation": true})),
        message("b", json!("a"), parts, attached),
        message("c", json!("b"), thoughts, json!({})),
    ];
    let read = read_auto("conversations.json", &chatgpt(nodes, json!("c")));
    let expect = "user: [image: label.png]\nhello there\nlook\n[file: plan.pdf]";
    assert_eq!(read.said(), [expect]);
    let reasons: Vec<&str> = read.skipped.iter().map(|(reason, _)| reason.as_str()).collect();
    assert_eq!(reasons, ["hidden from the conversation", "thinking (kept with `--thinking`)"]);
}

#[test]
fn parts_of_every_vocabulary_are_read() {
    let base64 = "iVBORw0KGgo".repeat(100);
    for (content, expect) in [
        (
            json!([{"type": "image", "source": {"type": "base64", "media_type": "image/png",
                "data": base64}}]),
            "[image: image/png]",
        ),
        (
            json!([{"type": "image_url",
                "image_url": {"url": format!("data:image/jpeg;base64,{base64}")}}]),
            "[image: image/jpeg]",
        ),
        (
            json!([{"type": "image_url", "image_url": {"url": "https://x.example/cat.png"}}]),
            "[image: https://x.example/cat.png]",
        ),
        (
            json!([{"type": "input_image",
                "image_url": format!("data:image/png;base64,{base64}")}]),
            "[image: image/png]",
        ),
        (
            json!([{"type": "input_audio", "input_audio": {"data": base64, "format": "wav"}}]),
            "[audio: wav]",
        ),
        (
            json!([{"type": "file", "file": {"filename": "a.pdf", "file_data": base64}}]),
            "[file: a.pdf]",
        ),
        (
            json!([{"type": "document", "title": "Plan", "source": {"type": "base64",
                "media_type": "application/pdf", "data": base64}}]),
            "[document: Plan]",
        ),
        (
            json!([{"inlineData": {"mimeType": "image/webp", "data": base64}}, {"text": "look"}]),
            "[image: image/webp]\nlook",
        ),
        (
            json!([{"type": "input_text", "text": "in"}, {"type": "output_text", "text": "out"},
                {"type": "refusal", "refusal": "no"}]),
            "in\nout\nno",
        ),
        (
            json!([{"text": "bedrock"}, {"image": {"format": "png", "source": {"bytes": base64}}}]),
            "bedrock\n[image: png]",
        ),
        (
            json!([{"type": "text", "text": {"value": "assistants", "annotations": []}}]),
            "assistants",
        ),
        (json!([{"type": "brand_new"}, "two"]), "[brand_new]\ntwo"),
        (json!({"type": "text", "text": "alone"}), "alone"),
        (json!({"content_type": "text", "parts": ["in", "parts"]}), "in\nparts"),
    ] {
        let row = json!({"role": "user", "content": content});
        let read = read_auto("x.jsonl", &row.to_string());
        assert_eq!(read.said(), [format!("user: {expect}")], "{row:.200}");
    }
}

#[test]
fn roles_and_shapes_of_a_message_are_normalised() {
    for (row, expect) in [
        (json!({"role": "human", "content": "x"}), "user"),
        (json!({"role": "USER", "content": "x"}), "user"),
        (json!({"role": "ai", "content": "x"}), "assistant"),
        (json!({"role": "model", "parts": [{"text": "x"}]}), "assistant"),
        (json!({"role": "bot", "content": "x"}), "assistant"),
        (json!({"role": "developer", "content": "x"}), "system"),
        (json!({"role": "function", "name": "f", "content": "x"}), "tool"),
        (json!({"role": "narrator", "content": "x"}), "narrator"),
        (json!({"sender": "human", "text": "x"}), "user"),
        (json!({"from": "gpt", "value": "x"}), "assistant"),
        (
            json!({"author": {"role": "assistant"}, "content": {"content_type": "text",
                "parts": ["x"]}}),
            "assistant",
        ),
        (json!({"type": "human", "data": {"content": "x"}}), "user"),
        (json!({"type": "ai", "content": "x"}), "assistant"),
        (
            json!({"lc": 1, "type": "constructor", "id": ["langchain_core", "messages",
                "SystemMessage"], "kwargs": {"content": "x"}}),
            "system",
        ),
        (
            json!({"message": {"role": "assistant", "content": [{"type": "text", "text": "x"}]}}),
            "assistant",
        ),
        (
            json!({"id": "msg_1", "type": "message", "role": "assistant",
                "content": [{"type": "text", "text": "x"}], "model": "c"}),
            "assistant",
        ),
    ] {
        for (file, text) in [("x.jsonl", row.to_string()), ("x.json", json!([row]).to_string())] {
            let read = read_auto(file, &text);
            assert_eq!(read.said(), [format!("{expect}: x")], "{row}: {read:?}");
        }
    }
    let named = read_auto("x.jsonl", "{\"author\": \"x\", \"message\": \"hello\"}");
    assert_eq!(named.messages()[0].name.as_deref(), Some("x"));
    let kept = read_auto("x.jsonl", "{\"role\": \"developer\", \"content\": \"hello\"}");
    assert_eq!(kept.messages()[0].metadata["role"], "developer");
}

fn claude_code_row(id: &str, parent: Option<&str>, message: Value, more: Value) -> Value {
    let mut row = json!({"type": message["role"], "uuid": id, "parentUuid": parent,
        "sessionId": "s", "isSidechain": false, "message": message});
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    row
}

#[test]
fn claude_code_reads_the_last_edit_of_a_prompt_and_all_parallel_calls() {
    let user = |text: &str| json!({"role": "user", "content": text});
    let uses = |id: &str| {
        json!({"role": "assistant", "content": [
        {"type": "tool_use", "id": id, "name": "Read", "input": {"path": id}}]})
    };
    let gives = |id: &str| {
        json!({"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": id, "content": format!("text of {id}")}]})
    };
    let says =
        |text: &str| json!({"role": "assistant", "content": [{"type": "text", "text": text}]});
    let rows = [
        claude_code_row("a", None, says("hello"), json!({})),
        claude_code_row("b", Some("a"), user("first try"), json!({})),
        claude_code_row("c", Some("b"), says("an answer to it"), json!({})),
        claude_code_row("d", Some("a"), user("second try"), json!({})),
        // Two parallel calls: each result is a child of its own call.
        claude_code_row("e", Some("d"), uses("t1"), json!({})),
        claude_code_row("f", Some("e"), uses("t2"), json!({})),
        claude_code_row("g", Some("e"), gives("t1"), json!({})),
        claude_code_row("h", Some("f"), gives("t2"), json!({})),
        claude_code_row("i", Some("g"), says("done"), json!({})),
        claude_code_row("j", Some("i"), user("<command-name>/clear</command-name>"), json!({})),
        claude_code_row("k", Some("i"), user("caveat"), json!({"isMeta": true})),
        claude_code_row(
            "l",
            None,
            user("look into it"),
            json!({"isSidechain": true, "agentId": "a1"}),
        ),
    ];
    let read = read_auto("s.jsonl", &lines(&rows));
    let expect =
        ["assistant: hello", "user: second try", "assistant: done", "assistant: look into it"];
    assert_eq!(read.said(), expect);
    let outputs: Vec<&Value> = read.calls().iter().map(|it| &it.metadata["output"]).collect();
    assert_eq!(outputs, ["text of t1", "text of t2"]);
    let sessions: Vec<_> =
        read.messages().iter().map(|it| it.scope.session.clone().unwrap()).collect();
    assert_eq!(sessions.last().unwrap(), "claude-code/s/a1");
    assert_eq!(read.failed, Vec::<String>::new());
}

#[test]
fn abandoned_branches_of_openclaw_are_skipped() {
    let row = |id: &str, parent: Value, role: &str, text: &str| {
        json!({"type": "message", "id": id,
        "parentId": parent, "message": {"role": role, "content": [{"type": "text", "text": text}]}})
    };
    let rows = [
        json!({"type": "session", "version": 3, "id": "s"}),
        row("a", Value::Null, "user", "question"),
        row("b", json!("a"), "assistant", "left"),
        json!({"type": "branch_summary", "id": "c", "parentId": "a", "summary": "left it"}),
        row("d", json!("c"), "assistant", "right"),
        json!({"type": "label", "id": "e", "parentId": "b", "targetId": "b", "label": "here"}),
    ];
    assert_eq!(read_auto("s.jsonl", &lines(&rows)).said(), ["user: question", "assistant: right"]);
    // The first version has no ids, and all entries count.
    let rows = [
        json!({"type": "session", "id": "s"}),
        json!({"type": "message", "timestamp": "2026-01-02T03:04:05Z",
            "message": {"role": "user", "content": "one"}}),
        json!({"type": "message", "message": {"role": "assistant", "content": "two"}}),
    ];
    assert_eq!(read_auto("s.jsonl", &lines(&rows)).said(), ["user: one", "assistant: two"]);
}

#[test]
fn gemini_keeps_the_last_version_of_a_message_and_applies_rewinds() {
    let row = |id: &str, sort: &str, text: &str| {
        json!({"id": id, "timestamp": "2026-01-02T03:04:05Z",
        "type": sort, "content": text})
    };
    let rows = [
        json!({"sessionId": "g", "projectHash": "ff", "startTime": "2026-01-02T03:04:05Z"}),
        row("1", "user", "question"),
        row("2", "gemini", "an ans"),
        row("2", "gemini", "an answer"),
        row("3", "info", "update available"),
        row("4", "user", "taken back"),
        json!({"$rewindTo": "4"}),
        row("5", "user", "said instead"),
    ];
    let read = read_auto("session.jsonl", &lines(&rows));
    assert_eq!(read.said(), ["user: question", "assistant: an answer", "user: said instead"]);
    assert_eq!(read.skipped, [("not a message but `info`".to_owned(), 1)]);
}

#[test]
fn codex_events_are_read_only_without_items_of_their_role() {
    let row = |sort: &str, payload: Value| {
        json!({"timestamp": "2026-01-02T03:04:05Z", "type": sort,
        "payload": payload})
    };
    let head = row("session_meta", json!({"id": "s", "forked_from_id": "parent"}));
    let event = row("event_msg", json!({"type": "user_message", "message": "hello"}));
    let rows = [head.clone(), row("session_meta", json!({"id": "parent"})), event];
    let read = read_auto("rollout.jsonl", &lines(&rows));
    assert_eq!(read.said(), ["user: hello"]);
    assert_eq!(read.messages()[0].scope.session.as_deref(), Some("codex/s"));
    let custom = [
        head,
        row(
            "response_item",
            json!({"type": "custom_tool_call", "call_id": "c", "name": "apply_patch",
                "input": "*** Begin"}),
        ),
        row(
            "response_item",
            json!({"type": "custom_tool_call_output", "call_id": "c", "output": "ok"}),
        ),
        row(
            "response_item",
            json!({"type": "local_shell_call", "call_id": "d", "action": {"command": ["ls"]}}),
        ),
        row(
            "response_item",
            json!({"type": "function_call_output", "call_id": "unknown", "output": "orphan"}),
        ),
    ];
    let read = read_auto("rollout.jsonl", &lines(&custom));
    let tools: Vec<&Value> = read.calls().iter().map(|it| &it.metadata["tool_name"]).collect();
    assert_eq!(tools, ["apply_patch", "local_shell"]);
    assert_eq!(read.said(), ["tool: orphan"]);
}

#[test]
fn openai_messages_are_read_with_every_matching_format() {
    let text = json!({"messages": [{"role": "user", "content": "x"}]}).to_string();
    for format in [Format::OpenAi, Format::Chat, Format::Auto, Format::LangChain] {
        let read = super::read_as(format, Thinking::LeftOut, "x.json", text.as_bytes());
        assert_eq!(read.said(), ["user: x"], "{format:?}");
    }
}

#[test]
fn the_memory_server_s_graph_becomes_notes() {
    let rows = [
        json!({"type": "entity", "name": "Anna", "entityType": "person",
            "observations": ["likes rye", "likes rye too"]}),
        json!({"type": "entity", "name": "Bo", "entityType": "person", "observations": []}),
        json!({"type": "relation", "from": "Anna", "to": "Bo", "relationType": "works_with"}),
    ];
    let graph = json!({"entities": [rows[0], rows[1]], "relations": [rows[2]]});
    for (file, text) in [("memory.jsonl", lines(&rows)), ("memory.json", graph.to_string())] {
        let read = read_auto(file, &text);
        let notes: Vec<_> =
            read.drafts.iter().map(|it| (it.title.as_deref(), it.text.as_str())).collect();
        let expect = [
            (Some("Anna"), "likes rye"),
            (Some("Anna"), "likes rye too"),
            (None, "Bo (person)"),
            (Some("Anna"), "Anna works with Bo"),
        ];
        assert_eq!(notes, expect, "{file}");
        assert_eq!(read.failed, Vec::<String>::new());
    }
}

#[test]
fn messages_without_a_time_get_that_of_their_conversation() {
    const BEGAN: &str = "2023-11-14T22:13:20Z";
    let own = "2024-01-01T00:00:00Z";
    let chatgpt = |time: Value| {
        let (a, b) = (
            node("a", None, "user", "one", Value::Null),
            node("b", Some("a"), "user", "two", json!(own)),
        );
        json!([{"id": "c", "create_time": time, "current_node": "b",
            "mapping": Value::Object([a, b].into_iter().collect())}])
    };
    let plain = |list: &str, time: &str| {
        let mut conversation = json!({"id": "c"});
        conversation[time] = BEGAN.into();
        conversation[list] = match list {
            "messages" => json!([{"role": "user", "content": "one"},
                {"role": "user", "content": "two", "timestamp": own}]),
            _ => json!([{"from": "human", "value": "one"},
                {"from": "human", "value": "two", "timestamp": own}]),
        };
        json!([conversation])
    };
    for text in [
        chatgpt(json!(1_700_000_000.0)),
        plain("messages", "created_at"),
        plain("messages", "create_time"),
        plain("messages", "date"),
        plain("conversations", "createdAt"),
        json!([{"uuid": "c", "name": "", "created_at": BEGAN, "chat_messages": [
            {"uuid": "1", "sender": "human", "text": "one"},
            {"uuid": "2", "sender": "human", "text": "two", "created_at": own}]}]),
        json!({"sessionId": "s", "projectHash": "h", "startTime": BEGAN, "messages": [
            {"id": "a", "type": "user", "content": "one"},
            {"id": "b", "type": "user", "content": "two", "timestamp": own}]}),
        json!({"created": 1_700_000_000, "object": "chat.completion", "choices": [
            {"message": {"role": "assistant", "content": "one"}},
            {"message": {"role": "assistant", "content": "two", "timestamp": own}}]}),
    ] {
        let read = read_auto("x.json", &text.to_string());
        let times = read.messages().into_iter().map(|it| it.occurred_at.unwrap().to_string());
        assert_eq!(times.collect::<Vec<_>>(), [BEGAN, own], "{text}: {read:?}");
        let unknown: Vec<_> = read.drafts.iter().flat_map(|it| &it.unknown).collect();
        assert!(unknown.is_empty(), "{text}: {unknown:?}");
    }
    for rows in [
        [
            json!({"type": "session", "id": "s", "timestamp": BEGAN}),
            json!({"type": "message", "id": "a", "message": {"role": "user", "content": "one"}}),
        ],
        [
            json!({"type": "session_meta", "payload": {"id": "s", "timestamp": BEGAN}}),
            json!({"type": "response_item", "payload": {"type": "message", "role": "user",
                "content": [{"type": "input_text", "text": "one"}]}}),
        ],
    ] {
        let read = read_auto("x.jsonl", &lines(&rows));
        let time = read.messages()[0].occurred_at.map(|time| time.to_string());
        assert_eq!(time.as_deref(), Some(BEGAN), "{rows:?}");
    }
}
