//! The records of an export, page by page, as a reader takes them: the caller's own, parents before
//! children. Each transport writes them in its own form.
//!
//! The ids of one kind at a time are held in RAM, some hundred bytes a record, so that a record
//! which moves to long-term memory meanwhile comes once.

use std::collections::HashSet;

use aios_memory::{Error, Identity, Kind, MemoryView, Record, working::KINDS};

use crate::page::PageSize;

/// The pages of an export.
pub(crate) struct Pages {
    view: MemoryView,
    /// Kinds to export, the next one last.
    kinds: Vec<Kind>,
    place: Place,
    /// The records of the kind that came from working memory.
    exported: HashSet<Identity>,
    size: PageSize,
}

/// The place within a kind.
enum Place {
    /// Before the first kind.
    Begun,
    /// Before the next kind.
    Next,
    /// In working memory, after this record.
    Working(Kind, Option<u64>),
    /// In long-term memory, with these records left, the next one last.
    Longterm(Vec<Identity>),
    /// After a failure.
    Failed,
}

impl Pages {
    /// Returns the pages of the records that `view` may change, of the given kinds or else of all.
    pub(crate) fn new(view: MemoryView, wanted: Option<&[Kind]>) -> Pages {
        // Sessions come first, because messages and tasks belong to them.
        let rest = Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Session);
        let kinds = std::iter::once(Kind::Session).chain(rest);
        let kinds = kinds.filter(|kind| wanted.is_none_or(|wanted| wanted.contains(kind)));
        let mut kinds: Vec<Kind> = kinds.collect();
        kinds.reverse();
        Pages {
            view,
            kinds,
            place: Place::Begun,
            exported: HashSet::new(),
            size: PageSize::first(),
        }
    }

    /// Takes note of the bytes of the last page, by which the next one is measured. An empty page
    /// says nothing.
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
        match std::mem::replace(&mut self.place, Place::Failed) {
            Place::Failed => Ok(None),
            Place::Begun => {
                self.view.feed().catch_up().await?;
                self.place = Place::Next;
                Ok(Some(Vec::new()))
            }
            Place::Next => {
                let Some(kind) = self.kinds.pop() else { return Ok(None) };
                self.place = match KINDS.contains(&kind) {
                    true => Place::Working(kind, None),
                    false => Place::Longterm(self.in_longterm(kind).await?),
                };
                Ok(Some(Vec::new()))
            }
            Place::Working(kind, after) => {
                let page =
                    self.view.working().records().list(kind, after, self.size.records()).await?;
                self.exported.extend(page.records.iter().map(Record::identity));
                let mut records = page.records;
                // Machine-wide records are visible through every narrowed view.
                let gate = self.view.gate();
                records.retain(|it| gate.sees(&it.scope) && gate.may_change(&it.scope));
                self.place = match page.next {
                    Some(next) => Place::Working(kind, Some(next)),
                    None => Place::Longterm(self.in_longterm(kind).await?),
                };
                Ok(Some(records))
            }
            Place::Longterm(mut left) => {
                if left.is_empty() {
                    self.place = Place::Next;
                    return Ok(Some(Vec::new()));
                }
                let some = left.split_off(left.len().saturating_sub(self.size.records()));
                let records = self.whole(some).await?;
                self.place = Place::Longterm(left);
                Ok(Some(records))
            }
        }
    }

    /// Returns the caller's records of a kind that are only in long-term memory, the first one
    /// last.
    async fn in_longterm(&mut self, kind: Kind) -> Result<Vec<Identity>, Error> {
        let mut identities = self.view.longterm().records().with_prefix(kind, "").await?;
        let own = self.view.gate().acts_for();
        let exported = std::mem::take(&mut self.exported);
        identities.retain(|identity| {
            own.is_none_or(|owner| identity.owner == *owner) && !exported.contains(identity)
        });
        identities.reverse();
        Ok(identities)
    }

    /// Reads records in long-term memory.
    async fn whole(&self, identities: Vec<Identity>) -> Result<Vec<Record>, Error> {
        let longterm = self.view.longterm();
        let mut records = longterm.records().get_all(&identities).await?;
        let found: HashSet<Identity> = records.iter().map(Record::identity).collect();
        let missing: Vec<Identity> =
            identities.into_iter().filter(|it| !found.contains(it)).collect();
        // A record that was removed meanwhile is not missing.
        let known = longterm.records().known(&missing).await?;
        if let Some((identity, _)) = missing.into_iter().zip(known).find(|(_, known)| *known) {
            let (key, reason) = (identity.to_string(), "missing from long-term memory".to_owned());
            return Err(aios_memory::longterm::Error::Damaged { key, reason }.into());
        }
        records.sort_by_cached_key(Record::identity);
        Ok(records)
    }
}
