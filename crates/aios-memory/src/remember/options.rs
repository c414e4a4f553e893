//! The options of a text to remember.

use aios_record::{Id, Kind, Provenance, Scope, Timestamp};

/// The options of [`remember_with`](crate::MemoryView::remember_with).
///
/// ```
/// use aios_memory::{Kind, RememberOptions};
///
/// let options = RememberOptions::default()
///     .with_kind(Kind::Knowledge)
///     .with_tag("staging")
///     .with_importance(0.8);
/// assert_eq!(options.tags, ["staging"]);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RememberOptions {
    /// The kind of the record. Only facts and kinds stored directly in long-term memory are
    /// accepted: notes, knowledge, incidents and others. Default: a note.
    pub kind: Kind,
    /// Labels to filter by. Default: none.
    pub tags: Vec<String>,
    /// The importance, 0 to 1. Default: 0.5.
    pub importance: f32,
    /// Id chosen by the caller. A record stored under it is replaced if its content differs.
    /// Default: derived from the text, so that the same text is stored once.
    pub id: Option<Id>,
    /// The heading. Default: none.
    pub title: Option<String>,
    /// Time of the event that the text describes. Default: unknown.
    pub occurred_at: Option<Timestamp>,
    /// The project, agent and session that the text belongs to. Default: those of the view.
    pub scope: Scope,
    /// The writer. Default: unknown.
    pub provenance: Provenance,
}

impl Default for RememberOptions {
    fn default() -> RememberOptions {
        RememberOptions {
            kind: Kind::Note,
            tags: Vec::new(),
            importance: 0.5,
            id: None,
            title: None,
            occurred_at: None,
            scope: Scope::default(),
            provenance: Provenance::default(),
        }
    }
}

impl RememberOptions {
    /// Sets the kind of the record.
    #[must_use]
    pub fn with_kind(self, kind: Kind) -> RememberOptions {
        RememberOptions { kind, ..self }
    }

    /// Adds a label.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>) -> RememberOptions {
        self.tags.push(tag.into());
        self
    }

    /// Sets the labels.
    #[must_use]
    pub fn with_tags(self, tags: Vec<String>) -> RememberOptions {
        RememberOptions { tags, ..self }
    }

    /// Sets the importance, 0 to 1.
    #[must_use]
    pub fn with_importance(self, importance: f32) -> RememberOptions {
        RememberOptions { importance, ..self }
    }

    /// Sets the id.
    #[must_use]
    pub fn with_id(self, id: Option<Id>) -> RememberOptions {
        RememberOptions { id, ..self }
    }

    /// Sets the heading.
    #[must_use]
    pub fn with_title(self, title: Option<String>) -> RememberOptions {
        RememberOptions { title, ..self }
    }

    /// Sets the time of the event that the text describes.
    #[must_use]
    pub fn with_occurred_at(self, occurred_at: Option<Timestamp>) -> RememberOptions {
        RememberOptions { occurred_at, ..self }
    }

    /// Sets the project, agent and session that the text belongs to.
    #[must_use]
    pub fn with_scope(self, scope: Scope) -> RememberOptions {
        RememberOptions { scope, ..self }
    }

    /// Sets the writer.
    #[must_use]
    pub fn with_provenance(self, provenance: Provenance) -> RememberOptions {
        RememberOptions { provenance, ..self }
    }
}
