//! Ingest of conversations, documents and records.
//!
//! A blocking task parses the input into drafts. Batches of drafts pass through a bounded channel.
//! Each draft gets an id and is written by the memory's [admission](aios_memory::admission), the
//! only write path: messages to working memory, whose change feed passes them on, and everything
//! else to long-term memory. No part of the input is held longer than its batch.

mod attribution;
mod conversation;
mod detect;
mod document;
mod elements;
mod encoding;
mod follow;
mod format;
mod formats;
mod json;
mod lines;
mod mend;
mod options;
mod own;
mod piece;
mod projects;
mod reading;
mod report;
#[cfg(test)]
mod tests;
mod writer;

use std::{
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
use aios_draft::{Defaults, Draft, Unnamed};
use aios_longterm::chunks;
use aios_memory::MemoryView;
use aios_record::Progress;
use tokio::{
    sync::mpsc,
    task::{self, JoinHandle},
};

pub(crate) use self::formats::{Haystack, Sample, recognised};
pub use self::{
    document::DOCUMENT_BYTES_MAX,
    follow::{FOLLOW_BYTES, Followed, Place, follow, session_of},
    format::Format,
    lines::LINE_BYTES_MAX,
    options::{IngestOptions, LastLine, Secrets, Thinking},
    report::{Failure, IngestReport, is_field},
};
use self::{piece::Piece, reading::Input, writer::Writer};
use crate::Error;

/// Problem reported for an input whose reader panicked.
const FAULT: &str = "internal error while reading this input; the part before it may be stored; \
                     please report this bug with the input";

/// Capacity of the channel in batches: batches read but not yet written.
const BATCHES_AHEAD: usize = 2;

/// Ingests the file at `path`. The report lists the refused parts with their line numbers. When
/// this returns, the rest is durable and found by every search. Ingesting the same file again adds
/// nothing. A record that names an owner other than the view's is refused. The administrator's view
/// stores each record for the owner that it names.
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
            let refusal = format!("failed to open: {error}").into();
            report.fail(Failure::new(Some(path), None, refusal));
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
    let mut writer = Writer::new(view, options.secrets);
    writer.name = name;
    while let Some(pieces) = batches.recv().await {
        let written = writer.write_pieces(pieces).await;
        written.map_err(|error| error.after(writer.added()))?;
        if let Some(counts) = &options.counts {
            counts(writer.counts());
        }
        if let Some(progress) = &options.progress {
            progress(Progress::new(bytes_read.load(Ordering::Relaxed)));
        }
    }
    // If the reader panicked, that must not be mistaken for the end of the input.
    match reading.await {
        Ok(()) => {}
        Err(error) if error.is_panic() => writer.fail(None, FAULT.into()),
        Err(error) => return Err(Error::interrupted(error)),
    }
    let added = writer.added();
    let mut report = writer.finish().await.map_err(|error| error.after(added))?;
    report.elapsed_ms = began.elapsed().as_secs_f64() * 1e3;
    Ok(report)
}

/// Stores drafts that were read elsewhere, such as the texts of an evaluation. The report gives
/// line 1 for each of them.
///
/// # Errors
/// Errors of working or long-term memory.
pub async fn drafts(view: &MemoryView, drafts: &[Draft]) -> Result<IngestReport, Error> {
    let mut writer = Writer::new(view, Secrets::AsConfigured);
    for drafts in drafts.chunks(Writer::BATCH) {
        writer.write(drafts.iter().map(|draft| (1, draft.clone())).collect()).await?;
    }
    writer.finish().await
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
    let (format, thinking, session) = (options.format, options.thinking, options.session.clone());
    let mut scope = view.gate().filter().scope.clone();
    // The gate sets the owner when it is known whether the record names one.
    scope.user = None;
    let is_owned = view.gate().acts_for_user();
    let reading = task::spawn_blocking(move || {
        let session = session.map_or_else(|| Unnamed::of(name.as_deref()), Unnamed::Fixed);
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
