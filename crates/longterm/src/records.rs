//! Stored records of every kind, by identity. Not here: a record by its key, see `view`; records by
//! the source from which they were made, see `forgetting`.

use std::collections::BTreeMap;

use aios_record::{Identity, Kind, Record, Scope};

use crate::{
    Error, LongtermView,
    intake::{normalize, truncate},
    journal::Standing,
};

/// The stored records of every kind, as a view shows them.
///
/// ```
/// # use aios_longterm::{Config, Longterm};
/// # use aios_record::{Id, Kind, Record, Scope};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let model = aios_embedding::StaticModel::bundled()?;
/// # let longterm = Longterm::open(dir.path(), Config::default(), model).await?;
/// let note = Record::new(Kind::Note, Id::generate(), "Deploy on Tuesdays.", Scope::default());
/// longterm.store(vec![note.clone()]).await?;
///
/// let records = longterm.records();
/// assert_eq!(records.known(&[note.identity()]).await?, [true]);
/// assert_eq!(records.counts().await?["notes"], 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Records<'a> {
    pub(crate) view: &'a LongtermView,
}

impl LongtermView {
    /// Returns the stored records of every kind.
    #[must_use]
    pub fn records(&self) -> Records<'_> {
        Records { view: self }
    }
}

impl Records<'_> {
    /// Returns, for each of these records, whether it was acknowledged and not deleted since.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn known(self, identities: &[Identity]) -> Result<Vec<bool>, Error> {
        let scopes = self.scopes(identities).await?;
        Ok(scopes.iter().map(Option::is_some).collect())
    }

    /// As [`known`](Records::known), but returns the scope in which each is stored.
    ///
    /// # Errors
    /// As [`known`](Records::known).
    pub async fn scopes(self, identities: &[Identity]) -> Result<Vec<Option<Scope>>, Error> {
        let scopes = self.view.parts.journal.scopes(identities.to_vec()).await?;
        Ok(scopes.into_iter().map(|it| it.filter(|scope| self.view.gate.sees(scope))).collect())
    }

    /// Compares each of these records, as this view would store it, with the record stored under
    /// its identity. Differences in layout (line ends, runs of white space, canonical equivalence)
    /// and in provenance do not change the content. Reads the journal once.
    ///
    /// In a store of the caller's own vectors, the vector is part of the content. The given records
    /// have no vectors, so they never equal a record that was stored with one.
    ///
    /// # Errors
    /// [`Error::Scope`] if a record's scope does not fit the gate; [`Error::Journal`] if the
    /// journal cannot be read.
    pub async fn standings(self, records: &[Record]) -> Result<Vec<Standing>, Error> {
        let mut records = records.to_vec();
        for record in &mut records {
            self.view.gate.fill(&mut record.scope)?;
            truncate(record, self.view.parts.config.text_bytes_max);
            normalize(record);
        }
        self.view.parts.journal.standings(self.view.gate.clone(), records).await
    }

    /// Returns the whole records of `identities`, in no order, expired ones included. Those that
    /// are not stored are left out.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] if a store cannot be read.
    pub async fn get_all(self, identities: &[Identity]) -> Result<Vec<Record>, Error> {
        let rows =
            self.view.parts.shelf.rows(identities.iter().map(Identity::encode).collect()).await?;
        let records = rows.into_iter().map(|row| row.record);
        Ok(records.filter(|record| self.view.gate.sees(&record.scope)).collect())
    }

    /// Returns the identities of all records of this view, expired ones included.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn identities(self) -> Result<Vec<Identity>, Error> {
        self.view.parts.journal.identities(self.view.gate.clone()).await
    }

    /// Counts the records of each collection that this view has, waiting ones included.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn counts(self) -> Result<BTreeMap<&'static str, u64>, Error> {
        let counts = self.view.parts.journal.counts(self.view.gate.clone()).await?.into_iter();
        Ok(counts.map(|(kind, count)| (kind.collection(), count)).collect())
    }

    /// Returns the identities of this view's records of a kind whose ids begin with `prefix`, in
    /// the order of their owners and ids. Expired and retired records are included.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn with_prefix(self, kind: Kind, prefix: &str) -> Result<Vec<Identity>, Error> {
        self.view.parts.journal.with_prefix(self.view.gate.clone(), kind, prefix.to_owned()).await
    }

    /// Returns at most `limit` identities of this view's records of a kind, in the order of their
    /// owners and ids, starting after `after` if it is given. Fewer than `limit` means that there
    /// are no more. Expired and retired records are included.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn identities_after(
        self,
        kind: Kind,
        after: Option<&Identity>,
        limit: usize,
    ) -> Result<Vec<Identity>, Error> {
        let gate = self.view.gate.clone();
        self.view.parts.journal.identities_after(gate, kind, after.cloned(), limit).await
    }
}
