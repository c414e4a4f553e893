//! The record of a file, and the rules for all files of one owner and project.

use aios_record::{Id, Kind, Record, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    bounds::{FILE_BYTES_MAX, FILES_MAX, FILES_ROOT},
    path::FilePath,
    problem::FileProblem,
};
use crate::{
    Error, Meta,
    access::Access,
    removal,
    row::{Row, fields},
    writing::Writable,
};

/// A text under a path. It belongs to an owner and a project; the agent and the session of a view
/// have no effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// Unique among files. Default: a new id.
    #[serde(default = "Id::generate")]
    pub id: Id,
    /// Path, unique for its owner and project. No path is below the path of another file.
    pub path: FilePath,
    /// The content, at most [`FILE_BYTES_MAX`] bytes.
    #[serde(default)]
    pub text: String,
    /// Scope, provenance, times.
    #[serde(flatten)]
    pub meta: Meta,
}

impl File {
    /// Returns a file with this content.
    #[must_use]
    pub fn new(path: FilePath, text: impl Into<String>) -> File {
        File { id: Id::generate(), path, text: text.into(), meta: Meta::default() }
    }
}

fields! {
    File { path, text }
}

impl Row for File {
    const HAPPENED: &'static str = "updated_at";

    fn text(&self) -> String {
        match self.text.is_empty() {
            true => self.path.to_string(),
            false => format!("{}\n{}", self.path, self.text),
        }
    }

    fn settle(&mut self, _: Timestamp) {
        self.meta.scope.agent = None;
        self.meta.scope.session = None;
    }

    fn describe(&self, record: &mut Record) {
        record.occurred_at = self.meta.updated_at;
        record.title = Some(self.path.to_string());
    }
}

impl Writable for File {
    fn admit(&self, access: &Access<'_>, row: Option<i64>) -> Result<(), Error> {
        if self.path.is_root() {
            return Err(FileProblem::Root.into());
        }
        if FILE_BYTES_MAX < self.text.len() {
            let (path, bytes) = (self.path.to_string(), self.text.len());
            return Err(FileProblem::LargeFile { path, bytes }.into());
        }
        drop_expired(access, self)?;
        if row.is_none() && FILES_MAX <= count(access, self)? {
            return Err(FileProblem::ManyFiles.into());
        }
        check_place(access, self, row)
    }
}

/// Moves out a file that has expired at the same path.
fn drop_expired(access: &Access<'_>, file: &File) -> Result<(), Error> {
    let (owner, project) = layer(file);
    let which = "owner = ?1 AND coalesce(scope_project, '') = ?2 AND path = ?3
         AND expires_at <= ?4 AND id <> ?5";
    let now = access.now.as_microsecond();
    let params: [&dyn rusqlite::ToSql; 5] =
        [&owner, &project, &file.path.as_str(), &now, &file.id.as_str()];
    removal::move_out(access, Kind::File, which, &params).map(drop)
}

fn count(access: &Access<'_>, file: &File) -> Result<u64, Error> {
    let sql = "SELECT count(*) FROM files WHERE owner = ?1 AND coalesce(scope_project, '') = ?2";
    access.count(sql, layer(file))
}

/// Checks that no other file has this path, a path above it or a path below it.
fn check_place(access: &Access<'_>, file: &File, row: Option<i64>) -> Result<(), Error> {
    let (owner, project) = layer(file);
    let path = file.path.as_str();
    let above: Value = file.path.directories().chain([path]).collect();
    let mut statement = access.connection.prepare_cached(
        "SELECT path FROM files
         WHERE owner = ?1 AND coalesce(scope_project, '') = ?2 AND row IS NOT ?3
             AND path IN (SELECT value FROM json_each(?4))
         UNION ALL
         SELECT path FROM files
         WHERE owner = ?1 AND coalesce(scope_project, '') = ?2 AND row IS NOT ?3
             AND ?5 < path AND path < ?6
         LIMIT 1",
    )?;
    // `0` is the character after `/`.
    let (begin, end) = (format!("{path}/"), format!("{path}0"));
    let mut rows = statement.query((owner, project, row, above.to_string(), begin, end))?;
    let Some(found) = rows.next()? else { return Ok(()) };
    let found: String = found.get(0)?;
    let path = path.to_owned();
    Err(Error::from(match () {
        () if found == path => FileProblem::Exists { path },
        () if found.len() < path.len() => FileProblem::InFile { file: found, path },
        () => FileProblem::IsDirectory { path },
    }))
}

/// Returns the owner and the project of a file, in the form of its index.
fn layer(file: &File) -> (&str, &str) {
    debug_assert!(file.path.as_str().starts_with(FILES_ROOT));
    let scope = &file.meta.scope;
    (scope.user.as_deref().unwrap_or_default(), scope.project.as_deref().unwrap_or_default())
}
