//! Notes: remembered texts.

use aios_record::{Id, Key, Kind, Record};
use lancedb::expr::{col, contains, lit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::item::{Item, Meta, plain_object, read};
use crate::{Error, LongtermView, validity::is_valid};

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
    /// Common fields: scope, provenance, importance, expiry and others.
    #[serde(flatten)]
    pub meta: Meta,
}

/// Changes to a note. `None` leaves a field unchanged.
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

/// The notes, as a view shows them.
///
/// ```
/// # use aios_longterm::{Config, Longterm, Note, NoteUpdate};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let model = aios_embedding::StaticModel::bundled()?;
/// # let longterm = Longterm::open(dir.path(), Config::default(), model).await?;
/// let id = longterm.notes().put(Note::new("Deploys run on Tuesdays.")).await?;
/// let content = Some("Deploys run on Mondays.".to_owned());
/// let update = NoteUpdate { content, ..NoteUpdate::default() };
/// longterm.notes().update(&id, update).await?;
///
/// let note = longterm.notes().get(&id).await?.expect("it is stored");
/// assert_eq!(note.content, "Deploys run on Mondays.");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Notes<'a> {
    view: &'a LongtermView,
}

impl LongtermView {
    /// Returns the notes.
    #[must_use]
    pub fn notes(&self) -> Notes<'_> {
        Notes { view: self }
    }
}

impl Notes<'_> {
    /// Stores a note, replacing any with the same id, and returns its id.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it has neither a title nor a text; as [`store`](LongtermView::store).
    pub async fn put(self, note: Note) -> Result<Id, Error> {
        self.view.store_item(&note).await
    }

    /// Returns the note with this id, or `None` if it is not stored.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the record is not a note; [`Error::Journal`], [`Error::Library`] if a
    /// store cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<Note>, Error> {
        self.view.item(id).await
    }

    /// Returns the valid notes whose metadata has an object of this name, in the order in which
    /// they were recorded. Reads all notes.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] if a store cannot be read.
    pub async fn marked(self, name: &str) -> Result<Vec<Record>, Error> {
        // The library searches for the name as JSON writes it; `is_wanted` checks the rows exactly.
        let written = format!("{}:{{", Value::from(name));
        let filter = contains(col("payload"), lit(written));
        let now = self.view.parts.intake.now();
        let is_wanted =
            |record: &Record| is_valid(record, now) && record.payload["metadata"][name].is_object();
        let mut found = self.view.matching(Kind::Note, filter, is_wanted).await?;
        found.sort_by(|a, b| (a.recorded_at, &a.id).cmp(&(b.recorded_at, &b.id)));
        Ok(found)
    }

    /// Changes a note, and returns the new version. The replaced version is kept in its
    /// [`history`](LongtermView::history).
    ///
    /// # Errors
    /// As [`update`](LongtermView::update).
    pub async fn update(self, id: &Id, update: NoteUpdate) -> Result<Note, Error> {
        let key = Key::new(Kind::Note, id.clone());
        read(&self.view.update(&key, plain_object(&update)).await?)
    }
}
