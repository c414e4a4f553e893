//! `remember`: stores a statement for later sessions.

use aios_memory::{
    Key, Kind, MemoryView, Record, RememberOptions, Scope,
    record::{Provenance, forms},
};
use rmcp::model::JsonObject;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    failure::{Class, Failure},
    hex,
    http::State,
    mcp::{
        answer::Answer,
        arguments::Arguments,
        quote::{self, Quotable},
        schema::{closed, described, texts},
        visit::Visit,
    },
};

const KNOWN: &[&str] = &["text", "kind", "tags", "replaces"];
const TEXT_CHARS_MAX: usize = 20_000;
const TAGS_MAX: usize = 20;
const TAG_CHARS_MAX: usize = 256;
/// The kinds, with the default first.
const KINDS: &[Kind] =
    &[Kind::Note, Kind::Fact, Kind::Preference, Kind::Decision, Kind::Procedure, Kind::Incident];
/// Minimum relevance at which a stored text is reported as similar to a new one.
const NEAR: f64 = 0.8;
/// Maximum length of a similar text, in characters.
const NEAR_CHARS_MAX: usize = 160;
/// Name of the writer of records that this tool stores.
const MODULE: &str = "mcp";
/// Number of bytes of the hash at the end of a preference's key or a decision's id.
const HASH_BYTES: usize = 8;
/// Maximum numbers of words and characters of the text at the start of a preference's key.
const SLUG_WORDS_MAX: usize = 6;
const SLUG_CHARS_MAX: usize = 40;

pub(super) fn about() -> (&'static str, JsonObject) {
    let kinds: Vec<&str> = KINDS.iter().map(|kind| kind.as_str()).collect();
    let properties = json!({
        "text": {"type": "string", "maxLength": TEXT_CHARS_MAX},
        "kind": {"enum": kinds, "default": "note"},
        "tags": texts(),
        "replaces": described("key of the record that it corrects"),
    });
    (
        "Store one statement that later sessions need: a fact, a decision with its reason, a \
         preference. Write names and dates out; no secrets.",
        closed(properties, &["text"]),
    )
}

pub(super) async fn call(visit: &Visit, arguments: Option<JsonObject>) -> Result<Answer, Failure> {
    let mut arguments = Arguments::of("remember", KNOWN, arguments)?;
    let text = arguments.text("text", TEXT_CHARS_MAX)?;
    let kind = arguments.optional("kind", 64)?.map(|name| kind_of(&name)).transpose()?;
    let tags = arguments.texts("tags", 0..=TAGS_MAX, TAG_CHARS_MAX)?;
    let replaces = arguments.key("replaces")?;
    let kind = match (&replaces, kind) {
        (Some(key), Some(kind)) if key.kind != kind => {
            return Err(Failure::invalid(format!(
                "`kind`: the record of `replaces` has the kind {} and keeps it",
                key.kind
            )));
        }
        (Some(key), _) => checked(key)?,
        (None, kind) => kind.unwrap_or(Kind::Note),
    };
    if !tags.is_empty() && !takes_options(kind) {
        let message = format!("`tags`: the kind {kind} has none; expected an empty list");
        return Err(Failure::invalid(message));
    }
    let before = match &replaces {
        None => None,
        Some(key) => Some(visit.call.read(Box::pin(replaced(&visit.view, key))).await?),
    };
    let provenance = visit.provenance(MODULE);
    let told = Told { text, kind, tags, before, provenance };
    // Only a caller with the right to read gets information about other records.
    let near = match visit.call.caller.has(crate::operation::Right::Read) {
        true => near(visit, &told).await?,
        false => None,
    };
    // A replaced record keeps its scope, which may be wider than the session's.
    let view = if told.before.is_some() { visit.call.caller.whole_view() } else { &visit.view };
    let view = view.clone();
    let storing = Box::pin(async move { stored(&view, told).await });
    let (key, state) = visit.call.write(storing).await?;
    Ok(answer(&key, state, near.filter(|(other, _)| *other != key)))
}

/// Returns true if records of the kind are stored by remembering and have labels.
fn takes_options(kind: Kind) -> bool {
    kind.is_direct() || kind == Kind::Fact
}

/// A statement to store.
struct Told {
    text: String,
    kind: Kind,
    tags: Vec<String>,
    /// The record to replace.
    before: Option<Record>,
    provenance: Provenance,
}

fn kind_of(name: &str) -> Result<Kind, Failure> {
    let known = Kind::meant_by(name).ok().filter(|kind| KINDS.contains(kind));
    known.ok_or_else(|| {
        let known: Vec<&str> = KINDS.iter().map(|kind| kind.as_str()).collect();
        let shown: String = name.chars().take(40).collect();
        Failure::invalid(format!("`kind`: expected {}, not `{shown}`", known.join(", ")))
    })
}

/// Returns the kind of the record to replace, if it may be replaced.
fn checked(key: &Key) -> Result<Kind, Failure> {
    if KINDS.contains(&key.kind) {
        return Ok(key.kind);
    }
    let known: Vec<&str> = KINDS.iter().map(|kind| kind.as_str()).collect();
    Err(Failure::invalid(format!(
        "`replaces`: a statement cannot replace a record of kind {}; expected a key of kind {}",
        key.kind,
        known.join(", ")
    )))
}

/// Returns the key and the quoted text of a stored record with nearly the same content.
async fn near(visit: &Visit, told: &Told) -> Result<Option<(Key, String)>, Failure> {
    if told.before.is_some() {
        return Ok(None);
    }
    let kinds = visit.call.caller.readable(Some(vec![told.kind]))?;
    let options = visit.view.search_options().with_limit(2).with_kinds(kinds);
    let options = options.with_min_relevance(NEAR);
    let found = visit.call.read(Box::pin(visit.view.recall_with(&told.text, &options))).await?;
    let same = forms::same(&told.text);
    let other = found.hits.into_iter().find(|hit| forms::same(&hit.text) != same);
    Ok(other.map(|hit| {
        let text = Quotable::of(&visit.view, &hit.text);
        (hit.key(), format!("{}{}", text.warning(), text.line(NEAR_CHARS_MAX)))
    }))
}

/// Stores the statement, and returns its key and the outcome.
async fn stored(view: &MemoryView, told: Told) -> Result<(Key, State), Failure> {
    if !takes_options(told.kind) {
        return recorded(view, told).await;
    }
    let Told { text, kind, mut tags, before, provenance } = told;
    let id = before.as_ref().map(|before| before.id.clone());
    let mut scope = Scope::default();
    if let Some(before) = before {
        scope = before.scope;
        if tags.is_empty() {
            tags = before.tags;
        }
    }
    let options = RememberOptions::default()
        .with_kind(kind)
        .with_id(id)
        .with_tags(tags)
        .with_scope(scope)
        .with_provenance(provenance);
    let remembered = view.remember_with(&text, options).await?;
    let state = State::of(&remembered);
    Ok((Key::new(kind, remembered.id), state))
}

/// Returns the record that a statement replaces.
async fn replaced(view: &MemoryView, key: &Key) -> Result<Record, Failure> {
    let Some(record) = view.get(key).await? else {
        return Err(Failure::not_found(format!("`replaces`: no record `{key}`"))
            .with_advice("omit it to store a new record"));
    };
    match view.gate().may_change(&record.scope) {
        true => Ok(record),
        false => Err(Failure::new(
            Class::Denied,
            "not_yours",
            format!("`replaces`: the record `{key}` is shared, and this caller acts for one user"),
        )
        .with_advice("omit it to store a record of this user")),
    }
}

/// Stores a preference or a decision.
async fn recorded(view: &MemoryView, told: Told) -> Result<(Key, State), Failure> {
    let Told { text, kind, before: replaced, provenance, .. } = told;
    let id = match &replaced {
        Some(replaced) => replaced.id.to_string(),
        None => derived(kind, &text),
    };
    let (id_field, text_field) = match kind {
        Kind::Preference => ("key", "value"),
        _ => ("id", "chosen"),
    };
    let key = Key::new(kind, crate::http::id_of(id.clone())?);
    let before = view.get(&key).await?.filter(|record| view.gate().may_change(&record.scope));
    let is_known = before.as_ref().is_some_and(|record| record.payload[text_field] == json!(text));
    if is_known {
        return Ok((key, State::Known));
    }
    let mut fields = serde_json::Map::from_iter([(text_field.to_owned(), json!(text))]);
    match (&before, kind) {
        (Some(_), Kind::Decision) => view.update(&key, fields).await?,
        _ => {
            fields.insert(id_field.to_owned(), json!(id));
            if kind == Kind::Decision {
                fields.insert("context".to_owned(), json!("Decision"));
                fields.insert("provenance".to_owned(), json!(provenance));
            }
            view.record(kind, Value::Object(fields)).await?;
        }
    }
    let state = if before.is_some() { State::Replaced } else { State::New };
    Ok((key, state))
}

/// Returns an id derived from the text. That of a preference begins with its words, because a
/// profile shows it.
fn derived(kind: Kind, text: &str) -> String {
    let hash = Sha256::digest(forms::same(text).as_bytes());
    let hash = hex::digits(&hash[..HASH_BYTES]);
    if kind != Kind::Preference {
        return hash;
    }
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.take(SLUG_WORDS_MAX).collect::<Vec<_>>().join("_").to_lowercase();
    let slug: String = slug.chars().take(SLUG_CHARS_MAX).collect();
    match slug.is_empty() {
        true => hash,
        false => format!("{slug}_{}", &hash[..6]),
    }
}

fn answer(key: &Key, state: State, near: Option<(Key, String)>) -> Answer {
    let shown = quote::key(key);
    let (mut text, word) = match state {
        State::New => (format!("stored {shown}"), "new"),
        State::Known => (format!("known already as {shown}"), "known"),
        State::Replaced => {
            (format!("replaced {shown}; the former text is kept as a version"), "replaced")
        }
    };
    if let (State::New, Some((other, quoted))) = (state, &near) {
        let other = quote::key(other);
        text.push_str(&format!("\nnear to {other}: {quoted}"));
    }
    let near = near.map(|(key, _)| key);
    let value = json!({"key": key, "state": word, "near": near});
    Answer::done(text, value, vec![key.to_string()])
}
