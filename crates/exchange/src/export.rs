//! Export of all records as JSON lines, and its import. Not here: backups of the files, and stores
//! of other programs ([`import`](crate::import)).
//!
//! The first line is a header with the format version; each other line is a record in its transport
//! form. Records of working memory come first: facts, so that they are stored when an import learns
//! from their messages, then parents before children. Records that are only in long-term memory
//! follow.

mod reading;
mod restock;

use std::{
    collections::HashSet,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use aios_files::Partial;
use aios_memory::MemoryView;
use aios_record::{ExportHeader, Identity, Kind, Progress, Record};
use aios_working::KINDS;
use serde::Serialize;
use tokio::task;

pub(crate) use self::reading::{begins_export, begins_headless};
pub use self::{
    reading::is_export,
    restock::{RestockFailure, Restocked, read_back},
};
use crate::Error;

/// Records per page.
const PAGE: usize = 500;

/// Writes every record of the view's owner to a new file at `path` (mode 0600), from working memory
/// and from long-term memory. The file appears only when it is complete. The view of a user
/// excludes shared records; the administrator's view includes those of every owner. The ring's
/// metrics and events are not records. Changes made after the call began may or may not be
/// included. Calls `progress` with the number of records written.
///
/// # Errors
/// [`aios_memory::Error::Output`] if the file already exists or cannot be written,
/// [`aios_memory::Error::Place`] while another process writes the file, or any error of working or
/// long-term memory.
pub async fn to_file(
    view: &MemoryView,
    path: &Path,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Exported, Error> {
    let partial = Partial::create(path)?;
    let (exported, partial) = write_export(view, Lines::new(partial, path, progress)?).await?;
    let committing = task::spawn_blocking(move || partial.commit());
    committing.await.map_err(Error::interrupted)??;
    Ok(exported)
}

/// Like [`to_file`], but writes to `out`, which errors call `name`.
///
/// # Errors
/// [`aios_memory::Error::Output`] if `out` cannot be written to, or any error of working or
/// long-term memory.
pub async fn to_writer(
    view: &MemoryView,
    out: impl Write + Send + 'static,
    name: &str,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Exported, Error> {
    let lines = Lines::new(out, Path::new(name), progress)?;
    Ok(write_export(view, lines).await?.0)
}

/// Outcome of an export.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Total number of records.
    pub records: u64,
    /// Number of records from working memory.
    pub working: u64,
}

async fn write_export<W: Write + Send + 'static>(
    view: &MemoryView,
    mut lines: Lines<W>,
) -> Result<(Exported, W), Error> {
    let mut exported = Exported::default();
    let mut written = HashSet::new();
    view.feed().catch_up().await?;
    let working = view.working();
    let first = [Kind::Fact, Kind::Session];
    let rest = KINDS.iter().filter(|kind| !first.contains(kind));
    for &kind in first.iter().chain(rest) {
        let mut after = None;
        loop {
            let page = working.records().list(kind, after, PAGE).await?;
            let mut records = page.records;
            // Machine-wide records are visible through every narrowed view.
            let gate = view.gate();
            records.retain(|it| gate.sees(&it.scope) && gate.may_change(&it.scope));
            written.extend(records.iter().map(Record::identity));
            exported.working += records.len() as u64;
            lines = lines.write(records).await?;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    let mut rest = view.longterm().records().identities().await?;
    let own = view.gate().acts_for();
    rest.retain(|identity| own.is_none_or(|owner| identity.owner == *owner));
    rest.retain(|identity| !written.contains(identity));
    // In the order of their names, goals come before tasks, and tasks before tool calls.
    rest.sort_unstable_by(|a, b| place(a).cmp(&place(b)));
    for some in rest.chunks(PAGE) {
        let mut records = view.longterm().records().get_all(some).await?;
        check_whole(view, some, &records).await?;
        records.sort_by_cached_key(|record| {
            let identity = record.identity();
            (identity.kind != Kind::Session, identity.kind.as_str(), identity)
        });
        lines = lines.write(records).await?;
    }
    exported.records = lines.count;
    Ok((exported, lines.finish().await?))
}

/// Returns the sort key of a record that is only in long-term memory: sessions come first.
fn place(identity: &Identity) -> (bool, &str, &Identity) {
    (identity.kind != Kind::Session, identity.kind.as_str(), identity)
}

/// Returns an error if a record that is still stored is missing from a page.
async fn check_whole(
    view: &MemoryView,
    wanted: &[Identity],
    records: &[Record],
) -> Result<(), Error> {
    let found: HashSet<Identity> = records.iter().map(Record::identity).collect();
    let missing = wanted.iter().filter(|it| !found.contains(*it)).cloned();
    let missing: Vec<Identity> = missing.collect();
    let known = view.longterm().records().known(&missing).await?;
    match missing.into_iter().zip(known).find(|(_, known)| *known) {
        None => Ok(()),
        Some((identity, _)) => Err(aios_longterm::Error::Damaged {
            key: identity.to_string(),
            reason: "missing from long-term memory".to_owned(),
        }
        .into()),
    }
}

/// Writer of the lines of an export, off the async workers.
struct Lines<W: Write> {
    path: PathBuf,
    out: BufWriter<W>,
    count: u64,
    progress: Box<dyn Fn(Progress) + Send + Sync>,
}

impl<W: Write + Send + 'static> Lines<W> {
    fn new(
        out: W,
        path: &Path,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Lines<W>, Error> {
        let mut out = BufWriter::new(out);
        serde_json::to_writer(&mut out, &ExportHeader::default())
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(Error::output(path))?;
        Ok(Lines { path: path.to_owned(), out, count: 0, progress: Box::new(progress) })
    }

    async fn write(mut self, records: Vec<Record>) -> Result<Lines<W>, Error> {
        let writing = task::spawn_blocking(move || {
            for record in &records {
                serde_json::to_writer(&mut self.out, record)
                    .map_err(std::io::Error::from)
                    .and_then(|()| self.out.write_all(b"\n"))
                    .map_err(Error::output(&self.path))?;
                self.count += 1;
            }
            (self.progress)(Progress::new(self.count));
            Ok(self)
        });
        writing.await.map_err(Error::interrupted)?
    }

    async fn finish(self) -> Result<W, Error> {
        let finishing = task::spawn_blocking(move || {
            let flushed = self.out.into_inner().map_err(|error| error.into_error());
            flushed.map_err(Error::output(self.path))
        });
        finishing.await.map_err(Error::interrupted)?
    }
}
