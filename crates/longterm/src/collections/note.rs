//! Notes: remembered texts.

use aios_record::{Id, Kind, Record};
use serde::{Deserialize, Serialize};

use super::item::{Item, Meta, plain_object, read};
use crate::{Error, LongtermView};

/// A remembered text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Unique among notes. Default: a new one.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// A heading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text.
    #[serde(default)]
    pub content: String,
    /// Labels to filter by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Scope, provenance and the like.
    #[serde(flatten)]
    pub meta: Meta,
}

/// Changes to a note. A field that is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct NoteUpdate {
    /// The new heading.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The new text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The new labels, which replace all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
}

impl Note {
    /// Creates a note with this text.
    #[must_use]
    pub fn new(content: impl Into<String>) -> Note {
        Note {
            id: Id::generate(),
            title: None,
            content: content.into(),
            tags: Vec::new(),
            meta: Meta::default(),
        }
    }
}

impl Item for Note {
    const KIND: Kind = Kind::Note;

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
        Record { title: self.title.clone(), tags: self.tags.clone(), ..record }
    }
}

impl LongtermView {
    /// Stores a note, replacing any with the same id, and returns its id.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it has neither a title nor a text; as [`store`](LongtermView::store).
    pub async fn store_note(&self, note: Note) -> Result<Id, Error> {
        self.store_item(&note).await
    }

    /// Returns the note with this id, or `None` if it is not stored.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the record is not a note; [`Error::Journal`], [`Error::Library`].
    pub async fn note(&self, id: &Id) -> Result<Option<Note>, Error> {
        self.item(id).await
    }

    /// Changes a note, and returns the new version. The replaced one stays in its
    /// [`history`](LongtermView::history).
    ///
    /// # Errors
    /// As [`update`](LongtermView::update).
    pub async fn update_note(&self, id: &Id, update: NoteUpdate) -> Result<Note, Error> {
        read(&self.update(Kind::Note, id, plain_object(&update)).await?)
    }
}
