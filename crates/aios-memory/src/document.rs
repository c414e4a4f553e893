//! Identity of the documents that pieces are read from, independent of the spelling of the path.
//!
//! A document is the file at a canonical path. An input without a path, such as a pipe, is
//! identified by its text. A moved file is another document, which stays forgotten if its whole
//! text was forgotten. Not here: the ids of its pieces (`aios_draft::identity`), and reading it
//! again (`admission::Revision`).

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write,
    fs,
    path::{Component, Path, PathBuf},
};

use aios_draft::identity::Pieces;
use aios_record::{Gate, Identity, Kind, Scope, ScopeFilter, Source, forms};
use tokio::task;

use crate::{Error, MemoryView};

/// Identity of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document(Named);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    /// The file of this name, and the names by which earlier versions of this program may know it:
    /// paths as they were typed.
    File { name: String, former: Vec<String>, saying: Option<String> },
    /// A stream, by a hash of its text.
    Stream { hash: String, saying: String },
}

/// Returns the saying for the whole text of a document: a hash, by which it is recognised at
/// another path and with other cuts.
pub(crate) fn saying_of(text: &str) -> String {
    format!("document {}", blake3::hash(forms::forgotten(text).as_bytes()).to_hex())
}

impl Document {
    /// Returns the document at `path`, whether or not a file exists there; `None` for a pipe or
    /// another special file. Reads the file system.
    #[must_use]
    pub fn at(path: &Path) -> Option<Document> {
        if fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir()) {
            return None;
        }
        let canonical = canonical(path);
        let name = name_of(&canonical);
        let here = std::env::current_dir().and_then(fs::canonicalize);
        let relative = here.ok().and_then(|here| canonical.strip_prefix(here).ok());
        let typed = [Some(path), relative, Some(canonical.as_path())].into_iter().flatten();
        let mut former: Vec<String> = typed.map(|path| path.display().to_string()).collect();
        former.retain(|former| *former != name);
        former.sort_unstable();
        former.dedup();
        Some(Document(Named::File { name, former, saying: None }))
    }

    /// Returns the document of a stream with this text.
    #[must_use]
    pub fn of_text(text: &str) -> Document {
        let hash = blake3::hash(forms::same(text).as_bytes()).to_hex().to_string();
        Document(Named::Stream { hash, saying: saying_of(text) })
    }

    /// Returns this document with the saying for its text.
    #[must_use]
    pub fn with_text(self, text: &str) -> Document {
        Document(match self.0 {
            Named::File { name, former, .. } => {
                Named::File { name, former, saying: Some(saying_of(text)) }
            }
            stream @ Named::Stream { .. } => stream,
        })
    }

    /// Returns the saying for its whole text, if the text was read.
    pub(crate) fn saying(&self) -> Option<&str> {
        match &self.0 {
            Named::File { saying, .. } => saying.as_deref(),
            Named::Stream { saying, .. } => Some(saying),
        }
    }

    /// Returns a text that is unique to this document.
    pub(crate) fn origin(&self) -> String {
        match &self.0 {
            Named::File { name, .. } => format!("file:{name}"),
            Named::Stream { hash, .. } => format!("stream:{hash}"),
        }
    }

    /// Returns the name by which its forgotten paragraphs are recorded.
    pub(crate) fn name(&self) -> String {
        self.source().map_or_else(|| self.origin(), |source| source.id)
    }

    /// Returns the source of its pieces, or `None` for a stream.
    #[must_use]
    pub fn source(&self) -> Option<Source> {
        match &self.0 {
            Named::File { name, .. } => Some(Source::file(name)),
            Named::Stream { .. } => None,
        }
    }

    /// Returns the sources of pieces that earlier versions stored.
    pub(crate) fn former_sources(&self) -> Vec<Source> {
        match &self.0 {
            Named::File { former, .. } => former.iter().map(Source::file).collect(),
            Named::Stream { .. } => Vec::new(),
        }
    }
}

impl MemoryView {
    /// Returns the pieces of the document at `path`, or else of the only document whose path ends
    /// with `path`. Includes retired pieces; only pieces that this view may change are returned.
    ///
    /// # Errors
    /// [`Error::Documents`] if no document is at `path` and the paths of several end with it.
    pub(crate) async fn pieces_at(&self, path: &Path) -> Result<BTreeSet<Identity>, Error> {
        let typed = path.to_owned();
        let document = task::spawn_blocking(move || Document::at(&typed)).await;
        let sources = document.map_err(|_| Error::Interrupted)?.map_or_else(Vec::new, |it| {
            it.source().into_iter().chain(it.former_sources()).collect()
        });
        let there = self.own_pieces(&sources).await?;
        if !there.is_empty() {
            return Ok(there);
        }
        let own = match self.gate().acts_for() {
            Some(owner) => {
                let exact = ScopeFilter::exact(Scope::default());
                self.shared().longterm.scoped(Gate::owner(owner.clone()).narrow(&exact)?)
            }
            None => self.longterm().clone(),
        };
        let names = ending_in(path, own.sources().ids(Source::FILE).await?);
        match &names[..] {
            [] => Ok(BTreeSet::new()),
            [only] => self.own_pieces(&[Source::file(only)]).await,
            _ => Err(Error::Documents { path: path.to_owned(), names }),
        }
    }

    /// Returns `true` if pieces of the document at `path` were deleted before. A purged document of
    /// a project, agent or session is no longer known.
    pub(crate) async fn had_pieces_at(&self, path: &Path) -> Result<bool, Error> {
        let typed = path.to_owned();
        let document = task::spawn_blocking(move || Document::at(&typed)).await;
        let Some(document) = document.map_err(|_| Error::Interrupted)? else { return Ok(false) };
        let origin = document.origin();
        let mut prefixes: HashMap<Scope, String> = HashMap::new();
        let deleted = self.longterm().tombstones().deleted_of(Kind::Knowledge).await?;
        Ok(deleted.into_iter().any(|(identity, scope)| {
            let prefix = prefixes.entry(scope);
            let prefix = prefix.or_insert_with_key(|of| Pieces::new(of, &origin).prefix());
            identity.id.as_str().starts_with(&**prefix)
        }))
    }

    /// Returns the records from `sources` that this view may change.
    async fn own_pieces(&self, sources: &[Source]) -> Result<BTreeSet<Identity>, Error> {
        let found = self.longterm().sources().made_from(sources).await?.into_iter();
        let may_change =
            |it: &Identity| self.gate().may_change(&Scope::default().with_owner(&it.owner));
        Ok(found.filter(may_change).collect())
    }
}

/// Returns the `names` that end in the path `typed`, compared by components.
fn ending_in(typed: &Path, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let typed: PathBuf = typed.components().filter(|part| *part != Component::CurDir).collect();
    match typed.as_os_str().is_empty() {
        true => Vec::new(),
        false => names.into_iter().filter(|name| Path::new(name).ends_with(&typed)).collect(),
    }
}

/// Resolves links, `.` and `..` of a path, as far as the path exists.
fn canonical(path: &Path) -> PathBuf {
    if let Ok(canonical) = fs::canonicalize(path) {
        return canonical;
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    let there = plain.ancestors().find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
    match there.and_then(|(above, real)| Some(real.join(plain.strip_prefix(above).ok()?))) {
        Some(canonical) => canonical,
        None => plain,
    }
}

/// Returns an unambiguous text form of a path: `\xFF` is a byte that is not UTF-8, `\\` a
/// backslash.
fn name_of(path: &Path) -> String {
    let mut name = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        name.push_str(&chunk.valid().replace('\\', "\\\\"));
        for byte in chunk.invalid() {
            write!(name, "\\x{byte:02X}").expect("a string takes all that is written");
        }
    }
    name
}

#[cfg(test)]
mod tests;
