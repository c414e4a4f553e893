//! Reads the records of an export page by page: the caller's own, parents before children. Each
//! transport writes them in its own form.
//!
//! Held in RAM: a page of ids, and 16 bytes for each record of the current kind that was read from
//! working memory, so that a record that moves to long-term memory meanwhile is exported once.

use std::collections::HashSet;

use aios_memory::{Error, Identity, Kind, MemoryView, Record, working::KINDS};

use sha2::{Digest, Sha256};

use crate::page::PageSize;

/// Number of long-term memory ids per lookup.
const IDS: usize = 1_000;

/// The pages of an export.
pub(crate) struct Pages {
    view: MemoryView,
    /// Kinds to export, in reverse order.
    kinds: Vec<Kind>,
    place: Place,
    /// Hashes of the exported records of the current kind that were in working memory.
    exported: HashSet<[u8; 16]>,
    size: PageSize,
    /// Number of records so far.
    count: u64,
}

/// The position in an export.
enum Place {
    /// Before the first kind.
    Begun,
    /// Between two kinds.
    Next,
    /// In working memory, after this record.
    Working(Kind, Option<u64>),
    /// In long-term memory, after this record. The ids are those already looked up, in reverse
    /// order.
    Longterm(Kind, Option<Identity>, Vec<Identity>),
    /// After a failure.
    Failed,
}

impl Pages {
    /// Returns the pages of the records that `view` may change, of the kinds `wanted`, or of all
    /// kinds.
    pub(crate) fn new(view: MemoryView, wanted: Option<&[Kind]>) -> Pages {
        // Facts are first, so that they are stored when an import learns from their messages.
        // Sessions are next, because messages and tasks belong to them.
        let first = [Kind::Fact, Kind::Session];
        let rest = Kind::ALL.iter().copied().filter(|kind| !first.contains(kind));
        let kinds = first.into_iter().chain(rest);
        let kinds = kinds.filter(|kind| wanted.is_none_or(|wanted| wanted.contains(kind)));
        let mut kinds: Vec<Kind> = kinds.collect();
        kinds.reverse();
        Pages {
            view,
            kinds,
            place: Place::Begun,
            exported: HashSet::new(),
            size: PageSize::first(),
            count: 0,
        }
    }

    /// Returns the number of records in the pages so far.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Records the size of the last page in bytes, from which the number of records in the next one
    /// is determined. An empty page is ignored.
    pub(crate) fn took(&mut self, bytes: usize) {
        if 0 < bytes {
            self.size = self.size.after(bytes);
        }
    }

    /// Returns the next page, which may be empty; `None` after the last one. After an error, or if
    /// the future was dropped, there are no further pages.
    ///
    /// # Errors
    /// Errors of the memory, and [`Damaged`](aios_memory::longterm::Error::Damaged) if a record of
    /// the library is missing.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Record>>, Error> {
        let page = self.read().await?;
        self.count += page.as_ref().map_or(0, |records| records.len() as u64);
        Ok(page)
    }

    async fn read(&mut self) -> Result<Option<Vec<Record>>, Error> {
        match std::mem::replace(&mut self.place, Place::Failed) {
            Place::Failed => Ok(None),
            Place::Begun => {
                self.view.feed().catch_up().await?;
                self.place = Place::Next;
                Ok(Some(Vec::new()))
            }
            Place::Next => {
                let Some(kind) = self.kinds.pop() else { return Ok(None) };
                self.exported.clear();
                self.place = match KINDS.contains(&kind) {
                    true => Place::Working(kind, None),
                    false => Place::Longterm(kind, None, Vec::new()),
                };
                Ok(Some(Vec::new()))
            }
            Place::Working(kind, after) => {
                let page =
                    self.view.working().records().list(kind, after, self.size.records()).await?;
                self.exported.extend(page.records.iter().map(|it| hash_of(&it.identity())));
                let mut records = page.records;
                // Machine-wide records are visible through every narrowed view.
                let gate = self.view.gate();
                records.retain(|it| gate.sees(&it.scope) && gate.may_change(&it.scope));
                self.place = match page.next {
                    Some(next) => Place::Working(kind, Some(next)),
                    None => Place::Longterm(kind, None, Vec::new()),
                };
                Ok(Some(records))
            }
            Place::Longterm(kind, after, left) if left.is_empty() => {
                self.place = self.in_longterm(kind, after).await?;
                Ok(Some(Vec::new()))
            }
            Place::Longterm(kind, after, mut left) => {
                let some = left.split_off(left.len().saturating_sub(self.size.records()));
                let records = self.whole(some).await?;
                self.place = Place::Longterm(kind, after, left);
                Ok(Some(records))
            }
        }
    }

    /// Looks up the caller's next records of a kind that are only in long-term memory.
    async fn in_longterm(&self, kind: Kind, after: Option<Identity>) -> Result<Place, Error> {
        let records = self.view.longterm().records();
        let mut identities = records.identities_after(kind, after.as_ref(), IDS).await?;
        let Some(last) = identities.last().cloned() else { return Ok(Place::Next) };
        let own = self.view.gate().acts_for();
        identities.retain(|identity| {
            let is_own = own.is_none_or(|owner| identity.owner == *owner);
            is_own && !self.exported.contains(&hash_of(identity))
        });
        // A user's own records come before the shared ones.
        if identities.is_empty() && own.is_some_and(|owner| last.owner != *owner) {
            return Ok(Place::Next);
        }
        identities.reverse();
        Ok(Place::Longterm(kind, Some(last), identities))
    }

    /// Reads records in long-term memory.
    async fn whole(&self, identities: Vec<Identity>) -> Result<Vec<Record>, Error> {
        let longterm = self.view.longterm();
        let mut records = longterm.records().get_all(&identities).await?;
        let found: HashSet<Identity> = records.iter().map(Record::identity).collect();
        let missing: Vec<Identity> =
            identities.into_iter().filter(|it| !found.contains(it)).collect();
        // A record that was removed in the meantime is not missing.
        let known = longterm.records().known(&missing).await?;
        if let Some((identity, _)) = missing.into_iter().zip(known).find(|(_, known)| *known) {
            let (key, reason) = (identity.to_string(), "missing from long-term memory".to_owned());
            return Err(aios_memory::longterm::Error::Damaged { key, reason }.into());
        }
        records.sort_by_cached_key(Record::identity);
        Ok(records)
    }
}

/// Returns the first bytes of the hash of an identity.
fn hash_of(identity: &Identity) -> [u8; 16] {
    let hash: [u8; 32] = Sha256::digest(identity.encode()).into();
    let mut first = [0; 16];
    first.copy_from_slice(&hash[..16]);
    first
}
