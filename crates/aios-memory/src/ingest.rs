//! Conversations, documents and records into memory.
//!
//! A blocking task reads and cuts the input into drafts. They come over in batches through a
//! bounded channel, get their ids, and go in by the one way in (`admission`): messages to working
//! memory, whose change feed takes them on, everything else to long-term memory. Nothing of the
//! input is held longer than its batch.

mod attribution;
mod conversation;
mod detect;
mod document;
mod draft;
mod elements;
mod encoding;
mod fields;
mod forgotten_parts;
mod formats;
mod json;
mod lines;
mod mend;
mod reading;
mod repeated;
mod revision;
mod said;
mod spellings;
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

use aios_longterm::chunks;
use serde::Serialize;
use tokio::{
    sync::mpsc,
    task::{self, JoinHandle},
};

use self::{
    conversation::{STREAM, Unnamed},
    reading::{Input, Piece},
};
pub use self::{document::DOCUMENT_BYTES_MAX, draft::TEXT_BYTES_MAX, lines::LINE_BYTES_MAX};
pub(crate) use self::{
    draft::{Defaults, Draft, Part},
    fields::take_owner,
    formats::{Haystack, Labelled, recognised},
    json::CONVERSATION_BYTES_MAX,
    repeated::parse,
    spellings::names_owner,
    writer::{Writer, message_of},
};
use crate::{Error, MemoryView, Tally};

/// Failures that a report names; more are counted only.
const FAILURES_MAX: usize = 1000;

/// The problem of an input at which reading broke off by a fault of this program.
const FAULT: &str = "a fault of aios-memory ended the reading of it; what stands before may be \
                     stored; report the fault with the input";

/// Batches that may have been read and not yet written.
const BATCHES_AHEAD: usize = 2;

/// The format of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// As its content tells, else its name. The default.
    #[default]
    Auto,
    /// The data export of ChatGPT.
    ChatGpt,
    /// The data export of Claude.
    Claude,
    /// Sessions of Claude Code.
    ClaudeCode,
    /// Rollouts of Codex.
    Codex,
    /// Sessions of OpenClaw and Pi.
    OpenClaw,
    /// Sessions of Gemini CLI.
    Gemini,
    /// Items of OpenAI's Responses.
    Responses,
    /// Chats and fine-tuning lines of OpenAI, requests of Anthropic.
    OpenAi,
    /// Messages of LangChain.
    LangChain,
    /// Conversations of ShareGPT.
    ShareGpt,
    /// The LongMemEval dataset's JSON.
    LongMemEval,
    /// The LoCoMo dataset's JSON.
    Locomo,
    /// The graph of the Model Context Protocol's memory server.
    McpMemory,
    /// Memories of Mem0.
    Mem0,
    /// A JSON list of messages, or an object that holds one as `messages`.
    Chat,
    /// A JSON record a line.
    Jsonl,
    /// A document with headings.
    Markdown,
    /// A document.
    Text,
}

impl Format {
    /// Every format, in the order in which help lists them.
    pub fn all() -> impl Iterator<Item = Format> {
        formats::FORMATS.iter().map(|it| it.format)
    }

    /// The name, as `--format` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        formats::description(self).name
    }

    /// One line on what is in this format.
    #[must_use]
    pub fn about(self) -> &'static str {
        formats::description(self).about
    }
}

/// The handling of a model's thinking in a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Thinking {
    /// It is left out. The default.
    #[default]
    LeftOut,
    /// It is kept, as messages whose role is `thinking`.
    Kept,
}

/// Options of an ingest.
#[derive(Clone, Default)]
pub struct IngestOptions {
    /// The format of the input. Default: found out from it.
    pub format: Format,
    /// The handling of a model's thinking. Default: it is left out.
    pub thinking: Thinking,
    /// Is told how far it is, after every batch.
    pub progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
}

impl IngestOptions {
    /// These options for a format.
    #[must_use]
    pub fn with_format(self, format: Format) -> IngestOptions {
        IngestOptions { format, ..self }
    }

    /// These options for the thinking of a model.
    #[must_use]
    pub fn with_thinking(self, thinking: Thinking) -> IngestOptions {
        IngestOptions { thinking, ..self }
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

/// The progress of an ingest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read so far.
    pub bytes_read: u64,
    /// Records written so far.
    pub added: u64,
}

/// The outcome of an input. It serializes to what `aios-memory ingest --json` prints.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct IngestReport {
    /// Counts of the records, by outcome.
    #[serde(flatten)]
    pub tally: Tally,
    /// Conversations that the messages belong to.
    pub sessions: u64,
    /// Parts that could not be taken, and why; the first 1,000 of them.
    pub failed: Vec<Failure>,
    /// The number of parts that could not be taken.
    pub failed_count: u64,
    /// The duration.
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

/// A part of an input that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The file, or none for a stream without a name.
    #[serde(serialize_with = "crate::written_path::optional")]
    pub file: Option<PathBuf>,
    /// The line, from 1; none where all of it could not be taken.
    pub line: Option<u64>,
    /// The fault.
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

impl MemoryView {
    /// Takes in a file. Parts of it that cannot be taken are in the report, with their lines, and
    /// the rest goes in. When this returns, all of that is durable and found by every search.
    /// Taking in the same file again adds nothing. A record that names an owner other than the
    /// view's is refused; the administrator's view takes each record for the owner that it names.
    ///
    /// # Errors
    /// Errors of working or long-term memory, such as that a limit is reached: as
    /// [`Error::Unfinished`] if records were added before, which stay.
    pub async fn ingest_file(
        &self,
        path: impl Into<PathBuf>,
        options: IngestOptions,
    ) -> Result<IngestReport, Error> {
        let path: PathBuf = path.into();
        let opened = path.clone();
        let file = task::spawn_blocking(move || File::open(opened)).await;
        match file.map_err(|_| Error::Interrupted)? {
            Ok(file) => self.ingest_reader(file, Some(&path), options).await,
            Err(error) => {
                let mut report = IngestReport::default();
                let error = format!("failed to open: {error}");
                report.fail(Failure { file: Some(path), line: None, error });
                Ok(report)
            }
        }
    }

    /// Takes in a stream, as [`ingest_file`](MemoryView::ingest_file) does a file of this `name`.
    ///
    /// # Errors
    /// As [`ingest_file`](MemoryView::ingest_file).
    pub async fn ingest_reader(
        &self,
        reader: impl Read + Send + 'static,
        name: Option<&Path>,
        options: IngestOptions,
    ) -> Result<IngestReport, Error> {
        let began = Instant::now();
        let name = name.map(Path::to_owned);
        let bytes_read = Arc::new(AtomicU64::new(0));
        let counted = Counted { reader, bytes: Arc::clone(&bytes_read) };
        let (mut batches, reading) = self.read_in_background(counted, name.clone(), &options);
        let mut writer = Writer::new(self);
        writer.name = name;
        while let Some(pieces) = batches.recv().await {
            let written = writer.write_pieces(pieces).await;
            written.map_err(|error| error.after(writer.added()))?;
            if let Some(progress) = &options.progress {
                let bytes_read = bytes_read.load(Ordering::Relaxed);
                progress(Progress { bytes_read, added: writer.added() });
            }
        }
        // Whoever reads may have ended early, which must not look like the end of the input.
        match reading.await {
            Ok(()) => {}
            Err(error) if error.is_panic() => writer.fail(None, FAULT.to_owned()),
            Err(_) => return Err(Error::Interrupted),
        }
        let added = writer.added();
        let mut report = writer.finish().await.map_err(|error| error.after(added))?;
        report.elapsed_ms = began.elapsed().as_secs_f64() * 1e3;
        Ok(report)
    }

    /// The pieces of the input, in batches. Reading stops when nobody receives them any more.
    fn read_in_background(
        &self,
        reader: impl Read + Send + 'static,
        name: Option<PathBuf>,
        options: &IngestOptions,
    ) -> (mpsc::Receiver<Vec<Piece>>, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        let embedder = Arc::clone(self.embedder());
        let (format, thinking) = (options.format, options.thinking);
        let mut scope = self.gate().filter().scope.clone();
        // The owner is the gate's to fill in, once it is known whether the record names one.
        scope.user = None;
        let is_owned = self.gate().acts_for_user();
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
            // Who received may have gone.
            let _ = sender.blocking_send(batch);
        });
        (receiver, reading)
    }
}

/// Counts the bytes that are read.
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
