//! `/api/v1/records`: single records of any kind, their lists and their versions.
//!
//! The `ETag` of a record is its version. A call with `If-Match` or `If-None-Match` stores, changes
//! or removes the record only if the condition holds. Calls of this service to one record are
//! serialised, so only one of two such calls succeeds. A concurrent call over gRPC or by another
//! process may change the record between the comparison and the change; its version is then in the
//! history.

use aios_memory::{
    ForgetOptions, ForgetTarget, Identity, Key, Kind, MemoryView, Record, Turn, longterm::Version,
};
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer,
    replays::Derived,
    request::{Json, NoParameters, Query, RecordKey, RecordKind, id_of, within},
    service::Service,
    shapes::{Reference, ShownRecord, State as Outcome, references},
    version::{Conditions, Named, etag, version_of},
};
use crate::{
    answer_bytes::{Room, json_bytes, page},
    bounds::{HTTP_ANSWER_BYTES_MAX, PAGE_RECORDS, PAGE_RECORDS_MAX},
    call::Call,
    failure::Failure,
};

/// A page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// Maximum number of records, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// `next` of the page before. Default: the beginning.
    cursor: Option<String>,
}

/// A page of records, oldest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecordPage)]
pub(crate) struct Page {
    records: Vec<ShownRecord>,
    /// Cursor of the next page; null on the last page.
    next: Option<String>,
}

/// The key and version of a stored record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VersionedRecord)]
pub(crate) struct Versioned {
    /// Its key, `KIND/ID`.
    key: String,
    /// Version, as in the header `etag` without the quotes. Absent if the record is not shown, for
    /// example because it has expired.
    version: Option<String>,
    state: Outcome,
}

/// The records that went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeletedRecords)]
pub(crate) struct Deleted {
    /// The record itself last.
    deleted: Vec<Reference>,
}

/// The versions of a record, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecordHistory)]
pub(crate) struct History {
    /// The key, `KIND/ID`.
    key: String,
    /// The current version and up to 100 older ones, at most 8 MiB together. Empty for kinds
    /// without a history.
    versions: Vec<ShownVersion>,
    /// Number of older versions that are left out because the answer would exceed the limit.
    left_out: usize,
}

/// A version of a record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Version)]
struct ShownVersion {
    /// Time of writing, RFC 3339.
    written_at: String,
    /// Time at which a newer version replaced it; null for the newest.
    replaced_at: Option<String>,
    /// The writer.
    by: String,
    record: ShownRecord,
}

/// Lists records of a kind by their time, oldest first, from both tiers. A page ends early after
/// 8 MiB of records.
#[utoipa::path(
    get,
    path = "/api/v1/records/{kind}",
    tag = "records",
    params(("kind" = String, Path, description = "A kind, such as `goal`"), Paging),
    responses((status = 200, description = "A page", body = Page))
)]
pub(crate) async fn list_records(
    call: Call,
    RecordKind(kind): RecordKind,
    Query(Paging { limit, cursor }): Query<Paging>,
) -> Result<Response, Failure> {
    let limit = within("limit", limit.unwrap_or(PAGE_RECORDS), 1..=PAGE_RECORDS_MAX)?;
    call.caller.check_kind(kind)?;
    let view = call.caller.view();
    let listing = page(view, kind, cursor, limit, HTTP_ANSWER_BYTES_MAX, json_bytes);
    let page = call.read(Box::pin(listing)).await?;
    let records = page.records.into_iter().map(ShownRecord::from).collect();
    Ok(answer::json(StatusCode::OK, &Page { records, next: page.next }))
}

/// Stores a record of a kind. A stored record with the same id is replaced, except for messages,
/// events and sessions, which are not changed.
#[utoipa::path(
    post,
    path = "/api/v1/records/{kind}",
    tag = "records",
    params(
        ("kind" = String, Path, description = "A kind, such as `goal`"),
        ("if-match" = Option<String>, Header, description = "The version to replace"),
        ("if-none-match" = Option<String>, Header, description = "`*` for a new record only")
    ),
    request_body(
        content = serde_json::Value,
        description = "The fields of the kind: the schemas `record-KIND`"
    ),
    responses(
        (status = 201, description = "A new record", body = Versioned),
        (status = 200, description = "A record that was stored before", body = Versioned),
        (status = 412, description = "It is not as `if-match` or `if-none-match` says")
    )
)]
pub(crate) async fn put_record(
    State(service): State<Service>,
    call: Call,
    RecordKind(kind): RecordKind,
    derived: Option<Extension<Derived>>,
    headers: HeaderMap,
    Json(fields): Json<Map<String, Value>>,
) -> Result<Response, Failure> {
    let conditions = Conditions::of(&headers)?;
    let view = call.caller.view().clone();
    let new = NewRecord { kind, fields, derived: derived.map(|Extension(derived)| derived) };
    let storing = Box::pin(async move { put(&service, &view, &conditions, new).await });
    let (key, version, state) = call.write(storing).await?;
    let status = if state == Outcome::New { StatusCode::CREATED } else { StatusCode::OK };
    let shown = Versioned { key: key.to_string(), version: version.clone(), state };
    let mut response = answer::kept(status, &shown);
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location(&key));
    if let Some(version) = version {
        headers.insert(header::ETAG, etag(&version));
    }
    Ok(answer::with_changed(response, [key]))
}

/// A record to store.
struct NewRecord {
    kind: Kind,
    fields: Map<String, Value>,
    derived: Option<Derived>,
}

async fn put(
    service: &Service,
    view: &MemoryView,
    conditions: &Conditions,
    new: NewRecord,
) -> Result<(Key, Option<String>, Outcome), Failure> {
    let NewRecord { kind, mut fields, derived } = new;
    let id_field = kind.id_field();
    let named = [Some(id_field.name), id_field.alias].into_iter().flatten();
    let named = named.filter_map(|name| fields.get(name)).find_map(id_in);
    let mut is_derived = false;
    let named = match (named, derived) {
        (Some(named), _) => Some(id_of(named)?),
        (None, Some(derived)) if id_field.need != aios_memory::kinds::Need::Required => {
            is_derived = true;
            let id = derived.id(0);
            fields.insert(id_field.name.to_owned(), json!(id));
            Some(id)
        }
        (None, _) => None,
    };
    let key = named.map(|id| Key::new(kind, id));
    let _turn = service.turns().of(key.iter().map(Key::to_string)).await;
    let before = match &key {
        Some(key) => view.get(key).await?.filter(|it| view.gate().may_change(&it.scope)),
        None => None,
    };
    if let Some(before) = before.as_ref().filter(|_| is_derived) {
        return Ok((before.key(), Some(version_of(before)), Outcome::Known));
    }
    conditions.check(before.as_ref())?;
    let id = view.record(kind, Value::Object(fields)).await?;
    let key = Key::new(kind, id);
    let version = view.get(&key).await?.map(|record| version_of(&record));
    let state = match before.map(|before| version_of(&before)) {
        None => Outcome::New,
        Some(before) if version.as_ref() == Some(&before) => Outcome::Known,
        Some(_) => Outcome::Replaced,
    };
    Ok((key, version, state))
}

fn id_in(value: &Value) -> Option<String> {
    match value {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// Returns the path of a record.
fn location(key: &Key) -> HeaderValue {
    let mut path = format!("/api/v1/records/{}/", key.kind);
    for byte in key.id.as_str().bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                path.push(char::from(byte));
            }
            other => path.push_str(&format!("%{other:02X}")),
        }
    }
    HeaderValue::try_from(path).expect("the path is ASCII")
}

/// Returns a record: the caller's own, or else the shared one.
#[utoipa::path(
    get,
    path = "/api/v1/records/{kind}/{id}",
    tag = "records",
    params(
        ("kind" = String, Path, description = "A kind, such as `goal`"),
        ("id" = String, Path, description = "Its id"),
        ("if-none-match" = Option<String>, Header, description = "A version that is known")
    ),
    responses(
        (status = 200, description = "The record; `etag` is its version", body = ShownRecord),
        (status = 304, description = "It has the version of `if-none-match`")
    )
)]
pub(crate) async fn get_record(
    call: Call,
    RecordKey(key): RecordKey,
    Query(NoParameters {}): Query<NoParameters>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let known = Named::of(&headers, header::IF_NONE_MATCH)?;
    call.caller.check_kind(key.kind)?;
    let record = call.read(Box::pin(call.caller.view().get(&key))).await?;
    let record = record.ok_or_else(|| not_found(&key))?;
    let version = version_of(&record);
    let mut response = match known.names(&version) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => answer::json(StatusCode::OK, &ShownRecord::from(record)),
    };
    response.headers_mut().insert(header::ETAG, etag(&version));
    Ok(response)
}

/// Changes the given fields of a record. Null resets a field to its default. The previous version
/// stays in the history, for kinds that have one.
#[utoipa::path(
    patch,
    path = "/api/v1/records/{kind}/{id}",
    tag = "records",
    params(
        ("kind" = String, Path, description = "A kind, such as `goal`"),
        ("id" = String, Path, description = "Its id"),
        ("if-match" = Option<String>, Header, description = "The version to change")
    ),
    request_body(
        content = serde_json::Value,
        description = "The fields to change: the schemas `record-KIND`"
    ),
    responses(
        (status = 200, description = "The new version", body = Versioned),
        (status = 412, description = "It has another version than `if-match`")
    )
)]
pub(crate) async fn change_record(
    State(service): State<Service>,
    call: Call,
    RecordKey(key): RecordKey,
    headers: HeaderMap,
    Json(changes): Json<Map<String, Value>>,
) -> Result<Response, Failure> {
    let conditions = Conditions::of(&headers)?;
    let view = call.caller.view().clone();
    call.caller.check_kind(key.kind)?;
    let changing = Box::pin(async move {
        let (_turn, before) = to_change(&service, &view, &key, &conditions).await?;
        view.update(&key, changes).await?;
        let version = view.get(&key).await?.map(|record| version_of(&record));
        let is_known = version.as_ref() == Some(&version_of(&before));
        Ok::<_, Failure>((key, version, is_known))
    });
    let (key, version, is_known) = call.write(changing).await?;
    let state = if is_known { Outcome::Known } else { Outcome::Replaced };
    let shown = Versioned { key: key.to_string(), version: version.clone(), state };
    let mut response = answer::json(StatusCode::OK, &shown);
    if let Some(version) = version {
        response.headers_mut().insert(header::ETAG, etag(&version));
    }
    Ok(answer::with_changed(response, [key]))
}

/// Waits for exclusive access to a record, and checks its version.
async fn to_change(
    service: &Service,
    view: &MemoryView,
    key: &Key,
    conditions: &Conditions,
) -> Result<(Turn, Record), Failure> {
    let turn = service.turns().of([key.to_string()]).await;
    let record = view.get(key).await?.ok_or_else(|| not_found(key))?;
    conditions.check(Some(&record))?;
    Ok((turn, record))
}

/// Deletes a record with the records that belong to it: the tasks of a goal, the tool calls of a
/// task, the messages and tasks of a session. A record of a kind that long-term memory keeps is
/// forgotten, as by `/forget` without a purge.
#[utoipa::path(
    delete,
    path = "/api/v1/records/{kind}/{id}",
    tag = "records",
    params(
        ("kind" = String, Path, description = "A kind, such as `goal`"),
        ("id" = String, Path, description = "Its id"),
        ("if-match" = Option<String>, Header, description = "The version to delete")
    ),
    responses(
        (status = 200, description = "The records that went", body = Deleted),
        (status = 412, description = "It has another version than `if-match`")
    )
)]
pub(crate) async fn delete_record(
    State(service): State<Service>,
    call: Call,
    RecordKey(key): RecordKey,
    Query(NoParameters {}): Query<NoParameters>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let conditions = Conditions::of(&headers)?;
    let view = call.caller.view().clone();
    call.caller.check_kind(key.kind)?;
    let deleting = Box::pin(async move {
        let (_turn, record) = to_change(&service, &view, &key, &conditions).await?;
        delete(&view, &key, &record).await
    });
    let deleted = call.write(deleting).await?;
    let response = answer::json(StatusCode::OK, &Deleted { deleted: references(&deleted) });
    Ok(answer::with_changed(response, deleted.iter().map(Identity::key)))
}

/// Deletes or forgets a record, and returns the removed records, the record itself last.
pub(crate) async fn delete(
    view: &MemoryView,
    key: &Key,
    record: &Record,
) -> Result<Vec<Identity>, Failure> {
    let is_kept = key.kind.is_kept()
        || view.working().records().get(key).await.map_err(aios_memory::Error::from)?.is_none();
    if !is_kept {
        return Ok(view.delete(key).await?);
    }
    // The record has moved out of working memory, or was never in it.
    let target = ForgetTarget::Records(vec![record.identity()]);
    let mut gone = view.forget(ForgetOptions::new(target)).await?.records;
    gone.sort_by_key(|identity| *identity == record.identity());
    Ok(gone)
}

/// Returns the versions of a record, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/records/{kind}/{id}/history",
    tag = "records",
    params(
        ("kind" = String, Path, description = "A kind, such as `goal`"),
        ("id" = String, Path, description = "Its id")
    ),
    responses((status = 200, description = "The versions, newest first", body = History))
)]
pub(crate) async fn record_history(
    call: Call,
    RecordKey(key): RecordKey,
    Query(NoParameters {}): Query<NoParameters>,
) -> Result<Response, Failure> {
    call.caller.check_kind(key.kind)?;
    let view = call.caller.view();
    let versions = call.read(Box::pin(view.history(&key))).await?;
    if versions.is_empty() && call.read(Box::pin(view.get(&key))).await?.is_none() {
        return Err(not_found(&key));
    }
    let mut versions: Vec<ShownVersion> = versions.into_iter().map(ShownVersion::from).collect();
    let left_out = Room::new(HTTP_ANSWER_BYTES_MAX).cut(&mut versions, json_bytes);
    Ok(answer::json(StatusCode::OK, &History { key: key.to_string(), versions, left_out }))
}

impl From<Version> for ShownVersion {
    fn from(Version { record, written_at, replaced_at }: Version) -> ShownVersion {
        let provenance = &record.provenance;
        let by = provenance.updated_by.as_ref().unwrap_or(&provenance.module).clone();
        ShownVersion {
            written_at: written_at.to_string(),
            replaced_at: replaced_at.map(|time| time.to_string()),
            by,
            record: ShownRecord::from(record),
        }
    }
}

pub(crate) fn not_found(key: &Key) -> Failure {
    Failure::not_found(format!("`{key}` is not stored"))
}
