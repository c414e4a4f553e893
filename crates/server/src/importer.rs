//! Uploaded files in the formats of other programs. The service itself reads only lines of records.
//! A program that can read other formats passes an [`Importer`].

use std::{future::Future, io::Read, pin::Pin, sync::Arc};

use aios_memory::{Error, MemoryView, Remedy, admission::Tally};

/// Callback for the counts of an import so far. The counted records are durable.
pub type Counting = Arc<dyn Fn(&Tally) + Send + Sync>;

/// An import in progress.
pub type Importing = Pin<Box<dyn Future<Output = Result<ImportReport, Error>> + Send>>;

/// A file to import.
#[non_exhaustive]
pub struct ImportFile {
    /// The caller's name of the file, without a folder. It is a hint at the format, but identifies
    /// nothing: files of different callers may have the same name.
    pub name: Option<String>,
    /// The format, one of [`Importer::formats`]. `None` to detect it.
    pub format: Option<String>,
    /// Session of messages that name none.
    pub session: Option<String>,
    /// True to keep the thinking of models.
    pub keeps_thinking: bool,
    /// The content. Reading blocks until more of it arrives, and fails if the upload is
    /// interrupted.
    pub bytes: Box<dyn Read + Send>,
    /// Must be called after every batch.
    pub counting: Counting,
}

impl ImportFile {
    /// Creates a file with this content, whose format is to be detected.
    #[must_use]
    pub fn new(bytes: impl Read + Send + 'static) -> ImportFile {
        ImportFile {
            name: None,
            format: None,
            session: None,
            keeps_thinking: false,
            bytes: Box::new(bytes),
            counting: Arc::new(|_| {}),
        }
    }
}

/// The outcome of an import.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct ImportReport {
    /// Record counts by outcome.
    pub tally: Tally,
    /// Number of conversations.
    pub sessions: u64,
    /// Refused parts of the file. The list may be truncated.
    pub failed: Vec<ImportFailure>,
    /// Number of refused parts of the file.
    pub failed_count: u64,
}

impl ImportReport {
    /// Creates the outcome of an import with these counts.
    #[must_use]
    pub fn new(tally: Tally) -> ImportReport {
        ImportReport { tally, ..ImportReport::default() }
    }
}

/// A refused part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFailure {
    /// Line number, from 1. `None` if the whole file was refused.
    pub line: Option<u64>,
    /// The reason.
    pub reason: String,
    /// The next step, if the reason does not state it.
    pub remedy: Option<Remedy>,
}

/// Reader of other formats, of the program that runs the service.
pub trait Importer: Send + Sync + 'static {
    /// Returns the names of the formats.
    fn formats(&self) -> Vec<&'static str>;

    /// Imports a file for the owner of `view`. When the future completes, the stored records are
    /// durable and found by every search.
    fn import(&self, view: MemoryView, file: ImportFile) -> Importing;
}
