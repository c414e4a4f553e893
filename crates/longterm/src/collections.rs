//! The collections that are given to long-term memory directly: what is typed of their records, how
//! these become records, and what is common to storing, changing and reading them.
//!
//! Each collection has a file. Not here: facts and summaries, whose records others derive; they are
//! stored and changed as plain objects.

mod config_change;
mod incident;
mod knowledge;
mod listing;
mod note;
mod procedure;

use aios_record::{Change, Id, Kind, Provenance, Record, Scope, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

pub use self::{
    config_change::ConfigChange,
    incident::Incident,
    knowledge::Knowledge,
    listing::{ListCursor, Listed},
    note::{Note, NoteUpdate},
    procedure::{Outcome, Procedure},
};
use crate::{Error, LongtermView, change::Trace};

/// What a record of these collections carries besides its own fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// Where it belongs. Default: as the view says that stores it.
    pub scope: Scope,
    /// Who wrote it, and for which task.
    pub provenance: Provenance,
    /// How much it matters, 0 to 1. Default 0.5.
    pub importance: f32,
    /// From when on no read shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Fields of any other name; they are kept as they are.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Default for Meta {
    fn default() -> Meta {
        Meta {
            scope: Scope::default(),
            provenance: Provenance::default(),
            importance: 0.5,
            expires_at: None,
            other: Map::new(),
        }
    }
}

/// A typed record of one collection.
trait Item: Serialize + DeserializeOwned {
    const KIND: Kind;
    /// The fields of which one is needed, for a person.
    const NEEDS: &str;

    fn id(&self) -> &Id;
    fn meta(&self) -> &Meta;
    /// What is searched; what is empty of it is left out.
    fn prose(&self) -> Vec<&str>;
    /// Gives the record what is more than common to all.
    fn shape(&self, record: Record) -> Record;
}

impl LongtermView {
    /// Stores the record of `kind` that `object` describes: an object with the fields of its typed
    /// form, such as [`Incident`], or of a fact or a summary; returns its id. The version that it
    /// replaces stays in the [`history`](LongtermView::history). When this returns it is durable
    /// and searchable.
    ///
    /// # Errors
    /// - [`Error::Invalid`] when it lacks a field or has one that holds something else, or the kind
    ///   belongs to working memory.
    /// - As [`store`](LongtermView::store).
    pub async fn store_object(&self, kind: Kind, object: Map<String, Value>) -> Result<Id, Error> {
        let mut changes = self.changes_of(kind, object, &|record| self.fill(record))?;
        if let [Change::Upsert(_)] = changes.as_slice()
            && let Some(Change::Upsert(record)) = changes.pop()
        {
            let id = record.id.clone();
            self.store(vec![*record]).await?;
            return Ok(id);
        }
        self.store_whole(changes).await
    }

    /// The record that [`store_object`](LongtermView::store_object) would store of `object`.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Scope`], [`Error::MachineWide`], as there.
    pub fn record_of(&self, kind: Kind, object: Map<String, Value>) -> Result<Record, Error> {
        match self.changes_of(kind, object, &|record| self.fill(record))?.swap_remove(0) {
            Change::Upsert(record) => Ok(*record),
            Change::Delete { .. } => unreachable!("the record itself comes first"),
        }
    }

    /// Changes the fields of a record that `changes` names, leaves the others, and returns the new
    /// version; a field that is null is removed. Two callers that change one record at the same
    /// time, in whichever process, lose nothing of each other's changes to different fields.
    ///
    /// # Errors
    /// - [`Error::NotFound`] when this view has no such record, [`Error::NotYours`] when it is
    ///   shared and the view acts for a user, [`Error::Ambiguous`] as
    ///   [`record`](LongtermView::record).
    /// - [`Error::Conflict`] when a change would move it to another scope.
    /// - [`Error::Invalid`] when a change fits no field, or the kind belongs to working memory.
    /// - [`Error::Contended`] when others change it all the time.
    /// - As [`store`](LongtermView::store).
    pub async fn update(
        &self,
        kind: Kind,
        id: &Id,
        changes: Map<String, Value>,
    ) -> Result<Record, Error> {
        self.change(kind, id, Trace::Kept, |record| {
            let mut object = object_of(&record);
            for (name, value) in changes.clone() {
                match value {
                    Value::Null => drop(object.remove(&name)),
                    value => drop(object.insert(name, value)),
                }
            }
            // It stays where it belongs.
            let changes = self.changes_of(kind, object, &|_| Ok(()))?;
            Ok(knowledge::without_lost_pieces(&record, changes))
        })
        .await
    }

    /// The record that `object` describes, first, and what goes with it; `fill` says where it
    /// belongs.
    fn changes_of(
        &self,
        kind: Kind,
        object: Map<String, Value>,
        fill: &dyn Fn(&mut Record) -> Result<(), Error>,
    ) -> Result<Vec<Change>, Error> {
        let mut record = match kind {
            Kind::Procedure => record_of(&item::<Procedure>(object)?)?,
            Kind::Incident => record_of(&item::<Incident>(object)?)?,
            Kind::ConfigChange => record_of(&item::<ConfigChange>(object)?)?,
            Kind::Note => record_of(&item::<Note>(object)?)?,
            Kind::Knowledge => return self.pieces_of(&item::<Knowledge>(object)?, fill),
            Kind::Fact => plain(kind, object, &["text", "subject", "attribute", "value"])?,
            Kind::Summary => plain(kind, object, &["text"])?,
            _ => {
                let problem = "it belongs to working memory; give it there".to_owned();
                return Err(Error::Invalid { kind, problem });
            }
        };
        fill(&mut record)?;
        Ok(vec![Change::Upsert(Box::new(record))])
    }

    /// The typed form of a record, if it is stored.
    async fn item<T: Item>(&self, id: &Id) -> Result<Option<T>, Error> {
        let record = self.record(T::KIND, id).await?;
        record.map(|record| read(&record)).transpose()
    }

    async fn store_item<T: Item>(&self, item: &T) -> Result<Id, Error> {
        self.store(vec![record_of(item)?]).await?;
        Ok(item.id().clone())
    }
}

/// The fields of a record, as its typed form takes them.
fn object_of(record: &Record) -> Map<String, Value> {
    let mut object = match &record.payload {
        Value::Object(object) => object.clone(),
        _ => Map::new(),
    };
    let meta = Meta {
        scope: record.scope.clone(),
        provenance: record.provenance.clone(),
        importance: record.importance,
        expires_at: record.expires_at,
        other: Map::new(),
    };
    object.insert("id".to_owned(), record.id.as_str().into());
    object.extend(plain_object(&meta));
    object
}

fn plain_object(item: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(item) {
        Ok(Value::Object(object)) => object,
        _ => unreachable!("items are structs of plain data"),
    }
}

/// The typed form of a stored record.
fn read<T: Item>(record: &Record) -> Result<T, Error> {
    let damaged = |error: serde_json::Error| Error::Damaged {
        key: record.identity().to_string(),
        reason: error.to_string(),
    };
    serde_json::from_value(Value::Object(object_of(record))).map_err(damaged)
}

/// The typed form of an object that a caller gave.
fn item<T: Item>(object: Map<String, Value>) -> Result<T, Error> {
    let invalid =
        |error: serde_json::Error| Error::Invalid { kind: T::KIND, problem: error.to_string() };
    serde_json::from_value(Value::Object(object)).map_err(invalid)
}

fn record_of<T: Item>(item: &T) -> Result<Record, Error> {
    let mut prose = item.prose();
    prose.retain(|text| !text.trim().is_empty());
    if prose.is_empty() {
        // What was remembered as a text alone has it there.
        prose.extend(item.meta().other.get("content").and_then(Value::as_str));
    }
    if prose.is_empty() {
        let problem = format!("it needs {}", T::NEEDS);
        return Err(Error::Invalid { kind: T::KIND, problem });
    }
    let record = with_meta(T::KIND, item.id().clone(), prose.join("\n"), item.meta());
    Ok(item.shape(Record { payload: Value::Object(plain_object(item)), ..record }))
}

fn with_meta(kind: Kind, id: Id, text: String, meta: &Meta) -> Record {
    let time = |name| Timestamp::deserialize(meta.other.get(name)?).ok();
    Record {
        occurred_at: time("timestamp").or_else(|| time("created_at")),
        provenance: meta.provenance.clone(),
        importance: meta.importance,
        expires_at: meta.expires_at,
        ..Record::new(kind, id, text, meta.scope.clone())
    }
}

/// A record of a kind that has no typed form here, searched by those of its fields that are text.
fn plain(kind: Kind, mut object: Map<String, Value>, prose: &[&str]) -> Result<Record, Error> {
    let invalid = |problem: String| Error::Invalid { kind, problem };
    let id = match object.get("id") {
        Some(id) => Id::deserialize(id).map_err(|error| invalid(error.to_string()))?,
        None => Id::generate(),
    };
    object.insert("id".to_owned(), id.as_str().into());
    let meta: Meta = Deserialize::deserialize(Value::Object(object.clone()))
        .map_err(|error: serde_json::Error| invalid(error.to_string()))?;
    let texts = prose.iter().filter_map(|field| object.get(*field)?.as_str());
    let texts: Vec<&str> = texts.filter(|text| !text.trim().is_empty()).collect();
    if texts.is_empty() {
        return Err(invalid(format!("it needs {}", prose.join(" or "))));
    }
    let record = with_meta(kind, id, texts.join("\n"), &meta);
    Ok(Record { payload: Value::Object(object), ..record })
}
