//! Settings of long-term memory, each with its default.

use std::time::Duration;

use aios_analysis::Language;
use aios_ledger::{Access, Durability};
use aios_record::{Generation, Timestamp};

use crate::{Decoder, search::Weights};

/// Interval at which a process checks the progress of another one.
pub(crate) const DRAIN_POLL: Duration = Duration::from_millis(20);

/// Settings with which long-term memory is opened.
#[derive(Debug, Clone)]
pub struct Config {
    /// Access to the data directory. Default: [`Access::ReadWrite`]. With [`Access::ReadOnly`]
    /// nothing is written there, nothing moves into the library, and writes fail with
    /// [`Error::ReadOnly`](crate::Error::ReadOnly).
    pub access: Access,
    /// Generation that the journal must have reached, as [`Upkeep::generation`](crate::Upkeep)
    /// returned it. Opening an older journal, or one of another store, fails with
    /// [`Error::Older`](crate::Error::Older) before anything is changed. Default: none.
    pub reached: Option<Generation>,
    /// Durability of acknowledged writes. Default: [`Durability::Full`].
    pub durability: Durability,
    /// Bytes of indexes and metadata that LanceDB may cache in RAM. Default: 128 MiB.
    pub cache_bytes: usize,
    /// Maximum bytes of RAM for the library, per process. Default: 1 GiB. A record takes about 250
    /// bytes plus 12 bits per dimension of its vector. Texts use the remaining bytes; texts that do
    /// not fit are read from disk. A larger library is searched by LanceDB's indexes, which is
    /// slower. 0: always by the indexes.
    pub resident_bytes_max: usize,
    /// Maximum number of records that wait in the journal. Further writes are refused, but a larger
    /// batch is accepted if none waits. Default: 1,000,000.
    pub journal_rows_max: u64,
    /// Maximum bytes on disk of the journal and the library together. Beyond it, only deletions are
    /// accepted. Merging files temporarily takes as much again. Default: no limit.
    pub disk_bytes_max: Option<u64>,
    /// Maximum length of a record's text, in bytes. Default: 16 MiB.
    pub text_bytes_max: usize,
    /// Rows per batch that moves from the journal into the library. Default: 4,096.
    pub drain_rows_max: usize,
    /// Time for which the owner lets new rows gather before it moves them. Default: 50 ms.
    pub drain_delay: Duration,
    /// Interval at which a process that is not the owner tries to become it. Default: 500 ms.
    pub owner_retry: Duration,
    /// Batches that are appended before small files are merged and old versions pruned. Default: 8.
    pub compact_after_batches: u32,
    /// Number of unindexed rows from which the indexes are updated, or a sixteenth of all rows if
    /// that is more. Default: 2,048.
    pub index_after_rows: u64,
    /// Number of records from which LanceDB gets an approximate vector index. A search in RAM does
    /// not use it. `None`, the default, means the number of records that can be searched in RAM, at
    /// least 10,000.
    pub index_threshold: Option<u64>,
    /// Time for which an unneeded version of the library is kept. If there are more than 8
    /// versions, older ones are pruned earlier. Default: 1 h.
    pub prune_after: Duration,
    /// Maximum time that a search waits for outstanding vectors of visible records. Default: 50 ms.
    pub vector_wait: Duration,
    /// Language whose word endings are ignored. Default: English.
    pub language: Language,
    /// Weights of the signals of a search; see [`Weights`].
    pub weights: Weights,
    /// Maximum number of hits of a search that sets no limit. Default: 10.
    pub search_limit: usize,
    /// Decoder of damaged data files, for a repair. Default: [`Decoder::Nobody`].
    pub decoder: Decoder,
    /// Source of the current time. Default: the system clock.
    pub clock: fn() -> Timestamp,
}

/// Estimated bytes per record, beside its vector, before records are read.
const RECORD_BYTES: usize = 250;
/// Minimum number of records for a vector index. With fewer, comparing all of them is as fast.
const INDEXED_ROWS_MIN: u64 = 10_000;

impl Config {
    /// Returns the number of records with vectors of `dimension` numbers that can be searched in
    /// RAM.
    pub(crate) fn resident_rows_max(&self, dimension: usize) -> u64 {
        (self.resident_bytes_max / resident_bytes(dimension)) as u64
    }

    /// Returns the bytes that remain for texts if `rows` records are searched in RAM.
    pub(crate) fn resident_bytes_left(&self, rows: u64, dimension: usize) -> usize {
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        self.resident_bytes_max.saturating_sub(rows.saturating_mul(resident_bytes(dimension)))
    }

    /// Returns the number of records from which there is a vector index.
    pub(crate) fn indexed_rows_min(&self, dimension: usize) -> u64 {
        let too_many = || self.resident_rows_max(dimension).max(INDEXED_ROWS_MIN);
        self.index_threshold.unwrap_or_else(too_many)
    }
}

/// Returns the bytes of a record in RAM, without the parts that only a hit shows.
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
