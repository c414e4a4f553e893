//! Tombstones, which recognise forgotten records when they are imported again.
//!
//! Forgetting a record leaves a tombstone. It recognises the record by a keyed hash of its owner,
//! kind, scope and text (and document, for a piece of one), and by a keyed hash of its identity. A
//! tombstone of a text recognises it in any kind and scope of its owner. Storing a record lifts the
//! tombstones that it matches, so a caller that imports records without a request (a file that is
//! read again, another program's store) checks for tombstones first.

use aios_record::{Identity, Kind, Owner, Record, Scope, forms};

use crate::{
    Error, LongtermView, Upkeep,
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

/// The tombstones of a view: forgotten records and texts, and deleted keys.
///
/// ```
/// # use aios_longterm::{Config, Longterm};
/// # use aios_record::{Id, Kind, Record, Scope};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let model = aios_embedding::StaticModel::bundled()?;
/// # let longterm = Longterm::open(dir.path(), Config::default(), model).await?;
/// let note = Record::new(Kind::Note, Id::generate(), "The safe is in room 4.", Scope::default());
/// longterm.store(vec![note.clone()]).await?;
/// longterm.forget(vec![note.identity()]).await?;
///
/// let again = Record { id: Id::generate(), ..note };
/// assert_eq!(longterm.tombstones().are_forgotten(&[again]).await?, [true]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Tombstones<'a> {
    pub(crate) view: &'a LongtermView,
}

impl LongtermView {
    /// Returns the tombstones.
    #[must_use]
    pub fn tombstones(&self) -> Tombstones<'_> {
        Tombstones { view: self }
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

impl Tombstones<'_> {
    /// Returns, for each of these records, whether it was forgotten and not stored since, here or
    /// by a caller that [left its tombstone](Tombstones::leave). A record matches a
    /// tombstone by its owner, kind, scope and text in the form
    /// [`forgotten`](aios_record::forms::forgotten), by its identity, or by a [forgotten
    /// text](Tombstones::leave_texts) in its text or a field. Costs almost nothing if
    /// nothing was ever forgotten.
    ///
    /// # Errors
    /// [`Error::Scope`] if a record's scope does not fit the gate; [`Error::Journal`] if the
    /// journal cannot be read.
    pub async fn are_forgotten(self, records: &[Record]) -> Result<Vec<bool>, Error> {
        let journal = &self.view.parts.journal;
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
    pub async fn leave(self, records: &[Record]) -> Result<(), Error> {
        if records.is_empty() {
            return Ok(());
        }
        let journal = &self.view.parts.journal;
        let secret = journal.tombstone_secret().await?;
        let named = self.named(&secret, records)?;
        journal.leave_tombstones(named).await
    }

    /// Returns the tombstones of these records' texts. Once they are
    /// [stored](Tombstones::leave_texts),
    /// [`are_forgotten`](Tombstones::are_forgotten) recognises every record of the same owner
    /// with one of the texts, of any kind and scope, in its text or a field. A text that is too
    /// short to be distinctive ("yes, please") has none.
    ///
    /// # Errors
    /// As [`leave`](Tombstones::leave).
    pub async fn of_records(self, records: &[Record]) -> Result<TextTombstones, Error> {
        if records.is_empty() {
            return Ok(TextTombstones::default());
        }
        let secret = self.view.parts.journal.tombstone_secret().await?;
        let mut hashes = Vec::with_capacity(records.len());
        for record in records {
            let owner = self.acting_for(record.scope.clone())?;
            hashes.extend(sayings::own(record).iter().map(|it| secret.of_saying(&owner, it)));
            hashes.extend(sayings::values(record).iter().map(|it| secret.of_value(&owner, it)));
        }
        Ok(TextTombstones { hashes })
    }

    /// Returns the tombstones of these texts, as records of `owner`, including short ones.
    ///
    /// # Errors
    /// [`Error::Scope`] if the view does not act for `owner`; [`Error::Journal`] if the journal
    /// cannot be written.
    pub async fn of_texts(self, owner: &Owner, texts: &[&str]) -> Result<TextTombstones, Error> {
        if texts.is_empty() {
            return Ok(TextTombstones::default());
        }
        let owner = &self.acting_for(Scope::default().with_owner(owner))?;
        let secret = self.view.parts.journal.tombstone_secret().await?;
        let said = texts.iter().map(|text| secret.of_saying(owner, &forms::forgotten(text)));
        Ok(TextTombstones { hashes: said.collect() })
    }

    /// Returns the tombstones of these paragraphs of `document`. They match within it, and in
    /// records of no document; other documents may share them. Paragraphs that are too short to be
    /// distinctive have none.
    ///
    /// # Errors
    /// As [`of_texts`](Tombstones::of_texts).
    pub async fn of_paragraphs(
        self,
        owner: &Owner,
        document: &str,
        paragraphs: &[&str],
    ) -> Result<TextTombstones, Error> {
        let owner = &self.acting_for(Scope::default().with_owner(owner))?;
        let secret = self.view.parts.journal.tombstone_secret().await?;
        let said = paragraphs.iter().flat_map(|text| sayings::distinctive_left(text));
        let places = [None, Some(document)];
        let hashes = said.flat_map(|text| places.map(|it| secret.of_paragraph(owner, it, &text)));
        Ok(TextTombstones { hashes: hashes.collect() })
    }

    /// Stores these tombstones. Each permanently takes about 60 bytes of `journal.db`.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be written.
    pub async fn leave_texts(self, tombstones: &TextTombstones) -> Result<(), Error> {
        match tombstones.hashes.is_empty() {
            true => Ok(()),
            false => self.view.parts.journal.leave_sayings(tombstones.hashes.clone()).await,
        }
    }

    /// Returns, for each of these texts, whether it has a
    /// [tombstone](Tombstones::leave_texts) of its own, as a record of `owner` or a
    /// part of one. List markers, quotation marks and closing punctuation around it are ignored.
    /// `document` is the document that contains the texts.
    ///
    /// # Errors
    /// [`Error::Scope`] if the view does not act for `owner`; [`Error::Journal`] if the journal
    /// cannot be read.
    pub async fn are_texts_forgotten(
        self,
        owner: &Owner,
        document: Option<&str>,
        texts: &[&str],
    ) -> Result<Vec<bool>, Error> {
        let journal = &self.view.parts.journal;
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
    pub async fn lift(self, records: &[Record]) -> Result<(), Error> {
        let journal = &self.view.parts.journal;
        let Some(secret) = journal.secret_of_tombstones().await? else { return Ok(()) };
        let named = self.named(&secret, records)?;
        journal.lift_tombstones(named).await
    }

    /// Returns, for each of `identities`, whether it is stored, or was deleted or forgotten before.
    /// `false` for identities that this view may not change, or whose known scope it does not see.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn knew(self, identities: &[Identity]) -> Result<Vec<bool>, Error> {
        let gate = self.view.gate.clone();
        let knew = self.view.parts.journal.knew(gate, identities.to_vec()).await?;
        let own = identities.iter().map(|identity| self.may_change(&identity.owner));
        Ok(knew.into_iter().zip(own).map(|(knew, own)| knew && own).collect())
    }

    /// Returns `true` if a record of the scope to which this view is narrowed is stored or was
    /// deleted. For purged records, only the owner and the session itself are known.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn knew_scope(self) -> Result<bool, Error> {
        self.view.parts.journal.knew_scope(self.view.gate.clone()).await
    }

    /// Returns the deleted identities of a kind that this view may change, each with the known part
    /// of its scope.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn deleted_of(self, kind: Kind) -> Result<Vec<(Identity, Scope)>, Error> {
        let mut deleted = self.view.parts.journal.deleted_of(kind).await?;
        deleted.retain(|(identity, _)| self.may_change(&identity.owner));
        Ok(deleted)
    }

    /// Returns the owner that a record of this scope would have if stored through this view.
    fn acting_for(self, mut scope: Scope) -> Result<Owner, Error> {
        if self.view.gate.acts_for().is_some() {
            self.view.gate.fill(&mut scope)?;
        }
        Ok(scope.owner())
    }

    /// Returns the hashes that identify `records` as they would be stored through this view.
    fn named(self, secret: &Secret, records: &[Record]) -> Result<Vec<Tombstone>, Error> {
        let name = |record: &Record| {
            let mut record = record.clone();
            // The administrator's view keeps names of a former store's users, which need not be
            // valid today.
            if self.view.gate.acts_for().is_some() {
                self.view.gate.fill(&mut record.scope)?;
            }
            Ok(secret.tombstone(&record))
        };
        records.iter().map(name).collect()
    }

    fn may_change(self, owner: &Owner) -> bool {
        self.view.gate.may_change(&Scope::default().with_owner(owner))
    }
}

impl Upkeep<'_> {
    /// Returns `true` if anything of any owner was forgotten and not stored since.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be read.
    pub async fn has_tombstones(self) -> Result<bool, Error> {
        Ok(self.longterm.parts.journal.secret_of_tombstones().await?.is_some())
    }
}
