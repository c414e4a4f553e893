//! Location of a table, and its versions on disk. A directory may have several tables: the current
//! one, one that a rebuild fills, one that is no longer needed.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{Error, sync::unless_gone};

/// Name of the first table. The names of later ones end in their number.
const TABLE: &str = "records";

/// A version of a table. The later one is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Edition {
    /// Number of tables before this one.
    pub(crate) table: u64,
    /// 0 if nothing was ever moved there.
    pub(crate) version: u64,
}

/// Location and settings of one table, existing or not.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// The directory of all tables.
    pub(crate) dir: PathBuf,
    /// Number of tables before this one.
    pub(crate) table: u64,
    /// Numbers per vector.
    pub(crate) dimension: usize,
    /// Bytes of the table that LanceDB may cache in RAM.
    pub(crate) cache_bytes: usize,
}

/// Path of the manifest of each version.
pub(crate) type Manifests = BTreeMap<u64, PathBuf>;

impl Site {
    /// Returns the table's name.
    pub(super) fn name(&self) -> String {
        match self.table {
            0 => TABLE.to_owned(),
            number => format!("{TABLE}_{number}"),
        }
    }

    /// Returns the name of the table's directory.
    pub(crate) fn file_name(&self) -> String {
        format!("{}.lance", self.name())
    }

    /// Returns the directory of the table's files.
    pub(crate) fn table_dir(&self) -> PathBuf {
        self.dir.join(self.file_name())
    }

    /// Removes the table, if there is one.
    pub(crate) fn discard(&self) -> Result<(), Error> {
        remove(&self.table_dir())
    }

    /// Returns the manifests of the table, by version. Empty if there is no table.
    pub(crate) fn manifests(&self) -> Result<Manifests, Error> {
        let versions = self.table_dir().join("_versions");
        let failed = || Error::io("list", &versions);
        let mut manifests = Manifests::new();
        let Some(entries) = unless_gone(fs::read_dir(&versions)).map_err(failed())? else {
            return Ok(manifests);
        };
        for entry in entries {
            let path = entry.map_err(failed())?.path();
            // Other files here, such as the version hint, only speed up listing.
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if let Some(version) = manifest_version(&name) {
                manifests.insert(version, path);
            }
        }
        Ok(manifests)
    }
}

/// Returns the directories of the tables below `dir` whose number `which` accepts.
pub(crate) fn tables(dir: &Path, which: impl Fn(u64) -> bool) -> Result<Vec<PathBuf>, Error> {
    let failed = || Error::io("list", dir);
    let mut tables = Vec::new();
    let Some(entries) = unless_gone(fs::read_dir(dir)).map_err(failed())? else {
        return Ok(tables);
    };
    for entry in entries {
        let path = entry.map_err(failed())?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if table_number(&name).is_some_and(&which) {
            tables.push(path);
        }
    }
    Ok(tables)
}

/// Removes the directory of a table, if it is there.
pub(crate) fn remove(table_dir: &Path) -> Result<(), Error> {
    let removed = unless_gone(fs::remove_dir_all(table_dir));
    removed.map(drop).map_err(Error::io("remove", table_dir))
}

fn table_number(name: &str) -> Option<u64> {
    let rest = name.strip_suffix(".lance")?.strip_prefix(TABLE)?;
    match rest.strip_prefix('_') {
        Some(number) => number.parse().ok(),
        None => rest.is_empty().then_some(0),
    }
}

/// Returns the version in a manifest's name. Lance counts down from `u64::MAX` so that the newest
/// is listed first; files of the older naming scheme count up.
fn manifest_version(name: &str) -> Option<u64> {
    let number: u64 = name.strip_suffix(".manifest")?.parse().ok()?;
    Some(if u64::MAX / 2 < number { u64::MAX - number } else { number })
}
