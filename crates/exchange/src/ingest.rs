//! Ingest of conversations, documents and records.
//!
//! A blocking task parses the input and cuts it into drafts. Batches of drafts pass through a
//! bounded channel. Each draft gets an id and is written by the memory's
//! [admission](aios_memory::admission), the only write path: messages to working memory, whose
//! change feed carries them on, and everything else to long-term memory. No part of the input is
//! held longer than its batch.

mod attribution;
mod conversation;
mod detect;
mod document;
mod elements;
mod encoding;
mod formats;
mod json;
mod lines;
mod mend;
mod reading;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    fmt,
    fs::File,
    io::Read,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

pub use aios_draft::TEXT_BYTES_MAX;
use aios_draft::{Defaults, Draft, STREAM, Unnamed};
use aios_longterm::chunks;
use aios_memory::{MemoryView, admission::Tally};
use aios_record::Progress;
use serde::Serialize;
use tokio::{
    sync::mpsc,
    task::{self, JoinHandle},
};

pub use self::{document::DOCUMENT_BYTES_MAX, lines::LINE_BYTES_MAX};
pub(crate) use self::{
    formats::{Haystack, Sample, recognised},
    json::CONVERSATION_BYTES_MAX,
};
use self::{
    reading::{Input, Piece},
    writer::Writer,
};
use crate::Error;

/// Failures listed in a report; further ones are only counted.
const FAILURES_MAX: usize = 1000;

/// Problem reported for an input if reading it panicked.
const FAULT: &str = "internal error while reading this input; the part before it may be stored; \
                     please report this bug with the input";

/// Capacity of the channel in batches: batches read but not yet written.
const BATCHES_AHEAD: usize = 2;

/// Ingests the file at `path`. Parts that are refused are in the report with their line numbers;
/// the rest is stored. When this returns, the stored part is durable and found by every search.
/// Ingesting the same file again adds nothing. A record that names an owner other than the view's
/// is refused. The administrator's view stores each record for the owner that it names.
///
/// A file that cannot be opened is a failure in the report, not an error.
///
/// # Errors
/// Errors of working or long-term memory, such as an exceeded limit. If records were added before
/// the error, returns [`Error::Unfinished`]; these records stay.
pub async fn file(
    view: &MemoryView,
    path: impl Into<PathBuf>,
    options: IngestOptions,
) -> Result<IngestReport, Error> {
    let path: PathBuf = path.into();
    let opened = path.clone();
    let file = task::spawn_blocking(move || File::open(opened)).await;
    match file.map_err(Error::interrupted)? {
        Ok(file) => reader(view, file, Some(&path), options).await,
        Err(error) => {
            let mut report = IngestReport::default();
            let error = format!("failed to open: {error}");
            report.fail(Failure { file: Some(path), line: None, error });
            Ok(report)
        }
    }
}

/// Ingests a stream, as [`file()`] does for a file with this `name`.
///
/// # Errors
/// As [`file()`].
pub async fn reader(
    view: &MemoryView,
    input: impl Read + Send + 'static,
    name: Option<&Path>,
    options: IngestOptions,
) -> Result<IngestReport, Error> {
    let began = Instant::now();
    let name = name.map(Path::to_owned);
    let bytes_read = Arc::new(AtomicU64::new(0));
    let counted = Counted { reader: input, bytes: Arc::clone(&bytes_read) };
    let (mut batches, reading) = read_in_background(view, counted, name.clone(), &options);
    let mut writer = Writer::new(view);
    writer.name = name;
    while let Some(pieces) = batches.recv().await {
        let written = writer.write_pieces(pieces).await;
        written.map_err(|error| error.after(writer.added()))?;
        if let Some(progress) = &options.progress {
            progress(Progress::new(bytes_read.load(Ordering::Relaxed)));
        }
    }
    // The reader may have panicked; that must not look like the end of the input.
    match reading.await {
        Ok(()) => {}
        Err(error) if error.is_panic() => writer.fail(None, FAULT.to_owned()),
        Err(error) => return Err(Error::interrupted(error)),
    }
    let added = writer.added();
    let mut report = writer.finish().await.map_err(|error| error.after(added))?;
    report.elapsed_ms = began.elapsed().as_secs_f64() * 1e3;
    Ok(report)
}

/// Stores drafts that were read elsewhere, such as the texts of an evaluation. All of them are of
/// line 1.
///
/// # Errors
/// Errors of working or long-term memory.
pub async fn drafts(view: &MemoryView, drafts: &[Draft]) -> Result<IngestReport, Error> {
    let mut writer = Writer::new(view);
    for drafts in drafts.chunks(Writer::BATCH) {
        writer.write(drafts.iter().map(|draft| (1, draft.clone())).collect()).await?;
    }
    writer.finish().await
}

/// The format of an input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Detected from the content, then from the file name. The default.
    #[default]
    Auto,
    /// ChatGPT data export.
    ChatGpt,
    /// Claude data export.
    Claude,
    /// Claude Code sessions.
    ClaudeCode,
    /// Codex rollouts.
    Codex,
    /// OpenClaw and Pi sessions.
    OpenClaw,
    /// Gemini CLI sessions.
    Gemini,
    /// Items of the OpenAI Responses API.
    Responses,
    /// OpenAI chats and fine-tuning lines, Anthropic requests.
    OpenAi,
    /// LangChain messages.
    LangChain,
    /// ShareGPT conversations.
    ShareGpt,
    /// JSON of the LongMemEval dataset.
    LongMemEval,
    /// JSON of the LoCoMo dataset.
    Locomo,
    /// Graph of the Model Context Protocol's memory server.
    McpMemory,
    /// Mem0 memories.
    Mem0,
    /// JSON list of messages, or an object with such a list as `messages`.
    Chat,
    /// One JSON record per line.
    Jsonl,
    /// Document with headings.
    Markdown,
    /// Plain document.
    Text,
}

impl Format {
    /// Returns every format, in the order in which help lists them.
    pub fn all() -> impl Iterator<Item = Format> {
        formats::FORMATS.iter().map(|it| it.format)
    }

    /// Returns the name, as `--format` accepts it.
    #[must_use]
    pub fn name(self) -> &'static str {
        formats::description(self).name
    }

    /// Returns a one-line description.
    #[must_use]
    pub fn about(self) -> &'static str {
        formats::description(self).about
    }
}

/// Handling of a model's thinking in a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Thinking {
    /// Thinking is left out. The default.
    #[default]
    LeftOut,
    /// Thinking is kept as messages with the role `thinking`.
    Kept,
}

/// Options of an ingest.
///
/// ```
/// use aios_exchange::ingest::{Format, IngestOptions, Thinking};
///
/// let options = IngestOptions::default()
///     .with_format(Format::Jsonl)
///     .with_thinking(Thinking::Kept)
///     .with_progress(|progress| println!("{} bytes are read", progress.done));
/// assert_eq!(options.format, Format::Jsonl);
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct IngestOptions {
    /// Format of the input. Default: [`Format::Auto`].
    pub format: Format,
    /// Handling of a model's thinking. Default: [`Thinking::LeftOut`].
    pub thinking: Thinking,
    progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
}

impl IngestOptions {
    /// Sets the format.
    #[must_use]
    pub fn with_format(self, format: Format) -> IngestOptions {
        IngestOptions { format, ..self }
    }

    /// Sets the handling of a model's thinking.
    #[must_use]
    pub fn with_thinking(self, thinking: Thinking) -> IngestOptions {
        IngestOptions { thinking, ..self }
    }

    /// Sets the callback for the number of bytes read, which is called after every batch. Default:
    /// none.
    #[must_use]
    pub fn with_progress(self, progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        IngestOptions { progress: Some(Arc::new(progress)), ..self }
    }
}

impl fmt::Debug for IngestOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IngestOptions")
            .field("format", &self.format)
            .field("thinking", &self.thinking)
            .finish_non_exhaustive()
    }
}

/// Outcome of an ingest. Serializes to the output of `aios-memory ingest --json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct IngestReport {
    /// Record counts by outcome.
    #[serde(flatten)]
    pub tally: Tally,
    /// Number of distinct conversations that the messages belong to.
    pub sessions: u64,
    /// Parts of the input that were refused, with the reason; the first 1,000.
    pub failed: Vec<Failure>,
    /// Number of parts of the input that were refused.
    pub failed_count: u64,
    /// Duration in milliseconds.
    pub elapsed_ms: f64,
}

impl IngestReport {
    /// Adds the outcome of another input.
    pub fn add(&mut self, other: IngestReport) {
        self.tally.add(other.tally);
        self.sessions += other.sessions;
        self.failed_count += other.failed_count;
        self.elapsed_ms += other.elapsed_ms;
        let room = FAILURES_MAX.saturating_sub(self.failed.len());
        self.failed.extend(other.failed.into_iter().take(room));
    }

    fn fail(&mut self, failure: Failure) {
        self.failed_count += 1;
        if self.failed.len() < FAILURES_MAX {
            self.failed.push(failure);
        }
    }
}

/// A part of an input that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The file, or `None` for a stream without a name.
    #[serde(serialize_with = "aios_memory::written_path::optional")]
    pub file: Option<PathBuf>,
    /// Line number, from 1, or `None` if the whole input was refused.
    pub line: Option<u64>,
    /// The reason.
    pub error: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}", file.display())?,
            None => f.write_str(STREAM)?,
        }
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.error)
    }
}

/// Spawns the reader and returns its batches of pieces. Reading stops if the receiver is dropped.
fn read_in_background(
    view: &MemoryView,
    reader: impl Read + Send + 'static,
    name: Option<PathBuf>,
    options: &IngestOptions,
) -> (mpsc::Receiver<Vec<Piece>>, JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
    let embedder = Arc::clone(view.embedder());
    let (format, thinking) = (options.format, options.thinking);
    let mut scope = view.gate().filter().scope.clone();
    // The gate fills in the owner, once it is known whether the record names one.
    scope.user = None;
    let is_owned = view.gate().acts_for_user();
    let reading = task::spawn_blocking(move || {
        let session = Unnamed::of(name.as_deref());
        let defaults = Defaults { scope, session, is_owned, ..Defaults::default() };
        let mut batch = Vec::with_capacity(Writer::BATCH);
        let chunks = |text: &str| chunks(text, &*embedder);
        let input = Input {
            bytes: reader,
            name: name.as_deref(),
            format,
            thinking,
            defaults: &defaults,
            chunks: &chunks,
        };
        reading::read(input, &mut |piece| {
            batch.push(piece);
            if batch.len() < Writer::BATCH {
                return ControlFlow::Continue(());
            }
            let full = std::mem::replace(&mut batch, Vec::with_capacity(Writer::BATCH));
            match sender.blocking_send(full) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        // The receiver may have been dropped.
        let _ = sender.blocking_send(batch);
    });
    (receiver, reading)
}
/// Reader that counts the bytes read.
struct Counted<R> {
    reader: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
