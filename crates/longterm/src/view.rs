//! The view: the record operations of long-term memory through a gate.
//!
//! Every operation on records uses a view. The gate sets the scope of stored records; reads return
//! only records that the gate sees, and only records that it may change are changed or removed.

use std::sync::Arc;

use aios_record::{Change, Gate, Identity, Key, Kind, Owner, Record, ScopeFilter};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    Error,
    intake::Embedding,
    journal::{self, Write},
    library::Row,
    owner::Worker,
    parts::Parts,
    validity::is_past,
};

/// Owner named by working memory's references to removed records.
const OWNER_OF_NOTHING: &str = "\u{1f}";

/// Long-term memory as one owner, or the administrator, sees it. Clones share everything.
///
/// A view gives no access to the handle that it came from:
///
/// ```compile_fail
/// fn widened(view: aios_longterm::LongtermView) -> aios_longterm::Longterm {
///     view.into()
/// }
/// ```
///
/// A key means the view's own record, or else the shared one. For the administrator a key that
/// several owners have fails with [`Error::Ambiguous`].
#[derive(Clone)]
pub struct LongtermView {
    pub(crate) parts: Arc<Parts>,
    pub(crate) gate: Gate,
    /// Stopped with the last view.
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
    /// The record is stored, and new.
    Added,
    /// The record replaces the one that was stored under its identity.
    Updated,
    /// The same content was stored already.
    Known,
}

impl LongtermView {
    /// Returns the gate of this view.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Returns this view, narrowed to the scopes that `filter` selects.
    ///
    /// # Errors
    /// [`Error::Scope`] if `filter` names a part, such as a user, other than the one to which the
    /// view is bound.
    pub fn narrow(&self, filter: &ScopeFilter) -> Result<LongtermView, Error> {
        Ok(LongtermView { gate: self.gate.narrow(filter)?, ..self.clone() })
    }

    /// Stores records, all or none, replacing records with the same identity. When this returns,
    /// they are durable and found by every search. Replaced versions are kept in the
    /// [`history`](LongtermView::history).
    ///
    /// A record whose content is already stored is not changed, and keeps its first provenance and
    /// `recorded_at`. A `recorded_at` of the epoch is set to the current time.
    ///
    /// # Errors
    /// - [`Error::Scope`] if a record's scope does not fit the gate, [`Error::MachineWide`] if its
    ///   kind has no owner and the view acts for a user.
    /// - [`Error::Conflict`] if the owner has a record in another scope,
    ///   [`Error::ForeignReference`] if one refers to a record of another owner.
    /// - [`Error::VectorMissing`] if the store takes the caller's own vectors, see
    ///   [`open_with_vectors`](crate::Longterm::open_with_vectors).
    /// - [`Error::TooLong`], [`Error::JournalFull`], [`Error::LimitReached`] if a limit of the
    ///   configuration is reached, [`Error::Unstorable`] if a payload is nested too deeply.
    pub async fn store(&self, records: Vec<Record>) -> Result<Vec<Stored>, Error> {
        self.store_embedding(records, Embedding::Now).await
    }

    /// Stores many records as [`store`](LongtermView::store) does, but embeds them in the
    /// background, unless the model [is fast](aios_embedding::Embedder::is_fast). When this
    /// returns, they are durable, and every search finds them by their words. They are found by
    /// meaning once they are embedded, even if this process ends earlier. A search waits briefly
    /// for that, see [`Config::vector_wait`](crate::Config), and returns the number of
    /// [outstanding](crate::Found::vectors_outstanding) vectors.
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
        let writes = self.parts.intake.prepare(changes, embedding).await?;
        self.store_writes(identities, writes.into_iter().collect::<Result<_, _>>()?).await
    }

    /// Stores records with the caller's own vectors, otherwise as [`store`](LongtermView::store)
    /// does.
    ///
    /// # Errors
    /// - [`Error::VectorUnfit`] if a vector is not finite or does not have the store's dimension,
    ///   or the store embeds texts itself.
    /// - As [`store`](LongtermView::store).
    pub async fn store_with_vectors(
        &self,
        mut records: Vec<(Record, Vec<f32>)>,
    ) -> Result<Vec<Stored>, Error> {
        records.iter_mut().try_for_each(|(record, _)| self.fill(record))?;
        let identities: Vec<Identity> =
            records.iter().map(|(record, _)| record.identity()).collect();
        let writes = self.parts.intake.with_given_vectors(records)?;
        self.store_writes(identities, writes).await
    }

    async fn store_writes(
        &self,
        identities: Vec<Identity>,
        writes: Vec<Write>,
    ) -> Result<Vec<Stored>, Error> {
        let outcomes = self.parts.writer.write(writes).await?;
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

    /// Fills in the scope of a record that is written through this view, and checks its references.
    pub(crate) fn fill(&self, record: &mut Record) -> Result<(), Error> {
        if record.kind == Kind::Persona && self.gate.acts_for_user() {
            return Err(Error::MachineWide { kind: record.kind });
        }
        self.gate.fill(&mut record.scope)?;
        // The administrator's maintenance stores existing records as they are.
        match self.gate.acts_for() {
            Some(_) => check_references(record),
            None => Ok(()),
        }
    }

    /// Returns the whole record that a key means, superseded ones included. `None` if it is not
    /// stored or has expired.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] for the administrator if several owners have one; [`Error::Journal`],
    /// [`Error::Library`] if a store cannot be read.
    pub async fn get(&self, key: &Key) -> Result<Option<Record>, Error> {
        self.get_except(key, &[]).await
    }

    /// As [`get`](LongtermView::get), but ignores the records of `owners`: they were removed, and
    /// the feed has not delivered the removals yet.
    ///
    /// # Errors
    /// As [`get`](LongtermView::get).
    pub async fn get_except(&self, key: &Key, owners: &[Owner]) -> Result<Option<Record>, Error> {
        Ok(self.find_except(key, owners).await?.map(|row| row.record))
    }

    /// Returns the row that a key means. `None` if it is not stored or has expired.
    pub(crate) async fn find(&self, key: &Key) -> Result<Option<Row>, Error> {
        self.find_except(key, &[]).await
    }

    async fn find_except(&self, key: &Key, owners: &[Owner]) -> Result<Option<Row>, Error> {
        let (gate, parts) = (&self.gate, &self.parts);
        let Key { kind, id } = key.clone();
        let mut candidates = parts.journal.candidates(gate.clone(), kind, id.clone()).await?;
        candidates.retain(|candidate| !owners.contains(&candidate.owner));
        if candidates.is_empty() {
            return Ok(None);
        }
        let mut rows = parts.shelf.rows(candidates.iter().map(Identity::encode).collect()).await?;
        let now = parts.intake.now();
        rows.retain(|row| gate.sees(&row.record.scope) && !is_past(&row.record, now));
        if gate.acts_for().is_none() && 1 < rows.len() {
            let owners = rows.iter().map(|row| row.record.owner()).collect();
            return Err(Error::Ambiguous { kind, id, owners });
        }
        Ok(rows.into_iter().min_by_key(|row| row.record.scope.user.is_none()))
    }

    /// As [`find`](LongtermView::find), for a record that this view may change. Fails with
    /// [`Error::NotFound`] without such a record, and with [`Error::NotYours`] if the view may not
    /// change it.
    pub(crate) async fn find_own(&self, key: &Key) -> Result<Row, Error> {
        let found = self.find(key).await?;
        let row = found.ok_or_else(|| Error::NotFound { key: key.to_string() })?;
        match self.gate.may_change(&row.record.scope) {
            true => Ok(row),
            false => Err(Error::NotYours { kind: key.kind, id: key.id.clone() }),
        }
    }
}

/// Checks that a record refers to no record of another owner, in its references or in the payload
/// field of that name.
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
