//! The parts of a row that ranking needs, and the parts that only hits show. They are borrowed from
//! a whole [`Row`], or from a batch of columns without building a row.

use aios_record::{Kind, Timestamp, Trust};
use lancedb::arrow::arrow_array::{
    Array, FixedSizeListArray, Float32Array, Int64Array, RecordBatch, StringArray, UInt64Array,
    cast::AsArray,
    types::{Float32Type, Int64Type, UInt64Type},
};

use crate::{
    Error,
    library::{Row, TAG_SEPARATOR},
};

/// A row in the form in which it is filtered and ranked. Times are in microseconds.
#[derive(Debug)]
pub(crate) struct Ranked<'a> {
    pub(crate) kind: Kind,
    pub(crate) id: &'a str,
    pub(crate) text: &'a str,
    pub(crate) terms: &'a str,
    pub(crate) vector: Option<&'a [f32]>,
    pub(crate) speaker: Option<&'a str>,
    pub(crate) position: Option<i64>,
    pub(crate) tags: Vec<&'a str>,
    /// User, project, agent and session.
    pub(crate) scope: [Option<&'a str>; 4],
    pub(crate) occurred_at: Option<i64>,
    pub(crate) recorded_at: i64,
    pub(crate) valid_from: Option<i64>,
    pub(crate) valid_to: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) superseded: bool,
}

/// The parts of a row that only a hit shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extra<'a> {
    pub(crate) text: &'a str,
    pub(crate) title: Option<&'a str>,
    /// Kind and id.
    pub(crate) source: Option<(&'a str, &'a str)>,
    pub(crate) external_id: Option<&'a str>,
    pub(crate) superseded_by: Option<&'a str>,
    pub(crate) importance: f32,
    pub(crate) confidence: f32,
    pub(crate) trust: Trust,
}

impl Row {
    pub(crate) fn ranked(&self) -> Ranked<'_> {
        let record = &self.record;
        let micros = |time: Option<Timestamp>| time.map(Timestamp::as_microsecond);
        Ranked {
            kind: record.kind,
            id: record.id.as_str(),
            text: &record.text,
            terms: &self.terms,
            vector: self.vector.as_deref(),
            speaker: record.speaker.as_deref(),
            position: record.position,
            tags: record.tags.iter().map(String::as_str).collect(),
            scope: record.scope.parts().map(|(_, part)| part),
            occurred_at: micros(record.occurred_at),
            recorded_at: record.recorded_at.as_microsecond(),
            valid_from: micros(record.valid_from),
            valid_to: micros(record.valid_to),
            expires_at: micros(record.expires_at),
            superseded: record.superseded_by.is_some(),
        }
    }
}

/// A row that was read from a fragment.
pub(crate) struct Read<'a> {
    /// Offset of the row in the fragment.
    pub(crate) offset: u32,
    pub(crate) ranked: Ranked<'a>,
    /// `None` if it is damaged. Reading the whole row reports the damage.
    pub(crate) extra: Option<Extra<'a>>,
}

/// A batch of `SEARCH_COLUMNS` and addresses.
pub(crate) struct Batch<'a> {
    addresses: &'a UInt64Array,
    ids: &'a StringArray,
    collections: &'a StringArray,
    texts: &'a StringArray,
    terms: &'a StringArray,
    vectors: &'a FixedSizeListArray,
    /// The numbers of all vectors, one after the other.
    numbers: &'a Float32Array,
    speakers: &'a StringArray,
    positions: &'a Int64Array,
    tags: &'a StringArray,
    scopes: [&'a StringArray; 4],
    occurred_at: &'a Int64Array,
    recorded_at: &'a Int64Array,
    valid_from: &'a Int64Array,
    valid_to: &'a Int64Array,
    expires_at: &'a Int64Array,
    superseded_by: &'a StringArray,
    titles: &'a StringArray,
    sources: [&'a StringArray; 2],
    external_ids: &'a StringArray,
    importance: &'a Float32Array,
    confidence: &'a Float32Array,
    trust: &'a StringArray,
}

impl<'a> Batch<'a> {
    /// Returns `None` if a column is missing or of another type, which the table's schema rules
    /// out.
    pub(crate) fn new(batch: &'a RecordBatch) -> Option<Batch<'a>> {
        let texts = |name| batch.column_by_name(name)?.as_string_opt::<i32>();
        let integers = |name| batch.column_by_name(name)?.as_primitive_opt::<Int64Type>();
        let numbers = |name| batch.column_by_name(name)?.as_primitive_opt::<Float32Type>();
        let addresses = batch.column_by_name("_rowaddr")?.as_primitive_opt::<UInt64Type>()?;
        let vectors = batch.column_by_name("vector")?.as_fixed_size_list_opt()?;
        Some(Batch {
            addresses,
            ids: texts("id")?,
            collections: texts("collection")?,
            texts: texts("text")?,
            terms: texts("terms")?,
            vectors,
            numbers: vectors.values().as_primitive_opt::<Float32Type>()?,
            speakers: texts("speaker")?,
            positions: integers("position")?,
            tags: texts("tags")?,
            scopes: [texts("user")?, texts("project")?, texts("agent")?, texts("session")?],
            occurred_at: integers("occurred_at")?,
            recorded_at: integers("recorded_at")?,
            valid_from: integers("valid_from")?,
            valid_to: integers("valid_to")?,
            expires_at: integers("expires_at")?,
            superseded_by: texts("superseded_by")?,
            titles: texts("title")?,
            sources: [texts("source_kind")?, texts("source_id")?],
            external_ids: texts("external_id")?,
            importance: numbers("importance")?,
            confidence: numbers("confidence")?,
            trust: texts("trust")?,
        })
    }

    /// Returns the rows, each with its offset in its fragment.
    pub(crate) fn into_rows(self) -> impl Iterator<Item = Result<Read<'a>, Error>> {
        // An address is the fragment's number and, in the low half, the offset.
        let offsets = self.addresses.values().iter().map(|address| *address as u32);
        offsets.enumerate().map(move |(at, offset)| {
            Ok(Read { offset, ranked: self.row(at)?, extra: self.extra(at) })
        })
    }

    fn extra(&self, at: usize) -> Option<Extra<'a>> {
        let [kinds, ids] = self.sources;
        Some(Extra {
            text: self.texts.value(at),
            title: text(self.titles, at),
            source: text(kinds, at).zip(text(ids, at)),
            external_id: text(self.external_ids, at),
            superseded_by: text(self.superseded_by, at),
            importance: self.importance.value(at),
            confidence: self.confidence.value(at),
            trust: self.trust.value(at).parse().ok()?,
        })
    }

    fn row(&self, at: usize) -> Result<Ranked<'a>, Error> {
        let (collection, id) = (self.collections.value(at), self.ids.value(at));
        let kind = Kind::from_collection(collection).map_err(|error| Error::Damaged {
            key: format!("{collection}/{id}"),
            reason: error.to_string(),
        })?;
        let tags = text(self.tags, at).unwrap_or_default().split(TAG_SEPARATOR);
        Ok(Ranked {
            kind,
            id,
            text: self.texts.value(at),
            terms: self.terms.value(at),
            vector: self.vector(at),
            speaker: text(self.speakers, at),
            position: integer(self.positions, at),
            tags: tags.filter(|tag| !tag.is_empty()).collect(),
            scope: self.scopes.map(|column| text(column, at)),
            occurred_at: integer(self.occurred_at, at),
            recorded_at: self.recorded_at.value(at),
            valid_from: integer(self.valid_from, at),
            valid_to: integer(self.valid_to, at),
            expires_at: integer(self.expires_at, at),
            superseded: !self.superseded_by.is_null(at),
        })
    }

    fn vector(&self, at: usize) -> Option<&'a [f32]> {
        let width = usize::try_from(self.vectors.value_length()).ok()?;
        let start = usize::try_from(self.vectors.value_offset(at)).ok()?;
        let is_there = self.vectors.is_valid(at);
        self.numbers.values().get(start..start + width).filter(|_| is_there)
    }
}

fn text(column: &StringArray, at: usize) -> Option<&str> {
    column.is_valid(at).then(|| column.value(at))
}

fn integer(column: &Int64Array, at: usize) -> Option<i64> {
    column.is_valid(at).then(|| column.value(at))
}
