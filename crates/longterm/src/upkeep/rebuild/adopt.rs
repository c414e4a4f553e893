//! Adoption of a library by an older journal: the readable rows of the library's newest version are
//! copied, with their owners, and records that it lacks count as deleted since. Records that the
//! journal has as deleted or forgotten remain deleted.

use std::fs;

use super::{
    copy::{Copying, READ_ROWS, Stamp},
    plan::Rebuild,
};
use crate::{
    Error,
    intake::Rules,
    journal::{Adopted, Expected},
    library::{self, Edition, Library, Row},
    sync::unless_gone,
};

impl Rebuild {
    /// Moves the current table to the location that an older journal names. Returns `true` if it is
    /// a different table; its vectors may then be from another model. If there are several, the
    /// first one counts, since a replaced table is removed.
    pub(super) fn find_table(&self, from: Edition) -> Result<bool, Error> {
        let wanted = self.places.site(from.table, 0, 0);
        if !wanted.manifests()?.is_empty() {
            return Ok(false);
        }
        let (dir, mut next) = (&self.places.library, from.table + 1);
        let tables = library::tables(dir, |number| from.table < number)?;
        for _ in &tables {
            let site = self.places.site(next, 0, 0);
            if !site.manifests()?.is_empty() {
                wanted.discard()?;
                let (old, new) = (site.table_dir(), wanted.table_dir());
                unless_gone(fs::rename(&old, &new)).map_err(Error::io("move", old))?;
                self.places.disk.sync_directory(dir).map_err(Error::io("sync", dir))?;
                return Ok(true);
            }
            next += 1;
        }
        Ok(false)
    }

    /// Returns the newest version of the table on disk.
    pub(super) fn newest_version(&self, table: u64) -> Result<u64, Error> {
        let manifests = self.places.site(table, 0, 0).manifests()?;
        Ok(manifests.into_keys().next_back().unwrap_or(0))
    }
}

impl Copying<'_> {
    /// Copies rows that the journal does not know, and returns those that may have been deleted.
    pub(super) async fn adopt(
        &mut self,
        old: &Library,
        fragment: u64,
        strangers: Vec<(String, u32)>,
    ) -> Result<Vec<(String, u32)>, Error> {
        if old.stamps(fragment).await.is_err() {
            self.proves_deletions = false;
            return Ok(strangers);
        }
        let fresh: Vec<(String, u32)> = strangers
            .into_iter()
            .filter(|(key, _)| !self.adopted.contains_key(key) && !self.kept_out.contains(key))
            .collect();
        let keys = fresh.iter().map(|(key, _)| key.clone()).collect();
        let deleted = self.rebuild.journal.deleted(keys).await?;
        let mut offsets = Vec::new();
        for ((key, offset), is_deleted) in fresh.into_iter().zip(deleted) {
            match is_deleted {
                true => drop(self.kept_out.insert(key)),
                false => offsets.push(offset),
            }
        }
        for offsets in offsets.chunks(READ_ROWS) {
            let rows = self.read(old, fragment, offsets).await?;
            let rows = self.intact(rows);
            let mut taken = Vec::new();
            for (row, is_forgotten) in self.with_tombstones(rows).await? {
                let key = row.record.encoded_identity();
                if is_forgotten {
                    self.kept_out.insert(key);
                    continue;
                }
                let adopted = Adopted::of(&row, Rules::of(&self.rebuild.vectors));
                if self.adopted.insert(key.clone(), adopted).is_none()
                    && self.held.get(&key) != Some(&Stamp::of(&row))
                {
                    taken.push(row);
                }
            }
            self.write(taken).await?;
        }
        self.findings.repaired.kept_out = self.kept_out.len() as u64;
        Ok(Vec::new())
    }

    /// Returns the copied records that the journal still does not know.
    pub(super) fn adopted(&self, expected: &Expected) -> Vec<Adopted> {
        let is_unknown = |key: &String| {
            !expected.keys.contains_key(key)
                && !expected.pending.contains(key)
                && self.held.contains_key(key)
        };
        let unknown = self.adopted.iter().filter(|(key, _)| is_unknown(key));
        unknown.map(|(_, adopted)| adopted.clone()).collect()
    }

    /// Pairs each row with `true` if its record was forgotten.
    async fn with_tombstones(&self, rows: Vec<Row>) -> Result<Vec<(Row, bool)>, Error> {
        let journal = &self.rebuild.journal;
        let Some(secret) = journal.secret_of_tombstones().await? else {
            return Ok(rows.into_iter().map(|row| (row, false)).collect());
        };
        let named = rows.iter().map(|row| secret.tombstone(&row.record)).collect();
        let forgotten = journal.have_tombstones(named).await?;
        Ok(rows.into_iter().zip(forgotten).collect())
    }
}
