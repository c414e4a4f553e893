//! The settings of long-term memory, each with its default.

use std::time::Duration;

use aios_analysis::Language;
use aios_ledger::{Access, Durability};
use aios_record::{Generation, Timestamp};

use crate::{Decoder, search::Weights};

/// How long-term memory is opened.
#[derive(Debug, Clone)]
pub struct Config {
    /// The use that is made of the data directory. Default: [`Access::ReadWrite`]. With
    /// [`Access::ReadOnly`] nothing is written there, nothing moves into the library, and a write
    /// gives [`Error::ReadOnly`](crate::Error::ReadOnly).
    pub access: Access,
    /// The generation that the journal has reached, as [`Longterm::generation`](crate::Longterm)
    /// told; an older one, or another store's, gives [`Error::Older`](crate::Error::Older) before
    /// anything is made to fit it. Default: none.
    pub reached: Option<Generation>,
    /// What an acknowledgement promises; [`Durability::Full`] unless told.
    pub durability: Durability,
    /// Bytes that LanceDB may keep of indexes and metadata in RAM; 128 MiB.
    pub cache_bytes: usize,
    /// Bytes that a process may take to hold the library in RAM. Default: 1 GiB. About 250 bytes
    /// and a vector of twelve bits a dimension for each record; texts are held in what is left, and
    /// read from disk if there is no room. A larger library is searched by LanceDB's indexes,
    /// which is slower; 0 for always.
    pub resident_bytes_max: usize,
    /// Records that may wait in the journal before writes are refused. A batch of more records goes
    /// in when none waits. Default: 1,000,000.
    pub journal_rows_max: u64,
    /// Bytes on disk, journal and library together, from which on only deletions are taken; none,
    /// which leaves it to the disk. Merging files takes as much again for a moment.
    pub disk_bytes_max: Option<u64>,
    /// The longest text of one record; 16 MiB.
    pub text_bytes_max: usize,
    /// Rows that move from the journal into the library at once; 4,096.
    pub drain_rows_max: usize,
    /// How long the owner lets new rows gather before it moves them; 50 ms.
    pub drain_delay: Duration,
    /// How often a process that is not the owner tries to become it; 500 ms.
    pub owner_retry: Duration,
    /// Batches that are appended before small files are merged and old versions pruned; 8.
    pub compact_after_batches: u32,
    /// Rows outside the indexes before these are brought up to date; 2,048, or a sixteenth of all
    /// where that is more.
    pub index_after_rows: u64,
    /// Records from which on LanceDB gets an approximate vector index, which a search in RAM does
    /// not use; none, which is as many as can be searched in RAM, and 10,000 at least.
    pub index_threshold: Option<u64>,
    /// How long a version of the library that nothing needs any more is kept, unless there are
    /// more than 8; 1 h.
    pub prune_after: Duration,
    /// The longest time for which a search waits for vectors that are still to be made of records
    /// that it may see. Default: 50 ms.
    pub vector_wait: Duration,
    /// The language whose word endings are ignored; English.
    pub language: Language,
    /// What each signal of a search counts for; see [`Weights`].
    pub weights: Weights,
    /// The most hits of a search that names no limit. Default: 10.
    pub search_limit: usize,
    /// Who decodes data files that are damaged, for a repair. Default: [`Decoder::Nobody`].
    pub decoder: Decoder,
    /// Where the time comes from; the system's clock.
    pub clock: fn() -> Timestamp,
}

/// Bytes a record, beside its vector, that are reckoned with before records are read.
const RECORD_BYTES: usize = 250;
/// With fewer records a comparison with all of them is as fast.
const INDEXED_ROWS_MIN: u64 = 10_000;

impl Config {
    /// How many records can be searched in RAM, with vectors of this many numbers.
    pub(crate) fn resident_rows_max(&self, dimension: usize) -> u64 {
        (self.resident_bytes_max / resident_bytes(dimension)) as u64
    }

    /// The bytes that are left for texts if so many records are searched in RAM.
    pub(crate) fn resident_bytes_left(&self, rows: u64, dimension: usize) -> usize {
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        self.resident_bytes_max.saturating_sub(rows.saturating_mul(resident_bytes(dimension)))
    }

    /// Records from which on there is a vector index.
    pub(crate) fn indexed_rows_min(&self, dimension: usize) -> u64 {
        let too_many = || self.resident_rows_max(dimension).max(INDEXED_ROWS_MIN);
        self.index_threshold.unwrap_or_else(too_many)
    }
}

/// The bytes of a record in RAM, but for what only a hit shows.
fn resident_bytes(dimension: usize) -> usize {
    dimension * 3 / 2 + RECORD_BYTES
}

impl Default for Config {
    fn default() -> Config {
        Config {
            access: Access::ReadWrite,
            reached: None,
            durability: Durability::Full,
            cache_bytes: 128 << 20,
            resident_bytes_max: 1 << 30,
            journal_rows_max: 1_000_000,
            disk_bytes_max: None,
            text_bytes_max: 16 << 20,
            drain_rows_max: 4096,
            drain_delay: Duration::from_millis(50),
            owner_retry: Duration::from_millis(500),
            compact_after_batches: 8,
            index_after_rows: 2048,
            index_threshold: None,
            prune_after: Duration::from_secs(3600),
            vector_wait: Duration::from_millis(50),
            language: Language::default(),
            weights: Weights::default(),
            search_limit: 10,
            decoder: Decoder::default(),
            clock: Timestamp::now,
        }
    }
}
