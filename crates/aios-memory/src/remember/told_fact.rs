//! Remembering a text as a fact, which working memory stores.

use aios_record::{Key, Kind, Record, forms};
use serde_json::{Map, Value, json};

use super::{Remembered, batch::Draft, options::RememberOptions};
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
        let draft = Draft::of(self.gate(), text, options)?.into_record();
        let id = draft.id.clone();
        let before = self.get(&Key::new(Kind::Fact, id.clone())).await?;
        let before = before.filter(|it| it.scope.user == draft.scope.user);
        let says_same = |it: &Record| forms::same(&it.text) == forms::same(&draft.text);
        let is_same = before.as_ref().is_some_and(says_same);
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
}
