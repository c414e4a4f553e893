//! Tombstones: records that were forgotten stay so when they are found again.
//!
//! Forgetting a record leaves a tombstone, which knows it by a keyed hash of its owner, kind, scope
//! and text (of a piece of a document, also its document), and by one of its identity; a tombstone
//! of a text knows it as any kind and in any scope of its owner. Storing a record lifts the
//! tombstones that it fits, so whoever takes records in that nobody asked for (a file that is read
//! again, another program's store) asks for those before.

use aios_record::{Identity, Owner, Record, Scope, forms};

use crate::{
    Error, Longterm, LongtermView,
    journal::{Contents, Hash, Secret, Tombstone},
    sayings,
};

/// As many records are looked at at once for what they say.
const KEYS_AT_ONCE: usize = 500;

/// Tombstones of texts, wherever their owner has them: keyed hashes, without a word.
#[derive(Debug, Clone, Default)]
pub struct TextTombstones {
    hashes: Vec<Hash>,
}

impl TextTombstones {
    /// Adds others of the same journal.
    pub fn extend(&mut self, others: TextTombstones) {
        self.hashes.extend(others.hashes);
    }
}

impl LongtermView {
    /// Which of these records were forgotten, here or by whoever
    /// [left their tombstones](LongtermView::leave_tombstones): one with the same owner, kind and
    /// scope and, in the form [`forgotten`](aios_record::forms::forgotten), text, or with the same
    /// identity, or that says in its text or a field a
    /// [text](LongtermView::leave_text_tombstones) that was, and none of them was stored since.
    /// Costs next to nothing if nothing was ever forgotten.
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

    /// The tombstones of what these records say. Once they are
    /// [left](LongtermView::leave_text_tombstones),
    /// [`are_forgotten`](LongtermView::are_forgotten)
    /// knows a record of the same owner that says it, whatever its kind and scope, in its text or
    /// in a field. A text that is too short to tell a record from others ("yes, please") has none.
    ///
    /// # Errors
    /// As [`leave_tombstones`](LongtermView::leave_tombstones).
    pub async fn text_tombstones(&self, records: &[Record]) -> Result<TextTombstones, Error> {
        if records.is_empty() {
            return Ok(TextTombstones::default());
        }
        let secret = self.shared.journal.tombstone_secret().await?;
        let mut hashes = Vec::with_capacity(records.len());
        for record in records {
            let owner = self.acting_for(record.scope.clone())?;
            hashes.extend(sayings::own(record).iter().map(|it| secret.of_saying(&owner, it)));
            hashes.extend(sayings::values(record).iter().map(|it| secret.of_value(&owner, it)));
        }
        Ok(TextTombstones { hashes })
    }

    /// The tombstones of these texts, as records of `owner`, however short they are.
    ///
    /// # Errors
    /// [`Error::Scope`] when the view does not act for `owner`; [`Error::Journal`] when the disk
    /// refuses.
    pub async fn tombstones_of_texts(
        &self,
        owner: &Owner,
        texts: &[&str],
    ) -> Result<TextTombstones, Error> {
        if texts.is_empty() {
            return Ok(TextTombstones::default());
        }
        let owner = &self.acting_for(Scope::default().with_owner(owner))?;
        let secret = self.shared.journal.tombstone_secret().await?;
        let said = texts.iter().map(|text| secret.of_saying(owner, &forms::forgotten(text)));
        Ok(TextTombstones { hashes: said.collect() })
    }

    /// The tombstones of these paragraphs of `document`: they are known within it, and in records
    /// that are of no document. Other documents may share them. Those that are too short to tell
    /// one text from another have none.
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
        let secret = self.shared.journal.tombstone_secret().await?;
        let said = paragraphs.iter().flat_map(|text| sayings::distinctive_left(text));
        let places = [None, Some(document)];
        let hashes = said.flat_map(|text| places.map(|it| secret.of_paragraph(owner, it, &text)));
        Ok(TextTombstones { hashes: hashes.collect() })
    }

    /// Leaves these tombstones. Each takes about 60 bytes of `journal.db`, for ever.
    ///
    /// # Errors
    /// [`Error::Journal`] when the disk refuses.
    pub async fn leave_text_tombstones(&self, tombstones: &TextTombstones) -> Result<(), Error> {
        match tombstones.hashes.is_empty() {
            true => Ok(()),
            false => self.shared.journal.leave_sayings(tombstones.hashes.clone()).await,
        }
    }

    /// Which of these texts, as records of `owner` or parts of them, have
    /// [tombstones](LongtermView::leave_text_tombstones) of their own. List signs, quotation marks
    /// and closing punctuation around them do not count. `document` is the one that they are in.
    ///
    /// # Errors
    /// [`Error::Scope`] when the view does not act for `owner`; [`Error::Journal`] when the journal
    /// cannot be read.
    pub async fn are_texts_forgotten(
        &self,
        owner: &Owner,
        document: Option<&str>,
        texts: &[&str],
    ) -> Result<Vec<bool>, Error> {
        let journal = &self.shared.journal;
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

    /// The owner of a record of this scope as it would be stored through this view.
    fn acting_for(&self, mut scope: Scope) -> Result<Owner, Error> {
        if self.gate.acts_for().is_some() {
            self.gate.fill(&mut scope)?;
        }
        Ok(scope.owner())
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

impl Longterm {
    /// Returns `true` if anything was ever forgotten, of whichever owner, and not stored since.
    ///
    /// # Errors
    /// [`Error::Journal`] when the journal cannot be read.
    pub async fn has_tombstones(&self) -> Result<bool, Error> {
        Ok(self.shared.journal.secret_of_tombstones().await?.is_some())
    }
}
