//! Rows that a repair takes from damaged files, or from files of versions that cannot be opened.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    path::Path,
};

use super::{
    copy::{Copying, Stamp},
    plan::Purpose,
};
use crate::{
    Decoder, Error,
    intake::Vectors,
    journal::Expected,
    library::{Library, Row},
    sync::{
        checksums::{Compared, Needed, Part, Which, compare, name_of},
        unless_gone,
    },
};

/// Fragments with a file that differs from what was written.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    pub(super) rows: HashSet<u64>,
    pub(super) deletions: HashSet<u64>,
}

impl Copying<'_> {
    /// Returns the damaged fragments of the old table. Each file is compared only once.
    pub(super) async fn suspects(&mut self, old: &Library) -> Result<Suspects, Error> {
        let mut suspects = Suspects::default();
        for (path, part) in old.needed().await?.files {
            let (fragments, fragment) = match part {
                Part::Rows { fragment } => (&mut suspects.rows, fragment),
                Part::Deletions { fragment } => (&mut suspects.deletions, fragment),
                Part::Manifest | Part::Index { .. } | Part::Older => continue,
            };
            let is_damaged = match self.compared.get(&path) {
                Some(is_damaged) => *is_damaged,
                None => self.is_damaged(path, part)?,
            };
            if is_damaged {
                fragments.insert(fragment);
            }
        }
        Ok(suspects)
    }

    fn is_damaged(&mut self, path: String, part: Part) -> Result<bool, Error> {
        let tables = &self.rebuild.places.library;
        let needed = Needed::only(path.clone(), part);
        let compared = compare(tables, &needed, &self.known, Which::All);
        let Compared { damage, .. } = compared.map_err(Error::io("read", tables.join(&path)))?;
        self.compared.insert(path, !damage.is_empty());
        Ok(!damage.is_empty())
    }

    /// Takes lacking rows from data files that `old`, if it can be opened, does not need: files of
    /// other versions that still exist.
    pub(super) async fn search_loose_files(
        &mut self,
        old: Option<&Library>,
        expected: &Expected,
    ) -> Result<(), Error> {
        if self.rebuild.purpose == Purpose::Adopt && self.proves_deletions {
            // Records that the table lacks were deleted, but are still in these files.
            return Ok(());
        }
        let (missing, outdated) = self.lacking(expected);
        // An older journal does not know which records are lacking.
        let is_blind = old.is_none() && self.rebuild.purpose == Purpose::Adopt;
        if missing.is_empty() && outdated.is_empty() && !is_blind {
            return Ok(());
        }
        let needed = match old {
            Some(old) => old.needed().await?,
            None => Needed::default(),
        };
        let places = &self.rebuild.places;
        let data = places.site(expected.edition.table, 0, 0).table_dir().join("data");
        let listed = unless_gone(fs::read_dir(&data)).map_err(Error::io("list", &data))?;
        for entry in listed.into_iter().flatten() {
            let file = entry.map_err(Error::io("list", &data))?.path();
            let name = name_of(&self.rebuild.places.library, &file).unwrap_or_default();
            if !needed.has(&name) {
                let (rows, _) = self.decoded(&file, &[]).await?;
                // With an older journal, a record that the newest whole version lacks may have been
                // deleted or forgotten.
                let may_be_deleted = self.rebuild.purpose == Purpose::Adopt && old.is_some();
                match may_be_deleted {
                    true => self.keep_lacking(rows, expected).await?,
                    false => self.take(rows, expected).await?,
                }
            }
        }
        Ok(())
    }

    /// Takes the rows of a data file that can be decoded and are better than the held ones, except
    /// for the positions `left_out`. Returns the number of damaged rows, if known.
    pub(super) async fn take_decoded(
        &mut self,
        file: &Path,
        left_out: &[u32],
        expected: &Expected,
    ) -> Result<Option<u64>, Error> {
        let (rows, damaged) = self.decoded(file, left_out).await?;
        self.take(rows, expected).await?;
        Ok(damaged)
    }

    /// Returns the rows of a data file that can be decoded, except for the positions `left_out`,
    /// and the number of damaged rows, if known.
    async fn decoded(
        &mut self,
        file: &Path,
        left_out: &[u32],
    ) -> Result<(Vec<Row>, Option<u64>), Error> {
        if !file.exists() {
            return Ok((Vec::new(), None));
        }
        let name = name_of(&self.rebuild.places.library, file).unwrap_or_default();
        let has_checksum = self.known.checksums.contains_key(&name);
        let is_sound = has_checksum && !self.is_damaged(name, Part::Rows { fragment: 0 })?;
        let decoder = match &self.rebuild.config.decoder {
            // A file that never had a checksum is decoded in this process.
            Decoder::Nobody if !has_checksum => &Decoder::ThisProcess,
            _ if is_sound => &Decoder::ThisProcess,
            decoder => decoder,
        };
        let scratch = self.rebuild.places.scratch();
        let dimension = self.table.site().dimension;
        let mut decoded = decoder.rows(file, &scratch, dimension).await?;
        for place in left_out {
            decoded.rows.remove(place);
        }
        let count = decoded.rows.len();
        let mut rows: Vec<Row> = self.renamed(decoded.rows).map(|(_, row)| row).collect();
        let counted = self.findings.unreadable;
        rows = self.intact(rows);
        self.findings.unreadable = counted;
        let altered = (count - rows.len()) as u64;
        if !is_sound && matches!(self.rebuild.vectors, Vectors::Model(_)) {
            // Nothing proves that the vector is the one that was written.
            rows.iter_mut().for_each(|row| row.vector = None);
        }
        Ok((rows, decoded.damaged.map(|damaged| damaged + altered)))
    }

    /// Keeps rows that are expected and not held, in the file of unknown rows.
    async fn keep_lacking(&mut self, rows: Vec<Row>, expected: &Expected) -> Result<(), Error> {
        let is_lacking = |row: &Row| {
            let key = row.record.encoded_identity();
            expected.keys.contains_key(&key) && !self.held.contains_key(&key)
        };
        let mut lacking: BTreeMap<u32, Row> =
            (0..).zip(rows.into_iter().filter(is_lacking)).collect();
        let keys = lacking.iter().map(|(at, row)| (row.record.encoded_identity(), *at)).collect();
        let fresh = self.fresh_strangers(keys).await?;
        let unknown: Vec<Row> = fresh.iter().filter_map(|at| lacking.remove(at)).collect();
        self.keep_unknown(&unknown)
    }

    async fn take(&mut self, rows: Vec<Row>, expected: &Expected) -> Result<(), Error> {
        let mut wanted: HashMap<String, (Stamp, Row)> = HashMap::new();
        let mut strangers: BTreeMap<u32, Row> = BTreeMap::new();
        for (at, row) in (0..).zip(rows) {
            let (key, stamp) = (row.record.encoded_identity(), Stamp::of(&row));
            let Some(hash) = expected.keys.get(&key) else {
                if !expected.pending.contains(&key) {
                    strangers.insert(at, row);
                }
                continue;
            };
            let held = wanted.get(&key).map(|(stamp, _)| stamp).or(self.held.get(&key)).copied();
            let is_wanted = match self.rebuild.purpose {
                Purpose::Adopt => stamp.is_newer(held),
                _ => stamp.is_better(held, *hash),
            };
            if is_wanted {
                wanted.insert(key, (stamp, row));
            }
        }
        let keys = strangers.iter().map(|(at, row)| (row.record.encoded_identity(), *at)).collect();
        let fresh = self.fresh_strangers(keys).await?;
        let unknown: Vec<Row> = fresh.iter().filter_map(|at| strangers.remove(at)).collect();
        self.keep_unknown(&unknown)?;
        self.write(wanted.into_values().map(|(_, row)| row).collect()).await
    }
}
