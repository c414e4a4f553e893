//! Any conversation survives the writer and the reader of each format without loss.

use aios_record::Kind;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Read,
    exchange::{Exchange, exchange},
    read_as, read_auto,
    writers::{WRITERS, Writer},
};
use crate::ingest::{Format, Thinking};

#[test]
fn every_format_of_the_table_has_a_writer() {
    // Documents contain no conversations, and have their own tests.
    let of_documents = [Format::Auto, Format::Markdown, Format::Text];
    for format in Format::all().filter(|format| !of_documents.contains(format)) {
        let has_writer = WRITERS.iter().any(|writer| writer.format == format);
        assert!(has_writer, "`{}` has no writer in the tests", format.name());
    }
}

/// Checks that the conversations read equal those written.
pub(super) fn check(writer: &Writer, written: &[Exchange], read: &Read) {
    let name = writer.name;
    let written = if writer.is_single { &written[..1] } else { written };
    assert_eq!(read.failed, Vec::<String>::new(), "{name}");
    let (texts, texts_of) = writer.texts;
    let told: Vec<String> = written.iter().flat_map(texts).collect();
    assert_eq!(texts_of(read), told, "{name}");
    if writer.has_tools {
        let called: Vec<_> = written.iter().flat_map(Exchange::called).collect();
        let field = |draft: &aios_draft::Draft, name: &str| {
            draft.metadata[name].as_str().unwrap_or_default().to_owned()
        };
        let read: Vec<_> = read
            .calls()
            .iter()
            .map(|it| (field(it, "tool_name"), field(it, "input"), field(it, "output")))
            .collect();
        assert_eq!(read, called, "{name}");
    }
    if writer.has_titles {
        let titles: Vec<&str> = written.iter().map(|it| it.title.as_str()).collect();
        let mut read = read.titles();
        read.sort_by_key(|title| titles.iter().position(|it| it == title));
        assert_eq!(read, titles, "{name}");
    }
    if let Some(unit) = writer.time_unit_s {
        let first = read.drafts.iter().find(|it| it.kind != Kind::Session).unwrap();
        let first = first.occurred_at.map(|time| time.as_second());
        assert_eq!(first, Some(written[0].began / unit * unit), "{name}");
    }
    let mut sessions: Vec<&str> =
        read.messages().iter().map(|it| it.scope.session.as_deref().unwrap()).collect();
    sessions.dedup();
    let has_sessions = !read.messages().is_empty();
    assert!(!has_sessions || sessions.len() == written.len(), "{name}: {sessions:?}");
    if let Some(session) = writer.session {
        let expect: Vec<String> = written.iter().map(|it| session(&it.id)).collect();
        assert_eq!(sessions, expect, "{name}");
    }
}

/// Generates a few conversations with different ids.
pub(super) fn exchanges() -> impl Strategy<Value = Vec<Exchange>> {
    prop::collection::vec(exchange(), 1..4).prop_map(|mut all| {
        for (at, exchange) in all.iter_mut().enumerate() {
            exchange.id = format!("{}-{at}", exchange.id);
            exchange.title = format!("{} {at}", exchange.title);
        }
        all
    })
}

/// Adds unknown fields to an object and its nested objects.
fn with_unknown(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let fields = object.into_iter().map(|(name, value)| (name, with_unknown(value)));
            let mut object: serde_json::Map<String, Value> = fields.collect();
            // A mapping is a table of nodes, to which no field can be added.
            if !object.values().any(|it| it.get("message").is_some()) {
                object.insert(
                    "x_new".to_owned(),
                    serde_json::json!({"deep": [{"er": 1}], "er": null}),
                );
            }
            Value::Object(object)
        }
        Value::Array(items) => items.into_iter().map(with_unknown).collect(),
        value => value,
    }
}

/// Applies a change to a writer's whole document, or to each of its lines.
fn changed(writer: &Writer, text: &str, change: impl Fn(Value) -> String) -> String {
    let parsed = |text: &str| serde_json::from_str(text).unwrap();
    match writer.file.ends_with("jsonl") {
        true => text.lines().map(|line| format!("{}\n", change(parsed(line)))).collect(),
        false => change(parsed(text)),
    }
}

/// Writes JSON with the fields of each object in reverse order.
fn in_reverse(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let mut fields: Vec<String> = object
                .iter()
                .map(|(name, value)| format!("{}:{}", json!(name), in_reverse(value)))
                .collect();
            fields.reverse();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(in_reverse).collect::<Vec<_>>().join(","))
        }
        value => value.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_format_round_trips_a_conversation(written in exchanges()) {
        for writer in WRITERS {
            let read = read_auto(writer.file, &(writer.write)(&written));
            check(writer, &written, &read);
        }
    }

    #[test]
    fn unknown_fields_change_nothing(written in exchanges()) {
        for writer in WRITERS {
            let text = (writer.write)(&written);
            let added = changed(writer, &text, |it| with_unknown(it).to_string());
            check(writer, &written, &read_auto(writer.file, &added));
        }
    }

    #[test]
    fn field_order_and_an_explicit_format_change_nothing(written in exchanges()) {
        for writer in WRITERS {
            let text = (writer.write)(&written);
            let reversed = changed(writer, &text, |it| in_reverse(&it));
            check(writer, &written, &read_auto(writer.file, &reversed));
            let named = read_as(writer.format, Thinking::LeftOut, writer.file, text.as_bytes());
            check(writer, &written, &named);
        }
    }

    #[test]
    fn a_list_of_elements_within_an_object_is_read_like_the_list(written in exchanges()) {
        for writer in WRITERS.iter().filter(|it| it.file.ends_with(".json")) {
            let text = (writer.write)(&written);
            if let Ok(list @ Value::Array(_)) = serde_json::from_str(&text) {
                let nested = json!({"data": list}).to_string();
                check(writer, &written, &read_auto(writer.file, &nested));
            }
        }
    }

    #[test]
    fn a_truncated_file_yields_its_beginning_and_a_failure(
        written in exchanges(),
        share in 10_usize..100,
    ) {
        for writer in WRITERS {
            let text = (writer.write)(&written);
            let end = text.floor_char_boundary(text.len() * share / 100);
            let read = read_auto(writer.file, &text[..end]);
            let (texts, texts_of) = writer.texts;
            let all: Vec<String> = written.iter().flat_map(texts).collect();
            let said = texts_of(&read);
            prop_assert!(said.iter().all(|it| all.contains(it)), "{}: {said:?}", writer.name);
            let is_short = said.len() < all.len() && !writer.is_single;
            let tells = !read.failed.is_empty() || text[..end].ends_with(['\n', '}']);
            prop_assert!(tells || !is_short, "{}: {end} of {}", writer.name, text.len());
        }
    }
}
