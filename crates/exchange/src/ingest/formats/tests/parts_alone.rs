//! Broken or malformed parts cost only themselves, and are reported.

use serde_json::{Map, Value, json};

use super::{lines, read_auto};

#[test]
fn title_and_start_time_yield_one_session() {
    let rows = [
        json!({"type": "session", "id": "s", "timestamp": "2026-01-01T00:00:00Z"}),
        json!({"type": "message", "id": "a", "parentId": null,
            "message": {"role": "user", "content": "hello"}}),
        json!({"type": "session_info", "id": "b", "parentId": "a", "name": "A title"}),
    ];
    let codex = [
        json!({"type": "session_meta", "payload": {"id": "s",
            "timestamp": "2026-01-01T00:00:00Z"}}),
        json!({"type": "response_item", "payload": {"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": "hello"}]}}),
        json!({"type": "event_msg", "payload": {"type": "thread_name_updated",
            "thread_name": "A title"}}),
    ];
    let claude_code = [
        json!({"type": "summary", "summary": "A title", "leafUuid": "a"}),
        json!({"type": "user", "uuid": "a", "parentUuid": null, "sessionId": "s",
            "timestamp": "2026-01-01T00:00:00Z", "message": {"role": "user", "content": "hello"}}),
    ];
    for rows in [lines(&rows), lines(&codex), lines(&claude_code)] {
        let read = read_auto("x.jsonl", &rows);
        let sessions: Vec<_> =
            read.drafts.iter().filter(|it| it.kind == aios_record::Kind::Session).collect();
        assert_eq!(sessions.len(), 1, "{rows} {sessions:?}");
        assert_eq!(sessions[0].text, "A title");
        assert_eq!(sessions[0].occurred_at.unwrap().to_string(), "2026-01-01T00:00:00Z");
    }
}

#[test]
fn a_queued_claude_code_prompt_is_a_message() {
    let row = |sort: &str, id: &str, parent: Value, more: (&str, Value)| {
        let mut row = json!({"type": sort, "uuid": id, "parentUuid": parent, "sessionId": "s"});
        row[more.0] = more.1;
        row
    };
    let queued = |prompt: Value, mode: &str| {
        let mut attachment = json!({"type": "queued_command", "prompt": prompt});
        attachment["commandMode"] = mode.into();
        attachment
    };
    let rows = [
        row("user", "a", Value::Null, ("message", json!({"role": "user", "content": "one"}))),
        row("attachment", "b", json!("a"), ("attachment", queued(json!("two"), "prompt"))),
        row(
            "attachment",
            "c",
            json!("b"),
            ("attachment", queued(json!([{"type": "text", "text": "three"}]), "prompt")),
        ),
        row("attachment", "d", json!("c"), ("attachment", queued(json!("x"), "task-notification"))),
        row("attachment", "e", json!("d"), ("attachment", json!({"type": "todo"}))),
    ];
    let read = read_auto("s.jsonl", &lines(&rows));
    assert_eq!(read.said(), ["user: one", "user: two", "user: three"], "{read:?}");
    assert_eq!(read.skipped, [("not a message but `attachment`".to_owned(), 2)]);
}

#[test]
fn a_conversation_field_is_a_session_unless_it_holds_turns() {
    let row = json!({"role": "user", "content": "x", "conversation": {"id": "c1"}});
    let read = read_auto("x.jsonl", &lines(&[row]));
    assert_eq!((read.said(), read.failed.len()), (vec!["user: x".to_owned()], 0), "{read:?}");
    assert_eq!(read.messages()[0].scope.session.as_deref(), Some("c1"));
    for list in ["conversations", "conversation"] {
        let row = json!({list: [{"role": "user", "content": "q"}], "conversation_id": "w1",
            "timestamp": "2023-04-09T00:02:53Z"});
        let read = read_auto("x.jsonl", &lines(&[row]));
        assert_eq!((read.said(), read.failed.len()), (vec!["user: q".to_owned()], 0), "{read:?}");
        let message = read.messages()[0];
        assert_eq!(message.scope.session.as_deref(), Some("w1"));
        assert_eq!(message.occurred_at.unwrap().to_string(), "2023-04-09T00:02:53Z");
    }
    let row = json!({"message_type": "assistant_message", "content": "x", "id": "1"});
    assert_eq!(read_auto("x.jsonl", &lines(&[row])).said(), ["assistant: x"]);
}

#[test]
fn other_fields_of_a_graph_are_kept() {
    let graph = json!({"entities": [{"name": "x", "entityType": "t", "observations": ["a", "b"],
        "importance": 5}], "relations": [{"from": "x", "to": "y", "relationType": "likes",
        "note": "since 2020"}]});
    let read = read_auto("x.json", &graph.to_string());
    // Beside the mark of the graph.
    let others = |metadata: &Map<String, Value>| {
        let others = metadata.iter().filter(|(name, _)| *name != "graph");
        Value::Object(others.map(|(name, value)| (name.clone(), value.clone())).collect())
    };
    let about: Vec<_> = read.drafts.iter().map(|it| others(&it.metadata)).collect();
    assert_eq!(about, [json!({"importance": 5}), json!({}), json!({"note": "since 2020"})]);
    let unknown: Vec<_> = read.drafts.iter().flat_map(|it| &it.unknown).collect();
    assert_eq!(unknown, ["importance", "note"]);
    let memories = json!({"results": [{"id": "1", "memory": "rye"}], "relations":
        {"added_entities": [[{"source": "ann", "relationship": "likes", "target": "rye"}]]}});
    let read = read_auto("x.json", &memories.to_string());
    let texts: Vec<&str> = read.drafts.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["rye", "ann likes rye"]);
    let request = json!({"contents": [{"role": "user", "parts": [{"text": "q"}]},
        {"role": "model", "parts": [{"text": "a"}]}], "systemInstruction": {"parts": [
        {"text": "s"}]}});
    let read = read_auto("x.jsonl", &lines(&[request]));
    assert_eq!(read.said(), ["system: s", "user: q", "assistant: a"]);
}

#[test]
fn rows_before_the_format_is_known_are_skipped() {
    let before = [
        json!({"type": "permission-mode", "permissionMode": "default", "sessionId": "s"}),
        json!({"type": "last-prompt", "lastPrompt": "x", "sessionId": "s"}),
    ];
    let row = json!({"type": "user", "uuid": "a", "parentUuid": null, "sessionId": "s",
        "message": {"role": "user", "content": "hello"}});
    let [first, second] = before.clone();
    let read = read_auto("x.jsonl", &lines(&[first, second, row]));
    assert_eq!((read.said(), &*read.failed), (vec!["user: hello".into()], &[][..]), "{read:?}");
    assert_eq!(read.skipped.len(), 2, "{read:?}");
    // Alone, or before another format, they are failures.
    assert_eq!(read_auto("x.jsonl", &lines(&before)).failed.len(), 2);
    let [first, _] = before;
    let read = read_auto("x.jsonl", &lines(&[first, json!({"role": "user", "content": "x"})]));
    assert_eq!((read.said().len(), read.failed.len()), (1, 1), "{read:?}");
}

#[test]
fn a_broken_part_costs_only_itself_and_is_reported() {
    for (text, said, failed) in [
        // A Gemini message that is broken JSON.
        (
            r#"{"sessionId": "s", "projectHash": "h", "startTime": "2026-01-01T00:00:00Z",
                "messages": [{"id": "a", "type": "user", "content": "one"},
                {"id": "b" "type": 7 7, "content"}, {"id": "c", "type": "user", "content": "two"}]}"#
                .to_owned(),
            2,
            1,
        ),
        (
            json!({"sessionId": "s", "projectHash": "h", "startTime": "2026-01-01T00:00:00Z",
                "messages": [null, "text", [], {"id": "a", "type": "user", "content": "one"}]})
            .to_string(),
            1,
            3,
        ),
        (
            json!([{"uuid": "c", "name": "", "chat_messages": [null, "text",
                {"uuid": "m", "sender": "human", "text": "one"}]}])
            .to_string(),
            1,
            2,
        ),
        (
            json!([{"title": "t", "id": "c", "mapping": {"x": "odd", "y": {"message": "odd"},
                "n": {"parent": null, "message": {"id": "n", "author": {"role": "user"},
                "content": {"content_type": "text", "parts": ["one"]}}}}, "current_node": "n"}])
            .to_string(),
            1,
            2,
        ),
        (
            json!([{"question_id": "q", "haystack_sessions": [["odd",
                {"role": "user", "content": "one"}]]}])
            .to_string(),
            1,
            1,
        ),
        (
            json!([{"conversations": [{"from": "human", "text": "one"}, {"from": "gpt",
                "value": "two"}]}, {"conversations": []}])
            .to_string(),
            2,
            0,
        ),
    ] {
        let read = read_auto("x.json", &text);
        assert_eq!((read.said().len(), read.failed.len()), (said, failed), "{text}: {read:?}");
    }
    let memories = json!({"results": [{"id": "1", "memory": null}, "odd",
        {"id": "2", "memory": "rye", "role": "user", "actor_id": "ann"}],
        "relations": [{"source": "ann", "relationship": "likes", "target": "rye"}]});
    let read = read_auto("x.json", &memories.to_string());
    let texts: Vec<&str> = read.drafts.iter().map(|it| it.text.as_str()).collect();
    assert_eq!((texts, read.failed.len()), (vec!["rye", "ann likes rye"], 1), "{read:?}");
    assert!(read.drafts.iter().all(|it| it.kind == aios_record::Kind::Note));

    let graph = json!({"entities": [{"entityType": "thing", "observations": ["lost"]},
        {"name": "x", "entityType": "thing", "createdAt": "2026-01-01T00:00:00Z",
            "observations": ["kept"]}]});
    let read = read_auto("x.json", &graph.to_string());
    assert_eq!((read.drafts.len(), read.failed.len()), (1, 1), "{read:?}");
    assert_eq!(read.drafts[0].occurred_at.unwrap().to_string(), "2026-01-01T00:00:00Z");
}

#[test]
fn a_result_of_an_unknown_call_is_a_tool_message() {
    let row = json!({"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "gone", "content": "the result"},
        {"type": "text", "text": "the text"}]});
    let read = read_auto("x.jsonl", &lines(&[row]));
    assert_eq!(read.said(), ["tool: the result", "user: the text"]);
    let row = json!({"role": "tool", "tool_call_id": "gone", "content": "the result"});
    assert_eq!(read_auto("x.jsonl", &lines(&[row])).said(), ["tool: the result"]);
}

#[test]
fn answers_beside_the_messages_are_messages_and_other_fields_are_kept() {
    let messages = json!([{"role": "user", "content": "q"}]);
    for beside in [
        json!({"completion": "a"}),
        json!({"response": "a"}),
        json!({"choices": [{"message": {"role": "assistant", "content": "a"}}]}),
        json!({"response": {"choices": [{"message": {"role": "assistant", "content": "a"}}]}}),
    ] {
        let mut element = json!({"messages": messages, "summary": "about it"});
        element.as_object_mut().unwrap().extend(beside.as_object().unwrap().clone());
        for text in [element.to_string(), json!([element]).to_string()] {
            let read = read_auto("x.json", &text);
            assert_eq!(read.said(), ["user: q", "assistant: a"], "{text}: {read:?}");
            assert_eq!(read.messages()[0].metadata["summary"], "about it");
        }
    }
}

#[test]
fn api_envelopes_are_unwrapped() {
    let completion = json!({"id": "x", "object": "chat.completion", "created": 1_700_000_000,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "a"}}]});
    let data = json!({"object": "list", "data": [{"role": "user", "content": "q"}]});
    let export = json!({"data": [{"uuid": "c", "name": "", "chat_messages": [
        {"uuid": "m", "sender": "human", "text": "q"}]}]});
    let question = json!({"custom_id": "1", "method": "POST", "url": "/v1/chat/completions",
        "body": {"model": "m", "messages": [{"role": "user", "content": "q"}]}});
    let answer = json!({"id": "b", "custom_id": "1",
        "response": {"status_code": 200, "body": completion}, "error": null});
    for (element, expect) in [
        (&completion, "assistant: a"),
        (&data, "user: q"),
        (&export, "user: q"),
        (&json!({"data": [{"conversations": [{"from": "human", "value": "q"}]}]}), "user: q"),
        (&question, "user: q"),
        (&answer, "assistant: a"),
    ] {
        for name in ["x.json", "x.jsonl"] {
            let read = read_auto(name, &format!("{element}\n"));
            assert_eq!((read.said(), read.failed.len()), (vec![expect.to_owned()], 0), "{read:?}");
        }
    }
}

#[test]
fn a_message_without_content_is_read_from_other_fields() {
    let spoken = json!({"role": "assistant", "content": null,
        "audio": {"id": "a", "data": "AAAA", "transcript": "spoken"}});
    let read = read_auto("x.jsonl", &lines(&[spoken]));
    assert_eq!(read.said(), ["assistant: spoken"], "{read:?}");
    let export = |content: Value| {
        json!([{"title": "t", "id": "c", "mapping": {"n": {"parent": null, "message": {
            "id": "n", "author": {"role": "assistant"}, "content": content}}}}])
        .to_string()
    };
    let read = read_auto("x.json", &export(json!({"content_type": "new", "caption": "kept"})));
    assert_eq!(read.said(), ["assistant: kept"], "{read:?}");
    let read = read_auto("x.json", &export(json!({"content_type": "new", "deep": {"x": 1}})));
    assert_eq!(read.skipped, [("unknown content type `new`".to_owned(), 1)]);
    for class in ["AIMessageChunk", "AIMessage"] {
        let row = json!({"type": class, "content": "x"});
        assert_eq!(read_auto("x.jsonl", &lines(&[row])).said(), ["assistant: x"]);
    }
    let talk = json!([{"conversations": [{"from": "human", "value": "q"},
        {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {\"x\": 1}}"},
        {"from": "observation", "value": "found"}, {"from": "gpt", "value": "a"}]}]);
    let read = read_auto("x.json", &talk.to_string());
    assert_eq!(read.said(), ["user: q", "assistant: a"], "{read:?}");
    assert_eq!(read.calls()[0].metadata["output"], "found");
}

#[test]
fn results_without_ids_belong_to_the_oldest_call_of_their_tool() {
    let part = |sort: &str, name: &str, value: &str| match sort {
        "tool_use" => json!({"type": sort, "name": name, "input": {"q": value}}),
        _ => json!({"type": sort, "name": name, "content": value}),
    };
    let export = json!([{"uuid": "c", "name": "", "chat_messages": [{"uuid": "m",
        "sender": "assistant", "content": [part("tool_use", "f", "1"), part("tool_use", "g", "2"),
            part("tool_use", "f", "3"), part("tool_result", "g", "r2"),
            part("tool_result", "f", "r1"), part("tool_result", "f", "r3")]}]}]);
    let read = read_auto("x.json", &export.to_string());
    let mut called: Vec<_> = read
        .calls()
        .iter()
        .map(|it| (it.metadata["input"]["q"].clone(), it.metadata["output"].clone()))
        .collect();
    called.sort_by_key(|(input, _)| input.to_string());
    let expect = [("1", "r1"), ("2", "r2"), ("3", "r3")].map(|(q, r)| (json!(q), json!(r)));
    assert_eq!(called, expect);
}

#[test]
fn calls_of_the_provider_keep_their_outcome() {
    let items = [
        json!({"type": "web_search_call", "id": "w", "status": "completed",
            "action": {"query": "x"}}),
        json!({"type": "image_generation_call", "id": "i", "status": "completed",
            "result": "iVBORw0KGgo".repeat(1000)}),
        json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}),
        json!({"type": "function_call_output", "call_id": "c", "output": {
            "file": "a.bin", "data": "iVBORw0KGgo2".repeat(100)}}),
        json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}),
        json!({"type": "function_call_output", "call_id": "c", "output": "x".repeat(500_000)}),
    ];
    let body = json!({"object": "response", "id": "r", "output": items});
    let read = read_auto("x.json", &body.to_string());
    let calls = read.calls();
    assert!(calls.iter().all(|it| it.metadata["success"] == true), "{calls:?}");
    assert_eq!(calls[1].metadata["output"], "[image]");
    assert_eq!(calls[2].metadata["output"], json!({"file": "a.bin", "data": "[900 bytes]"}));
    assert_ne!(calls[2].external_id, calls[3].external_id);
    assert!(calls[3].mended[0].reason.contains("has 500000 bytes; cut to"), "{calls:?}");
}

#[test]
fn exports_of_claude_keep_pasted_texts_and_the_last_branch() {
    let message = |id: &str, parent: &str| {
        json!({"uuid": id, "parent_message_uuid": parent,
        "sender": "human", "text": id})
    };
    let mut first = message("a", "root");
    first["attachments"] = json!([{"file_name": "p.txt", "extracted_content": "pasted"}]);
    let export = json!([{"uuid": "c", "name": "", "chat_messages": [first, message("b", "a"),
        message("b2", "a"), message("d", "b2")]}]);
    let read = read_auto("x.json", &export.to_string());
    assert_eq!(read.said(), ["user: a\n[file: p.txt]", "document: pasted", "user: b2", "user: d"]);
    assert_eq!(read.skipped, [("on an abandoned branch".to_owned(), 1)]);
}

#[test]
fn gemini_changes_may_contain_messages() {
    let rows = [
        json!({"sessionId": "s", "projectHash": "h", "startTime": "2026-01-01T00:00:00Z"}),
        json!({"$set": {"messages": [{"id": "a", "type": "user", "content": "one"}]}}),
    ];
    assert_eq!(read_auto("x.jsonl", &lines(&rows)).said(), ["user: one"]);
    let mended = r#"{"sessionId": "s", "startTime": "2026-01-01T00:00:00Z", "messages": [
        {"id": "a", "type": "user", "content": "one \ud800"}]}"#;
    let read = read_auto("x.json", mended);
    assert_eq!((read.said().len(), read.failed.len()), (1, 1), "{read:?}");
    assert!(read.failed[0].contains('~'), "{read:?}");
    let bare = json!({"sessionId": "s", "messages": [{"id": "a", "type": "user",
        "content": "one"}, {"id": "b", "type": "gemini", "content": "two"}]});
    let read = read_auto("x.json", &bare.to_string());
    assert_eq!(read.said(), ["user: one", "assistant: two"], "{read:?}");
    assert_eq!(read.messages()[0].scope.session.as_deref(), Some("gemini/s"));
}

#[test]
fn null_content_is_skipped_and_reported() {
    let said = |role: &str, text: Value| json!({"role": role, "content": text});
    let from = |from: &str, text: Value| json!({"from": from, "value": text});
    for (name, text) in [
        (
            "sharegpt",
            json!([{"conversations": [from("human", Value::Null), from("gpt", "x".into())]}]),
        ),
        ("messages", json!({"messages": [said("user", Value::Null), said("user", "x".into())]})),
        ("list", json!([{"from": "human", "value": null}, {"from": "human", "value": "x"}])),
        (
            "langchain",
            json!([{"type": "human", "data": {"content": null}},
            {"type": "human", "data": {"content": "x"}}]),
        ),
        (
            "claude",
            json!([{"uuid": "c", "name": "", "chat_messages": [
            {"uuid": "1", "sender": "human", "text": null, "content": null},
            {"uuid": "2", "sender": "human", "text": "x"}]}]),
        ),
        (
            "gemini",
            json!({"sessionId": "s", "projectHash": "h", "startTime": "2026-01-01T00:00:00Z",
            "messages": [{"id": "a", "type": "user", "content": null},
                {"id": "b", "type": "user", "content": "x"}]}),
        ),
        (
            "locomo",
            json!([{"sample_id": "s", "conversation": {"session_1": [
            {"speaker": "A", "text": null}, {"speaker": "B", "text": "x"}]}}]),
        ),
        (
            "longmemeval",
            json!([{"question_id": "q", "haystack_sessions": [[
            said("user", Value::Null), said("user", "x".into())]]}]),
        ),
        (
            "mcp-memory",
            json!({"entities": [{"name": "n", "entityType": "t",
            "observations": [null, "x"]}]}),
        ),
        ("mem0", json!({"results": [{"id": "1", "memory": null}, {"id": "2", "memory": "x"}]})),
    ] {
        let read = read_auto("x.json", &text.to_string());
        let drafts = read.drafts.iter().filter(|it| it.kind != aios_record::Kind::Session);
        let texts: Vec<&str> = drafts.map(|it| it.text.as_str()).collect();
        assert_eq!((texts, read.failed.len()), (vec!["x"], 0), "{name}: {read:?}");
        assert_eq!(read.skipped.len(), 1, "{name}: {read:?}");
    }
}
