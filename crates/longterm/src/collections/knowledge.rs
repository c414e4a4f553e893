//! Knowledge: texts about the world with a source, and long documents, which are split into pieces
//! that are searched separately.
//!
//! The whole document keeps its id and content, and is searched by its first piece. The other
//! pieces are records of their own with the document as `source`. They are written, changed and
//! removed in one transaction with it.

use std::collections::HashMap;

use aios_record::{Change, Id, Identity, Key, Kind, Record, Source};
use lancedb::expr::{DfExpr, col, contains, lit};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::item::{Item, Meta, read, record_of};
use crate::{
    Error, Found, LIMIT_MAX, LongtermView, SearchOptions, intake::chunks_of, validity::is_valid,
};

/// Kind of a piece's source.
const PIECE_OF: &str = "knowledge";

/// A piece of knowledge, or a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Knowledge {
    /// Unique among knowledge. Default: a new one.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// A heading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text.
    #[serde(default)]
    pub content: String,
    /// Origin of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Category to look up by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Name to look up by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Value under that name.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// Confidence, 0 to 1. Default: 1.
    #[serde(default = "certain")]
    pub confidence: f32,
    /// Labels to filter by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The caller's own vector of the content, see
    /// [`open_with_vectors`](crate::Longterm::open_with_vectors). Reads leave it out.
    #[serde(skip)]
    pub vector: Option<Vec<f32>>,
    /// Common fields: scope, provenance, importance, expiry and others.
    #[serde(flatten)]
    pub meta: Meta,
}

fn certain() -> f32 {
    1.0
}

impl Knowledge {
    /// Creates knowledge with this title and content.
    #[must_use]
    pub fn new(title: impl Into<String>, content: impl Into<String>) -> Knowledge {
        Knowledge {
            id: Id::generate(),
            title: Some(title.into()),
            content: content.into(),
            source: None,
            category: None,
            key: None,
            value: Value::Null,
            confidence: certain(),
            tags: Vec::new(),
            vector: None,
            meta: Meta::default(),
        }
    }

    /// Sets the caller's own vector. Default: none; the store embeds the content.
    #[must_use]
    pub fn with_vector(self, vector: Vec<f32>) -> Knowledge {
        Knowledge { vector: Some(vector), ..self }
    }
}

impl Item for Knowledge {
    const KIND: Kind = Kind::Knowledge;

    fn id(&self) -> &Id {
        &self.id
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn prose(&self) -> Vec<&str> {
        vec![self.title.as_deref().unwrap_or_default(), &self.content]
    }

    fn shape(&self, record: Record) -> Record {
        let source = self.source.clone();
        Record {
            title: self.title.clone(),
            tags: self.tags.clone(),
            source: source.map(|id| Source { kind: "given".to_owned(), id }),
            confidence: self.confidence,
            ..record
        }
    }
}

/// The collection of knowledge, as a view shows it.
///
/// ```
/// # use aios_longterm::{Config, Longterm, Knowledge};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let model = aios_embedding::StaticModel::bundled()?;
/// # let longterm = Longterm::open(dir.path(), Config::default(), model).await?;
/// let staging = Knowledge {
///     category: Some("ports".to_owned()),
///     ..Knowledge::new("staging", "The staging database listens on port 5433.")
/// };
/// longterm.knowledge().put(staging.clone()).await?;
///
/// let found = longterm.knowledge().find(Some("ports"), None).await?;
/// assert_eq!(found[0].content, staging.content);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct KnowledgeCollection<'a> {
    view: &'a LongtermView,
}

impl LongtermView {
    /// Returns the collection of knowledge.
    #[must_use]
    pub fn knowledge(&self) -> KnowledgeCollection<'_> {
        KnowledgeCollection { view: self }
    }
}

impl KnowledgeCollection<'_> {
    /// Stores knowledge, replacing any with the same id, and returns its id. A long content is
    /// split at sentence ends into pieces of about 500 tokens, each beginning with about the last
    /// 50 tokens of the previous one. A hit on such a piece names the whole as its `source`.
    /// Knowledge with a vector is not split.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it has neither a title nor a text; [`Error::PieceTaken`] if it, or a
    /// piece of it, would replace another record; as [`store`](LongtermView::store), and, with a
    /// vector, as [`store_with_vectors`](LongtermView::store_with_vectors).
    pub async fn put(self, mut knowledge: Knowledge) -> Result<Id, Error> {
        if let Some(vector) = knowledge.vector.take() {
            self.view.store_with_vectors(vec![(record_of(&knowledge)?, vector)]).await?;
            return Ok(knowledge.id);
        }
        let changes = self.view.pieces_of(&knowledge, &|record| self.view.fill(record))?;
        self.view.check_pieces(&changes).await?;
        self.view.store_whole(changes).await
    }

    /// Returns the knowledge with this id, or `None` if it is not stored. The content of a split
    /// text is returned whole.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the record is not knowledge; [`Error::Journal`], [`Error::Library`] if
    /// a store cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<Knowledge>, Error> {
        self.view.item(id).await
    }

    /// Returns the knowledge of this category and with this key, highest confidence first, then
    /// newest; at most [`LIMIT_MAX`]. `None` matches any. Split documents are returned whole,
    /// retired ones are left out.
    ///
    /// # Errors
    /// [`Error::Damaged`] if a record cannot be read; [`Error::Journal`], [`Error::Library`] if a
    /// store cannot be read.
    pub async fn find(
        self,
        category: Option<&str>,
        key: Option<&str>,
    ) -> Result<Vec<Knowledge>, Error> {
        let wanted = [("category", category), ("key", key)];
        let wanted = wanted.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let wanted: Vec<(&str, Value)> =
            wanted.map(|(name, value)| (name, Value::from(value))).collect();
        // The library searches for the pair as JSON writes it; `is_wanted` checks the rows exactly.
        let fragments = wanted
            .iter()
            .map(|(name, value)| contains(col("payload"), lit(format!("\"{name}\":{value}"))));
        let not_a_piece = col("source_kind").is_null().or(col("source_kind").not_eq(lit(PIECE_OF)));
        let filter = fragments.fold(not_a_piece, DfExpr::and);
        let now = self.view.parts.intake.now();
        let is_wanted = |record: &Record| {
            !is_piece(record)
                && is_valid(record, now)
                && wanted.iter().all(|(name, value)| record.payload.get(*name) == Some(value))
        };
        let mut found = self.view.matching(Kind::Knowledge, filter, is_wanted).await?;
        found.sort_by(|a, b| {
            b.confidence.total_cmp(&a.confidence).then_with(|| b.time().cmp(&a.time()))
        });
        found.iter().take(LIMIT_MAX).map(read).collect()
    }

    /// Searches for at most `limit` pieces of knowledge that match `query`, best first. If the
    /// store takes the caller's vectors, use [`search`](LongtermView::search), which takes the
    /// query's vector.
    ///
    /// # Errors
    /// As [`search`](LongtermView::search).
    pub async fn search(self, query: &str, limit: usize) -> Result<Found, Error> {
        let options = SearchOptions::default().with_limit(limit).with_kinds(vec![Kind::Knowledge]);
        self.view.search(query, &options).await
    }
}

impl LongtermView {
    /// Checks that no piece of a long text replaces another record, and no other record a piece.
    ///
    /// # Errors
    /// [`Error::PieceTaken`]; [`Error::Journal`], [`Error::Library`] if a store cannot be read.
    pub(super) async fn check_pieces(&self, changes: &[Change]) -> Result<(), Error> {
        let stored = changes.iter().filter_map(|change| match change {
            Change::Upsert(record) if record.kind == Kind::Knowledge => Some(&**record),
            _ => None,
        });
        let new: HashMap<Identity, &Record> = stored.map(|it| (it.identity(), it)).collect();
        let keys: Vec<String> = new.keys().map(Identity::encode).collect();
        if keys.is_empty() {
            return Ok(());
        }
        for row in self.parts.shelf.rows_left(keys).await?.0 {
            let identity = row.record.identity();
            if new.get(&identity).is_some_and(|new| whole_of(new) != whole_of(&row.record)) {
                return Err(Error::PieceTaken { key: identity.key().to_string() });
            }
        }
        Ok(())
    }

    /// Builds the record of the whole text (first) and those of its further pieces.
    pub(super) fn pieces_of(
        &self,
        knowledge: &Knowledge,
        fill: &dyn Fn(&mut Record) -> Result<(), Error>,
    ) -> Result<Vec<Change>, Error> {
        let mut whole = record_of(knowledge)?;
        fill(&mut whole)?;
        let count_tokens = |text: &str| self.parts.intake.vectors.count_tokens(text);
        let tokens_max = self.parts.intake.vectors.tokens_max();
        let ranges = chunks_of(&knowledge.content, tokens_max, &count_tokens);
        let Some(([first], rest)) = ranges.split_first_chunk().filter(|(_, rest)| !rest.is_empty())
        else {
            return Ok(vec![Change::Upsert(Box::new(whole))]);
        };
        let titled = |content: &str| match &knowledge.title {
            Some(title) if !title.is_empty() => format!("{title}\n{content}"),
            _ => content.to_owned(),
        };
        whole.text = titled(&knowledge.content[first.clone()]);
        let mut pieces = Vec::new();
        for (number, range) in (2..).zip(rest) {
            let content = &knowledge.content[range.clone()];
            pieces.push(Change::Upsert(Box::new(Record {
                id: piece_id(&whole.id, number),
                text: titled(content),
                payload: json!({
                    "title": knowledge.title,
                    "content": content,
                    "piece": number,
                    "bytes": [range.start, range.end],
                }),
                source: Some(Source { kind: PIECE_OF.to_owned(), id: whole.id.to_string() }),
                references: vec![whole.identity()],
                ..whole.clone()
            })));
        }
        if let Value::Object(payload) = &mut whole.payload {
            payload.insert("pieces".to_owned(), json!(1 + rest.len()));
        }
        let whole = Change::Upsert(Box::new(whole));
        Ok(std::iter::once(whole).chain(pieces).collect())
    }

    /// Stores a text with its pieces, replacing the stored version and its pieces.
    pub(super) async fn store_whole(&self, changes: Vec<Change>) -> Result<Id, Error> {
        let Some(Change::Upsert(whole)) = changes.first() else {
            unreachable!("the whole comes first")
        };
        let identity = whole.identity();
        self.put(&identity, |there| match there {
            Some(there) if there.scope != whole.scope => {
                Err(Error::Conflict { key: identity.to_string() })
            }
            Some(there) => Ok(without_lost_pieces(there, changes.clone())),
            None => Ok(changes.clone()),
        })
        .await?;
        Ok(identity.id)
    }
}

/// Adds to `changes` the removal of the pieces that `before` has and the new version does not.
pub(super) fn without_lost_pieces(before: &Record, mut changes: Vec<Change>) -> Vec<Change> {
    let pieces = match before.payload.get("pieces").and_then(Value::as_u64) {
        Some(pieces) if before.kind == Kind::Knowledge => pieces,
        _ => return changes,
    };
    let left = changes.len() as u64;
    changes.extend((left + 1..=pieces).map(|number| Change::Delete {
        owner: Some(before.owner()),
        key: Key::new(Kind::Knowledge, piece_id(&before.id, number)),
    }));
    changes
}

fn is_piece(record: &Record) -> bool {
    whole_of(record).is_some()
}

/// Returns the id of the long text that a record is a piece of.
fn whole_of(record: &Record) -> Option<&str> {
    record.source.as_ref().filter(|source| source.kind == PIECE_OF).map(|source| &*source.id)
}

/// Derives the id of a piece from that of the whole text, so that the same text has the same
/// pieces.
fn piece_id(whole: &Id, number: u64) -> Id {
    Id::new(format!("{whole}#{number}")).unwrap_or_else(|_| {
        let hash = blake3::hash(whole.as_str().as_bytes()).to_hex();
        Id::new(format!("{}#{number}", &hash[..32])).expect("it is short")
    })
}
