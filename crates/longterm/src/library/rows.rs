//! Conversion of records to Arrow batches and back: the only place that knows the columns of the
//! table.

use std::sync::Arc;

use aios_record::{Id, Kind, Provenance, Record, Scope, Source, Timestamp};
use lancedb::arrow::{
    arrow_array::{
        Array, ArrayRef, FixedSizeListArray, Float32Array, Int64Array, RecordBatch, StringArray,
        builder::{FixedSizeListBuilder, Float32Builder},
        cast::AsArray,
        types::{Float32Type, Int64Type},
    },
    arrow_schema::{DataType, Field, Schema, SchemaRef},
};
use serde_json::Value;

use crate::Error;

/// Separator around each tag in the column, so that a substring search matches whole tags only.
pub(crate) const TAG_SEPARATOR: char = '\u{1f}';

/// A record in the form in which it is stored and scored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) record: Record,
    /// Analysed text, joined by single spaces.
    pub(crate) terms: String,
    /// Vector of unit length. `None` if the text has no known word.
    pub(crate) vector: Option<Vec<f32>>,
    pub(crate) content_hash: String,
    /// True if the vector is still to be computed. Always false in the library.
    pub(crate) is_outstanding: bool,
}

impl Row {
    /// Returns `true` if there is no vector, or it has the length 1.
    pub(crate) fn has_sound_vector(&self) -> bool {
        let length = |vector: &Vec<f32>| vector.iter().map(|it| it * it).sum::<f32>().sqrt();
        self.vector.as_ref().map(length).is_none_or(|length| (length - 1.0).abs() < LENGTH_ERROR)
    }
}

/// Maximum rounding error of a vector's length.
const LENGTH_ERROR: f32 = 0.01;

/// The columns that search needs: all but payload, provenance and references.
pub(crate) const SEARCH_COLUMNS: &[&str] = &[
    "id",
    "collection",
    "text",
    "terms",
    "speaker",
    "position",
    "vector",
    "title",
    "tags",
    "user",
    "project",
    "agent",
    "session",
    "source_kind",
    "source_id",
    "external_id",
    "importance",
    "confidence",
    "trust",
    "occurred_at",
    "recorded_at",
    "valid_from",
    "valid_to",
    "superseded_by",
    "expires_at",
];

/// The columns that a hit shows.
pub(crate) const SHOWN_COLUMNS: &[&str] = &[
    "id",
    "collection",
    "text",
    "speaker",
    "position",
    "title",
    "tags",
    "user",
    "project",
    "agent",
    "session",
    "source_kind",
    "source_id",
    "external_id",
    "importance",
    "confidence",
    "trust",
    "occurred_at",
    "recorded_at",
    "valid_from",
    "valid_to",
    "superseded_by",
    "expires_at",
];

/// The columns that a hit does not show, and those that name its record.
pub(crate) const UNSHOWN_COLUMNS: &[&str] =
    &["id", "collection", "user", "payload", "provenance", "references"];

/// The columns that name the scope and the origin of a record.
pub(crate) const ORIGIN_COLUMNS: &[&str] = &[
    "id",
    "collection",
    "user",
    "project",
    "agent",
    "session",
    "source_kind",
    "source_id",
    "references",
    "payload",
];

/// The columns with the content, the scope and the origin of a record.
pub(crate) const TOLD_COLUMNS: &[&str] = &[
    "id",
    "collection",
    "text",
    "payload",
    "title",
    "speaker",
    "tags",
    "user",
    "project",
    "agent",
    "session",
    "source_kind",
    "source_id",
    "references",
    "external_id",
];

/// The columns by which records are counted: the text for its length.
pub(crate) const COUNTED_COLUMNS: &[&str] =
    &["id", "collection", "text", "user", "project", "agent", "session", "recorded_at"];

/// The columns by which records are listed.
pub(crate) const TIME_COLUMNS: &[&str] = &[
    "id",
    "collection",
    "user",
    "project",
    "agent",
    "session",
    "occurred_at",
    "recorded_at",
    "expires_at",
];

const TEXT_COLUMNS: &[(&str, bool)] = &[
    ("key", false),
    ("id", false),
    ("collection", false),
    ("text", false),
    ("terms", false),
    ("speaker", true),
    ("payload", false),
    ("provenance", false),
    ("title", true),
    ("tags", true),
    ("user", true),
    ("project", true),
    ("agent", true),
    ("session", true),
    ("source_kind", true),
    ("source_id", true),
    ("references", true),
    ("external_id", true),
    ("trust", false),
    ("superseded_by", true),
    ("content_hash", false),
];

/// The columns that a table of the former version lacks.
pub(crate) const NEW_COLUMNS: &[&str] = &["project", "references"];

const INTEGER_COLUMNS: &[(&str, bool)] = &[
    ("position", true),
    ("occurred_at", true),
    ("recorded_at", false),
    ("valid_from", true),
    ("valid_to", true),
    ("expires_at", true),
];

const NUMBER_COLUMNS: &[&str] = &["importance", "confidence"];

/// Returns the names of all columns.
pub(crate) fn all_columns() -> Vec<&'static str> {
    let typed = TEXT_COLUMNS.iter().chain(INTEGER_COLUMNS).map(|(name, _)| *name);
    typed.chain(NUMBER_COLUMNS.iter().copied()).chain(["vector"]).collect()
}

/// Returns the schema of a table for vectors of `dimension` numbers.
pub(crate) fn schema(dimension: usize) -> SchemaRef {
    let texts = TEXT_COLUMNS.iter().map(|&(name, null)| Field::new(name, DataType::Utf8, null));
    let integers =
        INTEGER_COLUMNS.iter().map(|&(name, null)| Field::new(name, DataType::Int64, null));
    let numbers = NUMBER_COLUMNS.iter().map(|&name| Field::new(name, DataType::Float32, false));
    let item = Arc::new(Field::new("item", DataType::Float32, true));
    let width = i32::try_from(dimension).expect("a model has fewer than 2^31 dimensions");
    let vector = Field::new("vector", DataType::FixedSizeList(item, width), true);
    Arc::new(Schema::new(texts.chain(integers).chain(numbers).chain([vector]).collect::<Vec<_>>()))
}

/// Builds one batch of `schema` from `rows`.
pub(crate) fn batch(rows: &[Row], schema: &SchemaRef) -> Result<RecordBatch, Error> {
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| match field.data_type() {
            DataType::Utf8 => {
                let values = rows.iter().map(|row| text_value(row, field.name()));
                Arc::new(values.collect::<StringArray>()) as ArrayRef
            }
            DataType::Int64 => {
                let values = rows.iter().map(|row| integer_value(&row.record, field.name()));
                Arc::new(values.collect::<Int64Array>())
            }
            DataType::Float32 => {
                let values = rows.iter().map(|row| match field.name().as_str() {
                    "importance" => row.record.importance,
                    _ => row.record.confidence,
                });
                Arc::new(values.map(Some).collect::<Float32Array>())
            }
            DataType::FixedSizeList(_, width) => Arc::new(vectors(rows, *width)),
            other => unreachable!("no column of the schema is of type {other}"),
        })
        .collect();
    RecordBatch::try_new(schema.clone(), columns)
        .map_err(|error| Error::Library { action: "lay out records", source: Box::new(error) })
}

fn text_value(row: &Row, name: &str) -> Option<String> {
    let record = &row.record;
    match name {
        "key" => Some(record.encoded_identity()),
        "id" => Some(record.id.to_string()),
        "collection" => Some(record.kind.collection().to_owned()),
        "text" => Some(record.text.clone()),
        "terms" => Some(row.terms.clone()),
        "speaker" => record.speaker.clone(),
        "payload" => Some(record.payload.to_string()),
        "provenance" => Some(
            serde_json::to_string(&record.provenance).expect("provenance is plain text fields"),
        ),
        "title" => record.title.clone(),
        "tags" => joined_tags(&record.tags),
        "user" => record.scope.user.clone(),
        "project" => record.scope.project.clone(),
        "agent" => record.scope.agent.clone(),
        "session" => record.scope.session.clone(),
        "source_kind" => record.source.as_ref().map(|source| source.kind.clone()),
        "source_id" => record.source.as_ref().map(|source| source.id.clone()),
        "references" => (!record.references.is_empty()).then(|| {
            serde_json::to_string(&record.references).expect("identities are plain text fields")
        }),
        "external_id" => record.external_id.clone(),
        "trust" => Some(record.trust.as_str().to_owned()),
        "superseded_by" => record.superseded_by.as_ref().map(Id::to_string),
        "content_hash" => Some(row.content_hash.clone()),
        other => unreachable!("`{other}` is no text column"),
    }
}

fn integer_value(record: &Record, name: &str) -> Option<i64> {
    let time = |at: Option<Timestamp>| at.map(Timestamp::as_microsecond);
    match name {
        "position" => record.position,
        "occurred_at" => time(record.occurred_at),
        "recorded_at" => time(Some(record.recorded_at)),
        "valid_from" => time(record.valid_from),
        "valid_to" => time(record.valid_to),
        "expires_at" => time(record.expires_at),
        other => unreachable!("`{other}` is no integer column"),
    }
}

fn vectors(rows: &[Row], width: i32) -> FixedSizeListArray {
    let mut builder = FixedSizeListBuilder::new(Float32Builder::new(), width);
    for row in rows {
        match &row.vector {
            Some(vector) => builder.values().append_slice(vector),
            None => (0..width).for_each(|_| builder.values().append_null()),
        }
        builder.append(row.vector.is_some());
    }
    builder.finish()
}

fn joined_tags(tags: &[String]) -> Option<String> {
    if tags.is_empty() {
        return None;
    }
    let mut joined = String::from(TAG_SEPARATOR);
    for tag in tags {
        joined.push_str(tag);
        joined.push(TAG_SEPARATOR);
    }
    Some(joined)
}

/// Reads the rows of a batch. Columns that were not read get the value of an absent one.
pub(crate) fn rows(batch: &RecordBatch) -> Result<Vec<Row>, Error> {
    let columns = Columns(batch);
    (0..batch.num_rows()).map(|at| columns.row(at)).collect()
}

struct Columns<'a>(&'a RecordBatch);

impl Columns<'_> {
    fn row(&self, at: usize) -> Result<Row, Error> {
        let collection = self.text("collection", at).unwrap_or_default();
        let id = self.text("id", at).unwrap_or_default();
        let damaged = |reason: String| Error::Damaged { key: format!("{collection}/{id}"), reason };
        let kind = Kind::from_collection(collection).map_err(|error| damaged(error.to_string()))?;
        let new = Id::new(id).map_err(|error| damaged(error.to_string()))?;
        let mut record = Record::new(
            kind,
            new,
            self.text("text", at).unwrap_or_default(),
            Scope {
                user: self.owned("user", at),
                project: self.owned("project", at),
                agent: self.owned("agent", at),
                session: self.owned("session", at),
            },
        );
        let json = |name| match self.text(name, at) {
            Some(text) => serde_json::from_str(text).map_err(|error| damaged(error.to_string())),
            None => Ok(Value::Null),
        };
        record.payload = json("payload")?;
        record.provenance = match json("provenance")? {
            Value::Null => Provenance::default(),
            value => serde_json::from_value(value).map_err(|error| damaged(error.to_string()))?,
        };
        record.title = self.owned("title", at);
        record.speaker = self.owned("speaker", at);
        record.position = self.integer("position", at);
        record.tags = self.tags(at);
        record.source = self
            .owned("source_kind", at)
            .zip(self.owned("source_id", at))
            .map(|(kind, id)| Source { kind, id });
        record.references = match json("references")? {
            Value::Null => Vec::new(),
            value => serde_json::from_value(value).map_err(|error| damaged(error.to_string()))?,
        };
        record.external_id = self.owned("external_id", at);
        record.importance = self.number("importance", at).unwrap_or(record.importance);
        record.confidence = self.number("confidence", at).unwrap_or(record.confidence);
        record.trust = match self.text("trust", at) {
            Some(name) => {
                name.parse().map_err(|error: aios_record::Error| damaged(error.to_string()))?
            }
            None => record.trust,
        };
        let time = |name| match self.integer(name, at) {
            Some(micros) => Timestamp::from_microsecond(micros)
                .map(Some)
                .map_err(|error| damaged(error.to_string())),
            None => Ok(None),
        };
        record.occurred_at = time("occurred_at")?;
        record.recorded_at = time("recorded_at")?.unwrap_or(Timestamp::UNIX_EPOCH);
        record.valid_from = time("valid_from")?;
        record.valid_to = time("valid_to")?;
        record.expires_at = time("expires_at")?;
        record.superseded_by = match self.text("superseded_by", at) {
            Some(id) => Some(Id::new(id).map_err(|error| damaged(error.to_string()))?),
            None => None,
        };
        Ok(Row {
            record,
            terms: self.owned("terms", at).unwrap_or_default(),
            vector: self.vector(at),
            content_hash: self.owned("content_hash", at).unwrap_or_default(),
            is_outstanding: false,
        })
    }

    fn column(&self, name: &str, at: usize) -> Option<&ArrayRef> {
        self.0.column_by_name(name).filter(|column| !column.is_null(at))
    }

    fn text(&self, name: &str, at: usize) -> Option<&str> {
        self.column(name, at)?.as_string_opt::<i32>().map(|texts| texts.value(at))
    }

    fn owned(&self, name: &str, at: usize) -> Option<String> {
        self.text(name, at).map(str::to_owned)
    }

    fn integer(&self, name: &str, at: usize) -> Option<i64> {
        self.column(name, at)?.as_primitive_opt::<Int64Type>().map(|values| values.value(at))
    }

    fn number(&self, name: &str, at: usize) -> Option<f32> {
        self.column(name, at)?.as_primitive_opt::<Float32Type>().map(|values| values.value(at))
    }

    fn tags(&self, at: usize) -> Vec<String> {
        let joined = self.text("tags", at).unwrap_or_default();
        joined.split(TAG_SEPARATOR).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
    }

    fn vector(&self, at: usize) -> Option<Vec<f32>> {
        let values = self.column("vector", at)?.as_fixed_size_list_opt()?.value(at);
        Some(values.as_primitive_opt::<Float32Type>()?.values().to_vec())
    }
}

/// Returns the vectors of a batch without the nulls.
pub(crate) fn vectors_of(batch: &RecordBatch) -> impl Iterator<Item = Vec<f32>> {
    (0..batch.num_rows()).filter_map(|at| Columns(batch).vector(at))
}

/// Returns the values of a text column without the nulls.
pub(crate) fn texts<'a>(batch: &'a RecordBatch, name: &str) -> impl Iterator<Item = &'a str> {
    let column = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    column.into_iter().flat_map(|texts| texts.iter().flatten())
}

/// Returns the terms of each row, with the name of its user, which is empty for the shared owner.
pub(crate) fn terms_by_user(batch: &RecordBatch) -> impl Iterator<Item = (&str, &str)> {
    let of_row = move |at| {
        let text = |name| {
            let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
            (!column.is_null(at)).then(|| column.value(at))
        };
        (text("user").unwrap_or_default(), text("terms").unwrap_or_default())
    };
    (0..batch.num_rows()).map(of_row)
}
