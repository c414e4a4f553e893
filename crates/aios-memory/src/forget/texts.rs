//! The texts that are to be known wherever they stand once they are forgotten: those of records
//! that are meant, and of a document as a whole.

use std::collections::{BTreeMap, BTreeSet};

use aios_longterm::TextTombstones;
use aios_record::{Gate, Id, Identity, Kind, Owner, Record, Scope};

use super::{
    PAGE,
    family::{Found, Meaning},
};
use crate::{Error, MemoryView, document::saying_of};

/// The pieces of one document by their first bytes, each with the byte after it.
type Pieces = BTreeMap<u64, (u64, String)>;

impl MemoryView {
    /// The tombstones of the texts that are meant, wherever they stand.
    pub(super) async fn text_tombstones(&self, found: &Found) -> Result<TextTombstones, Error> {
        let longterm = &self.shared().longterm;
        let mut texts = TextTombstones::default();
        let mut documents: BTreeMap<(Owner, String), Pieces> = BTreeMap::new();
        let meant: Vec<Identity> = match found.meaning {
            Meaning::Place => Vec::new(),
            Meaning::Document | Meaning::Texts => found.meant().cloned().collect(),
        };
        for some in meant.chunks(PAGE) {
            let records = self.in_either_tier(some).await?;
            match found.meaning {
                Meaning::Texts => texts.extend(longterm.text_tombstones(&records).await?),
                _ => records.into_iter().for_each(|record| add_piece(record, &mut documents)),
            }
        }
        if let Some(said) = &found.said {
            let owners: BTreeSet<&Owner> = meant.iter().map(|it| &it.owner).collect();
            let say = |owner: &&Owner| {
                let scope = Scope::default().with_owner(owner);
                Record::new(Kind::Note, Id::generate(), said.as_str(), scope)
            };
            let saying: Vec<Record> = owners.iter().map(say).collect();
            texts.extend(longterm.text_tombstones(&saying).await?);
        }
        for ((owner, _), pieces) in documents {
            let saying = saying_of(&joined(pieces));
            texts.extend(longterm.tombstones_of_texts(&owner, &[&saying]).await?);
        }
        Ok(texts)
    }

    async fn in_either_tier(&self, identities: &[Identity]) -> Result<Vec<Record>, Error> {
        let shared = self.shared();
        let mut records = shared.longterm.records(identities).await?;
        let working = shared.working.scoped(Gate::administrator()).with_expired();
        records.extend(working.records_of(identities.to_vec()).await?);
        Ok(records)
    }
}

/// Adds a piece that its document still has.
fn add_piece(record: Record, documents: &mut BTreeMap<(Owner, String), Pieces>) {
    let Some(source) = record.source.as_ref().filter(|_| record.valid_to.is_none()) else { return };
    let bytes = &record.payload["metadata"]["bytes"];
    let range = bytes[0].as_u64().zip(bytes[1].as_u64());
    if let (Some((start, end)), Some(text)) = (range, record.payload["content"].as_str()) {
        let document = documents.entry((record.owner(), source.id.clone())).or_default();
        document.insert(start, (end, text.to_owned()));
    }
}

/// The text of a document. Only white space is left out between its pieces.
fn joined(pieces: Pieces) -> String {
    let (mut text, mut at) = (String::new(), 0);
    for (start, (end, piece)) in pieces {
        if at < start {
            text.push('\n');
        }
        text.push_str(&piece);
        at = end;
    }
    text
}
