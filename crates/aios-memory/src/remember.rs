//! One text, remembered.

use aios_longterm::Stored;
use aios_record::{Id, Kind, Record, Scope};
use serde::Serialize;
use serde_json::json;

use crate::{
    AgentMemory, Error,
    identity::{Content, Namer},
    records::is_direct,
};

/// Where a text is put, beside what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct RememberOptions {
    /// The kind of record that it becomes; a note unless told. Only kinds that are not kept in
    /// working memory first can be remembered: notes, knowledge, incidents and the like.
    pub kind: Kind,
    /// Whose it is; everybody's unless told.
    pub scope: Scope,
    /// Labels to filter by.
    pub tags: Vec<String>,
    /// How much it matters, 0 to 1; 0.5 unless told.
    pub importance: f32,
}

impl Default for RememberOptions {
    fn default() -> RememberOptions {
        RememberOptions {
            kind: Kind::Note,
            scope: Scope::default(),
            tags: Vec::new(),
            importance: 0.5,
        }
    }
}

impl RememberOptions {
    /// These options with the kind of record that the text becomes.
    #[must_use]
    pub fn with_kind(self, kind: Kind) -> RememberOptions {
        RememberOptions { kind, ..self }
    }

    /// These options for records of `scope`.
    #[must_use]
    pub fn with_scope(self, scope: Scope) -> RememberOptions {
        RememberOptions { scope, ..self }
    }

    /// These options with one more label.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>) -> RememberOptions {
        self.tags.push(tag.into());
        self
    }
}

/// A text that is remembered now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remembered {
    /// Its id.
    pub id: Id,
    /// Whether just this was remembered before.
    pub known: bool,
}

impl AgentMemory {
    /// Remembers `text` as a note that everybody shares. When this returns it is durable, and found
    /// by every search. The same text of the same kind and scope is one record, however often it is
    /// remembered.
    ///
    /// # Errors
    /// As [`remember_with`](AgentMemory::remember_with).
    pub async fn remember(&self, text: &str) -> Result<Remembered, Error> {
        self.remember_with(text, RememberOptions::default()).await
    }

    /// Remembers `text` as `options` say.
    ///
    /// # Errors
    /// - [`Error::Record`] when the text is empty, or the kind belongs to working memory.
    /// - [`Error::Guard`] when the settings refuse what is in it.
    /// - What long-term memory reports.
    pub async fn remember_with(
        &self,
        text: &str,
        options: RememberOptions,
    ) -> Result<Remembered, Error> {
        let RememberOptions { kind, scope, tags, importance } = options;
        if text.trim().is_empty() {
            return Err(Error::Record { kind, problem: "its text is empty".to_owned() });
        }
        if !is_direct(kind) {
            let problem = "it belongs to working memory; give it there".to_owned();
            return Err(Error::Record { kind, problem });
        }
        let content =
            Content { kind, scope: &scope, role: None, name: None, occurred_at: None, text };
        let id = Namer::default().name(content);
        let text = self.config().to_guard().apply(text)?.text.into_owned();
        let record = Record {
            payload: json!({"content": text}),
            tags,
            importance: importance.clamp(0.0, 1.0),
            ..Record::new(kind, id.clone(), text, scope)
        };
        let stored = self.longterm().store(vec![record]).await?;
        let known = stored.first().is_some_and(|Stored { known, .. }| *known);
        Ok(Remembered { id, known })
    }
}
