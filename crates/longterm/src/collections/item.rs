//! Typed records: what they have in common, and their conversion to records and back.

use aios_record::{Id, Key, Kind, Provenance, Record, Scope, Timestamp};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{Error, LongtermView, error::RecordProblem};

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
pub(super) trait Item: Serialize + DeserializeOwned {
    const KIND: Kind;

    fn id(&self) -> &Id;
    fn meta(&self) -> &Meta;
    /// Returns the texts to search. Empty ones are ignored.
    fn prose(&self) -> Vec<&str>;
    /// Sets the fields of the record that are specific to the kind.
    fn shape(&self, record: Record) -> Record;
}

impl LongtermView {
    /// Reads a record in its typed form, or `None` if it is not stored.
    pub(super) async fn item<T: Item>(&self, id: &Id) -> Result<Option<T>, Error> {
        let record = self.get(&Key::new(T::KIND, id.clone())).await?;
        record.map(|record| read(&record)).transpose()
    }

    pub(super) async fn store_item<T: Item>(&self, item: &T) -> Result<Id, Error> {
        self.store(vec![record_of(item)?]).await?;
        Ok(item.id().clone())
    }
}

/// Returns the fields of a record as its typed form deserializes them.
pub(super) fn object_of(record: &Record) -> Map<String, Value> {
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

pub(super) fn plain_object(item: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(item) {
        Ok(Value::Object(object)) => object,
        _ => unreachable!("items are structs of plain data"),
    }
}

/// Converts a stored record to its typed form.
pub(super) fn read<T: Item>(record: &Record) -> Result<T, Error> {
    let damaged = |error: serde_json::Error| Error::Damaged {
        key: record.identity().to_string(),
        reason: error.to_string(),
    };
    serde_json::from_value(Value::Object(object_of(record))).map_err(damaged)
}

/// Converts an object from a caller to its typed form.
pub(super) fn item<T: Item>(object: Map<String, Value>) -> Result<T, Error> {
    let invalid =
        |error: serde_json::Error| Error::Invalid { kind: T::KIND, problem: error.into() };
    serde_json::from_value(Value::Object(object)).map_err(invalid)
}

pub(super) fn record_of<T: Item>(item: &T) -> Result<Record, Error> {
    let mut prose = item.prose();
    prose.retain(|text| !text.trim().is_empty());
    if prose.is_empty() {
        // A record remembered as plain text has it in this field.
        prose.extend(item.meta().other.get("content").and_then(Value::as_str));
    }
    if prose.is_empty() {
        return Err(needs(T::KIND, T::KIND.one_of()));
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

/// Copies the origins, the trust and the time of first storage of the former version, which are not
/// fields, to a new version. References that the new version already has are kept.
pub(super) fn with_origins(changed: Record, former: Record) -> Record {
    let references = match changed.references.is_empty() {
        true => former.references,
        false => changed.references,
    };
    let source = changed.source.or(former.source);
    let (trust, recorded_at) = (former.trust, former.recorded_at);
    Record { references, source, trust, recorded_at, ..changed }
}

/// Builds a record of a kind without a typed form.
pub(super) fn plain(kind: Kind, mut object: Map<String, Value>) -> Result<Record, Error> {
    let invalid = |problem| Error::Invalid { kind, problem };
    let id = match object.get("id") {
        Some(id) => Id::deserialize(id).map_err(|error| invalid(error.into()))?,
        None => Id::generate(),
    };
    object.insert("id".to_owned(), id.as_str().into());
    let meta: Meta = Deserialize::deserialize(Value::Object(object.clone()))
        .map_err(|error: serde_json::Error| invalid(error.into()))?;
    let prose = || kind.searched_fields().map(|field| field.name);
    let texts = prose().filter_map(|field| object.get(field)?.as_str());
    let texts: Vec<&str> = texts.filter(|text| !text.trim().is_empty()).collect();
    if texts.is_empty() {
        return Err(needs(kind, prose()));
    }
    let record = with_meta(kind, id, texts.join("\n"), &meta);
    Ok(Record { payload: Value::Object(object), ..record })
}

/// Builds the error for a record without any of the texts that one of its fields must have.
fn needs(kind: Kind, fields: impl Iterator<Item = &'static str>) -> Error {
    let problem = RecordProblem::NoText { fields: fields.collect::<Vec<_>>().join(" or ") };
    Error::Invalid { kind, problem }
}
