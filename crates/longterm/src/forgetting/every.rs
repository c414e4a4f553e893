//! All records and older versions of a view, one at a time. Not here: search for the best of them,
//! see `search`.

use std::collections::HashSet;

use aios_record::{Identity, Kind, Record};

use crate::{
    Error, LongtermView,
    journal::{Corpus, KnownWaiting},
};

/// Older versions per read.
const VERSIONS_AT_ONCE: usize = 500;

impl LongtermView {
    /// Calls `look` with each record of this view, in no order, superseded and expired ones
    /// included. Records from the library lack their provenance. Holds one batch of them in RAM at
    /// a time.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] if a store cannot be read.
    pub async fn each_record(&self, mut look: impl FnMut(Record)) -> Result<(), Error> {
        let _pin = self.parts.shelf.pin().await?;
        let snapshot =
            self.parts.journal.snapshot(Vec::new(), Corpus::All, KnownWaiting::default()).await?;
        let waiting: HashSet<&str> =
            snapshot.fresh.iter().map(|change| change.key.as_str()).collect();
        if let Some(library) = self.parts.shelf.library(snapshot.edition).await? {
            let held = |record: Record| {
                if self.gate.sees(&record.scope) && !waiting.contains(&*record.encoded_identity()) {
                    look(record);
                }
            };
            library.each_text(held).await?;
        }
        let rows = snapshot.fresh.iter().filter_map(|change| change.row.as_ref());
        let seen = rows.filter(|row| self.gate.sees(&row.record.scope));
        seen.for_each(|row| look(row.record.clone()));
        Ok(())
    }

    /// Calls `look` with each readable older version of a record of this view.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn each_version(&self, mut look: impl FnMut(Record)) -> Result<(), Error> {
        let mut after = 0;
        loop {
            let page = self.parts.journal.versions(after, VERSIONS_AT_ONCE).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = *last;
            let versions = page.into_iter().filter_map(|(_, version)| version);
            versions.filter(|it| self.gate.sees(&it.scope)).for_each(&mut look);
        }
    }

    /// Deletes the older versions of these records, and leaves the records unchanged. Records that
    /// this view may not change keep their versions. Their bytes stay in files until these are
    /// rewritten; [`purge`](crate::Longterm::purge) does that.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be written.
    pub async fn forget_versions(&self, identities: &[Identity]) -> Result<(), Error> {
        let scopes = self.scopes(identities).await?;
        let own = identities.iter().zip(scopes);
        let own = own
            .filter(|(_, scope)| scope.as_ref().is_some_and(|scope| self.gate.may_change(scope)));
        let keys = own.map(|(identity, _)| identity.encode()).collect();
        self.parts.journal.forget_versions(keys).await
    }

    /// Returns the summaries of this view whose source is one of these records, such as a session.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] if a store cannot be read.
    pub async fn summaries_of(&self, subjects: &[Identity]) -> Result<Vec<Identity>, Error> {
        let subjects: HashSet<&Identity> = subjects.iter().collect();
        let mut summaries = Vec::new();
        self.each_with_origin(|record| {
            let source = record.source.as_ref().filter(|_| record.kind == Kind::Summary);
            let subject = source.and_then(|source| {
                let key = aios_record::Key::new(source.kind.parse().ok()?, source.id.parse().ok()?);
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
