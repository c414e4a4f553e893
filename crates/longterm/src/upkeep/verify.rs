//! Verification: the library holds the records that the journal names, and they are readable.

use std::collections::{BTreeSet, HashSet};

use aios_record::{Identity, Progress};
use serde::Serialize;

use crate::{
    Error, Upkeep,
    intake::Rules,
    library::Library,
    owner::{compare_files, damaged_columns},
    sync::checksums::{Damage, Part, Which},
};

/// Rows per read.
const READ_ROWS: usize = 128;

/// The result of comparing the library with the journal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Verification {
    /// Number of records that were compared.
    pub checked: u64,
    /// Records that the library should hold and does not, or that are in a file that cannot be
    /// read.
    pub missing: Vec<Identity>,
    /// Records that the library holds more than once.
    pub repeated: Vec<Identity>,
    /// Records that the library holds and the journal does not know.
    pub unknown: Vec<Identity>,
    /// Records whose row cannot be read, or differs from what was written, among the rows read.
    pub unreadable: Vec<Identity>,
    /// Files of the library that differ from what was written.
    pub files: Vec<String>,
    /// Columns whose index cannot be used.
    pub indexes: Vec<String>,
    /// Columns whose damaged index was rebuilt since the library was opened.
    pub mended: Vec<String>,
}

impl Verification {
    /// Returns `true` if no problem was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings().iter().all(|(_, found)| found.is_empty())
    }

    /// Returns `true` if something was damaged and all of it has been rebuilt.
    #[must_use]
    pub fn is_mended(&self) -> bool {
        let rest = Verification { mended: Vec::new(), ..self.clone() };
        !self.mended.is_empty() && rest.is_clean()
    }

    /// Returns the findings, each kind with its name.
    #[must_use]
    pub fn findings(&self) -> [(&'static str, Vec<String>); 7] {
        let shown = |of: &[Identity]| of.iter().map(Identity::to_string).collect();
        [
            ("missing", shown(&self.missing)),
            ("repeated", shown(&self.repeated)),
            ("unknown", shown(&self.unknown)),
            ("unreadable", shown(&self.unreadable)),
            ("damaged file", self.files.clone()),
            ("damaged index", self.indexes.clone()),
            ("damaged index, rebuilt", self.mended.clone()),
        ]
    }
}

/// The part of each row to check.
enum Depth<'a> {
    Keys,
    Rows(&'a (dyn Fn(Progress) + Sync)),
}

impl Upkeep<'_> {
    /// Returns the damage in `journal.db`, one line for each; empty if it is sound. Restore a store
    /// with a damaged journal from a backup. Takes as long as reading the file.
    ///
    /// # Errors
    /// [`Error::Journal`] if it cannot be read at all.
    pub async fn journal_damage(self) -> Result<Vec<String>, Error> {
        self.longterm.parts.journal.damage().await
    }

    /// Compares the library's keys with the journal's, and tries each index. Keys that still wait
    /// in the journal are left out, so call [`drain`](Upkeep::drain) first for a complete check.
    ///
    /// # Errors
    /// [`Error::Journal`], [`Error::Library`] if a store cannot be read.
    pub async fn verify(self) -> Result<Verification, Error> {
        self.verify_to(Depth::Keys).await
    }

    /// As [`verify`](Upkeep::verify), but also reads every row and compares it with the hash
    /// stored with it. Calls `progress` with the number of rows done.
    ///
    /// # Errors
    /// As [`verify`](Upkeep::verify).
    pub async fn verify_rows(
        self,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Verification, Error> {
        self.verify_to(Depth::Rows(&progress)).await
    }

    async fn verify_to(self, depth: Depth<'_>) -> Result<Verification, Error> {
        let _pin = self.longterm.parts.shelf.pin().await?;
        let held = self.longterm.parts.journal.held().await?;
        let mut report =
            Verification { checked: held.keys.len() as u64, ..Verification::default() };
        let mut found = match self.longterm.parts.shelf.library_as_it_is(held.edition).await? {
            Some(library) => {
                let library = library.pinned(held.edition.version).await?;
                let known = self.longterm.parts.journal.checksums().await?;
                let compared = compare_files(&library, &known, Which::All).await?;
                let rules = Rules::of(&self.longterm.parts.intake.vectors);
                look_at(&library, rules, &depth, &compared.damage, &mut report).await?
            }
            None => Vec::new(),
        };
        let mended = self.longterm.parts.ownership.take_mended();
        report.mended = mended.into_iter().collect();
        found.retain(|key| !held.pending.contains(key));
        found.sort_unstable();
        let repeated = found.windows(2).filter(|pair| pair[0] == pair[1]);
        report.repeated = identities(repeated.map(|pair| &pair[0]));
        let found: BTreeSet<String> = found.into_iter().collect();
        let mut missing: Vec<&String> = held.keys.difference(&found).collect();
        if !missing.is_empty() {
            // A record deleted or changed since the journal was read is not missing.
            let now = self.longterm.parts.journal.held().await?;
            missing.retain(|key| now.keys.contains(*key));
        }
        report.missing = identities(missing);
        let strangers = identities(found.difference(&held.keys));
        // A record stored since the journal was read is not unknown.
        let known = self.longterm.records().known(&strangers).await?.into_iter();
        let unknown = strangers.into_iter().zip(known).filter(|(_, known)| !known);
        report.unknown = unknown.map(|(identity, _)| identity).collect();
        Ok(report)
    }
}

/// Decodes encoded identities, and leaves out those that cannot be decoded.
fn identities<'a>(keys: impl IntoIterator<Item = &'a String>) -> Vec<Identity> {
    keys.into_iter().filter_map(|key| Identity::decode(key).ok()).collect()
}

/// Returns the encoded identities of all readable rows, and adds the damage to `report`.
async fn look_at(
    library: &Library,
    rules: Rules,
    depth: &Depth<'_>,
    damage: &[Damage],
    report: &mut Verification,
) -> Result<Vec<String>, Error> {
    let total = library.row_count().await?;
    let damaged = damage.iter().filter_map(|damage| match damage.part {
        Part::Rows { fragment } | Part::Deletions { fragment } => Some(fragment),
        _ => None,
    });
    let damaged: HashSet<u64> = damaged.collect();
    let mut keys = Vec::new();
    for fragment in library.fragments().await? {
        // Decoding a damaged file could end the process.
        if damaged.contains(&fragment.id) {
            continue;
        }
        let stamps = match library.stamps(fragment.id).await {
            Ok(stamps) => stamps,
            Err(error) if error.is_disk_full() => return Err(error),
            Err(error) => {
                tracing::warn!(file = fragment.file, %error, "failed to read a file");
                continue;
            }
        };
        if let Depth::Rows(progress) = depth {
            for stamps in stamps.chunks(READ_ROWS) {
                let offsets: Vec<u32> = stamps.iter().map(|(offset, _)| *offset).collect();
                let mut readable = library.readable(fragment.id, &offsets).await;
                readable.rows.retain(|(_, row)| !rules.is_intact(row) || !row.has_sound_vector());
                let mut damaged: HashSet<u32> = readable.damaged.into_iter().collect();
                damaged.extend(readable.rows.iter().map(|(offset, _)| *offset));
                let damaged = stamps.iter().filter(|(offset, _)| damaged.contains(offset));
                report.unreadable.extend(damaged.map(|(_, row)| row.record.identity()));
                let done = (keys.len() + stamps.len()) as u64;
                progress(Progress::new(done).with_total(total));
            }
        }
        keys.extend(stamps.iter().map(|(_, row)| row.record.encoded_identity()));
    }
    let shown = |damage: &Damage| damage.path.display().to_string();
    report.files = damage.iter().map(shown).collect();
    let mut indexes = damaged_columns(damage);
    if damage.iter().all(|damage| damage.part == Part::Older) {
        indexes.extend(library.damaged_indexes().await?);
        if !library.has_sound_keys().await {
            indexes.insert("key".to_owned());
        }
    }
    report.indexes = indexes.into_iter().collect();
    Ok(keys)
}
