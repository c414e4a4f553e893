//! Hindsight's retain, recall and list, as `hindsight-client` 1.1 calls them, on our notes. Clients
//! only change the address. A bank is a user.
//!
//! No language model reads the content: each item becomes a memory of the type `world` as it is. An
//! item of a document replaces the one retained for it before. Not served: reflection, entities,
//! observations, files, the management of banks.

use aios_memory::{Kind, Recollection, Record, Scope, SearchOptions};
use axum::{
    Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    answer,
    facade::{self, Fields, NewMemory, id_shown},
    request::{Json, PathName, Query, within},
    service::Service,
};
use crate::{bounds::TOKENS_MAX, call::Call, failure::Failure};

/// Maximum number of items per request.
const ITEMS_MAX: usize = 256;
/// Maximum number of listed memories.
const LIMIT_MAX: usize = 1_000;
/// The type of our memories.
const WORLD: &str = "world";
/// The memory types of the clients.
const TYPES: [&str; 4] = [WORLD, "experience", "opinion", "observation"];

type Object = Map<String, Value>;

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/v1/default/banks/{bank}/memories", post(retain))
        .route("/v1/default/banks/{bank}/memories/recall", post(recall))
        .route("/v1/default/banks/{bank}/memories/list", get(list))
}

/// Stores the items of a request. They are durable when this answers, even if `async` is true.
async fn retain(
    State(service): State<Service>,
    call: Call,
    PathName(bank): PathName,
    Json(fields): Json<Object>,
) -> Result<Response, Failure> {
    let view = call.caller.acting_for(&bank)?.view().clone();
    let mut fields = Fields::new(fields);
    let Some(Value::Array(items)) = fields.take("items") else {
        return Err(Failure::invalid("`items`: expected a list"));
    };
    within("items", items.len(), 1..=ITEMS_MAX)?;
    let tags = fields.texts("document_tags")?;
    fields.finish(&["async", "operation_id"])?;
    let mut memories = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let memory = new_memory(item, index, &tags);
        memories.push(memory.map_err(|it| it.within(&format!("items[{index}]")))?);
    }
    let count = memories.len();
    let storing = Box::pin(async move {
        let mut changed = Vec::new();
        for memory in memories {
            let (record, is_new) = facade::store(&service, &view, memory).await?;
            changed.extend(is_new.then(|| record.key()));
        }
        Ok::<_, Failure>(changed)
    });
    let changed = call.write(storing).await?;
    let answer = json!({"success": true, "bank_id": bank, "items_count": count, "async": false});
    Ok(answer::with_changed(answer::kept(StatusCode::OK, &answer), changed))
}

fn new_memory(item: Value, index: usize, document_tags: &[String]) -> Result<NewMemory, Failure> {
    let Value::Object(item) = item else {
        return Err(Failure::invalid("expected an object with content"));
    };
    let mut item = Fields::new(item);
    let text = facade::content(&item.take("content").unwrap_or_default())?;
    let mut more = Map::new();
    // `unset` means that the time is unknown.
    if !item.takes("timestamp", "unset")
        && let Some(time) = item.time("timestamp")?
    {
        more.insert("created_at".to_owned(), json!(time));
    }
    for name in ["context", "document_id"] {
        if let Some(text) = item.text(name)? {
            more.insert(name.to_owned(), text.into());
        }
    }
    let metadata = item.object("metadata")?;
    if !metadata.is_empty() {
        more.insert("metadata".to_owned(), Value::Object(metadata));
    }
    let mut tags = item.texts("tags")?;
    tags.extend(document_tags.iter().cloned());
    if item.text("update_mode")?.is_some_and(|mode| mode != "replace") {
        return Err(Failure::invalid("`update_mode`: `replace` alone is served here"));
    }
    item.finish(&["entities", "resolve_entities", "observation_scopes", "strategy"])?;
    let name = match more.get("document_id").and_then(Value::as_str) {
        Some(document) => format!("hindsight\u{1f}document\u{1f}{document}\u{1f}{index}"),
        None => format!("hindsight\u{1f}text\u{1f}{text}"),
    };
    Ok(NewMemory { text, scope: Scope::default(), name, tags, more })
}

/// Returns the memories that match a query, best first, within a token budget.
async fn recall(
    call: Call,
    PathName(bank): PathName,
    Json(fields): Json<Object>,
) -> Result<Response, Failure> {
    let view = call.caller.acting_for(&bank)?.view().clone();
    let mut fields = Fields::new(fields);
    let query = fields.text("query")?;
    let query = query.ok_or_else(|| Failure::invalid("`query` is missing"))?;
    let types = fields.texts("types")?;
    types.iter().try_for_each(|it| check_type("types", it))?;
    let max_tokens = fields.count("max_tokens", 4096, 1..=TOKENS_MAX)?;
    let limit = match fields.text("budget")?.as_deref() {
        Some("low") => 20,
        None | Some("mid") => 50,
        Some("high") => 100,
        Some(other) => return Err(Failure::invalid(format!("`budget`: unknown word `{other}`"))),
    };
    let tags = Tags::take(&mut fields)?;
    fields.finish(&["trace", "include", "prefer_observations"])?;
    let is_wanted = types.is_empty() || types.iter().any(|it| it == WORLD);
    let traced = call.traced.clone();
    traced.asked(&query);
    let recalling = Box::pin(async move {
        let options = SearchOptions::default().with_limit(limit).with_kinds(vec![Kind::Note]);
        let mut results = Vec::new();
        let mut tokens = 0;
        let hits = view.recall_with(&query, &options).await?.hits;
        traced.found(hits.iter().map(|hit| hit.text.as_str()));
        for hit in hits {
            tokens += view.embedder().count_tokens(&hit.text);
            if max_tokens < tokens {
                break;
            }
            if tags.admit(&hit.tags)
                && let Some(record) = view.get(&hit.key()).await?
            {
                results.push(result(&record, &hit));
            }
        }
        Ok::<_, Failure>(results)
    });
    let results = if is_wanted { call.read(recalling).await? } else { Vec::new() };
    Ok(answer::json(StatusCode::OK, &json!({"results": results})))
}

/// Refuses an unknown type.
fn check_type(field: &str, word: &str) -> Result<(), Failure> {
    match TYPES.contains(&word) {
        true => Ok(()),
        false => Err(Failure::invalid(format!("`{field}`: unknown word `{word}`"))),
    }
}

fn result(record: &Record, hit: &Recollection) -> Value {
    json!({
        "id": id_shown(record),
        "text": facade::text_of(record),
        "type": WORLD,
        "context": record.payload.get("context"),
        "occurred_start": hit.occurred_at.map(|time| time.to_string()),
        "occurred_end": hit.occurred_at.map(|time| time.to_string()),
        "mentioned_at": mentioned_at(record),
        "document_id": record.payload.get("document_id"),
        "metadata": texts_of(record.payload.get("metadata")),
        "tags": record.tags,
    })
}

fn mentioned_at(record: &Record) -> String {
    let created_at = record.payload["created_at"].as_str();
    created_at.map_or_else(|| record.recorded_at.to_string(), str::to_owned)
}

/// Converts metadata values to text, because the clients accept no other values.
fn texts_of(metadata: Option<&Value>) -> Value {
    let Some(Value::Object(fields)) = metadata else { return Value::Null };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    fields.iter().map(|(name, value)| (name.clone(), Value::from(text(value)))).collect()
}

/// Lists the memories of a bank, newest first.
async fn list(
    call: Call,
    PathName(bank): PathName,
    Query(query): Query<Object>,
) -> Result<Response, Failure> {
    let view = call.caller.acting_for(&bank)?.view().clone();
    let mut fields = Fields::new(query);
    let limit = fields.count("limit", 100, 1..=LIMIT_MAX)?;
    let offset = fields.count("offset", 0, 0..=LIMIT_MAX * 10)?;
    let kind = fields.text("type")?;
    kind.iter().try_for_each(|it| check_type("type", it))?;
    let text = fields.text("q")?.map(|text| text.to_lowercase());
    let document = fields.text("document_id")?;
    fields.finish(&[])?;
    let is_wanted = move |record: &Record| {
        kind.as_ref().is_none_or(|kind| kind == WORLD)
            && text.as_ref().is_none_or(|it| record.text.to_lowercase().contains(it))
            && document.as_ref().is_none_or(|it| record.payload["document_id"] == it.as_str())
    };
    let listing =
        Box::pin(
            async move { facade::list(&view, &Scope::default(), limit, offset, is_wanted).await },
        );
    let page = call.read(listing).await?;
    let items: Vec<Value> = page.records.iter().map(item).collect();
    let answer = json!({"items": items, "total": page.count, "limit": limit, "offset": offset});
    Ok(answer::json(StatusCode::OK, &answer))
}

fn item(record: &Record) -> Value {
    json!({
        "id": id_shown(record),
        "text": facade::text_of(record),
        "context": record.payload["context"].as_str().unwrap_or_default(),
        "date": mentioned_at(record),
        "fact_type": WORLD,
        "document_id": record.payload.get("document_id"),
        "mentioned_at": mentioned_at(record),
        "entities": "",
        "tags": record.tags,
        "metadata": record.payload.get("metadata"),
        "state": "valid",
    })
}

/// A filter by labels.
struct Tags {
    wanted: Vec<String>,
    /// True if every label is required instead of any.
    is_all: bool,
    /// True if records without labels are excluded.
    is_strict: bool,
    is_exact: bool,
}

impl Tags {
    fn take(fields: &mut Fields) -> Result<Tags, Failure> {
        let wanted = fields.texts("tags")?;
        let (is_all, is_strict, is_exact) = match fields.text("tags_match")?.as_deref() {
            None | Some("any") => (false, false, false),
            Some("all") => (true, false, false),
            Some("any_strict") => (false, true, false),
            Some("all_strict") => (true, true, false),
            Some("exact") => (true, true, true),
            Some(other) => {
                return Err(Failure::invalid(format!("`tags_match`: unknown word `{other}`")));
            }
        };
        Ok(Tags { wanted, is_all, is_strict, is_exact })
    }

    fn admit(&self, tags: &[String]) -> bool {
        let has = |wanted: &String| tags.contains(wanted);
        if self.is_exact {
            return self.wanted.iter().all(has) && tags.iter().all(|it| self.wanted.contains(it));
        }
        match (self.wanted.is_empty(), tags.is_empty()) {
            (true, _) => true,
            (false, true) => !self.is_strict,
            (false, false) if self.is_all => self.wanted.iter().all(has),
            (false, false) => self.wanted.iter().any(has),
        }
    }
}
