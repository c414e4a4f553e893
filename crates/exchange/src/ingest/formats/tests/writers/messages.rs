//! Messages as libraries and data sets write them.

use serde_json::{Value, json};

use crate::ingest::formats::tests::exchange::{ANNA, BO, Exchange, Turn};

pub(super) fn openai(exchange: &Exchange) -> Value {
    let mut messages = Vec::new();
    for (at, turn) in exchange.turns.iter().enumerate() {
        match turn {
            Turn::User(text) => messages.push(json!({"role": "user", "content": text})),
            Turn::Assistant(text) => {
                messages.push(json!({"role": "assistant", "content": text, "weight": 1}));
            }
            Turn::Tool(tool, input, output) => {
                let call = json!({"id": format!("call_{at}"), "type": "function",
                    "function": {"name": tool, "arguments": input}});
                messages.push(json!({"role": "assistant", "content": null, "tool_calls": [call]}));
                messages.push(json!({"role": "tool", "tool_call_id": format!("call_{at}"),
                    "content": output}));
            }
        }
    }
    json!({"messages": messages})
}

pub(super) fn anthropic(exchange: &Exchange) -> Value {
    let mut messages = Vec::new();
    for (at, turn) in exchange.turns.iter().enumerate() {
        match turn {
            Turn::User(text) => messages.push(json!({"role": "user", "content": text})),
            Turn::Assistant(text) => messages.push(json!({"role": "assistant",
                "content": [{"type": "text", "text": text}]})),
            Turn::Tool(tool, input, output) => {
                messages.push(json!({"role": "assistant", "content": [{"type": "tool_use",
                    "id": format!("toolu_{at}"), "name": tool, "input": input}]}));
                messages.push(json!({"role": "user", "content": [{"type": "tool_result",
                    "tool_use_id": format!("toolu_{at}"), "content": output}]}));
            }
        }
    }
    json!({"model": "claude-x", "max_tokens": 9, "messages": messages})
}

/// Returns the types and the fields of LangChain's messages.
fn langchain_fields(exchange: &Exchange) -> Vec<(&'static str, &'static str, Value)> {
    let mut messages = Vec::new();
    for (at, turn) in exchange.turns.iter().enumerate() {
        match turn {
            Turn::User(text) => messages.push((
                "human",
                "HumanMessage",
                json!({"content": text,
                "additional_kwargs": {}, "response_metadata": {}}),
            )),
            Turn::Assistant(text) => messages.push((
                "ai",
                "AIMessage",
                json!({"content": text,
                "tool_calls": [], "invalid_tool_calls": []}),
            )),
            Turn::Tool(tool, input, output) => {
                messages.push((
                    "ai",
                    "AIMessage",
                    json!({"content": "", "tool_calls": [
                    {"name": tool, "args": input, "id": format!("c{at}"), "type": "tool_call"}]}),
                ));
                messages.push((
                    "tool",
                    "ToolMessage",
                    json!({"content": output, "name": tool,
                    "tool_call_id": format!("c{at}")}),
                ));
            }
        }
    }
    messages
}

pub(super) fn langchain(exchange: &Exchange) -> Vec<Value> {
    let messages = langchain_fields(exchange).into_iter();
    messages.map(|(sort, _, data)| json!({"type": sort, "data": data})).collect()
}

pub(super) fn langchain_constructors(exchange: &Exchange) -> Vec<Value> {
    let messages = langchain_fields(exchange).into_iter();
    let row = |(_, class, kwargs): (&str, &str, Value)| {
        json!({"lc": 1, "type": "constructor",
        "id": ["langchain", "schema", "messages", class], "kwargs": kwargs})
    };
    messages.map(row).collect()
}

pub(super) fn sharegpt(exchange: &Exchange) -> Value {
    let turns = exchange.turns.iter().filter_map(|turn| match turn {
        Turn::User(text) => Some(json!({"from": "human", "value": text})),
        Turn::Assistant(text) => Some(json!({"from": "gpt", "value": text})),
        Turn::Tool(..) => None,
    });
    json!({"id": exchange.id, "conversations": Value::from_iter(turns)})
}

pub(super) fn longmemeval(all: &[Exchange]) -> Value {
    let date = |exchange: &Exchange| {
        let time = aios_record::Timestamp::from_second(exchange.began).unwrap();
        time.strftime("%Y/%m/%d (%a) %H:%M").to_string()
    };
    let turns = |exchange: &Exchange| {
        let turns = exchange.turns.iter().filter_map(|turn| match turn {
            Turn::User(text) => Some(json!({"role": "user", "content": text, "has_answer": true})),
            Turn::Assistant(text) => Some(json!({"role": "assistant", "content": text})),
            Turn::Tool(..) => None,
        });
        Value::from_iter(turns)
    };
    json!({"question_id": "q1", "question_type": "multi-session", "question": "Which?",
        "answer": "That", "question_date": "2023/05/30 (Tue) 23:40",
        "haystack_session_ids": Value::from_iter(all.iter().map(|it| it.id.clone())),
        "haystack_dates": Value::from_iter(all.iter().map(date)),
        "haystack_sessions": Value::from_iter(all.iter().map(turns)),
        "answer_session_ids": [all[0].id]})
}

pub(super) fn locomo(exchange: &Exchange) -> Value {
    let time = aios_record::Timestamp::from_second(exchange.began).unwrap();
    let turns = exchange.texts().enumerate().map(|(at, (speaker, text))| {
        json!({"speaker": speaker, "dia_id": format!("D1:{}", at + 1), "text": text})
    });
    json!({"sample_id": exchange.id, "qa": [{"question": "Which?", "answer": "That",
            "evidence": ["D1:1"], "category": 1}],
        "conversation": {"speaker_a": ANNA, "speaker_b": BO,
            "session_1_date_time": time.strftime("%-I:%M %P on %-d %B, %Y").to_string(),
            "session_1": Value::from_iter(turns)},
        "event_summary": {}, "observation": {}, "session_summary": {}})
}

/// Returns the messages with their roles, times and ids.
fn messages(exchange: &Exchange) -> impl Iterator<Item = Value> {
    exchange.turns.iter().enumerate().filter_map(|(at, turn)| {
        let (role, text) = match turn {
            Turn::User(text) => ("user", text),
            Turn::Assistant(text) => ("assistant", text),
            Turn::Tool(..) => return None,
        };
        Some(json!({"role": role, "content": text, "created_at": exchange.time(at),
            "id": format!("{}-{at}", exchange.id)}))
    })
}

pub(super) fn chat(exchange: &Exchange) -> Value {
    json!({"session_id": exchange.id, "title": exchange.title,
        "messages": Value::from_iter(messages(exchange))})
}

pub(super) fn record(exchange: &Exchange) -> Vec<Value> {
    let within = |mut message: Value| {
        message["session_id"] = exchange.id.clone().into();
        message
    };
    messages(exchange).map(within).collect()
}
