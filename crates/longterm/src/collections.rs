//! Collections whose records are given to long-term memory directly: their typed forms, the
//! conversion to records, and the common part of storing, changing and reading them.
//!
//! Each collection has a file. Not here: facts and summaries, which are derived; they are stored
//! and changed as plain objects.

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
use crate::{Error, LongtermView, change::Trace, view::check_references};

/// Fields common to the records of these collections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// Scope of the record. Default: the scope of the view that stores it.
    pub scope: Scope,
    /// Writer of the record, and the task for which it was written.
    pub provenance: Provenance,
    /// Importance, 0 to 1. Default: 0.5.
    pub importance: f32,
    /// Time from which no read shows the record. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Fields with any other name. They are kept unchanged.
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
    /// Names of the fields, for an error message. At least one is required.
    const NEEDS: &str;

    fn id(&self) -> &Id;
    fn meta(&self) -> &Meta;
    /// Returns the texts to search. Empty ones are ignored.
    fn prose(&self) -> Vec<&str>;
    /// Sets the fields of the record that are specific to the kind.
    fn shape(&self, record: Record) -> Record;
}

impl LongtermView {
    /// Stores the record of `kind` that `object` describes, and returns its id. `object` has the
    /// fields of the typed form, such as [`Incident`], or of a fact or a summary. The replaced
    /// version stays in the [`history`](LongtermView::history). When this returns, the record is
    /// durable and searchable.
    ///
    /// # Errors
    /// - [`Error::Invalid`] if a field is missing or has the wrong type, or the kind belongs to
    ///   working memory.
    /// - As [`store`](LongtermView::store).
    pub async fn store_object(&self, kind: Kind, object: Map<String, Value>) -> Result<Id, Error> {
        let mut changes = self.changes_of(kind, object, &|record| self.fill(record))?;
        self.check_pieces(&changes).await?;
        if let [Change::Upsert(_)] = changes.as_slice()
            && let Some(Change::Upsert(record)) = changes.pop()
        {
            let id = record.id.clone();
            self.store(vec![*record]).await?;
            return Ok(id);
        }
        self.store_whole(changes).await
    }

    /// Returns the record that [`store_object`](LongtermView::store_object) would store for
    /// `object`.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Scope`], [`Error::MachineWide`], as there.
    pub fn record_of(&self, kind: Kind, object: Map<String, Value>) -> Result<Record, Error> {
        match self.changes_of(kind, object, &|record| self.fill(record))?.swap_remove(0) {
            Change::Upsert(record) => Ok(*record),
            Change::Delete { .. } => unreachable!("the record itself comes first"),
        }
    }

    /// Changes the fields of a record that `changes` names, keeps the others, and returns the new
    /// version. A null value removes the field. If two callers change different fields of one
    /// record at the same time, in the same or in different processes, both changes are kept.
    ///
    /// # Errors
    /// - [`Error::NotFound`] if this view has no such record, [`Error::NotYours`] if the record is
    ///   shared and the view acts for a user, [`Error::Ambiguous`] as
    ///   [`record`](LongtermView::record).
    /// - [`Error::Conflict`] if a change would move the record to another scope,
    ///   [`Error::ForeignReference`] if it would refer to another owner's record,
    ///   [`Error::PieceTaken`] if a piece of its text would replace another record.
    /// - [`Error::Invalid`] if a change fits no field, or the kind belongs to working memory.
    /// - [`Error::Contended`] if others keep changing the record.
    /// - As [`store`](LongtermView::store).
    pub async fn update(
        &self,
        kind: Kind,
        id: &Id,
        changes: Map<String, Value>,
    ) -> Result<Record, Error> {
        if kind == Kind::Knowledge && changes.contains_key("content") {
            let record = self.find_own(kind, id).await?.record;
            self.check_pieces(&self.changed(kind, &record, &changes)?).await?;
        }
        self.change(kind, id, Trace::Kept, |record| {
            Ok(knowledge::without_lost_pieces(&record, self.changed(kind, &record, &changes)?))
        })
        .await
    }

    /// Applies `changes` to the fields of `record`, and returns the changed record (first) and its
    /// pieces.
    fn changed(
        &self,
        kind: Kind,
        record: &Record,
        changes: &Map<String, Value>,
    ) -> Result<Vec<Change>, Error> {
        let mut object = object_of(record);
        for (name, value) in changes.clone() {
            match value {
                Value::Null => drop(object.remove(&name)),
                value => drop(object.insert(name, value)),
            }
        }
        // The record keeps its scope.
        let mut changes = self.changes_of(kind, object, &|record| check_references(record))?;
        if let (Some(Change::Upsert(changed)), Some(source)) = (changes.first_mut(), &record.source)
            && changed.source.as_ref().is_some_and(|it| it.id == source.id)
        {
            changed.source = Some(source.clone());
        }
        Ok(changes)
    }

    /// Builds the record that `object` describes (first) and its pieces. `fill` completes and
    /// checks it.
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

    /// Reads a record in its typed form, or `None` if it is not stored.
    async fn item<T: Item>(&self, id: &Id) -> Result<Option<T>, Error> {
        let record = self.record(T::KIND, id).await?;
        record.map(|record| read(&record)).transpose()
    }

    async fn store_item<T: Item>(&self, item: &T) -> Result<Id, Error> {
        self.store(vec![record_of(item)?]).await?;
        Ok(item.id().clone())
    }
}

/// Returns the fields of a record as its typed form deserializes them.
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

/// Converts a stored record to its typed form.
fn read<T: Item>(record: &Record) -> Result<T, Error> {
    let damaged = |error: serde_json::Error| Error::Damaged {
        key: record.identity().to_string(),
        reason: error.to_string(),
    };
    serde_json::from_value(Value::Object(object_of(record))).map_err(damaged)
}

/// Converts an object from a caller to its typed form.
fn item<T: Item>(object: Map<String, Value>) -> Result<T, Error> {
    let invalid =
        |error: serde_json::Error| Error::Invalid { kind: T::KIND, problem: error.to_string() };
    serde_json::from_value(Value::Object(object)).map_err(invalid)
}

fn record_of<T: Item>(item: &T) -> Result<Record, Error> {
    let mut prose = item.prose();
    prose.retain(|text| !text.trim().is_empty());
    if prose.is_empty() {
        // A record remembered as plain text has it in this field.
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

/// Builds a record of a kind without a typed form. The text fields named in `prose` are searched.
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
