//! All records and older versions of a view, one at a time. Not here: the search for the best of
//! them (`search`).

use std::collections::HashSet;

use aios_record::{Identity, Record};

use crate::{
    Error, Records,
    journal::{Corpus, KnownWaiting},
};

/// Older versions per read.
const VERSIONS_AT_ONCE: usize = 500;

impl Records<'_> {
    /// Calls `look` with each record of this view, in no order, superseded and expired ones
    /// included. Records from the library lack their provenance. Holds one batch of them in RAM at
    /// a time.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] if a store cannot be read.
    pub async fn each(self, look: impl FnMut(Record)) -> Result<(), Error> {
        self.each_with(Columns::Told, look).await
    }

    /// Calls `look` like [`each`](Records::each). Records from the library have their identity,
    /// scope, text and time of recording only, which is faster. For counts.
    ///
    /// # Errors
    /// As [`each`](Records::each).
    pub async fn each_counted(self, look: impl FnMut(Record)) -> Result<(), Error> {
        self.each_with(Columns::Counted, look).await
    }

    async fn each_with(self, columns: Columns, mut look: impl FnMut(Record)) -> Result<(), Error> {
        let _pin = self.view.parts.shelf.pin().await?;
        let snapshot = self
            .view
            .parts
            .journal
            .snapshot(Vec::new(), Corpus::All, KnownWaiting::default())
            .await?;
        let waiting: HashSet<&str> =
            snapshot.fresh.iter().map(|change| change.key.as_str()).collect();
        if let Some(library) = self.view.parts.shelf.library(snapshot.edition).await? {
            let held = |record: Record| {
                if self.view.gate.sees(&record.scope)
                    && !waiting.contains(&*record.encoded_identity())
                {
                    look(record);
                }
            };
            match columns {
                Columns::Told => library.each_text(held).await?,
                Columns::Counted => library.each_counted(held).await?,
            }
        }
        let rows = snapshot.fresh.iter().filter_map(|change| change.row.as_ref());
        let seen = rows.filter(|row| self.view.gate.sees(&row.record.scope));
        seen.for_each(|row| look(row.record.clone()));
        Ok(())
    }

    /// Calls `look` with each readable older version of a record of this view.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn each_version(self, mut look: impl FnMut(Record)) -> Result<(), Error> {
        let mut after = 0;
        loop {
            let page = self.view.parts.journal.versions(after, VERSIONS_AT_ONCE).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = *last;
            let versions = page.into_iter().filter_map(|(_, version)| version);
            versions.filter(|it| self.view.gate.sees(&it.scope)).for_each(&mut look);
        }
    }

    /// Deletes the older versions of these records, and leaves the records unchanged. Records that
    /// this view may not change keep their versions. Their bytes remain in files until these are
    /// rewritten; [`purge`](crate::Upkeep::purge) does that.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be written.
    pub async fn forget_versions(self, identities: &[Identity]) -> Result<(), Error> {
        let scopes = self.scopes(identities).await?;
        let own = identities.iter().zip(scopes);
        let own = own.filter(|(_, scope)| {
            scope.as_ref().is_some_and(|scope| self.view.gate.may_change(scope))
        });
        let keys = own.map(|(identity, _)| identity.encode()).collect();
        self.view.parts.journal.forget_versions(keys).await
    }
}

/// The columns of the library that are read for every record.
#[derive(Debug, Clone, Copy)]
enum Columns {
    /// The content, the scope and the origin.
    Told,
    /// The text, the scope and the time of recording.
    Counted,
}
