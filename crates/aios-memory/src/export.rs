//! All records as lines of JSON, and back. Not here: copies of the files, and what other programs
//! stored (`import`).
//!
//! The first line says what the file is and how it is written; each other one is a record in the
//! form in which it travels. What working memory holds comes first, parents before what refers to
//! them, then what is in long-term memory alone.

mod reading;
mod restock;

use std::{
    collections::HashSet,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use aios_files::Partial;
use aios_record::{ExportHeader, Identity, Kind, Record};
use aios_working::KINDS;
use serde::Serialize;
use tokio::task;

pub(crate) use self::reading::begins_export;
pub use self::{reading::is_export, restock::Restocked};
use crate::{Error, MemoryView};

/// How many records are on their way at once.
const PAGE: usize = 500;
/// Is told how many records are done.
pub type RecordProgress = Arc<dyn Fn(u64) + Send + Sync>;

/// What an export wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Records in all.
    pub records: u64,
    /// Those of working memory among them.
    pub working: u64,
}

/// The order of what is in long-term memory alone: sessions come before their messages.
fn place(identity: &Identity) -> (bool, &str, &Identity) {
    (identity.kind != Kind::Session, identity.kind.as_str(), identity)
}

impl MemoryView {
    /// Writes every record of this view's owner to a new file at `path` (mode 0600), which is there
    /// when it is whole: those in working memory, and those in long-term memory alone. The view
    /// of a user leaves shared records out; the administrator's writes those of every owner.
    /// Metrics and the ring of events are no records. Others may write meanwhile; their changes
    /// after the call began may be in the file or not.
    ///
    /// # Errors
    /// [`Error::Output`] when the file is there already or cannot be written, [`Error::Place`]
    /// while another process writes it; what working or long-term memory report.
    pub async fn export(
        &self,
        path: &Path,
        progress: Option<RecordProgress>,
    ) -> Result<Exported, Error> {
        let partial = Partial::create(path)?;
        let (exported, partial) = self.write_export(Lines::new(partial, path, progress)?).await?;
        let committing = task::spawn_blocking(move || partial.commit());
        committing.await.map_err(|_| Error::Interrupted)??;
        Ok(exported)
    }

    /// As [`export`](MemoryView::export), to `out`, which errors call `name`.
    ///
    /// # Errors
    /// [`Error::Output`] when `out` cannot be written to; what working or long-term memory report.
    pub async fn export_to(
        &self,
        out: impl Write + Send + 'static,
        name: &str,
        progress: Option<RecordProgress>,
    ) -> Result<Exported, Error> {
        let lines = Lines::new(out, Path::new(name), progress)?;
        Ok(self.write_export(lines).await?.0)
    }

    async fn write_export<W: Write + Send + 'static>(
        &self,
        mut lines: Lines<W>,
    ) -> Result<(Exported, W), Error> {
        let mut exported = Exported::default();
        let mut written = HashSet::new();
        self.catch_up().await?;
        let working = self.working();
        let rest = KINDS.iter().filter(|kind| **kind != Kind::Session);
        for &kind in [Kind::Session].iter().chain(rest) {
            let mut after = None;
            loop {
                let page = working.records(kind, after, PAGE).await?;
                let mut records = page.records;
                // Machine-wide records are seen by everybody, whatever the view is narrowed to.
                let gate = self.gate();
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
        let mut rest = self.longterm().identities().await?;
        let own = self.gate().acts_for();
        rest.retain(|identity| own.is_none_or(|owner| identity.owner == *owner));
        rest.retain(|identity| !written.contains(identity));
        // Goals come before their tasks, these before their tool calls, by their names.
        rest.sort_unstable_by(|a, b| place(a).cmp(&place(b)));
        for some in rest.chunks(PAGE) {
            let mut records = self.longterm().records(some).await?;
            self.check_whole(some, &records).await?;
            records.sort_by_cached_key(|record| {
                let identity = record.identity();
                (identity.kind != Kind::Session, identity.kind.as_str(), identity)
            });
            lines = lines.write(records).await?;
        }
        exported.records = lines.count;
        Ok((exported, lines.finish().await?))
    }
}

impl MemoryView {
    /// Refuses a page from which a record is missing that is still stored.
    async fn check_whole(&self, wanted: &[Identity], records: &[Record]) -> Result<(), Error> {
        let found: HashSet<Identity> = records.iter().map(Record::identity).collect();
        let missing = wanted.iter().filter(|it| !found.contains(*it)).cloned();
        let missing: Vec<Identity> = missing.collect();
        let known = self.longterm().known(&missing).await?;
        match missing.into_iter().zip(known).find(|(_, known)| *known) {
            None => Ok(()),
            Some((identity, _)) => Err(aios_longterm::Error::Damaged {
                key: identity.to_string(),
                reason: "long-term memory should hold it and does not; `aios-memory repair` saves \
                         what can be saved"
                    .to_owned(),
            }
            .into()),
        }
    }
}

/// What is written to, off the async workers.
struct Lines<W: Write> {
    path: PathBuf,
    out: BufWriter<W>,
    count: u64,
    progress: Option<RecordProgress>,
}

impl<W: Write + Send + 'static> Lines<W> {
    fn new(out: W, path: &Path, progress: Option<RecordProgress>) -> Result<Lines<W>, Error> {
        let mut out = BufWriter::new(out);
        serde_json::to_writer(&mut out, &ExportHeader::default())
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(Error::output(path))?;
        Ok(Lines { path: path.to_owned(), out, count: 0, progress })
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
            if let Some(progress) = &self.progress {
                progress(self.count);
            }
            Ok(self)
        });
        writing.await.map_err(|_| Error::Interrupted)?
    }

    async fn finish(self) -> Result<W, Error> {
        let finishing = task::spawn_blocking(move || {
            let flushed = self.out.into_inner().map_err(|error| error.into_error());
            flushed.map_err(Error::output(self.path))
        });
        finishing.await.map_err(|_| Error::Interrupted)?
    }
}
