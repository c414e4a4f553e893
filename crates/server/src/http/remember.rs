//! `POST /api/v1/remember`: remembers all texts of a request, or none.
//!
//! Kind, scope and content identify a text, as everywhere in the memory: remembering it again adds
//! tags and keeps the higher importance. A text with an id of the caller replaces the one stored
//! with that id.

use aios_memory::{Key, Kind, MemoryView, RememberOptions, Timestamp, record::forms};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    answer,
    request::{Json, Part, id_of, kind_named, time, within},
    shapes::{State, Stored},
};
use crate::{bounds::TEXTS_MAX, call::Call, failure::Failure};

/// Texts to remember.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RememberRequest)]
pub(crate) struct Remember {
    /// 1 to 256 texts. If one is invalid, the request is refused and nothing is stored.
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
    /// `note`, `knowledge`, `fact`, `incident`, `procedure`, `config_change` or `summary`. Default:
    /// `note`. Records of other kinds are stored with `/records/{kind}`.
    #[serde(default)]
    pub(crate) kind: Option<String>,
    /// Id chosen by the caller. A stored record with this id is replaced if its text differs.
    /// Default: derived from the text, so that the same text is stored once.
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
    #[serde(default, deserialize_with = "time")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) occurred_at: Option<Timestamp>,
    /// Id of the project to which it belongs.
    #[serde(default)]
    pub(crate) project: Option<String>,
    /// Name of the agent to which it belongs.
    #[serde(default)]
    pub(crate) agent: Option<String>,
    /// Id of the conversation to which it belongs.
    #[serde(default)]
    pub(crate) session: Option<String>,
}

/// The outcome, item by item.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Remembered)]
pub(crate) struct Outcome {
    items: Vec<Stored>,
}

/// Remembers texts. They are durable and found by every search when this answers.
#[utoipa::path(
    post,
    path = "/api/v1/remember",
    tag = "memory",
    request_body = Remember,
    responses((status = 200, description = "The outcome, item by item", body = Outcome))
)]
pub(crate) async fn remember(
    call: Call,
    Json(Remember { items }): Json<Remember>,
) -> Result<Response, Failure> {
    within("items", items.len(), 1..=TEXTS_MAX)?;
    call.traced.given(items.iter().map(|item| item.text.as_str()));
    let view = call.caller.view().clone();
    let storing = Box::pin(async move { store(&view, items).await });
    let items = call.write(storing).await?;
    let response = answer::kept(StatusCode::OK, &Outcome { items: items.clone() });
    Ok(answer::with_changed(response, items.iter().map(|item| &item.key)))
}

/// Stores all items, or none.
pub(crate) async fn store(view: &MemoryView, items: Vec<Item>) -> Result<Vec<Stored>, Failure> {
    let mut texts = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        texts.push(item.text().map_err(|it| it.within(&format!("items[{index}]")))?);
    }
    let kinds: Vec<Kind> = texts.iter().map(|(_, options)| options.kind).collect();
    let remembered = view.remember_batch(texts).await?;
    let stored = kinds
        .into_iter()
        .zip(remembered)
        .map(|(kind, it)| Stored { state: State::of(&it), key: Key::new(kind, it.id) });
    Ok(stored.collect())
}

impl Item {
    fn text(self) -> Result<(String, RememberOptions), Failure> {
        let Item { text, kind, id, title, tags, importance, occurred_at, project, agent, session } =
            self;
        let kind = kind.map_or(Ok(Kind::Note), |kind| kind_named(&kind))?;
        let importance = importance.map_or(Ok(0.5), |it| within("importance", it, 0.0..=1.0))?;
        let id = id.map(|id| match forms::is_blank(&id) {
            true => Err(Failure::invalid("`id` is empty")),
            false => id_of(id),
        });
        let options = RememberOptions::default()
            .with_kind(kind)
            .with_id(id.transpose()?)
            .with_title(title)
            .with_tags(tags)
            .with_importance(importance)
            .with_occurred_at(occurred_at)
            .with_scope(Part { project, agent, session }.scope()?);
        Ok((text, options))
    }
}
