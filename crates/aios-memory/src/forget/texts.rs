//! The texts that are recognised in any record after they are forgotten: the texts of the selected
//! records, and a document as a whole.

use std::collections::{BTreeMap, BTreeSet};

use aios_longterm::TextTombstones;
use aios_record::{Gate, Id, Identity, Kind, Owner, Record, Scope, Timestamp};

use super::found::{Found, Meaning, PAGE};
use crate::{Error, MemoryView, document::saying_of, parts::paragraphs_of};

/// Maximum number of versions of a document that are considered, the latest first.
const VERSIONS_MAX: usize = 100;

/// A piece of a document.
struct Piece {
    start: u64,
    /// The byte after it.
    end: u64,
    text: String,
    since: Timestamp,
    until: Option<Timestamp>,
}

impl MemoryView {
    /// Returns the tombstones of the texts that are recognised anywhere.
    pub(super) async fn text_tombstones(&self, found: &Found) -> Result<TextTombstones, Error> {
        let longterm = &self.shared().longterm;
        let mut texts = TextTombstones::default();
        let mut documents: BTreeMap<(Owner, String), Vec<Piece>> = BTreeMap::new();
        let meant: Vec<Identity> = match found.meaning {
            Meaning::Place => Vec::new(),
            Meaning::Document | Meaning::Texts => found.meant().cloned().collect(),
        };
        for some in meant.chunks(PAGE) {
            let records = self.in_either_tier(some).await?;
            match found.meaning {
                Meaning::Texts => texts.extend(longterm.tombstones().of_records(&records).await?),
                _ => records.into_iter().for_each(|record| add_piece(record, &mut documents)),
            }
        }
        if let Some(said) = &found.said {
            let owners: BTreeSet<&Owner> =
                meant.iter().chain(found.remade.keys()).map(|it| &it.owner).collect();
            let say = |owner: &&Owner| {
                let scope = Scope::default().with_owner(owner);
                Record::new(Kind::Note, Id::generate(), said.as_str(), scope)
            };
            let saying: Vec<Record> = owners.iter().map(say).collect();
            texts.extend(longterm.tombstones().of_records(&saying).await?);
        }
        for ((owner, document), pieces) in documents {
            let versions = versions_of(&pieces);
            let sayings: Vec<String> = versions.iter().map(|text| saying_of(text)).collect();
            let sayings: Vec<&str> = sayings.iter().map(String::as_str).collect();
            texts.extend(longterm.tombstones().of_texts(&owner, &sayings).await?);
            let contents = pieces.iter().map(|piece| piece.text.as_str());
            let paragraphs = contents.flat_map(paragraphs_of);
            let said: Vec<&str> = versions.iter().map(String::as_str).chain(paragraphs).collect();
            texts.extend(longterm.tombstones().of_paragraphs(&owner, &document, &said).await?);
        }
        Ok(texts)
    }

    /// Returns the stored records of `identities` from both tiers.
    pub(super) async fn in_either_tier(
        &self,
        identities: &[Identity],
    ) -> Result<Vec<Record>, Error> {
        let shared = self.shared();
        let mut records = shared.longterm.records().get_all(identities).await?;
        let working = shared.working.scoped(Gate::administrator()).with_expired();
        records.extend(working.records().get_all(identities.to_vec()).await?);
        Ok(records)
    }
}

/// Adds a current or former piece to its document.
fn add_piece(record: Record, documents: &mut BTreeMap<(Owner, String), Vec<Piece>>) {
    let Some(source) = &record.source else { return };
    let bytes = &record.payload["metadata"]["bytes"];
    let range = bytes[0].as_u64().zip(bytes[1].as_u64());
    if let (Some((start, end)), Some(text)) = (range, record.payload["content"].as_str()) {
        let (text, since, until) = (text.to_owned(), record.recorded_at, record.valid_to);
        let document = documents.entry((record.owner(), source.id.clone())).or_default();
        document.push(Piece { start, end, text, since, until });
    }
}

/// Returns the texts of a document: the current one, and the one after each reading that added
/// pieces, if pieces of it were removed later.
fn versions_of(pieces: &[Piece]) -> Vec<String> {
    let mut times: Vec<Timestamp> = pieces.iter().map(|piece| piece.since).collect();
    times.sort_unstable();
    times.dedup();
    let mut versions = vec![joined(pieces.iter().filter(|piece| piece.until.is_none()))];
    for time in times.windows(2).rev() {
        // A reading retires old pieces after adding new ones.
        let was = |piece: &&Piece| {
            piece.since <= time[0] && piece.until.is_none_or(|until| time[1] <= until)
        };
        if pieces.iter().any(|piece| piece.until.is_some() && was(&piece)) {
            versions.push(joined(pieces.iter().filter(was)));
        }
        if VERSIONS_MAX <= versions.len() {
            break;
        }
    }
    versions.retain(|text| !text.is_empty());
    versions
}

/// Returns the text of a document. Only white space is missing between its pieces.
fn joined<'a>(pieces: impl Iterator<Item = &'a Piece>) -> String {
    let mut pieces: Vec<&Piece> = pieces.collect();
    pieces.sort_by_key(|piece| piece.start);
    let (mut text, mut at) = (String::new(), 0);
    for piece in pieces {
        // A piece can move when pieces before it change.
        if at != piece.start {
            text.push('\n');
        }
        text.push_str(&piece.text);
        at = piece.end;
    }
    text
}
