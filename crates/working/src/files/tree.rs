//! The files that a view shows, by path.
//!
//! Files are in layers: the owner's before the shared ones, and those of the project before those
//! without a project. An entry of a higher layer hides an entry of a lower one at the same path: a
//! file hides a file or a directory, a directory hides a file. Directories with the same path are
//! merged.

use std::{collections::BTreeMap, ops::Bound};

use aios_record::{Id, Identity, Kind, Owner};

use super::{file_entry::FileEntry, path::FilePath};
use crate::{Error, access::Access, column::Column};

/// A file without its text.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) row: i64,
    id: Id,
    owner: Owner,
    /// Length of its text.
    pub(super) bytes: u64,
}

impl Head {
    pub(super) fn identity(&self) -> Identity {
        Identity::new(self.owner.clone(), Kind::File, self.id.clone())
    }
}

/// The files that a view shows.
#[derive(Debug, Default)]
pub(super) struct Tree {
    files: BTreeMap<FilePath, Head>,
}

impl Tree {
    pub(super) fn load(access: &Access<'_>) -> Result<Tree, Error> {
        let mut tree = Tree::default();
        for (owner, project) in access.visible.layers() {
            for (path, head) in heads(access, &owner, &project)? {
                if !tree.hides(&path) {
                    tree.files.insert(path, head);
                }
            }
        }
        Ok(tree)
    }

    /// Returns true if a file of a higher layer, or a directory, hides `path`. Within a layer, no
    /// path is below a file.
    fn hides(&self, path: &FilePath) -> bool {
        self.files.contains_key(path) || self.is_dir(path) || self.file_above(path).is_some()
    }

    /// Returns the file at `path`.
    pub(super) fn file(&self, path: &FilePath) -> Option<&Head> {
        self.files.get(path)
    }

    /// Returns true if `path` is the root, or files are below it.
    pub(super) fn is_dir(&self, path: &FilePath) -> bool {
        path.is_root() || self.below(path).next().is_some()
    }

    pub(super) fn exists(&self, path: &FilePath) -> bool {
        self.file(path).is_some() || self.is_dir(path)
    }

    /// Returns the file whose path is that of a directory in `path`.
    pub(super) fn file_above<'p>(&self, path: &'p FilePath) -> Option<&'p str> {
        path.directories().find(|dir| self.files.contains_key(*dir))
    }

    /// Returns the files below `dir`, in the order of their paths.
    pub(super) fn below(&self, dir: &FilePath) -> impl Iterator<Item = (&FilePath, &Head)> {
        // `0` is the character after `/`.
        let (begin, end) = (format!("{dir}/"), format!("{dir}0"));
        let range = (Bound::Excluded(begin.as_str()), Bound::Excluded(end.as_str()));
        self.files.range::<str, _>(range)
    }

    /// Returns the files below `dir` without their texts.
    pub(super) fn entries(&self, dir: &FilePath) -> Vec<FileEntry> {
        let entry = |(path, head): (&FilePath, &Head)| FileEntry {
            path: path.clone(),
            identity: head.identity(),
            bytes: head.bytes,
        };
        self.below(dir).map(entry).collect()
    }
}

/// Returns the files of one layer, without their texts.
fn heads(
    access: &Access<'_>,
    owner: &Owner,
    project: &str,
) -> Result<Vec<(FilePath, Head)>, Error> {
    let mut statement = access.connection.prepare_cached(
        "SELECT path, row, octet_length(text), id FROM files
         WHERE owner = ?1 AND coalesce(scope_project, '') = ?2
             AND (expires_at IS NULL OR ?3 < expires_at)",
    )?;
    let mut rows = statement.query((owner.as_str(), project, access.now.as_microsecond()))?;
    let mut heads = Vec::new();
    while let Some(row) = rows.next()? {
        let path = FilePath::decode(row.get_ref(0)?).map_err(rusqlite::Error::from)?;
        let id = Id::decode(row.get_ref(3)?).map_err(rusqlite::Error::from)?;
        let bytes = row.get::<_, i64>(2)?.cast_unsigned();
        heads.push((path, Head { row: row.get(1)?, id, owner: owner.clone(), bytes }));
    }
    Ok(heads)
}
