//! Remembering a text as a fact, which working memory stores.

use aios_record::{Key, Kind, Record};
use serde_json::{Map, Value, json};

use super::{CHANGED_MAX, Remembered, batch::Draft, options::RememberOptions};
use crate::{Error, MemoryView};

impl MemoryView {
    /// Remembers a text as a fact.
    ///
    /// # Errors
    /// As [`remember_with`](MemoryView::remember_with), and if the owner rejected the statement.
    pub(super) async fn remember_fact(
        &self,
        text: String,
        options: RememberOptions,
    ) -> Result<Remembered, Error> {
        let is_named = options.id.is_some();
        let guard = self.config().to_guard();
        let mut draft = Draft::of(self.gate(), text, options)?;
        let mut before = self.fact_before(draft.record()).await?;
        for _ in 0..CHANGED_MAX {
            if is_named || before.as_ref().is_none_or(|it| draft.is_said_by(it, guard)) {
                break;
            }
            // The fact was changed since, and is kept.
            draft.take_next_id();
            before = self.fact_before(draft.record()).await?;
        }
        let is_same = before.as_ref().is_some_and(|it| draft.is_said_by(it, guard));
        let draft = draft.record();
        let id = draft.id.clone();
        let (tags, importance) = match &before {
            Some(before) if is_same => {
                let mut tags = before.tags.clone();
                tags.extend(draft.tags.iter().filter(|tag| !before.tags.contains(tag)).cloned());
                (tags, before.importance.max(draft.importance))
            }
            _ => (draft.tags.clone(), draft.importance),
        };
        let has_more = before.as_ref().is_some_and(|before| {
            before.tags != tags
                || before.importance < importance
                || !before.payload["ended_at"].is_null()
        });
        if !is_same || has_more {
            let mut metadata = Map::new();
            if !tags.is_empty() {
                metadata.insert("tags".to_owned(), json!(tags));
            }
            if let Some(title) = &draft.title {
                metadata.insert("title".to_owned(), json!(title));
            }
            let metadata = if metadata.is_empty() { Value::Null } else { metadata.into() };
            let fact = json!({
                "id": id,
                "text": draft.text,
                "importance": importance,
                "stated_at": draft.occurred_at,
                "metadata": metadata,
                "scope": draft.scope,
                "provenance": draft.provenance,
            });
            self.record(Kind::Fact, fact).await?;
        }
        let replaced = is_named && before.is_some() && !is_same;
        Ok(Remembered { id, known: is_same, replaced })
    }

    /// Returns the owner's stored fact with the id of `draft`.
    async fn fact_before(&self, draft: &Record) -> Result<Option<Record>, Error> {
        let before = self.get(&Key::new(Kind::Fact, draft.id.clone())).await?;
        Ok(before.filter(|it| it.scope.user == draft.scope.user))
    }
}
