//! Detection of damage in the library's files before they are read: the damage that the owner
//! repairs automatically, and the damage that it refuses.

use std::{collections::BTreeSet, path::Path};

use tokio::task;

use super::places::Places;
use crate::{
    Error,
    journal::Journal,
    library::Library,
    sync::checksums::{
        Compared, Damage, Known, Needed, Part, Which, compare, compared_from_now, name_of, older,
    },
};

/// Compares the files that the current version of `library` needs. [`Which::All`] includes those of
/// older versions.
pub(crate) async fn compare_files(
    library: &Library,
    known: &Known,
    which: Which,
) -> Result<Compared, Error> {
    let (needed, known) = (library.needed().await?, known.clone());
    let (tables, dir) = (library.site().dir.clone(), library.dir().to_owned());
    let table = dir.clone();
    let comparing = task::spawn_blocking(move || {
        let mut compared = compare(&tables, &needed, &known, which)?;
        if which == Which::All {
            let older = older(&tables, &table, &needed, &known);
            compared.damage.extend(compare(&tables, &older, &known, which)?.damage);
        }
        Ok(compared)
    });
    comparing.await.map_err(|_| Error::Closed)?.map_err(Error::io("compare the files of", dir))
}

/// Refuses a library with damage outside its indexes and older versions.
pub(crate) fn refuse_damage(damage: &[Damage]) -> Result<(), Error> {
    let mended = |it: &&Damage| matches!(it.part, Part::Index { .. } | Part::Older);
    damage.iter().find(|it| !mended(it)).map_or(Ok(()), refused)
}

/// Refuses a library with damage outside older versions, for a caller that repairs nothing.
pub(crate) fn refuse_any_damage(damage: &[Damage]) -> Result<(), Error> {
    refuse_damage(damage)?;
    damage.iter().find(|it| it.part != Part::Older).map_or(Ok(()), refused)
}

fn refused(damage: &Damage) -> Result<(), Error> {
    let path = damage.path.clone();
    let reason = match &damage.part {
        Part::Rows { .. } => return Err(Error::DamagedRows { path }),
        Part::Manifest => "the list of the library's files is unreadable".to_owned(),
        Part::Deletions { .. } => "the list of deleted rows is unreadable".to_owned(),
        Part::Older => "older versions of the library use it".to_owned(),
        Part::Index { column } => format!("the index of `{column}` is unusable"),
    };
    Err(Error::DamagedFile { path, reason })
}

/// Returns the columns of damaged indexes.
pub(crate) fn damaged_columns(damage: &[Damage]) -> BTreeSet<String> {
    let columns = damage.iter().filter_map(|damage| match &damage.part {
        Part::Index { column } => Some(column.clone()),
        _ => None,
    });
    columns.collect()
}

/// Compares the library's files, rebuilds damaged indexes, and returns their columns. If the table
/// has no checksums, as in a store of a former version, the index of keys must find every key.
pub(super) async fn mend(
    journal: &Journal,
    library: &Library,
    known: &Known,
    vector_rows_min: u64,
) -> Result<Vec<String>, Error> {
    let from = compared_from_now();
    let compared = compare_files(library, known, Which::Changed).await?;
    refuse_damage(&compared.damage)?;
    let mut columns = damaged_columns(&compared.damage);
    if !known.has_table(library.dir()) && !library.has_sound_keys().await {
        columns.insert("key".to_owned());
    }
    if !columns.is_empty() {
        tracing::warn!(?columns, "rebuilding damaged indexes");
        library.rebuild_indexes(vector_rows_min).await?;
    }
    if 0 < compared.read {
        journal.set_compared(from).await?;
    }
    Ok(columns.into_iter().collect())
}

impl Places {
    /// Refuses a version with a damaged manifest.
    pub(crate) fn check_manifest(&self, manifest: &Path, known: &Known) -> Result<(), Error> {
        let name = name_of(&self.library, manifest).unwrap_or_default();
        let needed = Needed::only(name, Part::Manifest);
        let compared = compare(&self.library, &needed, known, Which::All);
        let compared = compared.map_err(Error::io("read", manifest))?;
        refuse_any_damage(&compared.damage)
    }
}
