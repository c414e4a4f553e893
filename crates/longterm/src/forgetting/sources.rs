//! Records by source, and the end of their validity: a document that is read again may have new
//! pieces and lack others, which are then no longer valid.
//!
//! Not here: the definition of a document and its pieces, which is up to its reader.

use std::collections::{BTreeSet, HashSet};

use aios_record::{Identity, Key, Kind, Record, Source};

use crate::{
    Error, LongtermView,
    journal::{Older, Write},
    validity::is_valid,
    write::CHANGE_TRIES,
};

/// The sources of a view's records, such as files, and the records that were made from them.
///
/// ```
/// # use aios_longterm::{Config, Longterm};
/// # use aios_record::{Id, Kind, Record, Scope, Source};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let model = aios_embedding::StaticModel::bundled()?;
/// # let longterm = Longterm::open(dir.path(), Config::default(), model).await?;
/// let source = Source::file("/home/ada/notes.md");
/// let mut piece = Record::new(Kind::Note, Id::generate(), "Buy oats.", Scope::default());
/// piece.source = Some(source.clone());
/// longterm.store(vec![piece.clone()]).await?;
///
/// let sources = longterm.sources();
/// assert_eq!(sources.made_from(&[source]).await?, [piece.identity()]);
/// assert_eq!(sources.retire(&[piece.identity()]).await?, [piece.identity()]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    pub(crate) view: &'a LongtermView,
}

impl LongtermView {
    /// Returns the sources of the records.
    #[must_use]
    pub fn sources(&self) -> Sources<'_> {
        Sources { view: self }
    }
}

impl Sources<'_> {
    /// Returns the identities of this view's records that come from one of `sources`, in no order.
    /// Reads the source of every record.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] if a store cannot be read.
    pub async fn made_from(self, sources: &[Source]) -> Result<Vec<Identity>, Error> {
        let mut found = Vec::new();
        self.view
            .each_with_origin(|record| {
                if record.source.as_ref().is_some_and(|source| sources.contains(source)) {
                    found.push(record.identity());
                }
            })
            .await?;
        Ok(found)
    }

    /// Returns the ids of all sources of this kind from which this view's records come. Reads the
    /// source of every record.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] if a store cannot be read.
    pub async fn ids(self, kind: &str) -> Result<BTreeSet<String>, Error> {
        let mut found = BTreeSet::new();
        self.view
            .each_with_origin(|record| {
                if let Some(source) = record.source.as_ref().filter(|source| source.kind == kind) {
                    found.insert(source.id.clone());
                }
            })
            .await?;
        Ok(found)
    }

    /// Retires the records among these that are stored and still valid, all or none, and returns
    /// them. Their validity ends now: searches show them only as of an earlier time. They can still
    /// be read by identity.
    ///
    /// # Errors
    /// - [`Error::NotYours`] if one is shared and the view acts for a user.
    /// - [`Error::Contended`] if others keep changing them.
    /// - [`Error::JournalFull`], [`Error::LimitReached`] if a limit of the configuration is
    ///   reached; [`Error::Journal`], [`Error::Library`] if a store cannot be read or written.
    pub async fn retire(self, identities: &[Identity]) -> Result<Vec<Identity>, Error> {
        let parts = &self.view.parts;
        let keys: Vec<String> = identities.iter().map(Identity::encode).collect();
        for _ in 0..CHANGE_TRIES {
            let now = parts.intake.now();
            let mut rows = parts.shelf.rows(keys.clone()).await?;
            rows.retain(|row| self.view.gate.sees(&row.record.scope) && is_valid(&row.record, now));
            if let Some(row) = rows.iter().find(|row| !self.view.gate.may_change(&row.record.scope))
            {
                let Record { kind, id, .. } = row.record.clone();
                return Err(Error::NotYours { kind, id });
            }
            let mut retired = Vec::with_capacity(rows.len());
            let mut writes = Vec::with_capacity(rows.len());
            for former in rows {
                retired.push(former.record.identity());
                let ended = Record { valid_to: Some(now), ..former.record.clone() };
                let mut write = parts.intake.with_vector_of(&former, ended)?;
                if let Write::Upsert { older, .. } = &mut write {
                    *older = Older::Counted(Box::new(former));
                }
                writes.push(write);
            }
            if writes.is_empty() {
                return Ok(retired);
            }
            if parts.writer.try_write(writes).await? {
                return Ok(retired);
            }
        }
        Err(Error::Contended { key: "a record of the batch".to_owned() })
    }

    /// Returns the summaries of this view whose source is one of these records, such as a session.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] if a store cannot be read.
    pub async fn summaries_of(self, subjects: &[Identity]) -> Result<Vec<Identity>, Error> {
        let subjects: HashSet<&Identity> = subjects.iter().collect();
        let mut summaries = Vec::new();
        self.view
            .each_with_origin(|record| {
                let source = record.source.as_ref().filter(|_| record.kind == Kind::Summary);
                let subject = source.and_then(|source| {
                    let key = Key::new(source.kind.parse().ok()?, source.id.parse().ok()?);
                    Some(key.of(record.owner()))
                });
                if subject.is_some_and(|subject| subjects.contains(&subject)) {
                    summaries.push(record.identity());
                }
            })
            .await?;
        Ok(summaries)
    }
}
