use serde_json::json;

use super::{
    super::{
        agent::Agent,
        edit::{Edit, without_spans},
    },
    *,
};

fn server() -> Entry {
    let value = json!({"command": "/bin/aios-memory", "args": ["--user", "a\"da", "mcp"]});
    Entry::Server { below: "mcp_servers", value }
}

fn hook() -> Entry {
    let command = "/bin/aios-memory hook codex Stop";
    let value = json!({"hooks": [{"type": "command", "command": command, "timeout": 10}]});
    Entry::Hook { agent: Agent::Codex, event: "Stop", value }
}

const BEFORE: &[&str] = &[
    "",
    "model = \"gpt\" # mine\n",
    "model = \"gpt\"",
    "# only a comment\n",
    "model = \"gpt\"\r\n",
    "[mcp_servers.other]\ncommand = \"x\"\n\n[tools]\nweb = true # theirs\n",
    "[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = \"command\"\ncommand = \"say done\"\n",
    "[hooks.state.\"a:b\"]\ntrusted_hash = \"x\"\n",
];

#[test]
fn entries_are_appended_and_removed_without_a_trace() {
    for before in BEFORE {
        let mut edit = Edit::new((*before).to_owned());
        for entry in [server(), hook()] {
            insert(&mut edit, &entry).unwrap_or_else(|it| panic!("{it:?}: {before}"));
        }
        assert!(edit.text.starts_with(before), "{before}");
        assert_eq!(without_spans(&edit.text, &edit.spans).as_deref(), Some(*before));
        let removed = remove(&edit.text, &[server(), hook()]).unwrap();
        assert_eq!(value(&removed).unwrap(), value(before).unwrap(), "{before}: {removed}");
        for comment in ["# mine", "# only a comment", "# theirs"] {
            assert_eq!(removed.contains(comment), before.contains(comment), "{removed}");
        }
    }
}

#[test]
fn what_cannot_be_appended_is_refused() {
    for text in [
        "mcp_servers = {}\n",
        "[mcp_servers.aios-memory]\ncommand = \"other\"\n",
        "model = \n",
        "a = 1\na = 2\n",
    ] {
        assert!(insert(&mut Edit::new(text.to_owned()), &server()).is_err(), "{text}");
    }
    let refusal = insert(&mut Edit::new("a = 1\nb = \n".to_owned()), &server()).unwrap_err();
    assert_eq!(refusal.line, Some(2));
}
