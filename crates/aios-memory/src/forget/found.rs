//! The records that a target means, with all others that are affected.

use std::collections::{BTreeMap, BTreeSet};

use aios_record::{Identity, Kind};

use super::receipt::{Part, Receipt, Related, Relation, Remade};

/// Records of working memory per read.
pub(super) const PAGE: usize = 500;

/// The records to forget, and the affected parts of others.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// All of them, with their relation to the selected ones.
    pub(super) all: BTreeMap<Identity, Relation>,
    /// Records that are kept and lose a part.
    pub(super) remade: BTreeMap<Identity, Part>,
    /// The extent to which their texts are recognised in other records.
    pub(super) meaning: Meaning,
    /// A text that some of them contain among other text, and that was selected itself.
    pub(super) said: Option<String>,
}

/// The extent to which forgotten text is recognised in other records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Meaning {
    /// Not at all: a part of an owner's records was selected, and the same words elsewhere are
    /// other records.
    #[default]
    Place,
    /// As a whole document, but not as single paragraphs.
    Document,
    /// As the text of each selected record.
    Texts,
}

impl Found {
    /// Returns all of them, in order.
    pub(super) fn identities(&self) -> Vec<Identity> {
        self.all.keys().cloned().collect()
    }

    /// Returns the selected ones.
    pub(super) fn meant(&self) -> impl Iterator<Item = &Identity> {
        self.related(Relation::Meant)
    }

    /// Returns those with this relation to the selected ones.
    pub(super) fn related(&self, relation: Relation) -> impl Iterator<Item = &Identity> {
        let related = self.all.iter().filter(move |(_, it)| **it == relation);
        related.map(|(identity, _)| identity)
    }

    /// Leaves out these records and their parts.
    pub(super) fn leave_out(&mut self, records: &[Identity]) {
        for record in records {
            self.all.remove(record);
            self.remade.remove(record);
        }
    }

    pub(super) fn add(&mut self, records: impl IntoIterator<Item = Identity>, relation: Relation) {
        for record in records {
            self.remade.remove(&record);
            self.all.entry(record).or_insert(relation);
        }
    }

    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Identity> {
        self.all.keys().filter(move |it| it.kind == kind)
    }
}

impl Receipt {
    /// Builds the receipt for `records`, some or all of `found`.
    pub(super) fn of(records: BTreeSet<Identity>, found: &Found) -> Receipt {
        let mut receipt = Receipt { forgotten: records.len() as u64, ..Receipt::default() };
        for identity in &records {
            *receipt.collections.entry(identity.kind.collection()).or_default() += 1;
        }
        receipt.keys = records.iter().map(Identity::key).collect();
        let related = records.iter().filter_map(|record| {
            // A record that was removed unexpectedly was a dependent.
            let relation = found.all.get(record).copied().unwrap_or(Relation::BelongsTo);
            (relation != Relation::Meant).then(|| Related { record: record.clone(), relation })
        });
        receipt.related = related.collect();
        let remade = found.remade.iter();
        receipt.remade =
            remade.map(|(record, part)| Remade { record: record.clone(), part: *part }).collect();
        receipt.records = records.into_iter().collect();
        receipt
    }
}
