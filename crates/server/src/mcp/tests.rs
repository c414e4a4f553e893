//! The descriptions of the tools are committed, closed, and within their token limit.

use std::{env, fs, path::Path};

use serde_json::{Value, json};

use super::{Profiles, answer::tokens, handler::listed, tools};

/// Maximum number of o200k tokens that the default profile adds to each prompt of a host.
const TOKENS_MAX: usize = 700;

/// Returns the tools as a host gives them to its model.
fn described(profiles: Profiles) -> Vec<Value> {
    let tools = listed(profiles, |_| true).into_iter().map(|tool| {
        json!({
            "name": tool.name,
            "description": tool.description,
            "inputSchema": *tool.input_schema,
        })
    });
    tools.collect()
}

/// Sorts the keys of every object, since their order depends on the features of a build.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            fields.into_iter().map(|(name, value)| (name, sorted(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

#[test]
fn the_committed_tools_are_those_of_the_code_and_cost_few_tokens() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/mcp-tools.json");
    let tools = sorted(Value::Array(described(Profiles::default())));
    if env::var_os("UPDATE_MCP_TOOLS").is_some() {
        let text = serde_json::to_string_pretty(&tools).unwrap();
        fs::write(&path, format!("{text}\n")).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let committed: Value = serde_json::from_str(&committed).unwrap_or_default();
    assert!(
        committed == tools,
        "docs/mcp-tools.json is not up to date; run this test with UPDATE_MCP_TOOLS=1"
    );
    let counted = tokens(&committed.to_string());
    assert!(counted <= TOKENS_MAX, "{counted} tokens");
}

#[test]
fn every_tool_is_closed_and_stays_within_the_memory() {
    for tool in listed(Profiles::ALL, |_| true) {
        assert_eq!(tool.input_schema["additionalProperties"], false, "{}", tool.name);
        for required in tool.input_schema["required"].as_array().unwrap() {
            let required = required.as_str().unwrap();
            assert!(tool.input_schema["properties"].get(required).is_some(), "{}", tool.name);
        }
        let hints = tool.annotations.unwrap();
        assert_eq!(hints.open_world_hint, Some(false), "{}", tool.name);
        let graph = ["create_", "add_", "delete_"].iter().any(|verb| tool.name.starts_with(verb));
        let may_write = graph
            || matches!(&*tool.name, "remember" | "forget" | "begin" | "log" | "finish" | "memory");
        assert_eq!(hints.read_only_hint, Some(!may_write), "{}", tool.name);
    }
}

#[test]
fn profiles_are_read_by_name_and_others_are_refused_with_the_list() {
    let names = |text: &str| -> Vec<String> {
        let profiles: Profiles = text.parse().unwrap();
        assert_eq!(profiles.to_string().parse(), Ok(profiles));
        tools::of(profiles).map(|tool| tool.as_str().to_owned()).collect()
    };
    let core = ["context", "recall", "read", "remember", "forget"];
    assert_eq!(names("core"), core);
    assert_eq!(names("openai"), ["search", "fetch"]);
    assert_eq!(names("files"), ["memory"]);
    assert_eq!(names("work"), ["begin", "log", "finish", "resume_list"]);
    assert_eq!(names("graph").len(), 9);
    assert_eq!(names("openai,graph,core")[5], "create_entities");
    assert_eq!(names("openai, core").len(), 7);
    assert_eq!(names("files,core")[5], "memory");
    for unknown in ["works", "graphs", "", "core,"] {
        let error = unknown.parse::<Profiles>().unwrap_err().to_string();
        assert!(error.ends_with("expected core, work, files, graph or openai"), "{error}");
    }
}
