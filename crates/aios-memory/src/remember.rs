//! Remembering texts. Not here: the records made from them, see `batch`.

mod batch;
mod options;
mod told_fact;

use std::{collections::HashMap, fmt};

use aios_record::{Id, Identity, Kind, Mode, Record};
use serde::Serialize;

use self::batch::{Batch, Draft};
pub use self::options::RememberOptions;
use crate::{
    Error, MemoryView,
    admission::{Admission, Arrival, Manner, Outcome, Verdict},
};

/// Maximum number of records of one text whose content was changed since.
const CHANGED_MAX: usize = 1000;

/// The result of remembering a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remembered {
    /// The id of its record.
    pub id: Id,
    /// True if the same text was remembered before.
    pub known: bool,
    /// True if the record with the given id had other content and was replaced.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub replaced: bool,
}

/// The reason for which a batch of texts was not stored.
#[derive(Debug)]
pub struct RefusedText {
    /// Index of the text that cannot be stored. `None` if the problem is not specific to one text.
    pub index: Option<usize>,
    /// The problem.
    pub error: Error,
}

impl RefusedText {
    fn of(index: usize) -> impl FnOnce(Error) -> RefusedText {
        move |error| RefusedText { index: Some(index), error }
    }
}

impl From<Error> for RefusedText {
    fn from(error: Error) -> RefusedText {
        RefusedText { index: None, error }
    }
}

impl fmt::Display for RefusedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some(index) => write!(f, "text {index}: {}", self.error),
            None => self.error.fmt(f),
        }
    }
}

impl std::error::Error for RefusedText {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl MemoryView {
    /// Remembers `text` as a note. When this returns, the note is durable and every search finds
    /// it. The same text of the same kind and scope is stored once: remembering it again adds the
    /// new tags and keeps the higher importance. A note whose text was changed since is left
    /// unchanged, and the text is stored as another note.
    ///
    /// # Errors
    /// As [`remember_with`](MemoryView::remember_with).
    pub async fn remember(&self, text: &str) -> Result<Remembered, Error> {
        self.remember_with(text, RememberOptions::default()).await
    }

    /// Remembers `text` with `options`.
    ///
    /// # Errors
    /// - [`Error::Record`] if the text or a label is empty, or the kind belongs to working memory.
    /// - [`Error::Vocabulary`] if the scope names another part than the view's.
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
    /// returns, all are durable and every search finds them. If some are facts, each text is
    /// written separately.
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
    /// In that case nothing is stored.
    pub async fn remember_all(
        &self,
        texts: Vec<(String, RememberOptions)>,
    ) -> Result<Vec<Remembered>, Error> {
        self.remember_batch(texts).await.map_err(|refused| refused.error)
    }

    /// Remembers texts as [`remember_all`](MemoryView::remember_all) does. The error has the index
    /// of the text that cannot be stored.
    ///
    /// # Errors
    /// As [`remember_all`](MemoryView::remember_all).
    pub async fn remember_batch(
        &self,
        texts: Vec<(String, RememberOptions)>,
    ) -> Result<Vec<Remembered>, RefusedText> {
        if texts.iter().any(|(_, options)| options.kind == Kind::Fact) {
            return Box::pin(self.remember_each(texts)).await;
        }
        let mut drafts = Vec::with_capacity(texts.len());
        for (index, (text, options)) in texts.into_iter().enumerate() {
            let draft = Draft::of(self.gate(), text, options);
            drafts.push(draft.map_err(RefusedText::of(index))?);
        }
        // Without these locks, two calls could lose each other's tags.
        let names = drafts.iter().flat_map(Draft::identities).map(|it| it.encode());
        let names: Vec<String> = names.collect();
        let _turn = self.shared().remembering.of(names).await;
        let before = self.stored_before(&mut drafts).await?;
        let mut batch = Batch::default();
        let mut added = Vec::with_capacity(drafts.len());
        for (index, draft) in drafts.into_iter().enumerate() {
            added.push(batch.add(draft, &before).map_err(RefusedText::of(index))?);
        }
        let arrivals = batch.arrivals();
        let admitted = Admission::new(self, Manner::Written).admit(arrivals.clone()).await;
        let verdicts = match admitted {
            Ok(verdicts) => verdicts,
            Err(error) => {
                let index = batch.index_of(self.refused(arrivals).await);
                return Err(RefusedText { index, error });
            }
        };
        let result = |added: batch::Added| {
            let Verdict { id, outcome, .. } = &verdicts[added.place];
            let replaced = added.replaces && *outcome != Outcome::Known;
            let known = added.is_known || (!added.replaces && *outcome == Outcome::Known);
            Remembered { id: id.clone(), known, replaced }
        };
        Ok(added.into_iter().map(result).collect())
    }

    /// Remembers texts one after the other, because some are facts, which another tier stores. If a
    /// text cannot be stored, the texts before it remain stored.
    async fn remember_each(
        &self,
        texts: Vec<(String, RememberOptions)>,
    ) -> Result<Vec<Remembered>, RefusedText> {
        let mut remembered = Vec::with_capacity(texts.len());
        for (index, (text, options)) in texts.into_iter().enumerate() {
            let done = match options.kind {
                Kind::Fact => self.remember_fact(text, options).await,
                _ => Box::pin(self.remember_with(text.as_str(), options)).await,
            };
            remembered.push(done.map_err(RefusedText::of(index))?);
        }
        Ok(remembered)
    }

    /// Returns the stored records of these drafts, and chooses their ids. A text that is stored
    /// under an id of a former version of this program keeps it. If the record with its id now has
    /// another text, it gets the next id.
    async fn stored_before(
        &self,
        drafts: &mut [Draft],
    ) -> Result<HashMap<Identity, Record>, Error> {
        let guard = self.config().to_guard();
        let mut stored = HashMap::new();
        let mut asked: Vec<Identity> = drafts.iter().flat_map(Draft::identities).collect();
        for _ in 0..CHANGED_MAX {
            stored.extend(self.stored_of(&asked).await?);
            asked.clear();
            asked.extend(drafts.iter_mut().filter_map(|it| it.settle_id(&stored, guard)));
            if asked.is_empty() {
                return Ok(stored);
            }
        }
        let key = asked.remove(0).key().to_string();
        Err(aios_longterm::Error::Contended { key }.into())
    }

    /// Returns the records of long-term memory with these identities.
    async fn stored_of(&self, identities: &[Identity]) -> Result<HashMap<Identity, Record>, Error> {
        let records = self.longterm().records();
        let known = records.known(identities).await?;
        let known = identities.iter().zip(known).filter(|(_, known)| *known);
        let known: Vec<Identity> = known.map(|(identity, _)| identity.clone()).collect();
        if known.is_empty() {
            return Ok(HashMap::new());
        }
        let stored = records.get_all(&known).await?;
        Ok(stored.into_iter().map(|record| (record.identity(), record)).collect())
    }

    /// Returns the index of the arrival that is refused even alone.
    async fn refused(&self, arrivals: Vec<Arrival>) -> Option<usize> {
        for (place, arrival) in arrivals.into_iter().enumerate() {
            let mut trial = Admission::new(self, Manner::Written).with_mode(Mode::DryRun);
            if trial.admit(vec![arrival]).await.is_err() {
                return Some(place);
            }
        }
        None
    }
}
