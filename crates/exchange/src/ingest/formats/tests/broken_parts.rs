//! Broken JSON within one of several conversations costs only the broken part.

use serde_json::{Value, json};

use super::read_auto;

/// Returns the JSON object broken in several ways; in the last two its brackets or quotes do not
/// close.
fn breakages(object: &str) -> Vec<String> {
    vec![
        object.replacen(':', "::", 1),
        object.replacen(':', ": oops", 1),
        format!("{},oops}}", &object[..object.len() - 1]),
        object.replacen("\"b\"", "\"b", 1),
        object[..object.len() - 1].to_owned(),
    ]
}

#[test]
fn a_broken_element_costs_only_itself_in_every_format() {
    let node = |id: &str, parent: Value, child: Value| {
        json!({"id": id, "parent": parent, "children": child, "message": {"id": id,
            "author": {"role": "user"}, "create_time": 1_700_000_000.5,
            "content": {"content_type": "text", "parts": [id]}}})
    };
    let chatgpt = |broken: &str| {
        let (a, c) = (node("a", Value::Null, json!(["b"])), node("c", json!("b"), json!([])));
        format!(
            "{{\"id\": \"X\", \"title\": \"t\", \"mapping\": {{\"a\": {a}, \"b\": {broken}, \
             \"c\": {c}}},\n\"current_node\": \"c\"}}"
        )
    };
    let claude_message = |id: &str, parent: &str| {
        let mut message = json!({"uuid": id, "text": id, "sender": "human"});
        message["parent_message_uuid"] = parent.into();
        message
    };
    let claude = |broken: &str| {
        let a = claude_message("a", "00000000-0000-4000-8000-000000000000");
        let c = claude_message("c", "b");
        format!(
            "{{\"uuid\": \"X\", \"chat_messages\": [{a}, {broken}, {c}], \"name\": \"t\",
                \"current_leaf_message_uuid\": \"c\"}}"
        )
    };
    let of_list = |name: &'static str, around: fn(&str) -> Value| {
        move |broken: &str| {
            let (a, c) = (around("a"), around("c"));
            format!("{{\"id\": \"X\", \"{name}\": [{a}, {broken}, {c}], \"x\": 1}}")
        }
    };
    let turn = |text: &str| json!({"from": "human", "value": text});
    let message = |text: &str| json!({"role": "user", "content": text});
    let memory = |text: &str| json!({"id": text, "memory": text, "user_id": "ann"});
    let sessions = |broken: &str| {
        let (a, c) = (message("a"), message("c"));
        format!("{{\"question_id\": \"X\", \"haystack_sessions\": [[{a}, {broken}], [{c}]]}}")
    };
    type Case<'a> = (&'a str, Box<dyn Fn(&str) -> String + 'a>, Value);
    let cases: Vec<Case<'_>> = vec![
        ("chatgpt", Box::new(chatgpt), node("b", json!("a"), json!(["c"]))),
        ("claude", Box::new(claude), claude_message("b", "a")),
        ("sharegpt", Box::new(of_list("conversations", turn)), turn("b")),
        ("messages", Box::new(of_list("messages", message)), message("b")),
        ("mem0", Box::new(of_list("results", memory)), memory("b")),
        ("longmemeval", Box::new(sessions), message("b")),
    ];
    for (name, conversation, element) in &cases {
        let whole = conversation(&element.to_string());
        let mut breakages = breakages(&element.to_string());
        if *name == "chatgpt" {
            // Without its last bracket, a node also contains the next node.
            breakages.pop();
        }
        if *name == "longmemeval" {
            // After an unterminated text, the session of the following turns is ambiguous.
            breakages.truncate(3);
        }
        for broken in breakages {
            let text = conversation(&broken);
            let second = whole.replace("\"X\"", "\"Y\"");
            let lines = format!("{}\n{}", text.replace('\n', ""), second.replace('\n', ""));
            for (file, text, others) in [
                ("one.json", text.clone(), 0),
                ("list.json", format!("[{text},\n{second}]"), 3),
                ("data.json", format!("{{\"data\": [{text},\n{second}]}}"), 3),
                ("lines.jsonl", lines, 3),
            ] {
                // Memories in nested lists are not a known format.
                if (*name, file) == ("mem0", "data.json") {
                    continue;
                }
                let read = read_auto(file, &text);
                let drafts = read.drafts.iter().filter(|it| it.kind != aios_record::Kind::Session);
                let said: Vec<&str> = drafts.map(|it| it.text.as_str()).collect();
                // A node with an intact message is read.
                let is_whole = said.starts_with(&["a", "b"]);
                let first = if is_whole { &["a", "b", "c"][..] } else { &["a", "c"] };
                assert!(!is_whole || *name == "chatgpt", "{name} {file}: {text}");
                let expect = [first, &["a", "b", "c"][..others]].concat();
                assert_eq!(said, expect, "{name} {file}: {text}\n{read:?}");
                assert!(!read.failed.is_empty(), "{name} {file}: {text}");
            }
        }
    }
}
