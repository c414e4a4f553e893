//! Remembering texts.

use std::collections::HashMap;

use aios_draft::identity::{Facts, Namer};
use aios_record::{Id, Identity, Kind, Record, Scope, forms};
use serde::Serialize;
use serde_json::json;

use crate::{
    Error, MemoryView, RecordProblem,
    admission::{Admission, Arrival, Manner, Outcome, Verdict},
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
        let remembered = self.remember_all(vec![(text.to_owned(), options)]).await?.pop();
        Ok(remembered.expect("one text has one result"))
    }

    /// Remembers texts, each with its options, in one write. Returns one result per text. When this
    /// returns, all are durable and every search finds them.
    ///
    /// ```
    /// # use aios_memory::{AgentMemory, Config, RememberOptions};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let memory = AgentMemory::open(Config::at(dir.path().join("memory"))).await?;
    /// let texts = ["Staging is on port 5433.", "Ada reviews on Mondays."];
    /// let texts = texts.map(|text| (text.to_owned(), RememberOptions::default()));
    /// assert_eq!(memory.remember_all(texts.to_vec()).await?.len(), 2);
    /// # memory.shutdown().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`remember_with`](MemoryView::remember_with), for the first text that cannot be stored.
    /// Nothing is stored if a text is empty, of another kind or refused by the guard.
    pub async fn remember_all(
        &self,
        texts: Vec<(String, RememberOptions)>,
    ) -> Result<Vec<Remembered>, Error> {
        for (text, RememberOptions { kind, .. }) in &texts {
            let kind = *kind;
            if forms::is_blank(text) {
                return Err(Error::Record { kind, problem: RecordProblem::NoText });
            }
            if !kind.is_direct() {
                return Err(Error::Record { kind, problem: RecordProblem::OtherTier });
            }
        }
        let mut scope = Scope::default();
        self.gate().fill(&mut scope)?;
        let identities = self.identities_of(&texts, &scope).await?;
        // The lock keeps concurrent updates from losing each other's tags.
        let _turn = self.shared().updating.lock().await;
        let stored = self.longterm().records().get_all(&identities).await?;
        let stored = stored.into_iter().filter(|it| it.scope == scope);
        let mut stored: HashMap<Identity, Record> = stored.map(|it| (it.identity(), it)).collect();
        let mut places: HashMap<Identity, usize> = HashMap::new();
        let mut records: Vec<Record> = Vec::with_capacity(texts.len());
        let mut remembered = Vec::with_capacity(texts.len());
        for ((text, options), identity) in texts.into_iter().zip(identities) {
            let place = *places.entry(identity.clone()).or_insert(records.len());
            let known = place < records.len() || stored.contains_key(&identity);
            if place == records.len() {
                let before = stored.remove(&identity);
                records.push(before.unwrap_or_else(|| new(&identity, text, &scope)));
            }
            remember_again(&mut records[place], options);
            remembered.push((place, known));
        }
        let arrivals = records.into_iter().map(|record| Arrival::of_record(1, record)).collect();
        let verdicts = Admission::new(self, Manner::Written).admit(arrivals).await?;
        let result = |(place, known): (usize, bool)| {
            let Verdict { id, outcome, .. } = &verdicts[place];
            Remembered { id: id.clone(), known: known || *outcome == Outcome::Known }
        };
        Ok(remembered.into_iter().map(result).collect())
    }

    /// Returns the identities of texts: derived from the text, or those that a former version of
    /// this program gave them.
    async fn identities_of(
        &self,
        texts: &[(String, RememberOptions)],
        scope: &Scope,
    ) -> Result<Vec<Identity>, Error> {
        let mut identities = Vec::with_capacity(texts.len());
        let mut former = Vec::new();
        for (place, (text, RememberOptions { kind, .. })) in texts.iter().enumerate() {
            let facts = Facts {
                kind: *kind,
                scope,
                role: None,
                name: None,
                external_id: None,
                occurred_at: None,
                text,
            };
            let names = Namer::default().name(facts, None);
            let identity = |id| Identity::new(scope.owner(), *kind, id);
            former.extend(names.former.into_iter().map(|key| (place, identity(key.id))));
            identities.push(identity(names.id));
        }
        let asked: Vec<Identity> = former.iter().map(|(_, identity)| identity.clone()).collect();
        let known = self.longterm().records().known(&asked).await?;
        for ((place, identity), known) in former.into_iter().zip(known) {
            if known {
                identities[place] = identity;
            }
        }
        Ok(identities)
    }
}

/// Builds the record of a text that is not stored yet.
fn new(identity: &Identity, text: String, scope: &Scope) -> Record {
    let payload = json!({"content": text});
    let record = Record::new(identity.kind, identity.id.clone(), text, scope.clone());
    Record { payload, importance: 0.0, ..record }
}

/// Applies the options of a text to its record. Remembering makes an ended record valid again.
fn remember_again(record: &mut Record, options: RememberOptions) {
    let RememberOptions { tags, importance, .. } = options;
    record.tags = united(std::mem::take(&mut record.tags), tags);
    record.importance = record.importance.max(importance.clamp(0.0, 1.0));
    record.valid_to = None;
    record.superseded_by = None;
    record.expires_at = None;
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
