//! The view: the record operations of long-term memory through a gate.
//!
//! Every operation on records goes through here. Records to be stored get their scope from the
//! gate, reads show only what the gate sees, and only what the gate may change is changed and
//! removed.

use std::{collections::BTreeMap, sync::Arc};

use aios_record::{Change, Gate, Id, Identity, Kind, Record, Scope, ScopeFilter};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    Error,
    change::is_past,
    intake::{Embedding, normalize, truncate},
    journal::{self, Write},
    library::Row,
    store::Shared,
    worker::Worker,
};

/// The owner in references to records that are gone, as working memory tells of them.
const OWNER_OF_NOTHING: &str = "\u{1f}";

/// Long-term memory as one owner, or the administrator, sees it. Clones share everything.
///
/// From a view nobody gets back to the handle that it came from:
///
/// ```compile_fail
/// fn widened(view: aios_longterm::LongtermView) -> aios_longterm::Longterm {
///     view.into()
/// }
/// ```
///
/// A bare id means the view's own record, else the shared one. For the administrator an id that
/// several owners have is [`Error::Ambiguous`].
#[derive(Clone)]
pub struct LongtermView {
    pub(crate) shared: Arc<Shared>,
    pub(crate) gate: Gate,
    /// Ends with the last view.
    pub(crate) worker: Arc<Worker>,
}

/// The outcome for a record given to [`store`](LongtermView::store).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The record.
    pub identity: Identity,
    /// The outcome.
    pub outcome: StoreOutcome,
}

/// The outcome for a record that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreOutcome {
    /// It is stored, and new.
    Added,
    /// It replaces what was stored under its identity.
    Updated,
    /// The same content was stored already.
    Known,
}

/// The standing of a record to what is stored under its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is stored, or nothing that the view sees.
    Unknown,
    /// A record of the same content.
    Same,
    /// A record of another content.
    Other,
}

impl LongtermView {
    /// The gate of this view.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// This view, narrowed to what `filter` selects.
    ///
    /// # Errors
    /// [`Error::Scope`] if `filter` names a part, such as a user, other than the one that the view
    /// is bound to.
    pub fn narrow(&self, filter: &ScopeFilter) -> Result<LongtermView, Error> {
        Ok(LongtermView { gate: self.gate.narrow(filter)?, ..self.clone() })
    }

    /// Stores records, or replaces those of the same identity, all or none. When this returns they
    /// are durable and found by every search; what they replace stays in the
    /// [`history`](LongtermView::history).
    ///
    /// A record whose content is stored already is left as it is, with the provenance and the
    /// `recorded_at` that it had: who wrote a text first, and when, is what can be asked of it.
    /// `recorded_at` is set to now where it is the epoch.
    ///
    /// # Errors
    /// - [`Error::Scope`] when a record's scope does not fit the gate, [`Error::MachineWide`] when
    ///   it has no owner by its kind and the view acts for a user.
    /// - [`Error::Conflict`] when the owner has a record in another scope,
    ///   [`Error::ForeignReference`] when one refers to a record of another owner.
    /// - [`Error::VectorMissing`] where vectors are the caller's own, see
    ///   [`open_with_vectors`](crate::Longterm::open_with_vectors).
    /// - [`Error::TextTooLong`], [`Error::JournalFull`], [`Error::DiskFull`] when a limit of the
    ///   configuration is reached, [`Error::Unstorable`] when a payload is nested too deeply.
    pub async fn store(&self, records: Vec<Record>) -> Result<Vec<Stored>, Error> {
        self.store_embedding(records, Embedding::Now).await
    }

    /// Stores many records as [`store`](LongtermView::store) does, but leaves it to the background
    /// to embed them, unless the model [is fast](aios_embedding::Embedder::is_fast). When this
    /// returns they are durable, and every search finds them by their words. By their meaning they
    /// are found once they are embedded, also if this process ends before. A search waits for that
    /// for a moment, see [`Config::vector_wait`](crate::Config), and says how many vectors were
    /// [outstanding](crate::Found::vectors_outstanding).
    ///
    /// # Errors
    /// As [`store`](LongtermView::store).
    pub async fn store_deferred(&self, records: Vec<Record>) -> Result<Vec<Stored>, Error> {
        self.store_embedding(records, Embedding::Later).await
    }

    async fn store_embedding(
        &self,
        mut records: Vec<Record>,
        embedding: Embedding,
    ) -> Result<Vec<Stored>, Error> {
        records.iter_mut().try_for_each(|record| self.fill(record))?;
        let identities: Vec<Identity> = records.iter().map(Record::identity).collect();
        let changes =
            records.into_iter().map(|record| (None, Change::Upsert(Box::new(record)))).collect();
        let writes = self.shared.prepare(changes, embedding).await?;
        self.store_writes(identities, writes.into_iter().collect::<Result<_, _>>()?).await
    }

    /// Stores records with vectors of the caller's own, as [`store`](LongtermView::store) does
    /// without.
    ///
    /// # Errors
    /// - [`Error::VectorUnfit`] when a vector is of another dimension than the store's or not
    ///   finite, or when the store embeds texts by itself.
    /// - As [`store`](LongtermView::store).
    pub async fn store_with_vectors(
        &self,
        mut records: Vec<(Record, Vec<f32>)>,
    ) -> Result<Vec<Stored>, Error> {
        records.iter_mut().try_for_each(|(record, _)| self.fill(record))?;
        let identities: Vec<Identity> =
            records.iter().map(|(record, _)| record.identity()).collect();
        let writes = self.shared.with_given_vectors(records)?;
        self.store_writes(identities, writes).await
    }

    async fn store_writes(
        &self,
        identities: Vec<Identity>,
        writes: Vec<Write>,
    ) -> Result<Vec<Stored>, Error> {
        let outcomes = self.shared.write(writes).await?;
        let stored = identities.into_iter().zip(outcomes).map(|(identity, outcome)| {
            let outcome = match outcome {
                journal::Outcome::Added => StoreOutcome::Added,
                journal::Outcome::Updated => StoreOutcome::Updated,
                journal::Outcome::Known | journal::Outcome::Conflict => StoreOutcome::Known,
            };
            Stored { identity, outcome }
        });
        Ok(stored.collect())
    }

    /// Fills in where a record belongs that is written through this view.
    pub(crate) fn fill(&self, record: &mut Record) -> Result<(), Error> {
        if record.kind == Kind::Persona && self.gate.acts_for_user() {
            return Err(Error::MachineWide { kind: record.kind });
        }
        self.gate.fill(&mut record.scope)?;
        // Upkeep stores what is there as it is.
        match self.gate.acts_for() {
            Some(_) => check_references(record),
            None => Ok(()),
        }
    }

    /// Which of these records were ever acknowledged and not deleted since, in the order given.
    ///
    /// # Errors
    /// [`Error::Journal`] when the journal cannot be read.
    pub async fn known(&self, identities: &[Identity]) -> Result<Vec<bool>, Error> {
        let scopes = self.scopes(identities).await?;
        Ok(scopes.iter().map(Option::is_some).collect())
    }

    /// As [`known`](LongtermView::known), with the scope in which each is stored.
    ///
    /// # Errors
    /// As there.
    pub async fn scopes(&self, identities: &[Identity]) -> Result<Vec<Option<Scope>>, Error> {
        let scopes = self.shared.journal.scopes(identities.to_vec()).await?;
        Ok(scopes.into_iter().map(|it| it.filter(|scope| self.gate.sees(scope))).collect())
    }

    /// Compares each of these records, as this view would store it, with what is stored under its
    /// identity: differences in layout only (line ends, runs of white space, canonical equivalence)
    /// and in who wrote it make no other content. Reads the journal once.
    ///
    /// In a store of the caller's own vectors these are content, so a record that was stored with
    /// one is never the same.
    ///
    /// # Errors
    /// [`Error::Scope`] when a record's scope does not fit the gate; [`Error::Journal`] when the
    /// journal cannot be read.
    pub async fn standings(&self, records: &[Record]) -> Result<Vec<Standing>, Error> {
        let mut records = records.to_vec();
        for record in &mut records {
            self.gate.fill(&mut record.scope)?;
            truncate(record, self.shared.config.text_bytes_max);
            normalize(record);
        }
        self.shared.journal.standings(self.gate.clone(), records).await
    }

    /// The whole record that a bare id means, superseded ones included; none if it is not stored
    /// or has expired.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] for the administrator if several owners have one; [`Error::Journal`],
    /// [`Error::Library`] when a store cannot be read.
    pub async fn record(&self, kind: Kind, id: &Id) -> Result<Option<Record>, Error> {
        Ok(self.find(kind, id).await?.map(|row| row.record))
    }

    /// The whole records of `identities`, in no order, expired ones included; those that are not
    /// stored are left out.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] when a store cannot be read.
    pub async fn records(&self, identities: &[Identity]) -> Result<Vec<Record>, Error> {
        let rows = self.shared.rows(identities.iter().map(Identity::encode).collect()).await?;
        let records = rows.into_iter().map(|row| row.record);
        Ok(records.filter(|record| self.gate.sees(&record.scope)).collect())
    }

    /// The identities of all records of this view, expired ones included.
    ///
    /// # Errors
    /// [`Error::Journal`] when the journal cannot be read.
    pub async fn identities(&self) -> Result<Vec<Identity>, Error> {
        self.shared.journal.identities(self.gate.clone()).await
    }

    /// Counts the records of each collection that this view has, pending ones included.
    ///
    /// # Errors
    /// [`Error::Journal`] when the journal cannot be read.
    pub async fn counts(&self) -> Result<BTreeMap<&'static str, u64>, Error> {
        let counts = self.shared.journal.counts(self.gate.clone()).await?.into_iter();
        Ok(counts.map(|(kind, count)| (kind.collection(), count)).collect())
    }

    /// The row that a bare id means; none if it is not stored or has expired.
    pub(crate) async fn find(&self, kind: Kind, id: &Id) -> Result<Option<Row>, Error> {
        let (gate, shared) = (&self.gate, &self.shared);
        let candidates = shared.journal.candidates(gate.clone(), kind, id.clone()).await?;
        if candidates.is_empty() {
            return Ok(None);
        }
        let mut rows = shared.rows(candidates.iter().map(Identity::encode).collect()).await?;
        let now = shared.now();
        rows.retain(|row| gate.sees(&row.record.scope) && !is_past(&row.record, now));
        if gate.acts_for().is_none() && 1 < rows.len() {
            let owners = rows.iter().map(|row| row.record.owner()).collect();
            return Err(Error::Ambiguous { kind, id: id.clone(), owners });
        }
        Ok(rows.into_iter().min_by_key(|row| row.record.scope.user.is_none()))
    }

    /// As [`find`](LongtermView::find), of what may be changed.
    pub(crate) async fn find_own(&self, kind: Kind, id: &Id) -> Result<Row, Error> {
        let found = self.find(kind, id).await?;
        let row = found.ok_or_else(|| Error::NotFound { key: format!("{kind}/{id}") })?;
        match self.gate.may_change(&row.record.scope) {
            true => Ok(row),
            false => Err(Error::NotYours { kind, id: id.clone() }),
        }
    }
}

/// Checks that a record refers to none of another owner, in its references or in a field of that
/// name.
///
/// # Errors
/// [`Error::ForeignReference`].
pub(crate) fn check_references(record: &Record) -> Result<(), Error> {
    let given = record.payload.get("references").and_then(Value::as_array);
    let given: Vec<Identity> =
        given.into_iter().flatten().filter_map(|it| Identity::deserialize(it).ok()).collect();
    let own = record.owner();
    let is_foreign = |it: &&Identity| {
        it.owner != own && !it.owner.is_shared() && it.owner.as_str() != OWNER_OF_NOTHING
    };
    match record.references.iter().chain(&given).find(is_foreign) {
        None => Ok(()),
        Some(reference) => Err(Error::ForeignReference {
            key: record.identity().to_string(),
            reference: reference.clone(),
        }),
    }
}
