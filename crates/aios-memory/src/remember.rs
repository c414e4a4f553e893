//! Remembering one text.

use aios_draft::identity::{Facts, Namer, Names};
use aios_record::{Id, Identity, Key, Kind, Record, Scope, forms};
use serde::Serialize;
use serde_json::json;

use crate::{
    Error, MemoryView, RecordProblem,
    admission::{Arrival, Outcome},
};

/// The options of [`remember_with`](MemoryView::remember_with).
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
    /// The kind of the record. Only kinds stored directly in long-term memory are accepted: notes,
    /// knowledge, incidents and others. Default: a note.
    pub kind: Kind,
    /// Labels to filter by. Default: none.
    pub tags: Vec<String>,
    /// The importance, 0 to 1. Default: 0.5.
    pub importance: f32,
}

impl Default for RememberOptions {
    fn default() -> RememberOptions {
        RememberOptions { kind: Kind::Note, tags: Vec::new(), importance: 0.5 }
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
}

/// The result of remembering a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remembered {
    /// The id of its record.
    pub id: Id,
    /// True if the same text was remembered before.
    pub known: bool,
}

impl MemoryView {
    /// Remembers `text` as a note. When this returns, the note is durable and every search finds
    /// it. The same text of the same kind and scope is stored once: remembering it again adds the
    /// new tags and keeps the higher importance.
    ///
    /// # Errors
    /// As [`remember_with`](MemoryView::remember_with).
    pub async fn remember(&self, text: &str) -> Result<Remembered, Error> {
        self.remember_with(text, RememberOptions::default()).await
    }

    /// Remembers `text` with `options`.
    ///
    /// # Errors
    /// - [`Error::Record`] if the text is empty, or the kind belongs to working memory.
    /// - [`Error::Guard`] if the guard refuses the text.
    /// - Errors of long-term memory.
    pub async fn remember_with(
        &self,
        text: &str,
        options: RememberOptions,
    ) -> Result<Remembered, Error> {
        let RememberOptions { kind, tags, importance } = options;
        if forms::is_blank(text) {
            return Err(Error::Record { kind, problem: RecordProblem::NoText });
        }
        if !kind.is_direct() {
            return Err(Error::Record { kind, problem: RecordProblem::OtherTier });
        }
        let mut scope = Scope::default();
        self.gate().fill(&mut scope)?;
        let facts = Facts {
            kind,
            scope: &scope,
            role: None,
            name: None,
            external_id: None,
            occurred_at: None,
            text,
        };
        let Names { mut id, former } = Namer::default().name(facts, None);
        for Key { id: former, .. } in former {
            let identity = Identity::new(scope.owner(), kind, former.clone());
            if self.longterm().records().known(&[identity]).await? == [true] {
                id = former;
            }
        }
        // The lock keeps concurrent updates from losing each other's tags.
        let _turn = self.shared().updating.lock().await;
        let identity = Identity::new(scope.owner(), kind, id.clone());
        let stored = self.longterm().records().get_all(&[identity]).await?;
        let stored = stored.into_iter().find(|it| it.scope == scope);
        let is_known = stored.is_some();
        let new = || Record {
            payload: json!({"content": text}),
            importance: 0.0,
            ..Record::new(kind, id.clone(), text, scope.clone())
        };
        let stored = stored.unwrap_or_else(new);
        let record = Record {
            tags: united(stored.tags, tags),
            importance: stored.importance.max(importance.clamp(0.0, 1.0)),
            // Remembering makes an ended record valid again.
            valid_to: None,
            superseded_by: None,
            expires_at: None,
            ..stored
        };
        let verdict = self.write(Arrival::of_record(1, record)).await?;
        Ok(Remembered { id: verdict.id, known: is_known || verdict.outcome == Outcome::Known })
    }
}

/// Returns the labels of both without duplicates, those of the record first.
fn united(mut tags: Vec<String>, new: Vec<String>) -> Vec<String> {
    for tag in new {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}
