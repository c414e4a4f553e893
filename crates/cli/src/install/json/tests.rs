use serde_json::json;

use super::{
    super::{
        agent::Agent,
        edit::{Edit, without_spans},
    },
    *,
};

fn server() -> Entry {
    let value = json!({"command": "/bin/aios-memory", "args": ["mcp"]});
    Entry::Server { below: "mcpServers", value }
}

fn hook() -> Entry {
    let command = "/bin/aios-memory hook claude-code Stop";
    let value = json!({"hooks": [{"type": "command", "command": command}]});
    Entry::Hook { agent: Agent::ClaudeCode, event: "Stop", value }
}

/// Configurations of others, in the layouts that people and programs write.
const BEFORE: &[&str] = &[
    "",
    "{}",
    "{}\n",
    "{\n}\n",
    "{ }",
    "{\"a\":1}",
    "{ \"a\": [1, 2], \"b\": {} }\n",
    "{\n  \"a\": 1\n}\n",
    "{\n\t\"a\": 1,\n\t\"b\": {\n\t\t\"c\": []\n\t}\n}",
    "{\r\n  \"a\": 1\r\n}\r\n",
    "// mine\n{\n  \"a\": 1, // one\n  \"b\": 2 // two\n}\n",
    "{\n  \"a\": 1,\n  // the end\n}\n",
    "{\n  \"a\": 1, /* one */\n}\n",
    "{\n  \"mcpServers\": {}\n}\n",
    "{\n  \"mcpServers\": {\n    \"other\": {\n      \"command\": \"x\" // theirs\n    }\n  }\n}\n",
    "{\n    \"hooks\": {\n        \"Stop\": [\n            {\"hooks\": [{\"type\": \"command\", \
     \"command\": \"say done\"}]}\n        ]\n    }\n}\n",
    "{\"hooks\":{\"Stop\":[],\"PreToolUse\":[]},\"mcpServers\":{\"x\":{}}}",
    "{\n  \"\\u0061\": \"\\n{[,]}\", \"mcpServers\": { \"o\": {} }\n}",
];

#[test]
fn entries_are_inserted_and_removed_without_a_trace() {
    for before in BEFORE {
        let mut edit = Edit::new((*before).to_owned());
        for entry in [server(), hook()] {
            insert(&mut edit, &entry).unwrap_or_else(|it| panic!("{it:?}: {before}"));
        }
        let after = value(&edit.text).unwrap();
        assert_eq!(&after["mcpServers"][SERVER], server().value(), "{before}");
        let hooks = after["hooks"]["Stop"].as_array().unwrap();
        assert!(hooks.contains(hook().value()), "{before}");
        assert_eq!(without_spans(&edit.text, &edit.spans).as_deref(), Some(*before));
        // Without the record of the spans, the values of others stay, and so do their comments.
        let removed = remove(&edit.text, &[server(), hook()]).unwrap();
        let mut left = value(&removed).unwrap();
        let mut wanted = value(before).unwrap();
        for value in [&mut left, &mut wanted] {
            drop_empty(value);
        }
        assert_eq!(left, wanted, "{before}: {removed}");
        for comment in ["// mine", "// one", "// two", "// the end", "/* one */", "// theirs"] {
            assert_eq!(removed.contains(comment), before.contains(comment), "{removed}");
        }
    }
}

/// Drops the objects and lists that may be empty, because nothing shows who made them.
fn drop_empty(value: &mut Value) {
    let Some(object) = value.as_object_mut() else { return };
    for name in ["mcpServers", "hooks"] {
        if let Some(inner) = object.get_mut(name).and_then(Value::as_object_mut) {
            inner.retain(|_, it| *it != json!([]));
        }
        object.retain(|key, it| key != name || *it != json!({}));
    }
}

#[test]
fn a_member_between_others_is_removed_with_one_comma() {
    let entry = server();
    let text = format!(
        "{{\"mcpServers\": {{\"a\": 1, \"{SERVER}\": {}, \"b\": 2}}}}",
        entry.value()
    );
    let removed = remove(&text, &[entry]).unwrap();
    assert_eq!(removed, "{\"mcpServers\": {\"a\": 1, \"b\": 2}}");
}

#[test]
fn a_malformed_file_is_refused_with_its_line() {
    let cases = [
        ("{\n  \"a\": 1\n  \"b\": 2\n}", 3),
        ("{\n  \"mcpServers\": []\n}", 2),
        ("{\n  \"mcpServers\": {\n    \"aios-memory\": {\"command\": \"other\"}\n  }\n}", 3),
        ("{\n  'a': 1\n}", 2),
    ];
    for (text, line) in cases {
        let mut edit = Edit::new(text.to_owned());
        let refusal = insert(&mut edit, &server()).unwrap_err();
        assert_eq!(refusal.line, Some(line), "{text}: {refusal:?}");
    }
    assert!(insert(&mut Edit::new("[]".to_owned()), &server()).is_err());
}

#[test]
fn an_entry_of_another_program_is_not_removed() {
    let text = "{\"mcpServers\": {\"aios-memory\": {\"command\": \"other\", \"args\": [\"mcp\"]}}}";
    assert_eq!(remove(text, &[server()]).unwrap(), text);
}
