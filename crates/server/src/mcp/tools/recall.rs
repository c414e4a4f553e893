//! `recall`: a line for each record that matches a question.

use aios_memory::{MemoryView, Recalled, Recollection, Timestamp};
use rmcp::model::JsonObject;
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    mcp::{
        answer::{Answer, Budgeted, day, fitting, number, tokens},
        arguments::Arguments,
        quote::{self, Quotable},
        schema::{TOKENS_MAX, TOKENS_MIN, budget, closed, described, text, texts},
        visit::Visit,
    },
};

const KNOWN: &[&str] =
    &["query", "limit", "max_tokens", "kinds", "tags", "since", "until", "as_of"];
const HITS_MAX: usize = 50;
const HITS_DEFAULT: usize = 8;
const TOKENS_DEFAULT: usize = 800;
const QUERY_CHARS_MAX: usize = 20_000;
const TAGS_MAX: usize = 20;
const TAG_CHARS_MAX: usize = 256;
/// Maximum length of the text of a hit, in characters. `read` returns all of it.
const TEXT_CHARS_MAX: usize = 500;
/// Minimum length of a truncated text, in characters.
const TEXT_CHARS_MIN: usize = 60;

pub(super) fn about() -> (&'static str, JsonObject) {
    let mut kinds = texts();
    kinds["description"] = json!("such as note, fact, decision, message");
    let properties = json!({
        "query": text(),
        "limit": {"type": "integer", "minimum": 1, "maximum": HITS_MAX, "default": HITS_DEFAULT},
        "max_tokens": budget(TOKENS_DEFAULT),
        "kinds": kinds,
        "tags": texts(),
        "since": described("2026-05-08, yesterday, 7d"),
        "until": text(),
        "as_of": described("answer from what was known then"),
    });
    (
        "Search memory by meaning and words. One line per hit: relevance, key, date, quoted text.",
        closed(properties, &["query"]),
    )
}

pub(super) async fn call(visit: &Visit, arguments: Option<JsonObject>) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("recall", KNOWN, arguments)?;
    let query = arguments.text("query", QUERY_CHARS_MAX)?;
    let limit = arguments.number("limit", 1..=HITS_MAX, HITS_DEFAULT)?;
    let tokens_max = arguments.number("max_tokens", TOKENS_MIN..=TOKENS_MAX, TOKENS_DEFAULT)?;
    let kinds = visit.call.caller.readable(arguments.kinds("kinds")?)?;
    let tags = arguments.texts("tags", 0..=TAGS_MAX, TAG_CHARS_MAX)?;
    let (since, until) = (arguments.period("since")?, arguments.period("until")?);
    if let (Some(since), Some(until)) = (since, until)
        && until.end <= since.begin
    {
        return Err(Failure::invalid("`until`: expected a time after `since`"));
    }
    // A span that has not ended yet is searched as of now.
    let as_of = arguments.period("as_of")?;
    let as_of = as_of.map(|period| period.last().min(Timestamp::now()).max(period.begin));
    let options = visit
        .view
        .search_options()
        .with_as_of(as_of)
        .with_limit(limit)
        .with_kinds(kinds)
        .with_tags(tags)
        .with_since(since.map(|period| period.begin))
        .with_until(until.map(|period| period.end));
    let recalled = visit.call.read(Box::pin(visit.view.recall_with(&query, &options))).await?;
    Ok(answer(&visit.view, &recalled, tokens_max))
}

/// Returns as many lines as fit, best first.
pub(crate) fn answer(view: &MemoryView, recalled: &Recalled, tokens_max: usize) -> Answer {
    let hits = &recalled.hits;
    let total = hits.len();
    let lost = recalled.versions_lost;
    let reserved = tokens(&closing(TOKENS_MAX, total, total, lost));
    let mut lines = Budgeted::new(tokens_max);
    if hits.is_empty() {
        lines.add("Nothing stored fits.\n".to_owned(), reserved);
        return Answer::read(
            lines.close(|count, _| closing(count, 0, 0, lost)),
            value(&[], 0, lost),
        );
    }
    for hit in hits {
        let text = Quotable::of(view, &hit.text);
        let render = |chars| line(view, hit, &text, chars);
        let chars = text.chars().min(TEXT_CHARS_MAX);
        let whole = render(chars);
        if lines.add(whole, reserved) {
            continue;
        }
        if TEXT_CHARS_MIN < chars
            && let Some(cut) = fitting(render, TEXT_CHARS_MIN, chars, lines.room(reserved))
        {
            lines.add(cut, reserved);
        }
        break;
    }
    let shown = lines.len();
    let text = lines.close(|count, shown| closing(count, shown, total, lost));
    Answer::read(text, value(&hits[..shown], total - shown, lost))
}

/// Returns a hit in one line: relevance, key, date, and the quoted text.
fn line(view: &MemoryView, hit: &Recollection, text: &Quotable, chars: usize) -> String {
    let speaker = hit.name.as_ref().map(|name| format!("{} said: ", quote::label(view, name)));
    format!(
        "{:.2} {} {} {}{}{}\n",
        hit.relevance,
        quote::key(&hit.key()),
        day(hit.occurred_at.unwrap_or(hit.recorded_at)),
        text.warning(),
        speaker.unwrap_or_default(),
        text.line(chars),
    )
}

/// Returns the last line. `lost` is the number of records whose version at that time is no longer
/// kept.
fn closing(count: usize, shown: usize, total: usize, lost: u64) -> String {
    let mut line = format!("({}", number(count, "token"));
    let more = total - shown.min(total);
    if 0 < more {
        line += &format!("; {more} more: raise max_tokens");
    }
    if 0 < lost {
        line += &format!("; versions of that time that are no longer kept: {lost}");
    }
    line + ")"
}

fn value(hits: &[Recollection], more: usize, lost: u64) -> Value {
    let shown = hits.iter().map(|hit| {
        json!({
            "key": hit.key(),
            "relevance": hit.relevance,
            "time": hit.occurred_at.unwrap_or(hit.recorded_at),
            "text": hit.text,
        })
    });
    json!({"hits": shown.collect::<Vec<_>>(), "more": more, "versions_lost": lost})
}
