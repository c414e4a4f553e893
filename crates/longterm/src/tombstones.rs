//! Tombstones: records that were forgotten stay so when they are found again.
//!
//! Forgetting a record leaves a tombstone, which knows it by a keyed hash of its owner, kind, scope
//! and text (of a piece of a document, also its document), and by one of its identity. Storing a
//! record lifts the tombstones that it fits, so
//! whoever takes records in that nobody asked for (a file that is read again, another program's
//! store) asks for those before.

use aios_record::{Identity, Record};

use crate::{
    Error, LongtermView,
    journal::{Contents, Secret, Tombstone},
};

/// As many records are looked at at once for what they say.
const KEYS_AT_ONCE: usize = 500;

impl LongtermView {
    /// Which of these records were forgotten, here or by whoever
    /// [left their tombstones](LongtermView::leave_tombstones): one with the same owner, kind and
    /// scope and, in the form [`forgotten`](aios_record::forms::forgotten), text, or with the same
    /// identity, and none of them was stored since. Costs next to nothing if nothing was ever
    /// forgotten.
    ///
    /// # Errors
    /// [`Error::Scope`] when a record's scope does not fit the gate; [`Error::Journal`] when the
    /// journal cannot be read.
    pub async fn are_forgotten(&self, records: &[Record]) -> Result<Vec<bool>, Error> {
        let journal = &self.shared.journal;
        let Some(secret) = journal.secret_of_tombstones().await? else {
            return Ok(vec![false; records.len()]);
        };
        let named = self.named(&secret, records)?;
        journal.have_tombstones(named).await
    }

    /// Leaves the tombstones of records that another tier forgets. Each takes about 100 bytes of
    /// `journal.db`, for ever.
    ///
    /// # Errors
    /// [`Error::Scope`] when a record's scope does not fit the gate; [`Error::Journal`] when the
    /// disk refuses.
    pub async fn leave_tombstones(&self, records: &[Record]) -> Result<(), Error> {
        if records.is_empty() {
            return Ok(());
        }
        let journal = &self.shared.journal;
        let secret = journal.tombstone_secret().await?;
        let named = self.named(&secret, records)?;
        journal.leave_tombstones(named).await
    }

    /// Lifts the tombstones of records that are stored in another tier, as
    /// [`store`](LongtermView::store) does for those that it stores.
    ///
    /// # Errors
    /// [`Error::Scope`] when a record's scope does not fit the gate; [`Error::Journal`] when the
    /// disk refuses.
    pub async fn lift_tombstones(&self, records: &[Record]) -> Result<(), Error> {
        let journal = &self.shared.journal;
        let Some(secret) = journal.secret_of_tombstones().await? else { return Ok(()) };
        let named = self.named(&secret, records)?;
        journal.lift_tombstones(named).await
    }

    /// The hashes that name `records` as they would be stored through this view.
    fn named(&self, secret: &Secret, records: &[Record]) -> Result<Vec<Tombstone>, Error> {
        let name = |record: &Record| {
            let mut record = record.clone();
            // Names of a former store's users need not be ones that a user can have today.
            if self.gate.acts_for().is_some() {
                self.gate.fill(&mut record.scope)?;
            }
            Ok(secret.tombstone(&record))
        };
        records.iter().map(name).collect()
    }

    /// The hashes of contents that tombstones of `identities` get, of what is stored under them.
    pub(crate) async fn contents(&self, identities: &[Identity]) -> Result<Contents, Error> {
        let mut contents = Contents::new();
        if identities.is_empty() {
            return Ok(contents);
        }
        let secret: Secret = self.shared.journal.tombstone_secret().await?;
        for identities in identities.chunks(KEYS_AT_ONCE) {
            match self.shared.rows_left(identities.iter().map(Identity::encode).collect()).await {
                Ok((rows, _)) => contents.extend(rows.iter().filter_map(|row| {
                    Some((row.record.encoded_identity(), secret.of_content(&row.record)?))
                })),
                // An unreadable record must not be kept from being forgotten; its key is enough.
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "some records are forgotten by their keys alone");
                }
            }
        }
        Ok(contents)
    }
}
