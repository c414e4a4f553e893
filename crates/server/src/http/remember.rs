//! `POST /api/v1/remember`: texts to remember, all or none of a request.
//!
//! A text is identified by its kind, scope and content, as everywhere in the memory: remembering it
//! again adds tags and keeps the higher importance. A text with an id of the caller's takes the
//! place of the one stored under that id.

use std::collections::HashMap;

use aios_memory::{
    Error, Identity, Key, Kind, MemoryView, Record, RecordProblem, Scope, Timestamp,
    admission::{Admission, Arrival, Manner},
    draft::identity::{Facts, Namer, Names},
    record::{Mode, Provenance, forms},
};
use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{
    answer,
    request::{Json, Part, id_of, kind_named, within},
    service::Service,
    shapes::{State as Outcome, Stored},
};
use crate::{
    bounds::TEXTS_MAX,
    call::Call,
    failure::{Class, Failure},
};

/// Texts to remember.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RememberRequest)]
pub(crate) struct Remember {
    /// 1 to 256 texts. An invalid one refuses the request, and nothing is stored.
    #[schema(min_items = 1, max_items = 256)]
    items: Vec<Item>,
}

/// A text to remember.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RememberItem)]
pub(crate) struct Item {
    /// The text, verbatim.
    pub(crate) text: String,
    /// `note`, `knowledge`, `fact`, `incident`, `procedure`, `config_change` or `summary`.
    /// Default: `note`. Records of the other kinds are stored under `/records/{kind}`.
    #[serde(default)]
    pub(crate) kind: Option<String>,
    /// Id of your own. A record stored under it is replaced, if it says something else. Default:
    /// derived from the text, so that the same text is stored once.
    #[serde(default)]
    pub(crate) id: Option<String>,
    /// The heading.
    #[serde(default)]
    pub(crate) title: Option<String>,
    /// Labels to filter by.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// 0 to 1. Default: 0.5.
    #[serde(default)]
    pub(crate) importance: Option<f32>,
    /// Time of the event that it describes, RFC 3339.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) occurred_at: Option<Timestamp>,
    /// Id of the project that it belongs to.
    #[serde(default)]
    pub(crate) project: Option<String>,
    /// Name of the agent that it belongs to.
    #[serde(default)]
    pub(crate) agent: Option<String>,
    /// Id of the conversation that it belongs to.
    #[serde(default)]
    pub(crate) session: Option<String>,
    /// The writer. Callers of the route do not name one.
    #[serde(skip)]
    #[schema(ignore)]
    pub(crate) provenance: Option<Provenance>,
}

impl Item {
    /// Returns the item of a text, with the defaults of its other fields.
    pub(crate) fn of_text(text: String) -> Item {
        Item {
            text,
            kind: None,
            id: None,
            title: None,
            tags: Vec::new(),
            importance: None,
            occurred_at: None,
            project: None,
            agent: None,
            session: None,
            provenance: None,
        }
    }
}

/// The outcome, item by item.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Remembered {
    items: Vec<Stored>,
}

/// Remembers texts. When this answers, they are durable, and every search finds them.
#[utoipa::path(
    post,
    path = "/api/v1/remember",
    tag = "memory",
    request_body = Remember,
    responses((status = 200, description = "The outcome, item by item", body = Remembered))
)]
pub(crate) async fn remember(
    State(service): State<Service>,
    call: Call,
    Json(Remember { items }): Json<Remember>,
) -> Result<Response, Failure> {
    within("items", items.len(), 1..=TEXTS_MAX)?;
    let view = call.caller.view().clone();
    let storing = Box::pin(async move { store(&service, &view, items).await });
    let items = call.write(storing).await?;
    let response = answer::kept(StatusCode::OK, &Remembered { items: items.clone() });
    Ok(answer::with_changed(response, items.iter().map(|item| &item.key)))
}

/// Stores all items, or none.
pub(crate) async fn store(
    service: &Service,
    view: &MemoryView,
    items: Vec<Item>,
) -> Result<Vec<Stored>, Failure> {
    let mut drafts = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        drafts.push(Draft::of(view, item).map_err(|it| it.within(&at(index)))?);
    }
    let names = drafts.iter().flat_map(Draft::identities).map(|it| it.encode());
    let _turn = service.turns().of(names.collect::<Vec<_>>()).await;
    let before = stored_before(view, &mut drafts).await?;
    let mut batch = Batch::default();
    let mut outcomes = Vec::with_capacity(drafts.len());
    for (index, draft) in drafts.into_iter().enumerate() {
        let outcome = batch.add(draft, &before).map_err(|it| it.within(&at(index)))?;
        outcomes.push(outcome);
    }
    let arrivals = batch.arrivals();
    let mut admission = Admission::new(view, Manner::Written);
    if let Err(error) = admission.admit(arrivals.clone()).await {
        let index = batch.index_of(refused(view, arrivals).await);
        let failure = Failure::from(error);
        return Err(index.map_or(failure.clone(), |index| failure.within(&at(index))));
    }
    Ok(outcomes)
}

fn at(index: usize) -> String {
    format!("items[{index}]")
}

/// An item as a record.
struct Draft {
    record: Record,
    /// Keys that former versions of the memory gave the same text.
    former: Vec<Key>,
    /// True if the caller chose the id.
    is_named: bool,
}

impl Draft {
    fn of(view: &MemoryView, item: Item) -> Result<Draft, Failure> {
        let Item { text, kind, id, title, tags, importance, occurred_at, .. } = item;
        let Item { project, agent, session, provenance, .. } = item;
        let kind = kind.map_or(Ok(Kind::Note), |kind| kind_named(&kind))?;
        let misfit = |problem| Failure::from(Error::Record { kind, problem });
        if !kind.is_direct() {
            return Err(misfit(RecordProblem::OtherTier));
        }
        if forms::is_blank(&text) {
            return Err(misfit(RecordProblem::NoText));
        }
        if tags.iter().any(|tag| forms::is_blank(tag)) {
            return Err(misfit(RecordProblem::Empty { field: "tags" }));
        }
        let importance = importance.map_or(Ok(0.5), |it| within("importance", it, 0.0..=1.0))?;
        let mut scope: Scope = Part { project, agent, session }.scope()?;
        view.gate().fill(&mut scope).map_err(Error::from)?;
        let is_named = id.is_some();
        let (id, former) = match id {
            Some(id) if forms::is_blank(&id) => {
                return Err(misfit(RecordProblem::Empty { field: "id" }));
            }
            Some(id) => (id_of(id)?, Vec::new()),
            None => {
                let Names { id, former } = Namer::default().name(facts(kind, &scope, &text), None);
                (id, former)
            }
        };
        let mut payload = json!({"content": text});
        if let Some(title) = &title {
            payload["title"] = json!(title);
        }
        let record = Record {
            payload,
            provenance: provenance.unwrap_or_default(),
            title,
            tags,
            importance,
            occurred_at,
            ..Record::new(kind, id, text, scope)
        };
        Ok(Draft { record, former, is_named })
    }

    fn identities(&self) -> impl Iterator<Item = Identity> {
        let owner = self.record.owner();
        let former = self.former.iter().map(move |key| key.clone().of(owner.clone()));
        std::iter::once(self.record.identity()).chain(former)
    }
}

fn facts<'a>(kind: Kind, scope: &'a Scope, text: &'a str) -> Facts<'a> {
    let (role, name, external_id, occurred_at) = (None, None, None, None);
    Facts { kind, scope, role, name, external_id, occurred_at, text }
}

/// Returns the stored records of these drafts. A text that is stored under a former id keeps it.
async fn stored_before(
    view: &MemoryView,
    drafts: &mut [Draft],
) -> Result<HashMap<Identity, Record>, Failure> {
    let identities: Vec<Identity> = drafts.iter().flat_map(Draft::identities).collect();
    let known = view.longterm().records().known(&identities).await.map_err(Error::from)?;
    let known = identities.into_iter().zip(known).filter(|(_, known)| *known);
    let known: Vec<Identity> = known.map(|(identity, _)| identity).collect();
    let stored = match known.is_empty() {
        true => Vec::new(),
        false => view.longterm().records().get_all(&known).await.map_err(Error::from)?,
    };
    let stored: HashMap<Identity, Record> =
        stored.into_iter().map(|record| (record.identity(), record)).collect();
    for draft in drafts {
        let owner = draft.record.owner();
        let is_stored = |id: &&Key| stored.contains_key(&(*id).clone().of(owner.clone()));
        if let Some(former) = draft.former.iter().find(is_stored)
            && !stored.contains_key(&draft.record.identity())
        {
            draft.record.id = former.id.clone();
        }
    }
    Ok(stored)
}

/// The records of a request, each once.
#[derive(Default)]
struct Batch {
    records: Vec<Record>,
    /// Index of the record by its identity.
    places: HashMap<Identity, usize>,
    /// The first item of each record.
    items: Vec<usize>,
    count: usize,
}

impl Batch {
    fn add(&mut self, draft: Draft, before: &HashMap<Identity, Record>) -> Result<Stored, Failure> {
        let identity = draft.record.identity();
        let key = draft.record.key();
        let place = self.places.get(&identity).copied();
        let known = place.map(|place| &self.records[place]).or_else(|| before.get(&identity));
        let (record, state) = match known {
            None => (draft.record, Outcome::New),
            Some(known) if known.scope != draft.record.scope => {
                let message = format!("`{key}` is stored in another scope");
                return Err(Failure::new(Class::Conflict, "conflict", message)
                    .with_advice("choose another id"));
            }
            Some(known) => merged(known, draft),
        };
        match place {
            Some(place) => self.records[place] = record,
            None => {
                self.places.insert(identity, self.records.len());
                self.items.push(self.count);
                self.records.push(record);
            }
        }
        self.count += 1;
        Ok(Stored { key, state })
    }

    fn arrivals(&self) -> Vec<Arrival> {
        let numbered = (1..).zip(self.records.iter().cloned());
        numbered.map(|(place, record)| Arrival::of_record(place, record)).collect()
    }

    /// Returns the item of the record with this number.
    fn index_of(&self, record: Option<usize>) -> Option<usize> {
        self.items.get(record?).copied()
    }
}

/// Returns the record that a draft makes of the stored one.
fn merged(known: &Record, draft: Draft) -> (Record, Outcome) {
    let Draft { record: new, is_named, .. } = draft;
    let is_same = forms::same(&known.text) == forms::same(&new.text)
        && (new.title.is_none() || known.title == new.title)
        && (new.occurred_at.is_none() || known.occurred_at == new.occurred_at);
    // Remembering makes an ended record valid again.
    let known = Record { valid_to: None, superseded_by: None, expires_at: None, ..known.clone() };
    if is_named && !is_same {
        let Record { text, payload, title, tags, importance, occurred_at, .. } = new;
        let record = Record { text, payload, title, tags, importance, occurred_at, ..known };
        return (record, Outcome::Replaced);
    }
    let record = Record {
        tags: united(&known.tags, new.tags),
        importance: known.importance.max(new.importance),
        ..known
    };
    (record, Outcome::Known)
}

/// Returns the labels of both without duplicates.
fn united(known: &[String], new: Vec<String>) -> Vec<String> {
    let mut tags = known.to_vec();
    for tag in new {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// Returns the number of the record that is refused by itself.
async fn refused(view: &MemoryView, arrivals: Vec<Arrival>) -> Option<usize> {
    for (number, arrival) in arrivals.into_iter().enumerate() {
        let mut trial = Admission::new(view, Manner::Written).with_mode(Mode::DryRun);
        if trial.admit(vec![arrival]).await.is_err() {
            return Some(number);
        }
    }
    None
}
