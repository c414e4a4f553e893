//! JSON shapes in the answers of several routes. They are separate from the memory's types, which
//! can therefore change without the protocol.

use std::collections::BTreeMap;

use aios_memory::{Identity, Key, Receipt, Recollection, Record, Remembered, Timestamp};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::version::version_of;

/// The outcome for one record of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Outcome)]
pub(crate) enum State {
    /// It is stored, and was not before.
    New,
    /// It was stored already.
    Known,
    /// It took the place of another version, which is in the history.
    Replaced,
}

impl State {
    /// Returns the outcome for a text.
    pub(crate) fn of(remembered: &Remembered) -> State {
        match remembered {
            Remembered { replaced: true, .. } => State::Replaced,
            Remembered { known: true, .. } => State::Known,
            _ => State::New,
        }
    }
}

/// The key of a stored record, and the outcome.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StoredRecord)]
pub(crate) struct Stored {
    /// Its key, `KIND/ID`.
    #[schema(value_type = String, example = "note/5d41402abc4b2a76b9719d911017c592")]
    pub(crate) key: Key,
    pub(crate) state: State,
}

/// The name of a record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Reference {
    /// Its key, `KIND/ID`.
    pub(crate) key: String,
    /// Its owner; absent if it is shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
}

impl From<&Identity> for Reference {
    fn from(identity: &Identity) -> Reference {
        let user = identity.owner.name().map(str::to_owned);
        Reference { key: identity.key().to_string(), user }
    }
}

pub(crate) fn references(identities: &[Identity]) -> Vec<Reference> {
    identities.iter().map(Reference::from).collect()
}

/// The scope of a record. A part that is absent is shared by all.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Scope)]
pub(crate) struct ShownScope {
    /// The owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// Id of the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    /// Name of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// Id of the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

/// A record.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Record)]
pub(crate) struct ShownRecord {
    /// Its key, `KIND/ID`.
    key: String,
    /// Its version, as in the header `etag` without the quotes.
    version: String,
    kind: &'static str,
    id: String,
    scope: ShownScope,
    /// The searched text, verbatim.
    text: String,
    /// The heading.
    title: Option<String>,
    /// The speaker.
    speaker: Option<String>,
    /// Position in its session, from 0.
    position: Option<i64>,
    /// The fields of its kind.
    fields: Value,
    /// Labels.
    tags: Vec<String>,
    /// The document or record from which it was made.
    source: Option<ShownSource>,
    /// Records to which it belongs, or from which it was made.
    references: Vec<Reference>,
    /// Id in the system that it comes from.
    external_id: Option<String>,
    /// 0 to 1.
    importance: f32,
    /// 0 to 1.
    confidence: f32,
    /// `low`, `normal` or `high`.
    trust: &'static str,
    /// The component that wrote it.
    written_by: String,
    /// Time of the event that it describes.
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Timestamp>,
    /// Time at which it was first stored.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// Begin of its validity.
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_from: Option<Timestamp>,
    /// End of its validity.
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_to: Option<Timestamp>,
    /// Id of the record that replaced it.
    superseded_by: Option<String>,
    /// Time from which it is no longer shown.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// The source of a record.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Source)]
pub(crate) struct ShownSource {
    /// `file`, or the kind of a record.
    kind: String,
    id: String,
}

impl From<Record> for ShownRecord {
    fn from(record: Record) -> ShownRecord {
        let version = version_of(&record);
        let key = record.key().to_string();
        let scope = record.scope;
        ShownRecord {
            key,
            version,
            kind: record.kind.as_str(),
            id: record.id.to_string(),
            scope: ShownScope {
                user: scope.user,
                project: scope.project,
                agent: scope.agent,
                session: scope.session,
            },
            text: record.text,
            title: record.title,
            speaker: record.speaker,
            position: record.position,
            fields: record.payload,
            tags: record.tags,
            source: record.source.map(|it| ShownSource { kind: it.kind, id: it.id }),
            references: references(&record.references),
            external_id: record.external_id,
            importance: record.importance,
            confidence: record.confidence,
            trust: record.trust.as_str(),
            written_by: record.provenance.module,
            occurred_at: record.occurred_at,
            recorded_at: record.recorded_at,
            valid_from: record.valid_from,
            valid_to: record.valid_to,
            superseded_by: record.superseded_by.map(String::from),
            expires_at: record.expires_at,
        }
    }
}

/// A record that matches a query.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Hit {
    /// Its key, `KIND/ID`.
    key: String,
    kind: &'static str,
    id: String,
    /// Its text, verbatim.
    text: String,
    /// The heading.
    title: Option<String>,
    /// The speaker.
    speaker: Option<String>,
    /// 0 to 1, comparable between searches.
    relevance: f64,
    /// Order of the hits in this search, except those with a score of the reranker.
    score: f64,
    /// Score of the reranker. Hits that have one come first.
    #[serde(skip_serializing_if = "Option::is_none")]
    reranked: Option<f64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    occurred_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    scope: ShownScope,
    tags: Vec<String>,
    external_id: Option<String>,
    /// Records with the same text that this hit represents.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    folded: Vec<Reference>,
    /// The explanation of the score, if it was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<Value>,
}

impl From<Recollection> for Hit {
    fn from(hit: Recollection) -> Hit {
        let key = hit.key().to_string();
        Hit {
            key,
            kind: hit.kind.as_str(),
            id: hit.id.to_string(),
            text: hit.text,
            title: hit.title,
            speaker: hit.name,
            relevance: hit.relevance,
            score: hit.score,
            reranked: hit.reranked,
            occurred_at: hit.occurred_at,
            recorded_at: hit.recorded_at,
            scope: ShownScope {
                user: hit.user,
                project: hit.project,
                agent: hit.agent,
                session: hit.session,
            },
            tags: hit.tags,
            external_id: hit.external_id,
            folded: references(&hit.folded),
            explain: hit.explain.as_ref().map(plain),
        }
    }
}

/// The forgotten records, without their texts.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub(crate) struct ShownReceipt {
    /// Number of records.
    pub(crate) forgotten: u64,
    /// Number of records by collection.
    collections: BTreeMap<&'static str, u64>,
    /// The records.
    records: Vec<Reference>,
    /// Those of the records that were not named, but belong to or were made from named ones.
    related: Vec<Related>,
    /// Records that stay but lose a part: `versions` or `summary`.
    remade: Vec<Remade>,
    /// Other records that contain the text of a forgotten one, and stay; the first 100.
    repeating: Vec<Reference>,
    /// True if nothing was forgotten.
    dry_run: bool,
    /// True if no file of the data directory contains a byte of them, except backups.
    purged: bool,
    /// Obstacles that a purge waits for. It continues by itself.
    pending: Vec<String>,
    /// Number of backups that may still contain the records. The operator has to delete them.
    backups: usize,
}

impl ShownReceipt {
    /// Returns the keys of the records.
    pub(crate) fn records(&self) -> impl Iterator<Item = &str> {
        self.records.iter().map(|record| record.key.as_str())
    }
}

/// A record that was forgotten with another one.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RelatedRecord)]
struct Related {
    #[serde(flatten)]
    record: Reference,
    /// `belongs_to` or `made_from`.
    relation: String,
}

/// A record that lost a part.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RemadeRecord)]
struct Remade {
    #[serde(flatten)]
    record: Reference,
    /// `versions` or `summary`.
    part: String,
}

impl From<Receipt> for ShownReceipt {
    fn from(receipt: Receipt) -> ShownReceipt {
        let related = receipt.related.iter().map(|it| Related {
            record: Reference::from(&it.record),
            relation: word(&it.relation),
        });
        let remade = receipt
            .remade
            .iter()
            .map(|it| Remade { record: Reference::from(&it.record), part: word(&it.part) });
        ShownReceipt {
            forgotten: receipt.forgotten,
            records: references(&receipt.records),
            related: related.collect(),
            remade: remade.collect(),
            repeating: references(&receipt.repeating),
            collections: receipt.collections,
            dry_run: receipt.dry_run,
            purged: receipt.purged,
            pending: receipt.pending,
            backups: receipt.backups.len(),
        }
    }
}

/// Returns a value that serialises to a string as that string.
pub(crate) fn word(value: &impl Serialize) -> String {
    plain(value).as_str().unwrap_or_default().to_owned()
}

pub(crate) fn plain(value: &impl Serialize) -> Value {
    serde_json::to_value(value).expect("answers have text keys")
}
