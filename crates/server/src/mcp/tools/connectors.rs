//! `search` and `fetch`, in the form that the connectors of ChatGPT and OpenAI's API expect: a
//! single text that is JSON.

use aios_memory::Key;
use rmcp::model::JsonObject;
use serde_json::json;

use super::read::Entry;
use crate::{
    failure::Failure,
    http::key_of,
    mcp::{
        answer::{Answer, day},
        arguments::Arguments,
        quote::Quotable,
        resources::uri_of,
        schema::{closed, text},
        visit::Visit,
    },
};

/// Number of results of a search.
const RESULTS: usize = 10;
const QUERY_CHARS_MAX: usize = 20_000;
const ID_CHARS_MAX: usize = 256;
/// Maximum length of the title of a result, in characters.
const TITLE_CHARS_MAX: usize = 120;
/// Maximum length of a fetched text, in characters.
const TEXT_CHARS_MAX: usize = 40_000;

pub(super) fn about_search() -> (&'static str, JsonObject) {
    ("Search memory.", closed(json!({"query": text()}), &["query"]))
}

pub(super) fn about_fetch() -> (&'static str, JsonObject) {
    ("Fetch a record that `search` found.", closed(json!({"id": text()}), &["id"]))
}

pub(super) async fn search(
    visit: &Visit,
    arguments: Option<JsonObject>,
) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("search", &["query"], arguments)?;
    let query = arguments.text("query", QUERY_CHARS_MAX)?;
    let kinds = visit.call.caller.readable(None)?;
    let options = visit.view.search_options().with_limit(RESULTS).with_kinds(kinds);
    let recalled = visit.call.read(Box::pin(visit.view.recall_with(&query, &options))).await?;
    let results = recalled.hits.iter().map(|hit| {
        let title = hit.title.as_deref().unwrap_or(&hit.text);
        let title = shown(visit, title, TITLE_CHARS_MAX);
        json!({"id": hit.key(), "title": title.0, "url": uri_of(&hit.key())})
    });
    let value = json!({"results": results.collect::<Vec<_>>()});
    Ok(Answer::read(value.to_string(), value))
}

pub(super) async fn fetch(visit: &Visit, arguments: Option<JsonObject>) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("fetch", &["id"], arguments)?;
    let id = arguments.text("id", ID_CHARS_MAX)?;
    let key: Key = key_of(&id).map_err(|failure| failure.within("`id`"))?;
    let Some(Entry { record, .. }) = Entry::of(visit, &key).await? else {
        return Err(Failure::not_found(format!("`id`: no record `{key}`")));
    };
    let title = record.title.as_deref().unwrap_or(&record.text);
    let (text, is_cut) = shown(visit, &record.text, TEXT_CHARS_MAX);
    let value = json!({
        "id": key,
        "title": shown(visit, title, TITLE_CHARS_MAX).0,
        "text": text,
        "url": uri_of(&key),
        "metadata": {"kind": key.kind, "date": day(record.time()), "cut": is_cut},
    });
    Ok(Answer::read(value.to_string(), value))
}

/// Returns a stored text for a field of the answer, and true if it was truncated.
fn shown(visit: &Visit, text: &str, chars_max: usize) -> (String, bool) {
    let text = Quotable::of(&visit.view, text);
    (format!("{}{}", text.warning(), text.bare(chars_max)), chars_max < text.chars())
}
