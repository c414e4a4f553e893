//! All records as lines of JSON, and back. Not here: copies of the files, and what other programs
//! stored (`import`).
//!
//! The first line says what the file is and how it is written; each other one is a record in the
//! form in which it travels. What working memory holds comes first, parents before what refers to
//! them, then what is in long-term memory alone.

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io::{BufRead, BufReader, BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use aios_longterm::Longterm;
use aios_record::{Kind, Record, Scope, ScopeFilter};
use aios_working::{KINDS, Restored};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::{sync::mpsc, task};

use crate::{AgentMemory, Error, ImportMode, fields, moment};

/// The version of the format.
const FORMAT: u32 = 1;
/// How many records are on their way at once.
const PAGE: usize = 500;
/// The longest line: a record may hold a text of 16 MiB twice.
const LINE_BYTES_MAX: u64 = 256 << 20;

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header {
    aios_memory_export: u32,
}

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

/// What was taken back from an export.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Restocked {
    /// Whether nothing was written; what is said to be added would be.
    pub dry_run: bool,
    /// Records that are new here.
    pub added: u64,
    /// Records that were here already, which stay as they are.
    pub known: u64,
    /// Records that were forgotten here, which stay so.
    pub hidden: u64,
    /// Records among the added that were stored without what they refer to, for it is not here:
    /// line and reference.
    pub detached: Vec<(u64, String)>,
    /// Records that could not be stored: line and reason.
    pub failed: Vec<(u64, String)>,
}

/// The order of what is in long-term memory alone: sessions come before their messages.
fn place(key: &str) -> (bool, &str) {
    (!key.starts_with("session/"), key)
}

/// Whether the file at `path` begins like an export of this program.
#[must_use]
pub fn is_export(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| read_header(&mut BufReader::new(file)).is_some())
}

fn read_header(file: &mut impl BufRead) -> Option<Header> {
    let mut line = Vec::new();
    std::io::Read::take(file, 4096).read_until(b'\n', &mut line).ok()?;
    serde_json::from_slice(&line).ok()
}

impl AgentMemory {
    /// Writes every record that `scope` admits to a new file at `path` (mode 0600), which is there
    /// when it is whole: what working memory holds, and what long-term memory alone holds. Metrics
    /// and the ring of events are no records. Others may write meanwhile; what they change after
    /// the call began may be in the file or not.
    ///
    /// # Errors
    /// [`Error::Output`] when the file is there already or cannot be written; what working or
    /// long-term memory report.
    pub async fn export(
        &self,
        path: &Path,
        scope: &ScopeFilter,
        progress: Option<RecordProgress>,
    ) -> Result<Exported, Error> {
        if path.exists() {
            let source = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(Error::Output { path: path.to_owned(), source });
        }
        let partial = path.with_added_extension("partial");
        let done = self.export_synced(&partial, scope, progress).await;
        let renamed = done.and_then(|exported| {
            fs::rename(&partial, path).map_err(Error::output(path))?;
            Ok(exported)
        });
        renamed.inspect_err(|_| {
            // Half an export is worse than none; the first error is the one to tell.
            let _ = fs::remove_file(&partial);
        })
    }

    /// As [`export`](AgentMemory::export), to `out`, which errors call `name`.
    ///
    /// # Errors
    /// [`Error::Output`] when `out` cannot be written to; what working or long-term memory report.
    pub async fn export_to(
        &self,
        out: impl Write + Send + 'static,
        name: &str,
        scope: &ScopeFilter,
        progress: Option<RecordProgress>,
    ) -> Result<Exported, Error> {
        let lines = Lines::new(out, Path::new(name), progress)?;
        Ok(self.write_export(lines, scope).await?.0)
    }

    async fn export_synced(
        &self,
        path: &Path,
        scope: &ScopeFilter,
        progress: Option<RecordProgress>,
    ) -> Result<Exported, Error> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let file = options.open(path).map_err(Error::output(path))?;
        let lines = Lines::new(file, path, progress)?;
        let (exported, file) = self.write_export(lines, scope).await?;
        let syncing = task::spawn_blocking(move || file.sync_all());
        syncing.await.map_err(|_| Error::Interrupted)?.map_err(Error::output(path))?;
        Ok(exported)
    }

    async fn write_export<W: Write + Send + 'static>(
        &self,
        mut lines: Lines<W>,
        scope: &ScopeFilter,
    ) -> Result<(Exported, W), Error> {
        let mut exported = Exported::default();
        let mut written = HashSet::new();
        self.catch_up().await?;
        let working = self.working().bound_to(scope.clone())?;
        let rest = KINDS.iter().filter(|kind| **kind != Kind::Session);
        for &kind in [Kind::Session].iter().chain(rest) {
            let mut after = None;
            loop {
                let page = working.records(kind, after, PAGE).await?;
                let admitted = |record: &Record| scope.admits(&record.scope);
                let records: Vec<Record> = page.records.into_iter().filter(admitted).collect();
                written.extend(records.iter().map(Record::key));
                exported.working += records.len() as u64;
                lines = lines.write(records).await?;
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        let mut keys = self.longterm().keys_in(Scope::default()).await?;
        keys.retain(|key| !written.contains(key));
        // Goals come before their tasks, these before their tool calls, by their names.
        keys.sort_unstable_by(|a, b| place(a).cmp(&place(b)));
        for keys in keys.chunks(PAGE) {
            let mut records = self.longterm().records(keys.to_vec()).await?;
            records.retain(|record| scope.admits(&record.scope));
            records.sort_by(|a, b| place(&a.key()).cmp(&place(&b.key())));
            lines = lines.write(records).await?;
        }
        exported.records = lines.count;
        Ok((exported, lines.finish().await?))
    }

    /// Takes back what [`export`](AgentMemory::export) wrote, each record where it was and with the
    /// times that it had. One that is here already stays as it is, in whichever tier that is, so an
    /// import that was interrupted is repeated as a whole; one that was forgotten here stays so. A
    /// record whose goal or task is not here is stored without that reference. A message whose
    /// place in its session another one has gets the next place, and a session that is here without
    /// a summary gets the one of the file. With [`ImportMode::DryRun`] nothing is stored, and what
    /// the tiers would refuse or detach is not found out.
    ///
    /// # Errors
    /// [`Error::Input`] when the file cannot be read, is none of these or is of a newer version;
    /// what working or long-term memory report. What was taken by then stays.
    pub async fn import_export(
        &self,
        path: &Path,
        mode: ImportMode,
        progress: Option<RecordProgress>,
    ) -> Result<Restocked, Error> {
        let (sender, mut batches) = mpsc::channel(2);
        let opened = path.to_owned();
        let reading = task::spawn_blocking(move || read_lines(&opened, &sender));
        let dry_run = mode == ImportMode::DryRun;
        let mut done = Restocked { dry_run, ..Restocked::default() };
        // What working memory was told is to be known as well.
        self.catch_up().await?;
        while let Some(batch) = batches.recv().await {
            let new = self.new_of(batch, &mut done).await?;
            match mode {
                ImportMode::DryRun => done.added += new.len() as u64,
                ImportMode::Store => self.take_back(new, &mut done).await?,
            }
            if let Some(progress) = &progress {
                progress(done.added + done.known + done.hidden + done.failed.len() as u64);
            }
        }
        reading.await.map_err(|_| Error::Interrupted)??;
        self.catch_up().await?;
        Ok(done)
    }

    /// The records that are neither here nor forgotten.
    async fn new_of(
        &self,
        batch: Vec<Line>,
        done: &mut Restocked,
    ) -> Result<Vec<(u64, Record)>, Error> {
        let mut lines = Vec::with_capacity(batch.len());
        let mut records = Vec::with_capacity(batch.len());
        for (line, record) in batch {
            match record {
                Ok(record) => {
                    lines.push(line);
                    records.push(record);
                }
                Err(problem) => done.failed.push((line, problem)),
            }
        }
        let forgotten = self.longterm().are_forgotten(&records).await?;
        let in_longterm = self.longterm().known(records.iter().map(Record::key).collect()).await?;
        let mut new = Vec::with_capacity(records.len());
        let states = forgotten.into_iter().zip(in_longterm);
        for ((line, record), (is_forgotten, is_known)) in lines.into_iter().zip(records).zip(states)
        {
            let here = self.in_working(&record).await?;
            let is_known = is_known || here.is_some();
            if is_known && !here.is_some_and(|here| lacks(&here, &record)) {
                done.known += 1;
            } else if is_forgotten {
                done.hidden += 1;
            } else {
                new.push((line, record));
            }
        }
        Ok(new)
    }

    async fn in_working(&self, record: &Record) -> Result<Option<Record>, Error> {
        let working = match record.kind {
            Kind::Preference => {
                self.working().bound_to(ScopeFilter::exact(record.scope.clone()))?
            }
            _ => self.working().clone(),
        };
        Ok(working.record(record.kind, record.id.as_str()).await?)
    }

    async fn take_back(
        &self,
        records: Vec<(u64, Record)>,
        done: &mut Restocked,
    ) -> Result<(), Error> {
        let given = records.iter().map(|(_, record)| record.clone()).collect();
        let restored = self.working().restore(given, HashSet::new()).await?;
        let mut others = Vec::new();
        for ((line, record), restored) in records.into_iter().zip(restored) {
            match restored {
                Ok(Restored::Added) => done.added += 1,
                Ok(Restored::Detached { kind, id }) => {
                    done.added += 1;
                    done.detached.push((line, format!("{kind}/{id}")));
                }
                Ok(Restored::Known) => done.known += 1,
                Ok(Restored::Elsewhere) => others.push((line, record)),
                Err(error) => done.failed.push((line, error.to_string())),
            }
        }
        for (line, record) in others {
            match store(self.longterm(), record).await {
                Ok(true) => done.known += 1,
                Ok(false) => done.added += 1,
                Err(error) if error.is_retryable() => return Err(error.into()),
                Err(error) => done.failed.push((line, error.to_string())),
            }
        }
        Ok(())
    }
}

/// Whether `given` has a summary that the same session is here without, for its messages made it.
fn lacks(here: &Record, given: &Record) -> bool {
    here.kind == Kind::Session && here.text.is_empty() && !given.text.is_empty()
}

/// Stores a record; whether it was known. A full journal is emptied first.
async fn store(longterm: &Longterm, record: Record) -> Result<bool, aios_longterm::Error> {
    let stored = match longterm.store(vec![record.clone()]).await {
        Err(aios_longterm::Error::JournalFull { .. }) => {
            longterm.drain().await?;
            longterm.store(vec![record]).await?
        }
        other => other?,
    };
    Ok(stored.iter().all(|stored| stored.known))
}

/// A line's number, and the record on it or what is wrong with it.
type Line = (u64, Result<Record, String>);

fn read_lines(path: &Path, batches: &mpsc::Sender<Vec<Line>>) -> Result<(), Error> {
    let input = |problem: String| Error::Input { path: path.to_owned(), problem };
    let file = File::open(path).map_err(|error| input(error.to_string()))?;
    let mut file = BufReader::new(file);
    match read_header(&mut file) {
        Some(Header { aios_memory_export: FORMAT }) => {}
        Some(_) => return Err(input("a newer version exported it; use that one".to_owned())),
        None => return Err(input("it is no export of aios-memory".to_owned())),
    }
    let mut batch = Vec::new();
    for number in 2.. {
        let mut line = Vec::new();
        let limited = &mut std::io::Read::take(&mut file, LINE_BYTES_MAX);
        limited.read_until(b'\n', &mut line).map_err(|error| input(error.to_string()))?;
        if line.is_empty() {
            break;
        }
        batch.push((number, read_record(&line)));
        // Where nobody listens any more the import has failed, which is told elsewhere.
        if batch.len() == PAGE && batches.blocking_send(std::mem::take(&mut batch)).is_err() {
            return Ok(());
        }
    }
    let _ = batches.blocking_send(batch);
    Ok(())
}

/// The record on a line. One that somebody mended may have its times as people write them.
fn read_record(line: &[u8]) -> Result<Record, String> {
    const TIMES: &[&str] = &["occurred_at", "recorded_at", "valid_from", "valid_to", "expires_at"];
    if let Ok(record) = serde_json::from_slice(line) {
        return Ok(record);
    }
    let mut object: Map<String, Value> =
        serde_json::from_slice(line).map_err(|error| error.to_string())?;
    moment::settle(&mut object, TIMES.iter().copied())?;
    let kind = object.get("kind").and_then(Value::as_str).and_then(|name| name.parse().ok());
    if let (Some(kind), Some(Value::Object(payload))) = (kind, object.get_mut("payload")) {
        moment::settle(payload, fields::times(kind))?;
    }
    serde_json::from_value(Value::Object(object)).map_err(|error| error.to_string())
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
        let header = Header { aios_memory_export: FORMAT };
        serde_json::to_writer(&mut out, &header)
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
