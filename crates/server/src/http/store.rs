//! `POST /api/v1/store/batch`: a key-value store for adapters, such as LangGraph's `BaseStore`.
//!
//! An item is a record of the kind `entry`: `entity_type` is `store`, `category` the namespace with
//! its labels joined by dots, `key` the key, `value` the value. Its id is derived from namespace
//! and key, so an owner has one item per name. Every prefix of the namespace is a tag. Items are
//! therefore found by `recall`, are forgotten by `forget`, have versions, and are included in
//! exports. Their importance keeps them in working memory, which lists them.
//!
//! Values belong to their owner: only callers without a user see shared items.

mod filter;
mod namespace;

use std::collections::BTreeSet;

use aios_memory::{
    Error, Id, Identity, Key, Kind, MemoryView, Page, Record, Scope, ScopeFilter, SearchOptions,
    record::forms,
};
use axum::{Extension, extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use self::{filter::Filter, namespace::Namespace};
use super::{
    answer, records,
    replays::Derived,
    request::{Json, within},
    service::Service,
};
use crate::{
    answer_bytes::{Room, json_bytes, page},
    bounds::HTTP_ANSWER_BYTES_MAX,
    call::Call,
    caller::Caller,
    failure::{Class, Failure},
    hex,
    operation::Right,
};

/// Entity type of items.
const ENTITY: &str = "store";
/// Importance of an item. Records of at least 0.8 do not age.
const IMPORTANCE: f64 = 0.8;
/// Maximum number of operations per request.
const OPERATIONS_MAX: usize = 256;
/// Maximum number of items or namespaces per answer.
const LIMIT_MAX: usize = 1_000;
/// Default number of items or namespaces per answer.
const LIMIT: usize = 10;
/// Maximum offset of items or namespaces.
const OFFSET_MAX: usize = 1_000_000;
/// Number of items per read.
const PAGE: usize = 500;
/// Maximum number of distinct namespaces that are listed.
const NAMESPACES_MAX: usize = 100_000;
/// Maximum number of hits of a query to which a filter is applied.
const CANDIDATES_MAX: usize = 1_000;

/// Operations on the store, in order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StoreBatch)]
pub(crate) struct Batch {
    /// 1 to 256 operations, carried out in order. Each operation sees the effects of those before
    /// it. If one fails, those before it remain in effect.
    #[schema(min_items = 1, max_items = 256)]
    ops: Vec<Operation>,
}

/// An operation.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = StoreOperation)]
enum Operation {
    /// Returns an item.
    Get {
        /// Labels, from the root. A label must not be empty or contain a dot.
        namespace: Vec<String>,
        key: String,
    },
    /// Stores an item, or removes it if `value` is null, which needs the right `forget`.
    Put { namespace: Vec<String>, key: String, value: Value },
    /// Returns items below a namespace: those that match a query, best first, or all, oldest first.
    Search {
        /// Labels, from the root. Default: the whole store.
        #[serde(default)]
        namespace_prefix: Vec<String>,
        /// Conditions on fields of the value: `{"field": value}`, or `{"field": {"$gt": 3}}` with
        /// `$eq`, `$ne`, `$gt`, `$gte`, `$lt`, `$lte`.
        #[serde(default)]
        filter: Option<Map<String, Value>>,
        /// The question, in words. The filter applies to the 1,000 best items.
        #[serde(default)]
        query: Option<String>,
        /// 1 to 1,000. Default: 10.
        #[serde(default)]
        limit: Option<usize>,
        /// Number of items to skip. Default: 0.
        #[serde(default)]
        offset: usize,
    },
    /// Returns the namespaces that contain items, sorted.
    ListNamespaces {
        /// Labels at the beginning of the namespaces; `*` matches any label.
        #[serde(default)]
        prefix: Vec<String>,
        /// Labels at the end of the namespaces; `*` matches any label.
        #[serde(default)]
        suffix: Vec<String>,
        /// Truncates deeper namespaces to this number of labels.
        #[serde(default)]
        max_depth: Option<usize>,
        /// 1 to 1,000. Default: 10.
        #[serde(default)]
        limit: Option<usize>,
        /// Number of namespaces to skip. Default: 0.
        #[serde(default)]
        offset: usize,
    },
}

/// The results, operation by operation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoreResults)]
pub(crate) struct Results {
    results: Vec<Outcome>,
}

/// The result of an operation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = StoreResult)]
enum Outcome {
    /// Of `get`.
    Got {
        /// The item; null if it is missing.
        item: Option<Item>,
    },
    /// Of `put`.
    Put {
        /// The key of its record.
        key: String,
        /// `stored`, `removed`, `absent` if there was nothing to remove, or `known` if the value
        /// was the same or the call was repeated.
        state: &'static str,
    },
    /// Of `search`.
    Found {
        items: Vec<Item>,
        /// Offset of the next search, if this one ended early because the answer would exceed 8
        /// MiB.
        #[serde(skip_serializing_if = "Option::is_none")]
        next_offset: Option<usize>,
    },
    /// Of `list_namespaces`.
    Namespaces { namespaces: Vec<Vec<String>> },
}

/// An item.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoreItem)]
struct Item {
    namespace: Vec<String>,
    key: String,
    value: Value,
    /// RFC 3339.
    created_at: Option<String>,
    /// RFC 3339.
    updated_at: Option<String>,
    /// Relevance for the query, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
}

/// Carries out operations on the key-value store.
#[utoipa::path(
    post,
    path = "/api/v1/store/batch",
    tag = "store",
    request_body = Batch,
    responses((status = 200, description = "The results, operation by operation", body = Results))
)]
pub(crate) async fn store_batch(
    State(service): State<Service>,
    call: Call,
    derived: Option<Extension<Derived>>,
    Json(Batch { ops }): Json<Batch>,
) -> Result<Response, Failure> {
    within("ops", ops.len(), 1..=OPERATIONS_MAX)?;
    for (index, operation) in ops.iter().enumerate() {
        let checked = operation.check().and_then(|()| operation.check_right(&call.caller));
        checked.map_err(|it| it.within(&at(index)))?;
    }
    let is_put = |operation: &Operation| matches!(operation, Operation::Put { .. });
    let (has_puts, has_reads) = (ops.iter().any(is_put), !ops.iter().all(is_put));
    let is_repeated = derived.is_some_and(|Extension(derived)| derived.is_repeated);
    let view = call.caller.view().clone();
    let timed = call.clone();
    let work = Box::pin(async move {
        let store = Store { view, service, is_repeated };
        let mut results = Vec::with_capacity(ops.len());
        let mut room = Room::new(HTTP_ANSWER_BYTES_MAX);
        for (index, operation) in ops.into_iter().enumerate() {
            let is_read = !matches!(operation, Operation::Put { .. });
            let offset = operation.offset();
            let result = Box::pin(store.carry_out(operation));
            // A write is completed. A read is cancelled at the deadline, which ends the batch.
            let result = if is_read { timed.read(result).await } else { result.await };
            let mut result = result.map_err(|it| it.within(&at(index)))?;
            result.fit(&mut room, offset).map_err(|it| it.within(&at(index)))?;
            results.push(result);
        }
        Ok::<_, Failure>(Results { results })
    });
    let results = if has_puts { call.write(work).await? } else { call.read(work).await? };
    // Values are not kept for repeated calls.
    let response = match has_reads {
        true => answer::json(StatusCode::OK, &results),
        false => answer::kept(StatusCode::OK, &results),
    };
    let changed = results.results.iter().filter_map(|result| match result {
        Outcome::Put { key, state: "stored" | "removed" } => Some(key),
        _ => None,
    });
    Ok(answer::with_changed(response, changed))
}

fn at(index: usize) -> String {
    format!("ops[{index}]")
}

impl Operation {
    /// Checks the operation before any operation of the request is carried out.
    fn check(&self) -> Result<(), Failure> {
        match self {
            Operation::Get { namespace, key } | Operation::Put { namespace, key, .. } => {
                Namespace::of(namespace)?;
                match forms::is_blank(key) {
                    true => Err(Failure::invalid("`key` is empty")),
                    false => Ok(()),
                }
            }
            Operation::Search { namespace_prefix, filter, limit, offset, .. } => {
                Namespace::prefix(namespace_prefix)?;
                Filter::of(filter.as_ref())?;
                check_page(*limit, *offset)
            }
            Operation::ListNamespaces { prefix, suffix, max_depth, limit, offset } => {
                Namespace::prefix(prefix)?;
                Namespace::prefix(suffix)?;
                if *max_depth == Some(0) {
                    return Err(Failure::invalid("`max_depth` is at least 1"));
                }
                check_page(*limit, *offset)
            }
        }
    }

    /// Returns the offset of a search.
    fn offset(&self) -> usize {
        match self {
            Operation::Search { offset, .. } => *offset,
            _ => 0,
        }
    }

    /// Checks the right that the operation needs in addition to the right of the route.
    fn check_right(&self, caller: &Caller) -> Result<(), Failure> {
        match self {
            Operation::Put { value: Value::Null, .. } => caller.demand(Right::Forget, "removing"),
            Operation::Put { .. } => Ok(()),
            _ => caller.demand(Right::Read, "reading"),
        }
    }
}

impl Outcome {
    /// Truncates the items of a search at `offset` to the bytes that are left for the answer.
    ///
    /// # Errors
    /// Fails if a single item does not fit.
    fn fit(&mut self, room: &mut Room, offset: usize) -> Result<(), Failure> {
        match self {
            Outcome::Got { item: Some(item) } if !room.takes(json_bytes(item)) => Err(too_long()),
            Outcome::Found { items, next_offset } => {
                let left_out = room.cut(items, json_bytes);
                match (left_out, items.len()) {
                    (0, _) => Ok(()),
                    // Returning the same offset would make the caller loop forever.
                    (_, 0) => Err(too_long()),
                    (_, shown) => {
                        *next_offset = Some(offset.saturating_add(shown));
                        Ok(())
                    }
                }
            }
            _ => Ok(()),
        }
    }
}

fn too_long() -> Failure {
    let message = format!("the answer would have more than {HTTP_ANSWER_BYTES_MAX} bytes");
    Failure::new(Class::TooLarge, "too_large", message)
        .with_advice("split the operations over several calls")
}

fn check_page(limit: Option<usize>, offset: usize) -> Result<(), Failure> {
    within("limit", limit.unwrap_or(LIMIT), 1..=LIMIT_MAX)?;
    within("offset", offset, 0..=OFFSET_MAX).map(drop)
}

/// The items of one caller.
struct Store {
    view: MemoryView,
    service: Service,
    is_repeated: bool,
}

impl Store {
    async fn carry_out(&self, operation: Operation) -> Result<Outcome, Failure> {
        match operation {
            Operation::Get { namespace, key } => {
                let stored = self.stored(&self.key_of(&Namespace::of(&namespace)?, &key)).await?;
                Ok(Outcome::Got { item: stored.map(|record| Item::of(&record, None)) })
            }
            Operation::Put { namespace, key, value } => {
                self.put(&Namespace::of(&namespace)?, key, value).await
            }
            Operation::Search { namespace_prefix, filter, query, limit, offset } => {
                let prefix = Namespace::prefix(&namespace_prefix)?;
                let filter = Filter::of(filter.as_ref())?;
                let limit = limit.unwrap_or(LIMIT);
                let items = match query.filter(|query| !forms::is_blank(query)) {
                    None => self.all(&prefix, &filter, limit, offset).await?,
                    Some(query) => self.best(&query, &prefix, &filter, limit, offset).await?,
                };
                Ok(Outcome::Found { items, next_offset: None })
            }
            Operation::ListNamespaces { prefix, suffix, max_depth, limit, offset } => {
                let (prefix, suffix) = (Namespace::prefix(&prefix)?, Namespace::prefix(&suffix)?);
                let all = self.namespaces(&prefix, &suffix, max_depth).await?;
                let page = all.into_iter().skip(offset).take(limit.unwrap_or(LIMIT));
                Ok(Outcome::Namespaces { namespaces: page.collect() })
            }
        }
    }

    /// Returns the key of the record of an item.
    fn key_of(&self, namespace: &Namespace, key: &str) -> Key {
        let scope = &self.view.gate().filter().scope;
        let parts = json!([scope.project, scope.agent, scope.session, namespace.category(), key]);
        let hash = Sha256::digest(parts.to_string());
        let id = Id::new(format!("{ENTITY}-{}", hex::digits(&hash[..16])));
        Key::new(Kind::Entry, id.expect("hexadecimal digits are a valid id"))
    }

    /// Returns the caller's own record.
    async fn stored(&self, key: &Key) -> Result<Option<Record>, Failure> {
        let record = self.view.get(key).await?;
        Ok(record.filter(|record| self.is_own_item(record)))
    }

    fn is_own_item(&self, record: &Record) -> bool {
        record.payload["entity_type"] == ENTITY && self.view.gate().may_change(&record.scope)
    }

    async fn put(
        &self,
        namespace: &Namespace,
        key: String,
        value: Value,
    ) -> Result<Outcome, Failure> {
        let name = self.key_of(namespace, &key);
        let done = |state| Ok(Outcome::Put { key: name.to_string(), state });
        if self.is_repeated {
            return done("known");
        }
        let _turn = self.service.turns().of([name.to_string()]).await;
        let stored = self.stored(&name).await?;
        match (stored, value) {
            (None, Value::Null) => done("absent"),
            (Some(record), Value::Null) => {
                records::delete(&self.view, &name, &record).await?;
                done("removed")
            }
            (Some(record), value) if record.payload["value"] == value => done("known"),
            (Some(_), value) => {
                let changes = Map::from_iter([("value".to_owned(), value)]);
                self.view.update(&name, changes).await?;
                done("stored")
            }
            (None, value) => {
                let fields = json!({
                    "id": name.id,
                    "category": namespace.category(),
                    "key": key,
                    "value": value,
                    "tags": namespace.tags(),
                    "entity_type": ENTITY,
                    "importance": IMPORTANCE,
                });
                self.view.record(Kind::Entry, fields).await?;
                done("stored")
            }
        }
    }

    /// Returns a page of the items below `prefix`, oldest first.
    async fn all(
        &self,
        prefix: &Namespace,
        filter: &Filter,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<Item>, Failure> {
        let (mut items, mut passed, mut bytes) = (Vec::new(), 0, 0);
        let mut cursor = None;
        loop {
            let page = self.page(cursor).await?;
            for record in page.records.iter().filter(|it| self.matches(it, prefix, filter)) {
                if passed < offset {
                    passed += 1;
                } else {
                    bytes += record.text.len();
                    items.push(Item::of(record, None));
                }
                // The answer has no space for the last item.
                if items.len() == limit || HTTP_ANSWER_BYTES_MAX < bytes {
                    return Ok(items);
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(items);
            }
        }
    }

    /// Returns a page of all entries, limited in bytes.
    async fn page(&self, cursor: Option<String>) -> Result<Page, Failure> {
        let bytes_of = |record: &Record| record.text.len();
        let bytes_max = HTTP_ANSWER_BYTES_MAX;
        Ok(page(&self.view, Kind::Entry, cursor, PAGE, bytes_max, bytes_of).await?)
    }

    fn matches(&self, record: &Record, prefix: &Namespace, filter: &Filter) -> bool {
        self.is_own_item(record)
            && Namespace::in_record(record).begins_with(prefix)
            && filter.admits(&record.payload["value"])
    }

    /// Returns a page of the items below `prefix` that match a query, best first.
    async fn best(
        &self,
        query: &str,
        prefix: &Namespace,
        filter: &Filter,
        limit: usize,
        offset: usize,
    ) -> Result<Vec<Item>, Failure> {
        let candidates = match filter.is_empty() {
            true => limit.saturating_add(offset).min(CANDIDATES_MAX),
            false => CANDIDATES_MAX,
        };
        let options = SearchOptions::default()
            .with_limit(candidates)
            .with_kinds(vec![Kind::Entry])
            .with_tags(vec![prefix.tag()])
            .with_scope(ScopeFilter::exact(Scope::default()));
        let hits = self.view.recall_with(query, &options).await?.hits;
        let mut items = Vec::new();
        for hit in hits {
            // A hit also represents other items with the same text.
            let relevance = hit.relevance;
            let named = std::iter::once(hit.identity()).chain(hit.folded);
            for record in self.records(named.collect()).await? {
                if self.matches(&record, prefix, filter) {
                    items.push(Item::of(&record, Some(relevance)));
                }
            }
        }
        Ok(items.into_iter().skip(offset).take(limit).collect())
    }

    async fn records(&self, named: Vec<Identity>) -> Result<Vec<Record>, Failure> {
        let records = self.view.working().records().get_all(named).await;
        Ok(records.map_err(Error::from)?)
    }

    async fn namespaces(
        &self,
        prefix: &Namespace,
        suffix: &Namespace,
        max_depth: Option<usize>,
    ) -> Result<BTreeSet<Vec<String>>, Failure> {
        let mut namespaces = BTreeSet::new();
        let mut cursor = None;
        loop {
            let page = self.page(cursor).await?;
            for record in page.records.iter().filter(|it| self.is_own_item(it)) {
                let namespace = Namespace::in_record(record);
                if namespace.begins_with(prefix) && namespace.ends_with(suffix) {
                    namespaces.insert(namespace.cut(max_depth));
                }
            }
            if NAMESPACES_MAX < namespaces.len() {
                let message = format!("more than {NAMESPACES_MAX} namespaces match");
                return Err(Failure::new(Class::TooLarge, "too_large", message)
                    .with_advice("narrow the list by `prefix` or `max_depth`"));
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(namespaces);
            }
        }
    }
}

impl Item {
    fn of(record: &Record, score: Option<f64>) -> Item {
        let text = |name: &str| record.payload[name].as_str().map(str::to_owned);
        Item {
            namespace: Namespace::in_record(record).cut(None),
            key: text("key").unwrap_or_default(),
            value: record.payload["value"].clone(),
            created_at: text("created_at"),
            updated_at: text("updated_at"),
            score,
        }
    }
}
