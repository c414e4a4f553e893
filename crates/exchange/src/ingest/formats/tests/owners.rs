//! An owner counts in every place of an element of a format.

use serde_json::{Value, json};

use super::{Read, lines, read_auto};
use crate::ingest::formats::owners;

/// Writes a file of one format with one object that may hold an owner, which `put` adds.
type Written = fn(put: &dyn Fn(Value) -> Value) -> String;

const PLACES: &[(&str, Written)] = &[
    ("claude", |put| {
        let message = put(json!({"uuid": "m", "sender": "human", "text": "hello"}));
        json!([{"uuid": "c", "name": "", "chat_messages": [message]}]).to_string()
    }),
    ("chatgpt", |put| {
        let message = put(json!({"id": "n", "author": {"role": "user"},
            "content": {"content_type": "text", "parts": ["hello"]}}));
        json!([{"title": "t", "id": "c", "mapping": {"n": {"message": message, "parent": null}}}])
            .to_string()
    }),
    ("chatgpt node", |put| {
        let node = put(json!({"parent": null, "message": {"id": "n", "author": {"role": "user"},
            "content": {"content_type": "text", "parts": ["hello"]}}}));
        json!([{"title": "t", "id": "c", "mapping": {"n": node}}]).to_string()
    }),
    ("gemini", |put| {
        let message = put(json!({"id": "m", "type": "user", "content": "hello"}));
        json!({"sessionId": "s", "projectHash": "h", "startTime": "2026-01-01T00:00:00Z",
            "messages": [message]})
        .to_string()
    }),
    ("gemini lines", |put| {
        lines(&[
            put(json!({"sessionId": "s", "projectHash": "h", "startTime": 1_700_000_000})),
            json!({"id": "m", "type": "user", "content": "hello"}),
        ])
    }),
    ("codex header", |put| {
        let payload = put(json!({"id": "s", "timestamp": "2026-01-01T00:00:00Z"}));
        lines(&[
            json!({"type": "session_meta", "timestamp": "2026-01-01T00:00:00Z",
                "payload": payload}),
            json!({"type": "response_item", "payload": {"type": "message", "role": "user",
                "content": [{"type": "input_text", "text": "hello"}]}}),
        ])
    }),
    ("codex item", |put| {
        let payload = put(json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": "hello"}]}));
        lines(&[json!({"type": "response_item", "payload": payload})])
    }),
    ("openclaw", |put| {
        let message = put(json!({"role": "user", "content": "hello"}));
        lines(&[
            json!({"type": "session", "id": "s"}),
            json!({"type": "message", "id": "m", "parentId": null, "message": message}),
        ])
    }),
    ("claude-code", |put| {
        let message = put(json!({"role": "user", "content": "hello"}));
        lines(&[json!({"type": "user", "uuid": "a", "parentUuid": null, "sessionId": "s",
            "message": message})])
    }),
    ("openai-responses", |put| {
        let item = put(json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": "hello"}]}));
        json!({"object": "response", "id": "r", "output": [item]}).to_string()
    }),
    ("openai-responses log", |put| {
        let item = put(json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": "hello"}]}));
        json!({"object": "response", "response": {"id": "r", "output": [item]}}).to_string()
    }),
    ("mcp-memory", |put| {
        let entity = put(json!({"name": "x", "entityType": "thing", "observations": ["hello"]}));
        json!({"entities": [entity], "relations": []}).to_string()
    }),
    ("mem0", |put| json!({"results": [put(json!({"id": "1", "memory": "hello"}))]}).to_string()),
    ("longmemeval", |put| {
        let turn = put(json!({"role": "user", "content": "hello"}));
        json!([{"question_id": "q", "haystack_sessions": [[turn]]}]).to_string()
    }),
    ("sharegpt", |put| {
        json!([{"conversations": [put(json!({"from": "human", "value": "hello"}))]}]).to_string()
    }),
    ("langchain", |put| {
        json!([{"type": "human", "data": put(json!({"content": "hello"}))}]).to_string()
    }),
    ("langchain kwargs", |put| {
        json!([{"type": "human", "data": {"content": "hello",
            "additional_kwargs": put(json!({}))}}])
        .to_string()
    }),
    ("langchain constructor", |put| {
        lines(&[json!({"lc": 1, "type": "constructor", "id": ["langchain", "schema", "messages",
            "HumanMessage"], "kwargs": {"content": "hello", "additional_kwargs": put(json!({}))}})])
    }),
    ("mem0 payload", |put| {
        let payload = put(json!({"data": "hello", "hash": "8f14"}));
        lines(&[json!({"id": "1", "payload": payload})])
    }),
    ("mem0 points", |put| {
        let point = put(json!({"id": "1", "payload": {"data": "hello", "hash": "8f14"}}));
        json!({"result": {"points": [point], "next_page_offset": null}, "status": "ok"}).to_string()
    }),
    ("batch answer", |put| {
        let body = put(json!({"id": "chatcmpl-1", "object": "chat.completion", "choices": [
            {"message": {"role": "assistant", "content": "hello"}}]}));
        lines(&[json!({"id": "batch_1", "custom_id": "c", "response": {"status_code": 200,
            "body": body}, "error": null})])
    }),
    ("batch line", |put| {
        lines(&[put(json!({"id": "batch_1", "custom_id": "c", "response": {"status_code": 200,
            "body": {"choices": [{"message": {"role": "assistant", "content": "hello"}}]}}}))])
    }),
    ("anthropic batch", |put| {
        let params = put(json!({"model": "m", "messages": [{"role": "user", "content": "hello"}]}));
        lines(&[json!({"custom_id": "c", "params": params})])
    }),
    ("data", |put| {
        let message = put(json!({"uuid": "m", "sender": "human", "text": "hello"}));
        json!({"data": [{"uuid": "c", "name": "", "chat_messages": [message]}]}).to_string()
    }),
    ("batch", |put| {
        let body = put(json!({"model": "m", "messages": [{"role": "user", "content": "hello"}]}));
        lines(&[json!({"custom_id": "c", "method": "POST", "body": body})])
    }),
];

fn with(fields: Value) -> impl Fn(Value) -> Value {
    move |mut object| {
        let Value::Object(fields) = fields.clone() else { panic!("{fields}") };
        object.as_object_mut().unwrap().extend(fields);
        object
    }
}

fn owners(read: &Read) -> Vec<Option<&str>> {
    let drafts = read.drafts.iter().filter(|it| it.kind != aios_record::Kind::Session);
    drafts.map(|it| it.scope.user.as_deref()).collect()
}

#[test]
fn an_owner_is_found_in_every_place_of_every_format() {
    for (name, write) in PLACES {
        let file = if write(&|it| it).contains('\n') { "x.jsonl" } else { "x.json" };
        for (fields, expect) in [
            (json!({}), Some(None)),
            (json!({"user_id": "alice"}), Some(Some("alice"))),
            (json!({"userId": "alice"}), Some(Some("alice"))),
            (json!({"metadata": {"user_id": "alice"}}), Some(Some("alice"))),
            (json!({"user_id": "alice", "metadata": {"user_id": "bob"}}), None),
            (json!({"user_id": "alice", "owner": "bob"}), None),
            (json!({"user_uuid": "alice"}), None),
        ] {
            let read = read_auto(file, &write(&with(fields.clone())));
            match expect {
                Some(owner) => {
                    assert_eq!(read.failed, [""; 0], "{name} {fields}");
                    assert_eq!(owners(&read), [owner], "{name} {fields}: {read:?}");
                }
                None => {
                    assert_eq!(read.failed.len(), 1, "{name} {fields}: {read:?}");
                    assert!(!owners(&read).contains(&Some("bob")), "{name} {fields}: {read:?}");
                }
            }
        }
    }
}

#[test]
fn state_of_a_program_in_its_session_file_is_not_an_owner() {
    let state = json!({"user_input_order": 0, "client_sequence": 3, "account_scoped": true});
    for (name, write) in PLACES {
        let is_session_file =
            ["codex", "claude-code", "gemini", "openclaw"].iter().any(|it| name.starts_with(it));
        let file = if write(&|it| it).contains('\n') { "x.jsonl" } else { "x.json" };
        for fields in [state.clone(), json!({"metadata": state}), json!({"passthrough": [state]})] {
            let read = read_auto(file, &write(&with(fields.clone())));
            if is_session_file {
                assert_eq!(read.failed, [""; 0], "{name} {fields}");
                assert_eq!(owners(&read), [None], "{name} {fields}: {read:?}");
            }
        }
        let read = read_auto(file, &write(&with(json!({"user_input_order": 0}))));
        assert_eq!(read.failed.is_empty(), is_session_file, "{name}: {read:?}");
    }
    // A row of Codex 0.171.
    let row = json!({"timestamp": "2026-11-30T13:26:13.251Z", "ordinal": 7, "type": "response_item",
        "payload": {"type": "message", "id": "msg_1", "role": "user",
            "content": [{"type": "input_text", "text": "hello"}],
            "internal_chat_message_metadata_passthrough": {"turn_id": "t",
                "content_item_metadata": [{"provenance": {"type": "user"}}]}},
        "metadata": {"history_sequence": 3, "client_authored": false, "user_input_order": 0,
            "retained_source": {"id": {"message_id": "msg_1", "role": "user"}}}});
    let read = read_auto("x.jsonl", &lines(&[row]));
    assert_eq!((read.failed.len(), read.said()), (0, vec!["user: hello".to_owned()]), "{read:?}");
}

#[test]
fn two_owners_in_one_element_are_refused_and_items_of_a_list_have_their_own() {
    let message = |id: &str, user: &str| {
        json!({"uuid": id, "sender": "human", "text": id,
        "user_id": user})
    };
    let export = json!([{"uuid": "c", "name": "",
        "chat_messages": [message("a", "alice"), message("b", "bob")]}]);
    let read = read_auto("x.json", &export.to_string());
    assert!(read.drafts.is_empty() && read.failed[0].contains("`alice` and `bob`"), "{read:?}");

    let entity = |name: &str, user: &str| {
        json!({"name": name, "entityType": "thing",
        "observations": ["hello"], "user_id": user})
    };
    let graph = json!({"entities": [entity("x", "alice"), entity("y", "bob")]});
    let read = read_auto("x.json", &graph.to_string());
    assert_eq!(owners(&read), [Some("alice"), Some("bob")]);

    // An owner beside a list applies to each of its elements.
    let memories = json!({"user_id": "alice", "results": [{"id": "1", "memory": "rye"},
        {"id": "2", "memory": "oats", "user_id": "bob"}]});
    let read = read_auto("x.json", &memories.to_string());
    assert_eq!((owners(&read), read.failed.len()), (vec![Some("alice")], 1), "{read:?}");
}

#[test]
fn conflicting_owners_of_a_wrapped_message_are_refused() {
    for (inner, expect) in [("alice", Some("alice")), ("bob", None)] {
        for wrapper in ["data", "message"] {
            let mut row = json!({"type": "human", "user_id": "alice"});
            row[wrapper] = json!({"content": "x", "user_id": inner});
            let read = read_auto("x.jsonl", &lines(&[row.clone()]));
            match expect {
                Some(owner) => assert_eq!(owners(&read), [Some(owner)], "{row}"),
                None => assert_eq!((read.drafts.len(), read.failed.len()), (0, 1), "{row}"),
            }
        }
    }
}

#[test]
fn tool_inputs_and_outputs_name_no_owner() {
    let Value::Object(mut element) = json!({"type": "function_call_output", "call_id": "c",
        "output": {"user_id": "bob"}, "args": {"user_id": "ann"}, "tools": [{"user_id": {}}]})
    else {
        unreachable!()
    };
    assert_eq!(owners::take(&mut element, &[]), Ok(None));
}
