//! Collections whose records are given to long-term memory directly: their typed forms, the
//! conversion to records, and the common part of storing, changing and reading them.
//!
//! Each collection has a file. Not here: summaries, which are derived; they are stored as plain
//! objects.

mod config_change;
mod incident;
mod item;
mod knowledge;
mod listing;
mod note;
mod procedure;

use aios_record::{Change, Id, Identity, Key, Kind, Provenance, Record};
use serde_json::{Map, Value};

use self::item::{item, object_of, plain, record_of, with_origins};
pub use self::{
    config_change::{ConfigChange, ConfigChanges},
    incident::{Incident, Incidents},
    item::Meta,
    knowledge::{Knowledge, KnowledgeCollection},
    listing::{ListCursor, Listed},
    note::{Note, NoteUpdate, Notes},
    procedure::{Outcome, Procedure, Procedures},
};
use crate::{
    Error, LongtermView, Records, error::RecordProblem, view::check_references, write::Trace,
};

impl Records<'_> {
    /// Stores the record of `kind` that `object` describes, and returns its id. `object` has the
    /// fields of the typed form, such as [`Incident`], or of a summary. The replaced version is
    /// kept in the [`history`](LongtermView::history). When this returns, the record is durable and
    /// searchable.
    ///
    /// # Errors
    /// - [`Error::Invalid`] if a field is missing or has the wrong type, or the kind belongs to
    ///   working memory.
    /// - As [`store`](LongtermView::store).
    pub async fn put(self, kind: Kind, object: Map<String, Value>) -> Result<Id, Error> {
        let mut changes = self.view.changes_of(kind, object, &|record| self.view.fill(record))?;
        self.view.check_pieces(&changes).await?;
        if let [Change::Upsert(_)] = changes.as_slice()
            && let Some(Change::Upsert(record)) = changes.pop()
        {
            let id = record.id.clone();
            self.view.store(vec![*record]).await?;
            return Ok(id);
        }
        self.view.store_whole(changes).await
    }

    /// Returns the record that [`put`](Records::put) would store for
    /// `object`.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Scope`], [`Error::MachineWide`], as for [`put`](Records::put).
    pub fn build(self, kind: Kind, object: Map<String, Value>) -> Result<Record, Error> {
        match self.view.changes_of(kind, object, &|record| self.view.fill(record))?.swap_remove(0) {
            Change::Upsert(record) => Ok(*record),
            Change::Delete { .. } => unreachable!("the record itself comes first"),
        }
    }

    /// Adds `origins` to the origins of a derived record and applies `change` to its fields, in one
    /// step. `change` receives the present origins, returns false to leave the record unchanged,
    /// and may be called several times. If there are more than `origins_max` origins, the oldest
    /// are dropped. The replaced version is not kept. Returns the present version.
    ///
    /// # Errors
    /// As [`update`](LongtermView::update).
    pub async fn derive_further(
        self,
        key: &Key,
        origins: &[Identity],
        origins_max: usize,
        change: impl Fn(&[Identity], &mut Map<String, Value>) -> bool,
    ) -> Result<Record, Error> {
        let kind = key.kind;
        let further = |record: Record| {
            let mut object = object_of(&record);
            if !change(&record.references, &mut object) {
                return Ok(vec![Change::Upsert(Box::new(record))]);
            }
            let mut changes = self.view.changes_of(kind, object, &|it| check_references(it))?;
            if let Some(Change::Upsert(changed)) = changes.first_mut() {
                let mut references = record.references.clone();
                references.extend_from_slice(origins);
                let old = references.len().saturating_sub(origins_max);
                changed.references = references.split_off(old);
                **changed = with_origins((**changed).clone(), record);
                check_references(changed)?;
            }
            Ok(changes)
        };
        self.view.change(key, Trace::Counted, further).await
    }
}

impl LongtermView {
    /// Changes the fields of a record that `changes` names, keeps the others, and returns the new
    /// version. A null value removes the field. The provenance names the update as the last change,
    /// unless `changes` name another writer. If two callers change different fields of one
    /// record at the same time, in the same or in different processes, both changes are kept.
    ///
    /// # Errors
    /// - [`Error::NotFound`] if this view has no such record, [`Error::NotYours`] if the record is
    ///   shared and the view acts for a user, [`Error::Ambiguous`] as
    ///   [`get`](LongtermView::get).
    /// - [`Error::Conflict`] if a change would move the record to another scope,
    ///   [`Error::ForeignReference`] if it would refer to another owner's record,
    ///   [`Error::PieceTaken`] if a piece of its text would replace another record.
    /// - [`Error::Invalid`] if a value does not fit its field, or the kind belongs to working
    ///   memory.
    /// - [`Error::Contended`] if others keep changing the record.
    /// - As [`store`](LongtermView::store).
    pub async fn update(&self, key: &Key, changes: Map<String, Value>) -> Result<Record, Error> {
        let kind = key.kind;
        if kind == Kind::Knowledge && changes.contains_key("content") {
            let record = self.find_own(key).await?.record;
            self.check_pieces(&self.changed(kind, &record, &changes)?).await?;
        }
        self.change(key, Trace::Kept, |record| {
            Ok(knowledge::without_lost_pieces(&record, self.changed(kind, &record, &changes)?))
        })
        .await
    }

    /// Applies `changes` to the fields of `record`, and returns the changed record (first) and its
    /// pieces.
    fn changed(
        &self,
        kind: Kind,
        record: &Record,
        changes: &Map<String, Value>,
    ) -> Result<Vec<Change>, Error> {
        let before = object_of(record);
        let mut object = before.clone();
        for (name, value) in changes.clone() {
            match value {
                Value::Null => drop(object.remove(&name)),
                value => drop(object.insert(name, value)),
            }
        }
        if object != before {
            sign(&mut object, changes);
        }
        // The record keeps its scope.
        let mut changes = self.changes_of(kind, object, &|record| check_references(record))?;
        if let (Some(Change::Upsert(changed)), Some(source)) = (changes.first_mut(), &record.source)
            && changed.source.as_ref().is_some_and(|it| it.id == source.id)
        {
            changed.source = Some(source.clone());
        }
        if let Some(Change::Upsert(changed)) = changes.first_mut()
            && changed.references.is_empty()
        {
            // The fields do not contain the records from which it was derived.
            changed.references.clone_from(&record.references);
        }
        Ok(changes)
    }

    /// Builds the record that `object` describes (first) and its pieces. `fill` completes and
    /// checks it.
    fn changes_of(
        &self,
        kind: Kind,
        object: Map<String, Value>,
        fill: &dyn Fn(&mut Record) -> Result<(), Error>,
    ) -> Result<Vec<Change>, Error> {
        let mut record = match kind {
            Kind::Procedure => record_of(&item::<Procedure>(object)?)?,
            Kind::Incident => record_of(&item::<Incident>(object)?)?,
            Kind::ConfigChange => record_of(&item::<ConfigChange>(object)?)?,
            Kind::Note => record_of(&item::<Note>(object)?)?,
            Kind::Knowledge => return self.pieces_of(&item::<Knowledge>(object)?, fill),
            Kind::Summary => plain(kind, object)?,
            _ => {
                return Err(Error::Invalid { kind, problem: RecordProblem::OtherTier });
            }
        };
        fill(&mut record)?;
        Ok(vec![Change::Upsert(Box::new(record))])
    }
}

/// Sets the writer of the last change, unless `changes` name one.
fn sign(object: &mut Map<String, Value>, changes: &Map<String, Value>) {
    const PROVENANCE: &str = "provenance";
    const UPDATED_BY: &str = "updated_by";
    if changes.get(PROVENANCE).is_some_and(|given| !given[UPDATED_BY].is_null()) {
        return;
    }
    let provenance = object.entry(PROVENANCE).or_insert_with(|| Map::new().into());
    if let Some(provenance) = provenance.as_object_mut() {
        provenance.insert(UPDATED_BY.to_owned(), Provenance::UPDATE.into());
    }
}
