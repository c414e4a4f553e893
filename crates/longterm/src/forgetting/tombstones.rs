//! Tombstones: forgotten records stay forgotten when they are found again.
//!
//! Forgetting a record leaves a tombstone. It recognises the record by a keyed hash of its owner,
//! kind, scope and text (and document, for a piece of one), and by a keyed hash of its identity. A
//! tombstone of a text recognises it in any kind and scope of its owner. Storing a record lifts the
//! tombstones that it matches, so a caller that imports records without a request (a file that is
//! read again, another program's store) checks for tombstones first.

use aios_record::{Identity, Owner, Record, Scope, forms};

use crate::{
    Error, Longterm, LongtermView,
    forgetting::sayings,
    journal::{Contents, Hash, Secret, Tombstone},
};

/// Keys per lookup of contents.
const KEYS_AT_ONCE: usize = 500;

/// Tombstones of texts, for all records of their owner: keyed hashes, without the texts.
#[derive(Debug, Clone, Default)]
pub struct TextTombstones {
    hashes: Vec<Hash>,
}

impl TextTombstones {
    /// Adds other tombstones of the same journal.
    pub fn extend(&mut self, others: TextTombstones) {
        self.hashes.extend(others.hashes);
    }
}

impl LongtermView {
    /// Returns, for each of these records, whether it was forgotten and not stored since, here or
    /// by a caller that [left its tombstone](LongtermView::leave_tombstones). A record matches a
    /// tombstone by its owner, kind, scope and text in the form
    /// [`forgotten`](aios_record::forms::forgotten), by its identity, or by a [forgotten
    /// text](LongtermView::leave_text_tombstones) in its text or a field. Costs almost nothing if
    /// nothing was ever forgotten.
    ///
    /// # Errors
    /// [`Error::Scope`] if a record's scope does not fit the gate; [`Error::Journal`] if the
    /// journal cannot be read.
    pub async fn are_forgotten(&self, records: &[Record]) -> Result<Vec<bool>, Error> {
        let journal = &self.parts.journal;
        let Some(secret) = journal.secret_of_tombstones().await? else {
            return Ok(vec![false; records.len()]);
        };
        let named = self.named(&secret, records)?;
        journal.have_tombstones(named).await
    }

    /// Stores the tombstones of records that another tier forgets. Each permanently takes about 100
    /// bytes of `journal.db`.
    ///
    /// # Errors
    /// [`Error::Scope`] if a record's scope does not fit the gate; [`Error::Journal`] if the
    /// journal cannot be written.
    pub async fn leave_tombstones(&self, records: &[Record]) -> Result<(), Error> {
        if records.is_empty() {
            return Ok(());
        }
        let journal = &self.parts.journal;
        let secret = journal.tombstone_secret().await?;
        let named = self.named(&secret, records)?;
        journal.leave_tombstones(named).await
    }

    /// Returns the tombstones of these records' texts. Once they are
    /// [stored](LongtermView::leave_text_tombstones),
    /// [`are_forgotten`](LongtermView::are_forgotten) recognises every record of the same owner
    /// with one of the texts, of any kind and scope, in its text or a field. A text that is too
    /// short to be distinctive ("yes, please") has none.
    ///
    /// # Errors
    /// As [`leave_tombstones`](LongtermView::leave_tombstones).
    pub async fn text_tombstones(&self, records: &[Record]) -> Result<TextTombstones, Error> {
        if records.is_empty() {
            return Ok(TextTombstones::default());
        }
        let secret = self.parts.journal.tombstone_secret().await?;
        let mut hashes = Vec::with_capacity(records.len());
        for record in records {
            let owner = self.acting_for(record.scope.clone())?;
            hashes.extend(sayings::own(record).iter().map(|it| secret.of_saying(&owner, it)));
            hashes.extend(sayings::values(record).iter().map(|it| secret.of_value(&owner, it)));
        }
        Ok(TextTombstones { hashes })
    }

    /// Returns the tombstones of these texts, as records of `owner`, however short they are.
    ///
    /// # Errors
    /// [`Error::Scope`] if the view does not act for `owner`; [`Error::Journal`] if the journal
    /// cannot be written.
    pub async fn tombstones_of_texts(
        &self,
        owner: &Owner,
        texts: &[&str],
    ) -> Result<TextTombstones, Error> {
        if texts.is_empty() {
            return Ok(TextTombstones::default());
        }
        let owner = &self.acting_for(Scope::default().with_owner(owner))?;
        let secret = self.parts.journal.tombstone_secret().await?;
        let said = texts.iter().map(|text| secret.of_saying(owner, &forms::forgotten(text)));
        Ok(TextTombstones { hashes: said.collect() })
    }

    /// Returns the tombstones of these paragraphs of `document`. They match within it, and in
    /// records of no document; other documents may share them. Paragraphs that are too short to be
    /// distinctive have none.
    ///
    /// # Errors
    /// As [`tombstones_of_texts`](LongtermView::tombstones_of_texts).
    pub async fn tombstones_of_paragraphs(
        &self,
        owner: &Owner,
        document: &str,
        paragraphs: &[&str],
    ) -> Result<TextTombstones, Error> {
        let owner = &self.acting_for(Scope::default().with_owner(owner))?;
        let secret = self.parts.journal.tombstone_secret().await?;
        let said = paragraphs.iter().flat_map(|text| sayings::distinctive_left(text));
        let places = [None, Some(document)];
        let hashes = said.flat_map(|text| places.map(|it| secret.of_paragraph(owner, it, &text)));
        Ok(TextTombstones { hashes: hashes.collect() })
    }

    /// Stores these tombstones. Each permanently takes about 60 bytes of `journal.db`.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be written.
    pub async fn leave_text_tombstones(&self, tombstones: &TextTombstones) -> Result<(), Error> {
        match tombstones.hashes.is_empty() {
            true => Ok(()),
            false => self.parts.journal.leave_sayings(tombstones.hashes.clone()).await,
        }
    }

    /// Returns, for each of these texts, whether it has a
    /// [tombstone](LongtermView::leave_text_tombstones) of its own, as a record of `owner` or a
    /// part of one. List markers, quotation marks and closing punctuation around it are ignored.
    /// `document` is the document that contains the texts.
    ///
    /// # Errors
    /// [`Error::Scope`] if the view does not act for `owner`; [`Error::Journal`] if the journal
    /// cannot be read.
    pub async fn are_texts_forgotten(
        &self,
        owner: &Owner,
        document: Option<&str>,
        texts: &[&str],
    ) -> Result<Vec<bool>, Error> {
        let journal = &self.parts.journal;
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let Some(secret) = journal.secret_of_tombstones().await? else {
            return Ok(vec![false; texts.len()]);
        };
        let owner = &self.acting_for(Scope::default().with_owner(owner))?;
        let (mut hashes, mut ends) = (Vec::new(), Vec::with_capacity(texts.len()));
        for text in texts {
            for form in sayings::found(text) {
                hashes.push(secret.of_saying(owner, &form));
                hashes.push(secret.of_value(owner, &form));
                hashes.push(secret.of_paragraph(owner, document, &form));
            }
            ends.push(hashes.len());
        }
        let found = journal.have_sayings(hashes).await?;
        let starts = std::iter::once(0).chain(ends.iter().copied());
        Ok(starts.zip(&ends).map(|(start, end)| found[start..*end].contains(&true)).collect())
    }

    /// Lifts the tombstones of records that are stored in another tier, as
    /// [`store`](LongtermView::store) does for its own.
    ///
    /// # Errors
    /// [`Error::Scope`] if a record's scope does not fit the gate; [`Error::Journal`] if the
    /// journal cannot be written.
    pub async fn lift_tombstones(&self, records: &[Record]) -> Result<(), Error> {
        let journal = &self.parts.journal;
        let Some(secret) = journal.secret_of_tombstones().await? else { return Ok(()) };
        let named = self.named(&secret, records)?;
        journal.lift_tombstones(named).await
    }

    /// Returns the owner that a record of this scope would have if stored through this view.
    fn acting_for(&self, mut scope: Scope) -> Result<Owner, Error> {
        if self.gate.acts_for().is_some() {
            self.gate.fill(&mut scope)?;
        }
        Ok(scope.owner())
    }

    /// Returns the hashes that identify `records` as they would be stored through this view.
    fn named(&self, secret: &Secret, records: &[Record]) -> Result<Vec<Tombstone>, Error> {
        let name = |record: &Record| {
            let mut record = record.clone();
            // The administrator's view keeps names of a former store's users, which need not be
            // valid today.
            if self.gate.acts_for().is_some() {
                self.gate.fill(&mut record.scope)?;
            }
            Ok(secret.tombstone(&record))
        };
        records.iter().map(name).collect()
    }

    /// Returns the content hashes for the tombstones of `identities`, from their stored records.
    pub(crate) async fn contents(&self, identities: &[Identity]) -> Result<Contents, Error> {
        let mut contents = Contents::new();
        if identities.is_empty() {
            return Ok(contents);
        }
        let secret: Secret = self.parts.journal.tombstone_secret().await?;
        for identities in identities.chunks(KEYS_AT_ONCE) {
            match self
                .parts
                .shelf
                .rows_left(identities.iter().map(Identity::encode).collect())
                .await
            {
                Ok((rows, _)) => contents.extend(rows.iter().filter_map(|row| {
                    Some((row.record.encoded_identity(), secret.of_content(&row.record)?))
                })),
                // An unreadable record must still be forgettable. Its key is enough.
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "unreadable records are forgotten by key only");
                }
            }
        }
        Ok(contents)
    }
}

impl Longterm {
    /// Returns `true` if anything of any owner was forgotten and not stored since.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn has_tombstones(&self) -> Result<bool, Error> {
        Ok(self.parts.journal.secret_of_tombstones().await?.is_some())
    }
}
