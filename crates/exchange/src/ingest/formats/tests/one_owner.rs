//! A conversation belongs to the owner that one of its parts names.

use aios_record::Kind;
use serde_json::{Value, json};

use super::{Read, lines, read_auto};

/// Returns the distinct owners of all records, including sessions.
fn owners(read: &Read) -> Vec<Option<&str>> {
    let mut owners: Vec<_> = read.drafts.iter().map(|it| it.scope.user.as_deref()).collect();
    owners.sort_unstable();
    owners.dedup();
    owners
}

/// Writes a file of two parts of one conversation with additional fields.
type Written = fn(one: Value, other: Value) -> String;

fn with(mut object: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else { panic!("{fields}") };
    object.as_object_mut().unwrap().extend(fields);
    object
}

fn said(role: &str, fields: Value) -> Value {
    with(json!({"role": role, "content": format!("{role} says 4455")}), fields)
}

const CONVERSATIONS: &[(&str, Written)] = &[
    ("messages", |one, other| {
        json!({"messages": [said("user", one), said("assistant", other)]}).to_string()
    }),
    ("list", |one, other| json!([said("user", one), said("assistant", other)]).to_string()),
    ("conversations", |one, other| {
        let messages = [said("user", one), said("assistant", other)];
        json!([{"id": "c", "title": "t", "messages": messages}]).to_string()
    }),
    ("sharegpt", |one, other| {
        json!([{"conversations": [with(json!({"from": "human", "value": "x"}), one),
            with(json!({"from": "gpt", "value": "y"}), other)]}])
        .to_string()
    }),
    ("langchain", |one, other| {
        json!([{"type": "human", "data": {"content": "x", "additional_kwargs": one}},
            {"type": "ai", "data": {"content": "y", "additional_kwargs": other}}])
        .to_string()
    }),
    ("completion", |one, other| {
        json!({"messages": [said("user", one)], "completion": [said("assistant", other)]})
            .to_string()
    }),
    ("chosen", |one, other| {
        json!({"prompt": [said("user", json!({}))],
            "chosen": [said("user", one), said("assistant", other)],
            "rejected": [said("assistant", json!({}))]})
        .to_string()
    }),
    ("repeated prompt", |one, other| {
        json!({"prompt": [said("user", one)],
            "chosen": [said("user", json!({})), said("assistant", other)],
            "rejected": "no"})
        .to_string()
    }),
    ("responses", |one, other| {
        let item = |role: &str, fields: Value| {
            with(
                json!({"type": "message", "role": role,
                "content": [{"type": "output_text", "text": role}]}),
                fields,
            )
        };
        let call = json!({"type": "function_call", "call_id": "f", "name": "n", "arguments": "1"});
        let returned = json!({"type": "function_call_output", "call_id": "f", "output": "2"});
        json!([item("user", one), call, returned, item("assistant", other)]).to_string()
    }),
    ("batch", |one, other| {
        lines(&[
            json!({"custom_id": "c", "method": "POST", "body":
                with(json!({"model": "m", "messages": [said("user", json!({}))]}), one)}),
            json!({"id": "b", "custom_id": "c", "response": {"status_code": 200, "body":
                with(json!({"choices": [{"message": said("assistant", json!({}))}]}), other)}}),
        ])
    }),
    ("lines of a session", |one, other| {
        lines(&[
            with(said("user", one), json!({"session": "s"})),
            with(said("assistant", other), json!({"session": "s"})),
        ])
    }),
    ("tools", |one, other| {
        let call = json!({"role": "assistant", "content": null, "tool_calls": [{"id": "f",
            "type": "function", "function": {"name": "n", "arguments": "{}"}}]});
        let result = json!({"role": "tool", "tool_call_id": "f", "content": "2"});
        lines(&[with(call, one), with(result, other), said("assistant", json!({}))])
    }),
    ("claude-code", |one, other| {
        let row = |id: &str, parent: Value, role: &str| {
            json!({"type": role, "uuid": id, "parentUuid": parent, "sessionId": "s",
                "timestamp": "2026-01-01T00:00:00Z",
                "message": {"role": role, "content": id}})
        };
        lines(&[
            json!({"type": "summary", "summary": "A title", "leafUuid": "a"}),
            with(row("a", Value::Null, "user"), one),
            with(row("b", "a".into(), "assistant"), other),
        ])
    }),
    ("openclaw", |one, other| {
        let row = |id: &str, role: &str| {
            json!({"type": "message", "id": id, "parentId": null,
                "message": {"role": role, "content": id}})
        };
        lines(&[
            json!({"type": "session", "id": "s", "timestamp": "2026-01-01T00:00:00Z"}),
            with(row("a", "user"), one),
            with(row("b", "assistant"), other),
        ])
    }),
];

#[test]
fn a_conversation_belongs_to_the_owner_that_one_of_its_parts_names() {
    let alice = || json!({"user_id": "alice"});
    for (name, write) in CONVERSATIONS {
        let of = |text: &str| if text.contains('\n') { "x.jsonl" } else { "x.json" };
        for (one, other, expect) in [
            (json!({}), json!({}), None),
            (alice(), json!({}), Some("alice")),
            (json!({}), alice(), Some("alice")),
            (alice(), alice(), Some("alice")),
        ] {
            let text = write(one, other);
            let read = read_auto(of(&text), &text);
            assert_eq!((owners(&read), &read.failed), (vec![expect], &vec![]), "{name}: {text}");
            let sessions = Read::of(Kind::Session, &read.drafts).len();
            assert!(sessions <= 1, "{name}: {read:?}");
        }
    }
}

#[test]
fn a_conversation_with_two_owners_leaves_no_shared_records() {
    for (name, write) in CONVERSATIONS {
        let text = write(json!({"user_id": "alice"}), json!({"user_id": "bob"}));
        let file = if text.contains('\n') { "x.jsonl" } else { "x.json" };
        let read = read_auto(file, &text);
        assert!(!owners(&read).contains(&None), "{name}: {read:?}");
    }
    let text = CONVERSATIONS[0].1(json!({"user_id": "alice"}), json!({"user_id": "bob"}));
    let read = read_auto("x.json", &text);
    assert!(read.drafts.is_empty() && read.failed[0].contains("`alice` and `bob`"), "{read:?}");
}

#[test]
fn lines_without_a_session_may_have_different_owners() {
    let read = read_auto(
        "x.jsonl",
        &lines(&[
            said("user", json!({"user_id": "alice"})),
            said("user", json!({"user_id": "bob"})),
            said("assistant", json!({})),
            json!({"text": "The office closes at six."}),
        ]),
    );
    assert_eq!(owners(&read), [None, Some("alice"), Some("bob")], "{read:?}");
    assert_eq!((read.said().len(), read.noted().len(), read.failed.len()), (2, 1, 1), "{read:?}");
}

#[test]
fn a_possible_owner_field_applies_to_the_whole_conversation() {
    for (name, value) in [
        ("actor_id", json!("alice")),
        ("profileId", json!("alice")),
        ("participant_id", json!(7)),
        ("patient_id", json!("alice")),
        ("person", json!("alice")),
        ("person_id", json!("alice")),
        ("principal", json!("alice")),
        ("login", json!("alice")),
        ("email", json!("alice@example.org")),
        ("created_by", json!({"id": "alice"})),
        ("sender_id", json!("alice")),
        ("author_id", json!("alice")),
        ("org_id", json!("acme")),
        ("workspace", json!("acme")),
        ("namespace", json!("users/alice")),
    ] {
        let fields = json!({name: value});
        let metadata = json!({"metadata": fields});
        for (fields, is_meant) in [(fields.clone(), true), (metadata, true), (json!({}), false)] {
            for (write, at) in [
                (lines(&[json!({"text": "x"})].map(|it| with(it, fields.clone()))), "x.jsonl"),
                (
                    json!([said("user", fields.clone()), said("ai", json!({}))]).to_string(),
                    "x.json",
                ),
                (
                    with(json!({"messages": [said("user", json!({}))]}), fields.clone())
                        .to_string(),
                    "x.json",
                ),
            ] {
                let read = read_auto(at, &write);
                let meant = read.drafts.iter().filter(|it| it.like_owner.is_some()).count();
                let expect = if is_meant { read.drafts.len() } else { 0 };
                assert_eq!(meant, expect, "{write}: {read:?}");
                for mut draft in read.drafts {
                    let filled = draft.fill(&aios_record::Gate::shared());
                    assert_eq!(filled.is_err(), is_meant, "{write}");
                }
            }
        }
    }
    // Role words are not owners, and beside an owner such a field is not one.
    for fields in [json!({"sender_id": "assistant"}), json!({"user": "a", "actor_id": "b"})] {
        let read = read_auto("x.jsonl", &lines(&[said("user", fields)]));
        let mut draft = read.drafts[0].clone();
        assert_eq!(draft.fill(&aios_record::Gate::administrator()), Ok(()));
    }
}

#[test]
fn a_relation_belongs_to_the_owner_of_its_entities() {
    let memory = |owner: Value| with(json!({"id": "1", "memory": "likes rye"}), owner);
    let relation = json!({"source": "alice", "relationship": "likes", "destination": "rye"});
    let entity = |name: &str, owner: Value| {
        with(json!({"name": name, "entityType": "thing", "observations": ["x"]}), owner)
    };
    let edge = json!({"from": "x", "to": "y", "relationType": "knows"});
    let (alice, bob) = (json!({"user_id": "alice"}), json!({"user_id": "bob"}));
    for (file, expect, failed) in [
        (json!({"results": [memory(json!({}))], "relations": [relation]}), vec![None], 0),
        (
            json!({"results": [memory(alice.clone())], "relations": [relation]}),
            vec![Some("alice")],
            0,
        ),
        (
            json!({
                "results": [memory(alice.clone()), memory(bob.clone())], "relations": [relation],
            }),
            vec![Some("alice"), Some("bob")],
            1,
        ),
        (
            json!({
                "entities": [entity("x", alice.clone()), entity("y", bob)], "relations": [edge],
            }),
            vec![Some("alice"), Some("bob")],
            0,
        ),
        (
            json!({"entities": [entity("x", json!({})), entity("y", alice)], "relations": [edge]}),
            vec![None, Some("alice")],
            0,
        ),
    ] {
        let read = read_auto("x.json", &file.to_string());
        assert_eq!((owners(&read), read.failed.len()), (expect, failed), "{file}: {read:?}");
        let shared = |it: &&super::Draft| it.scope.user.is_none() && it.text.contains(" knows ");
        assert!(read.drafts.iter().find(shared).is_none(), "{file}");
    }
}
