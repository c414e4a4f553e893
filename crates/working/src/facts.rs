//! Facts: statements with two axes of time. A slot has one current value.
//!
//! Not here: learning them from messages, which the umbrella does with `aios-learning`. This module
//! stores the outcome of a step of learning in one transaction ([`apply`]), and refuses
//! [rejected](rejections) values in every write.

mod agreement;
mod apply;
mod fact;
mod query;
mod rejections;
mod withdraw;

use aios_record::{Id, Identity, Key, Kind};

pub(crate) use self::agreement::{agree, check_validity};
pub use self::{
    apply::{FactEnd, FactReport, FactRevisions, FactStep},
    fact::{EVIDENCE_MAX, Fact, FactOrigin},
    query::{FactPage, FactQuery, OwnFacts},
    withdraw::Withdrawn,
};
use crate::{Error, WorkingView, access::Access, writing};

/// The facts of a memory, as a view shows them.
///
/// ```
/// # use aios_working::{Config, Fact, FactQuery, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// let facts = working.facts();
/// facts.put(Fact::new("Ada lives in Ghent.").with_slot("Ada", "home", "Ghent")).await?;
/// facts.put(Fact::new("Ada lives in Oslo.").with_slot("Ada", "home", "Oslo")).await?;
/// let current = facts.list(FactQuery::default()).await?.facts;
/// assert_eq!((current.len(), current[0].value_text().as_str()), (1, "Oslo"));
/// assert_eq!(facts.history("Ada", "home").await?.len(), 2);
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Facts<'_> {
    /// Stores a fact; replaces the owner's fact of the same id. A current fact with a slot ends the
    /// owner's other current facts of that slot.
    ///
    /// # Errors
    /// [`Error::Rejected`] if the owner rejected the value; otherwise as
    /// [`Goals::put`](crate::Goals::put).
    pub async fn put(self, fact: Fact) -> Result<Fact, Error> {
        self.view.write(move |access| put(access, fact)).await
    }

    /// Stores facts as [`put`](Facts::put) does, in order, in one transaction.
    ///
    /// # Errors
    /// [`Error::InBatch`] with the index of the first fact that cannot be stored; in that case no
    /// fact is stored. Its source is an error of [`put`](Facts::put).
    pub async fn put_all(self, facts: Vec<Fact>) -> Result<Vec<Fact>, Error> {
        self.view
            .write(move |access| {
                let in_batch = |(index, fact)| {
                    put(access, fact)
                        .map_err(|source| Error::InBatch { index, source: Box::new(source) })
                };
                facts.into_iter().enumerate().map(in_batch).collect()
            })
            .await
    }

    /// Returns the fact of this id.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn get(self, id: &Id) -> Result<Option<Fact>, Error> {
        self.view.get(id).await
    }

    /// Returns the facts that `query` selects, the last stated first.
    ///
    /// # Errors
    /// [`Error::Cursor`] if [`FactQuery::after`] is not a cursor of this file; [`Error::Storage`]
    /// if the file cannot be read.
    pub async fn list(self, query: FactQuery) -> Result<FactPage, Error> {
        self.view.read(move |access| query::page(access, &query)).await
    }

    /// Returns all facts of a slot, ended ones included, in the order in which they were stated.
    /// ASCII case is ignored.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn history(self, subject: &str, attribute: &str) -> Result<Vec<Fact>, Error> {
        let (subject, attribute) = (subject.trim().to_owned(), attribute.trim().to_owned());
        self.view
            .read(move |access| {
                access.select(
                    "AND attribute = ?7 COLLATE NOCASE AND subject = ?6 COLLATE NOCASE
                     ORDER BY stated_at, row",
                    &[&subject, &attribute],
                )
            })
            .await
    }

    /// Returns the current facts, at most `limit`, those with a slot first; in each group, the last
    /// stated first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn profile(self, limit: usize) -> Result<Vec<Fact>, Error> {
        self.view.read(move |access| query::profile(access, limit)).await
    }

    /// Returns the facts that cite any of these records as evidence, ended ones included, in the
    /// order in which they were stored.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn citing(self, records: Vec<Identity>) -> Result<Vec<Fact>, Error> {
        self.view.read(move |access| query::citing(access, &records)).await
    }

    /// Returns the slots that have several current values: the facts of each.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn contradictions(self, limit: usize) -> Result<Vec<Vec<Fact>>, Error> {
        self.view.read(move |access| query::contradictions(access, limit)).await
    }

    /// Returns true if the view shows facts without evidence, which callers recorded directly.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn has_told(self) -> Result<bool, Error> {
        self.view.read(query::has_told).await
    }

    /// Returns the current facts of the view's owner only, at most the `limit` last stated ones, in
    /// the order in which they were stored. `None` if nothing changed since `revision`.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn own(self, revision: Option<u64>, limit: usize) -> Result<Option<OwnFacts>, Error> {
        self.view.read(move |access| query::own(access, revision, limit)).await
    }

    /// Stores the outcome of learning from messages, all or none. A step whose facts are stored
    /// already changes nothing, so it can be repeated.
    ///
    /// # Errors
    /// As [`put`](Facts::put), but a rejected value is counted and left out.
    pub async fn apply(self, steps: Vec<FactStep>) -> Result<FactReport, Error> {
        self.view.write(move |access| apply::apply(access, steps)).await
    }

    /// Rejects the value of a fact permanently: removes all facts of its owner with the same value
    /// or statement, makes those that they superseded current again, and keeps the value out of
    /// every later write. Returns the removed records.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the fact does not exist; [`Error::NotYours`] if it is shared and the
    /// view belongs to a user; otherwise as [`Goals::put`](crate::Goals::put).
    pub async fn reject(self, id: &Id) -> Result<Vec<Identity>, Error> {
        let id = id.clone();
        self.view.free_room(move |access| withdraw::reject(access, &id)).await
    }

    /// Confirms a fact by a person: its confidence becomes 1, its trust high.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the fact does not exist; [`Error::NotYours`] if it is shared and the
    /// view belongs to a user; otherwise as [`Goals::put`](crate::Goals::put).
    pub async fn confirm(self, id: &Id) -> Result<Fact, Error> {
        let id = id.clone();
        self.view
            .write(move |access| {
                let now = access.now;
                writing::change(access, id.as_str(), |fact: &mut Fact| {
                    fact.confirmed_at = Some(now);
                    fact.confidence = 1.0;
                })
            })
            .await
    }

    /// Withdraws the facts that the records with these keys state, and makes the facts that those
    /// had ended current again. The view's owner must be the owner of the records.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read or written.
    pub async fn withdraw(self, keys: Vec<Key>) -> Result<Withdrawn, Error> {
        self.view.free_room(move |access| withdraw::withdraw(access, &keys)).await
    }

    /// Removes a fact, permanently. Returns the removed records.
    ///
    /// # Errors
    /// As [`Records::remove`](crate::Records::remove).
    pub async fn remove(self, id: &Id) -> Result<Vec<Identity>, Error> {
        self.view.records().remove(&Key::new(Kind::Fact, id.clone())).await
    }
}

fn put(access: &Access<'_>, mut fact: Fact) -> Result<Fact, Error> {
    rejections::keep_confirmation(access, &mut fact)?;
    writing::store(access, &mut fact)?;
    apply::end_others(access, &fact)?;
    Ok(fact)
}
