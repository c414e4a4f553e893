//! The routes of mem0's clients (`mem0ai` 2.2 for Python, 3.3 for JavaScript, and their
//! predecessors), on our notes. Clients only change the address.
//!
//! `user_id` is the user, `agent_id` the agent, `run_id` the conversation, `app_id` the project. No
//! language model reads the messages: each becomes a memory as it is, as with `infer=False`; a
//! repeated one is `NOOP`. The id of a memory includes its user, because requests by id name none.
//! Not served: feedback, exports, summaries, profiles, webhooks, projects.

mod filters;
mod memory;

use aios_memory::{
    ForgetOptions, ForgetTarget, Key, MemoryView, Owner, Record, ScopeFilter, SearchOptions,
    Timestamp,
};
use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::{delete, get, post, put},
};
use http::StatusCode;
use serde_json::{Map, Value, json};

use self::{
    filters::Place,
    memory::{changes, expiry, history, shown},
};
use super::{
    answer,
    facade::{self, Fields, NewMemory, caller_for, id_read, id_shown},
    records,
    request::{Json, JsonBeside, PathName, Query, within},
    service::Service,
};
use crate::{call::Call, failure::Failure, forget::own, operation::Right};

/// Maximum number of messages or memories per request.
const ITEMS_MAX: usize = 256;
/// Maximum number of results.
const LIMIT_MAX: usize = 1_000;

/// Fields of `add` that request work of a language model.
const OF_MODELS: &[&str] = &[
    "infer",
    "custom_categories",
    "custom_instructions",
    "agent_custom_instructions",
    "structured_data_schema",
    "includes",
    "excludes",
    "enable_graph",
    "immutable",
    "async_mode",
    "version",
    "output_format",
    "org_id",
    "project_id",
];
/// Fields of reads that change neither the selection nor the owner.
const OF_ANSWERS: &[&str] = &[
    "rerank",
    "keyword_search",
    "filter_memories",
    "fields",
    "latest_only",
    "show_expired",
    "enable_graph",
    "version",
    "output_format",
    "org_id",
    "project_id",
];

type Object = Map<String, Value>;

pub(super) fn routes() -> Router<Service> {
    Router::new()
        .route("/v1/ping/", get(ping))
        .route("/v1/memories/", post(add).get(list_by_query).delete(delete_all))
        .route("/v1/memories/search/", post(search_as_list))
        .route("/v1/memories/{id}/", get(read).put(change).delete(delete_one))
        .route("/v1/memories/{id}/history/", get(versions))
        .route("/v1/batch/", put(change_batch).delete(delete_batch))
        .route("/v1/entities/", get(entities))
        .route("/v1/entities/{type}/{id}/", delete(delete_entity))
        .route("/v2/entities/{type}/{id}/", delete(delete_entity))
        .route("/v2/memories/", post(list))
        .route("/v2/memories/search/", post(search))
        .route("/v3/memories/add/", post(add))
        .route("/v3/memories/", post(list))
        .route("/v3/memories/search/", post(search))
}

async fn ping(call: Call) -> Result<Response, Failure> {
    let name = call.caller.name();
    // The Python client requires an organisation and a project before any other call.
    let pong = json!({
        "status": "ok",
        "message": "pong",
        "org_id": "aios-memory",
        "project_id": "default",
        "user_email": name,
    });
    Ok(answer::json(StatusCode::OK, &pong))
}

/// Stores the messages of a request.
async fn add(
    State(service): State<Service>,
    call: Call,
    Json(fields): Json<Object>,
) -> Result<Response, Failure> {
    let mut fields = Fields::new(fields);
    let place = Place::take(&mut fields)?;
    let messages = match fields.take("messages") {
        Some(Value::Array(messages)) => messages,
        Some(Value::String(text)) => vec![json!({"role": "user", "content": text})],
        _ => return Err(Failure::invalid("`messages`: expected a list of messages")),
    };
    within("messages", messages.len(), 1..=ITEMS_MAX)?;
    let metadata = fields.object("metadata")?;
    let timestamp = fields.time("timestamp")?;
    let expires_at = expiry(&mut fields)?;
    fields.finish(OF_MODELS)?;
    let mut memories = Vec::with_capacity(messages.len());
    for (index, message) in messages.into_iter().enumerate() {
        let memory = new_memory(message, &place, &metadata, timestamp, expires_at);
        memories.extend(memory.map_err(|it| it.within(&format!("messages[{index}]")))?);
    }
    let view = caller_for(&call, place.user.as_deref())?.view().clone();
    let storing = Box::pin(async move {
        let (mut results, mut changed) = (Vec::with_capacity(memories.len()), Vec::new());
        for memory in memories {
            let (record, is_new) = facade::store(&service, &view, memory).await?;
            changed.extend(is_new.then(|| record.key()));
            let event = if is_new { "ADD" } else { "NOOP" };
            let text = facade::text_of(&record);
            results.push(json!({"id": id_shown(&record), "memory": text, "event": event}));
        }
        Ok::<_, Failure>((results, changed))
    });
    let (results, changed) = call.write(storing).await?;
    let response = answer::json(StatusCode::OK, &json!({"results": results}));
    Ok(answer::with_changed(response, changed))
}

/// Returns the memory of a message; `None` for a system message.
fn new_memory(
    message: Value,
    place: &Place,
    metadata: &Object,
    timestamp: Option<Timestamp>,
    expires_at: Option<Timestamp>,
) -> Result<Option<NewMemory>, Failure> {
    let Value::Object(message) = message else {
        return Err(Failure::invalid("expected an object with role and content"));
    };
    let mut message = Fields::new(message);
    let role = message.text("role")?.unwrap_or_else(|| "user".to_owned());
    let content = message.take("content").unwrap_or_default();
    let speaker = message.text("name")?;
    message.finish(&[])?;
    if role == "system" {
        return Ok(None);
    }
    let text = facade::content(&content)?;
    let mut metadata = metadata.clone();
    if let Some(speaker) = speaker {
        metadata.entry("actor_id").or_insert(speaker.into());
    }
    metadata.entry("role").or_insert(role.clone().into());
    let mut more = Map::from_iter([("metadata".to_owned(), Value::Object(metadata))]);
    if let Some(time) = timestamp {
        more.insert("created_at".to_owned(), json!(time));
    }
    if let Some(time) = expires_at {
        more.insert("expires_at".to_owned(), json!(time));
    }
    let name = format!("mem0\u{1f}{role}\u{1f}{text}");
    let (scope, tags) = (place.scope.clone(), Vec::new());
    Ok(Some(NewMemory { text, scope, name, tags, more }))
}

async fn search(call: Call, Json(fields): Json<Object>) -> Result<Response, Failure> {
    let results = found(&call, fields).await?;
    Ok(answer::json(StatusCode::OK, &json!({"results": results})))
}

/// The first version of the search returns a list.
async fn search_as_list(call: Call, Json(fields): Json<Object>) -> Result<Response, Failure> {
    Ok(answer::json(StatusCode::OK, &found(&call, fields).await?))
}

async fn found(call: &Call, fields: Object) -> Result<Vec<Value>, Failure> {
    let mut fields = Fields::new(fields);
    let place = Place::take(&mut fields)?;
    let query = fields.text("query")?;
    let query = query.ok_or_else(|| Failure::invalid("`query` is missing"))?;
    let limit = fields.count("limit", 10, 1..=LIMIT_MAX)?;
    let limit = fields.count("top_k", limit, 1..=LIMIT_MAX)?;
    let threshold = fields.take("threshold").map(|it| {
        let share = it.as_f64().filter(|it| (0.0..=1.0).contains(it));
        share.ok_or_else(|| Failure::invalid("`threshold`: expected a number from 0 to 1"))
    });
    let options = SearchOptions::default()
        .with_limit(limit)
        .with_kinds(vec![aios_memory::Kind::Note])
        .with_min_relevance(threshold.transpose()?)
        .with_scope(ScopeFilter::exact(place.scope.clone()));
    fields.finish(OF_ANSWERS)?;
    let view = caller_for(call, place.user.as_deref())?.view().clone();
    let traced = call.traced.clone();
    traced.asked(&query);
    let recalling = Box::pin(async move {
        let hits = view.recall_with(&query, &options).await?.hits;
        traced.found(hits.iter().map(|hit| hit.text.as_str()));
        let scores: Vec<f64> = hits.iter().map(|hit| hit.relevance).collect();
        let mut results = Vec::with_capacity(hits.len());
        for (hit, score) in hits.into_iter().zip(scores) {
            if let Some(record) = view.get(&hit.key()).await? {
                let mut memory = shown(&record);
                memory["score"] = json!(score);
                results.push(memory);
            }
        }
        Ok::<_, Failure>(results)
    });
    call.read(recalling).await
}

/// Lists memories page by page, newest first.
async fn list(
    call: Call,
    Query(page): Query<Object>,
    JsonBeside(mut fields): JsonBeside<Object>,
) -> Result<Response, Failure> {
    if let Some(name) = page.keys().find(|name| fields.contains_key(*name)) {
        return Err(Failure::invalid(format!(
            "`{name}` is given twice: in the query and the body"
        )));
    }
    fields.extend(page);
    let page = listed(&call, fields).await?;
    Ok(answer::json(StatusCode::OK, &page))
}

/// The first version of the list returns no pages unless it is asked for one.
async fn list_by_query(call: Call, Query(query): Query<Object>) -> Result<Response, Failure> {
    let has_pages = query.contains_key("page");
    let mut page = listed(&call, query).await?;
    let answer = if has_pages { page } else { page["results"].take() };
    Ok(answer::json(StatusCode::OK, &answer))
}

async fn listed(call: &Call, fields: Object) -> Result<Value, Failure> {
    let mut fields = Fields::new(fields);
    let place = Place::take(&mut fields)?;
    let page = fields.count("page", 1, 1..=LIMIT_MAX)?;
    let size = fields.count("limit", 100, 1..=LIMIT_MAX)?;
    let size = fields.count("page_size", size, 1..=LIMIT_MAX)?;
    let (since, until) = (fields.time("start_date")?, fields.time("end_date")?);
    fields.finish(OF_ANSWERS)?;
    let view = caller_for(call, place.user.as_deref())?.view().clone();
    let listing = Box::pin(async move {
        let is_wanted = |record: &Record| {
            let time = record.time();
            since.is_none_or(|since| since <= time) && until.is_none_or(|until| time <= until)
        };
        facade::list(&view, &place.scope, size, (page - 1) * size, is_wanted).await
    });
    let listed = call.read(listing).await?;
    let results: Vec<Value> = listed.records.iter().map(shown).collect();
    // The clients count pages and do not follow these addresses.
    let has_next = page * size < listed.count;
    Ok(json!({
        "count": listed.count,
        "next": has_next.then(|| format!("?page={}&page_size={size}", page + 1)),
        "previous": (1 < page).then(|| format!("?page={}&page_size={size}", page - 1)),
        "results": results,
    }))
}

/// Returns the view and the record of an id.
async fn stored(call: &Call, id: &str) -> Result<(MemoryView, Key, Record), Failure> {
    let (user, key) = id_read(id)?;
    let view = caller_for(call, user.as_deref())?.view().clone();
    let record = call.read(Box::pin(view.get(&key))).await?;
    let is_own = |record: &Record| record.scope.user == user;
    let record = record.filter(is_own);
    let record =
        record.ok_or_else(|| Failure::not_found(format!("no memory has the id `{id}`")))?;
    Ok((view, key, record))
}

async fn read(call: Call, PathName(id): PathName) -> Result<Response, Failure> {
    let (_, _, record) = stored(&call, &id).await?;
    Ok(answer::json(StatusCode::OK, &shown(&record)))
}

async fn versions(call: Call, PathName(id): PathName) -> Result<Response, Failure> {
    let (view, key, _) = stored(&call, &id).await?;
    let versions = call.read(Box::pin(view.history(&key))).await?;
    Ok(answer::json(StatusCode::OK, &history(&id, &versions)))
}

async fn change(
    call: Call,
    PathName(id): PathName,
    JsonBeside(fields): JsonBeside<Object>,
) -> Result<Response, Failure> {
    call.caller.demand(Right::Read, "the answer, which shows the memory,")?;
    let record = changed(&call, &id, fields).await?;
    let response = answer::json(StatusCode::OK, &shown(&record));
    Ok(answer::with_changed(response, [record.key()]))
}

async fn changed(call: &Call, id: &str, fields: Object) -> Result<Record, Failure> {
    let (view, key, record) = stored(call, id).await?;
    let changes = changes(&record, Fields::new(fields))?;
    let changing = Box::pin(async move {
        view.update(&key, changes).await?;
        let record = view.get(&key).await?;
        record.ok_or_else(|| records::not_found(&key))
    });
    call.write(changing).await
}

async fn delete_one(
    call: Call,
    PathName(id): PathName,
    Query(query): Query<Object>,
) -> Result<Response, Failure> {
    Fields::new(query).finish(&["delete_linked", "org_id", "project_id"])?;
    let gone = deleted(&call, &id).await?;
    Ok(told("Memory deleted successfully!", [gone]))
}

async fn deleted(call: &Call, id: &str) -> Result<Key, Failure> {
    let (view, key, record) = stored(call, id).await?;
    let deleting = Box::pin(async move {
        records::delete(&view, &key, &record).await?;
        Ok::<_, Failure>(key)
    });
    call.write(deleting).await
}

/// Returns the memories of a batch with their ids.
fn batch(mut fields: Object) -> Result<Vec<(String, Object)>, Failure> {
    let Some(Value::Array(memories)) = fields.remove("memories") else {
        return Err(Failure::invalid("`memories`: expected a list"));
    };
    Fields::new(fields).finish(&[])?;
    within("memories", memories.len(), 1..=ITEMS_MAX)?;
    let each = memories.into_iter().enumerate().map(|(index, memory)| {
        let refused = || Failure::invalid(format!("memories[{index}]: `memory_id` is missing"));
        let Value::Object(mut memory) = memory else { return Err(refused()) };
        match memory.remove("memory_id") {
            Some(Value::String(id)) => Ok((id, memory)),
            _ => Err(refused()),
        }
    });
    each.collect()
}

async fn change_batch(call: Call, Json(fields): Json<Object>) -> Result<Response, Failure> {
    let mut keys = Vec::new();
    for (index, (id, fields)) in batch(fields)?.into_iter().enumerate() {
        let at = |it: Failure| it.within(&format!("memories[{index}]"));
        keys.push(changed(&call, &id, fields).await.map_err(at)?.key());
    }
    Ok(told(&format!("Successfully updated {} memories", keys.len()), keys))
}

async fn delete_batch(call: Call, Json(fields): Json<Object>) -> Result<Response, Failure> {
    let mut keys = Vec::new();
    for (index, (id, fields)) in batch(fields)?.into_iter().enumerate() {
        let at = |it: Failure| it.within(&format!("memories[{index}]"));
        Fields::new(fields).finish(&[]).map_err(at)?;
        keys.push(deleted(&call, &id).await.map_err(at)?);
    }
    Ok(told(&format!("Successfully deleted {} memories", keys.len()), keys))
}

/// Deletes the memories of a user, agent, conversation or project.
async fn delete_all(call: Call, Query(query): Query<Object>) -> Result<Response, Failure> {
    let mut fields = Fields::new(query);
    let place = Place::take(&mut fields)?;
    fields.finish(&["org_id", "project_id"])?;
    let gone = delete_of(&call, place).await?;
    Ok(told("Memories deleted successfully!", gone))
}

async fn delete_entity(
    call: Call,
    Path((kind, name)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let field = match kind.as_str() {
        "user" | "agent" | "app" | "run" => format!("{kind}_id"),
        other => return Err(Failure::invalid(format!("unknown type of entity `{other}`"))),
    };
    let mut fields = Fields::new(Map::from_iter([(field, Value::from(name))]));
    let gone = delete_of(&call, Place::take(&mut fields)?).await?;
    Ok(told("Entity deleted successfully!", gone))
}

async fn delete_of(call: &Call, place: Place) -> Result<Vec<Key>, Failure> {
    if place.is_everything() {
        let message = "name one of user_id, agent_id, app_id and run_id";
        return Err(Failure::invalid(message));
    }
    let view = caller_for(call, place.user.as_deref())?.view().clone();
    let deleting = Box::pin(async move {
        let keys = facade::keys(&view, &place.scope).await?;
        let records = keys.into_iter().map(|key| own(&view, key)).collect();
        let target = ForgetTarget::Records(records);
        Ok::<_, Failure>(view.forget(ForgetOptions::new(target)).await?.keys)
    });
    call.write(deleting).await
}

/// Lists the caller's own user. Other users are never listed.
async fn entities(call: Call) -> Result<Response, Failure> {
    let user = call.caller.view().gate().acts_for().and_then(Owner::name).map(str::to_owned);
    let results: Vec<Value> =
        user.iter().map(|name| json!({"type": "user", "name": name, "id": name})).collect();
    let answer = json!({"results": results, "count": results.len(), "next": null});
    Ok(answer::json(StatusCode::OK, &answer))
}

fn told(message: &str, changed: impl IntoIterator<Item = Key>) -> Response {
    let response = answer::kept(StatusCode::OK, &json!({"message": message}));
    answer::with_changed(response, changed)
}
