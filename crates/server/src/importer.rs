//! Files in the formats of other programs, which an upload may have. The service itself reads lines
//! of records alone, and knows no other program. A program that does gives an [`Importer`].

use std::{future::Future, io::Read, pin::Pin, sync::Arc};

use aios_memory::{Error, MemoryView, Remedy, admission::Tally};

/// Takes the counts of an import so far. The counted records are durable.
pub type Counting = Arc<dyn Fn(&Tally) + Send + Sync>;

/// An import that is being carried out.
pub type Importing = Pin<Box<dyn Future<Output = Result<ImportReport, Error>> + Send>>;

/// A file to import.
#[non_exhaustive]
pub struct ImportFile {
    /// Its name at the caller's, without a folder. It hints at the format, and identifies nothing:
    /// files of different callers may have the same one.
    pub name: Option<String>,
    /// The format, one of [`Importer::formats`]. `None` if it is to be recognised.
    pub format: Option<String>,
    /// Session of messages that name none.
    pub session: Option<String>,
    /// True if the thinking of models is kept.
    pub keeps_thinking: bool,
    /// The content. Reading blocks until more of it arrives, and fails if the upload breaks off.
    pub bytes: Box<dyn Read + Send>,
    /// To be called after every batch.
    pub counting: Counting,
}

impl ImportFile {
    /// Describes a file of these bytes, whose format is to be recognised.
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
    /// Parts of the file that were refused. They may be fewer than their number.
    pub failed: Vec<ImportFailure>,
    /// Number of parts of the file that were refused.
    pub failed_count: u64,
}

impl ImportReport {
    /// Returns the outcome of an import with these counts.
    #[must_use]
    pub fn new(tally: Tally) -> ImportReport {
        ImportReport { tally, ..ImportReport::default() }
    }
}

/// A part of a file that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFailure {
    /// Line number, from 1. `None` if the whole file was refused.
    pub line: Option<u64>,
    /// The reason.
    pub reason: String,
    /// The next step, if the reason does not show it.
    pub remedy: Option<Remedy>,
}

/// The reader of formats of a program that serves.
pub trait Importer: Send + Sync + 'static {
    /// Returns the names of the formats.
    fn formats(&self) -> Vec<&'static str>;

    /// Imports a file for the owner of `view`. When this ends, the stored records are durable, and
    /// every search finds them.
    fn import(&self, view: MemoryView, file: ImportFile) -> Importing;
}
