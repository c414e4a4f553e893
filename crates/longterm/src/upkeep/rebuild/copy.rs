//! Copies of the rows that the new table must have and does not have yet.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io::Write,
};

use aios_record::{ExportHeader, Progress};

use super::{
    plan::{Purpose, Rebuild},
    reembed::Reembedding,
    report::Findings,
};
use crate::{
    Error,
    intake::{Rules, rename_user},
    journal::{Adopted, Expected, Safe, hash_number},
    library::{Deleted, Library, Row},
    owner::make_durable,
    sync::{Synced, checksums::Known, unless_gone},
};

/// Rows per read. Each may be as long as the longest text.
pub(super) const READ_ROWS: usize = 128;
/// Rows, or bytes of text, per write. A killed process loses one write.
const WRITE_ROWS: usize = 2048;
const WRITE_BYTES: usize = 32 << 20;

/// State of filling a new table.
pub(super) struct Copying<'a> {
    pub(super) rebuild: &'a Rebuild,
    /// True if the former version wrote the old table.
    is_former: bool,
    pub(super) table: Library,
    pub(super) reembedding: Reembedding,
    pub(super) findings: Findings,
    /// Files of the old table, each with `true` if it differs from what was written.
    pub(super) compared: HashMap<String, bool>,
    /// Version of each record in the table.
    pub(super) held: HashMap<String, Stamp>,
    synced: Synced,
    pub(super) known: Known,
    total: u64,
    /// File for rows that the journal does not know, created with the first one.
    unknown: Option<File>,
    unknown_keys: HashSet<String>,
    /// Copied rows that the journal does not know, by key.
    pub(super) adopted: HashMap<String, Adopted>,
    pub(super) kept_out: HashSet<String>,
    /// True if a key that the old table lacks must have been deleted.
    pub(super) proves_deletions: bool,
}

/// Stamp that distinguishes the versions of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    hash: u128,
    recorded_at: i64,
}

impl Stamp {
    pub(super) fn of(row: &Row) -> Stamp {
        let recorded_at = row.record.recorded_at.as_microsecond();
        Stamp { hash: hash_number(&row.content_hash), recorded_at }
    }

    /// Returns `true` if this version must replace `held`, given the hash in the journal.
    pub(super) fn is_better(self, held: Option<Stamp>, expected: u128) -> bool {
        held.is_none_or(|held| {
            self.hash == expected && (held.hash != expected || held.recorded_at < self.recorded_at)
        })
    }

    /// Returns `true` if this version must replace `held`, given that the table decides.
    pub(super) fn is_newer(self, held: Option<Stamp>) -> bool {
        held.is_none_or(|held| held != self && held.recorded_at <= self.recorded_at)
    }
}

impl Copying<'_> {
    /// Continues with `table`, which may have rows already.
    pub(super) async fn new(
        rebuild: &Rebuild,
        table: Library,
        reembedding: Reembedding,
        is_former: bool,
        known: Known,
    ) -> Result<Copying<'_>, Error> {
        let mut held = HashMap::new();
        for fragment in table.fragments().await? {
            let stamps = table.stamps(fragment.id).await?;
            held.extend(
                stamps.iter().map(|(_, row)| (row.record.encoded_identity(), Stamp::of(row))),
            );
        }
        Ok(Copying {
            rebuild,
            is_former,
            table,
            reembedding,
            findings: Findings::default(),
            held,
            compared: HashMap::new(),
            synced: Synced::new(rebuild.places.disk.clone(), known.checksums.clone()),
            known,
            total: 0,
            unknown: None,
            unknown_keys: HashSet::new(),
            adopted: HashMap::new(),
            kept_out: HashSet::new(),
            proves_deletions: true,
        })
    }

    /// Makes the new table hold the rows that are `expected`, as far as `old` has them.
    pub(super) async fn go_over(
        &mut self,
        old: Option<&Library>,
        expected: &Expected,
    ) -> Result<(), Error> {
        self.total = expected.keys.len() as u64;
        self.findings.repaired.repeated = 0;
        self.findings.unreadable = 0;
        let mut seen = HashSet::new();
        if let Some(old) = old {
            let suspects = self.suspects(old).await?;
            for fragment in old.fragments().await? {
                if suspects.rows.contains(&fragment.id) {
                    let file = old.dir().join("data").join(&fragment.file);
                    self.proves_deletions = false;
                    let left_out = match self.rebuild.purpose {
                        // The journal is too old to distinguish deleted rows from others.
                        Purpose::Adopt if !suspects.deletions.contains(&fragment.id) => {
                            old.deleted(fragment.id).await.unwrap_or_default()
                        }
                        _ => Vec::new(),
                    };
                    let damaged = self.take_decoded(&file, &left_out, expected).await?;
                    self.findings.unreadable += damaged.unwrap_or(fragment.rows as u64);
                    continue;
                }
                let deleted = match suspects.deletions.contains(&fragment.id) {
                    true => Deleted::Included,
                    false => Deleted::LeftOut,
                };
                let wanted = self.choose(old, fragment.id, deleted, expected, &mut seen).await?;
                self.copy(old, fragment.id, &wanted).await?;
            }
        }
        let is_gone = |key: &&String| {
            !expected.keys.contains_key(*key)
                && !expected.pending.contains(*key)
                && !self.adopted.contains_key(*key)
        };
        let gone: Vec<String> = self.held.keys().filter(is_gone).cloned().collect();
        for keys in gone.chunks(WRITE_ROWS) {
            self.table.remove(keys).await?;
            for key in keys {
                self.held.remove(key);
            }
        }
        Ok(())
    }

    /// Returns the offsets of the rows of a fragment to copy.
    async fn choose(
        &mut self,
        old: &Library,
        fragment: u64,
        deleted: Deleted,
        expected: &Expected,
        seen: &mut HashSet<String>,
    ) -> Result<Vec<u32>, Error> {
        let stamps = match self.rebuild.purpose {
            Purpose::Reindex | Purpose::Upgrade => old.stamps(fragment).await?,
            // The journal distinguishes deleted rows from others.
            Purpose::Repair | Purpose::Adopt => match old.stamps_left(fragment, deleted).await {
                Ok(stamps) => stamps,
                Err(error) => {
                    tracing::warn!(fragment, %error, "failed to read a file of the library");
                    self.findings.unreadable += old.rows_in(fragment).await.unwrap_or(1);
                    self.proves_deletions = false;
                    return Ok(Vec::new());
                }
            },
        };
        let mut wanted: HashMap<String, (Stamp, u32)> = HashMap::new();
        let mut strangers = Vec::new();
        for (offset, row) in self.renamed(stamps) {
            let (key, stamp) = (row.record.encoded_identity(), Stamp::of(&row));
            let Some(hash) = expected.keys.get(&key) else {
                if !expected.pending.contains(&key) {
                    strangers.push((key, offset));
                }
                continue;
            };
            if !seen.insert(key.clone()) {
                self.findings.repaired.repeated += 1;
            }
            let held = wanted.get(&key).map(|(stamp, _)| stamp).or(self.held.get(&key));
            let is_wanted = match self.rebuild.purpose {
                Purpose::Adopt => stamp.is_newer(held.copied()),
                _ => stamp.is_better(held.copied(), *hash),
            };
            if is_wanted {
                wanted.insert(key, (stamp, offset));
            }
        }
        let strangers = match self.rebuild.purpose {
            Purpose::Adopt => self.adopt(old, fragment, strangers).await?,
            _ => strangers,
        };
        let fresh = self.fresh_strangers(strangers).await?;
        for offsets in fresh.chunks(READ_ROWS) {
            let rows = self.read(old, fragment, offsets).await?;
            self.keep_unknown(&rows)?;
        }
        let mut offsets: Vec<u32> = wanted.into_values().map(|(_, offset)| offset).collect();
        offsets.sort_unstable();
        Ok(offsets)
    }

    async fn copy(&mut self, old: &Library, fragment: u64, offsets: &[u32]) -> Result<(), Error> {
        let mut rows = Vec::new();
        let mut bytes = 0;
        for offsets in offsets.chunks(READ_ROWS) {
            let mut read = self.read(old, fragment, offsets).await?;
            if self.rebuild.purpose.saves() {
                read = self.intact(read);
            }
            bytes += read.iter().map(|row| row.record.text.len()).sum::<usize>();
            rows.extend(read);
            if WRITE_ROWS <= rows.len() || WRITE_BYTES <= bytes {
                self.write(std::mem::take(&mut rows)).await?;
                bytes = 0;
            }
        }
        self.write(rows).await
    }

    pub(super) async fn read(
        &mut self,
        old: &Library,
        fragment: u64,
        offsets: &[u32],
    ) -> Result<Vec<Row>, Error> {
        let rows: Vec<(u32, Row)> = match self.rebuild.purpose {
            Purpose::Reindex | Purpose::Upgrade => {
                let rows = old.whole_at(fragment, offsets).await?;
                offsets.iter().copied().zip(rows).collect()
            }
            Purpose::Repair | Purpose::Adopt => {
                let readable = old.readable(fragment, offsets).await;
                self.findings.unreadable += readable.damaged.len() as u64;
                self.proves_deletions &= readable.damaged.is_empty();
                readable.rows
            }
        };
        Ok(self.renamed(rows).map(|(_, row)| row).collect())
    }

    /// Gives the users of `rows` their present names.
    pub(super) fn renamed<I: IntoIterator<Item = (u32, Row)>>(
        &self,
        rows: I,
    ) -> impl Iterator<Item = (u32, Row)> + use<I> {
        let is_former = self.is_former;
        rows.into_iter().map(move |(offset, mut row)| {
            if is_former {
                rename_user(&mut row.record.scope);
            }
            (offset, row)
        })
    }

    /// Returns the `rows` that still have the content with which they were written.
    pub(super) fn intact(&mut self, mut rows: Vec<Row>) -> Vec<Row> {
        let count = rows.len();
        let rules = Rules::of(&self.rebuild.vectors);
        rows.retain(|row| rules.is_intact(row));
        self.findings.unreadable += (count - rows.len()) as u64;
        self.proves_deletions &= count == rows.len();
        // A model computes such a vector again. Without the journal, the vectors may be from a
        // model with another dimension.
        let dimension = self.rebuild.vectors.dimension();
        let fits = |row: &Row| row.vector.as_ref().is_none_or(|it| it.len() == dimension);
        for row in rows.iter_mut().filter(|row| !row.has_sound_vector() || !fits(row)) {
            row.vector = None;
        }
        rows
    }

    pub(super) async fn write(&mut self, rows: Vec<Row>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let (rows, embedded) = self.reembedding.rows(rows).await?;
        self.findings.embedded += embedded;
        let stamps: Vec<(String, Stamp)> =
            rows.iter().map(|row| (row.record.encoded_identity(), Stamp::of(row))).collect();
        let (changed, new): (Vec<Row>, Vec<Row>) = rows
            .into_iter()
            .partition(|row| self.held.contains_key(&row.record.encoded_identity()));
        if !changed.is_empty() {
            self.table.replace(&changed).await?;
        }
        if !new.is_empty() {
            self.table.append(&new).await?;
        }
        self.held.extend(stamps);
        self.make_durable().await?;
        let done = self.held.len() as u64;
        (self.rebuild.watch)(Progress::new(done).with_total(self.total.max(done)));
        Ok(())
    }

    /// Syncs the table and records its version.
    pub(super) async fn make_durable(&mut self) -> Result<Safe, Error> {
        let safe = make_durable(&self.table, &self.rebuild.places, &mut self.synced).await?;
        self.rebuild.journal.set_rebuilt(safe.clone()).await?;
        Ok(safe)
    }

    pub(super) async fn build_indexes(&mut self) -> Result<(), Error> {
        let rows_min = self.rebuild.config.indexed_rows_min(self.table.site().dimension);
        self.table.rebuild_indexes(rows_min).await?;
        self.make_durable().await.map(drop)
    }

    /// Returns the expected keys that are missing, and the keys held in another version.
    pub(super) fn lacking(&self, expected: &Expected) -> (Vec<String>, Vec<(String, u128)>) {
        let (mut missing, mut outdated) = (Vec::new(), Vec::new());
        for (key, hash) in &expected.keys {
            match self.held.get(key) {
                None => missing.push(key.clone()),
                Some(held) if held.hash != *hash => outdated.push((key.clone(), held.hash)),
                Some(_) => {}
            }
        }
        missing.sort_unstable();
        outdated.sort_unstable();
        (missing, outdated)
    }

    /// Returns the positions of rows that the journal does not know and that are not kept yet.
    /// Deleted ones are left out.
    pub(super) async fn fresh_strangers(
        &mut self,
        strangers: Vec<(String, u32)>,
    ) -> Result<Vec<u32>, Error> {
        let keys: Vec<String> = strangers.iter().map(|(key, _)| key.clone()).collect();
        let journal = &self.rebuild.journal;
        let deleted = match self.is_former {
            true => journal.are_left_over(keys).await?,
            false => journal.deleted(keys).await?,
        };
        let unknown = strangers.into_iter().zip(deleted).filter(|(_, deleted)| !deleted);
        let fresh = unknown.filter(|((key, _), _)| self.unknown_keys.insert(key.clone()));
        Ok(fresh.map(|((_, offset), _)| offset).collect())
    }

    /// Appends rows that the journal does not know to a file in the format of an export.
    pub(super) fn keep_unknown(&mut self, rows: &[Row]) -> Result<(), Error> {
        for row in rows {
            self.findings.repaired.unknown.push(row.record.identity());
            let mut line = serde_json::to_vec(&row.record).expect("a record is plain data");
            line.push(b'\n');
            self.write_unknown(&line)?;
        }
        Ok(())
    }

    fn write_unknown(&mut self, line: &[u8]) -> Result<(), Error> {
        if self.unknown.is_none() {
            let quarantine = self.rebuild.places.make_quarantine()?;
            let path = quarantine.join(format!("unknown-{}.jsonl", self.table.site().table));
            // Replaces the file of a rebuild that was killed.
            unless_gone(fs::remove_file(&path)).map_err(Error::io("remove", &path))?;
            let mut created = aios_files::create(&path).map_err(Error::io("create", &path))?;
            let mut header =
                serde_json::to_vec(&ExportHeader::default()).expect("a header is plain data");
            header.push(b'\n');
            created.write_all(&header).map_err(Error::io("write", &path))?;
            self.unknown = Some(created);
            self.findings.repaired.unknown_rows = Some(path);
        }
        let (file, path) = (&mut self.unknown, &self.findings.repaired.unknown_rows);
        let (Some(file), Some(path)) = (file, path) else { return Ok(()) };
        let written = file.write_all(line).and_then(|()| file.sync_all());
        written.map_err(Error::io("write", path))
    }
}
