//! Operations on the whole file: rebuilding the search index, compacting, copying.

use std::path::Path;

use aios_record::{Generation, Timestamp};
use rusqlite::OptionalExtension;

use crate::{
    Durability, Error, WorkingView,
    access::{Access, Read},
    config, generation,
    kinds::for_kind,
    message,
    row::Row,
    search::{
        documents::{self, CODES},
        index::{self, Stored},
        merging,
    },
};

/// Compacts only if at least one page in this many is free ...
const VACUUM_SHARE: u64 = 20;
/// ... and at least this many pages are. A new file has some from its migrations.
const VACUUM_PAGES_MIN: u64 = 64;
/// Maximum index pages merged per call.
const MERGE_PAGES: i64 = 1000;
const DAY_US: i64 = 24 * 3_600_000_000;

/// Operations on the whole file, for all owners: checking, compacting and copying it.
///
/// ```
/// # use aios_working::{Config, Retention, Working};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let working = Working::open(&folder.path().join("working.db"), Config::default())?;
/// assert!(working.upkeep().verify().await?.is_empty());
/// let report = working.upkeep().age(&Retention::default()).await?;
/// assert!(report.records.is_empty());
/// # working.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Upkeep<'a> {
    pub(crate) view: &'a WorkingView,
}

impl Upkeep<'_> {
    /// Returns the generation of the file, to be stored outside of it; see
    /// [`Config::reached`](crate::Config::reached).
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn generation(self) -> Result<Generation, Error> {
        self.view.read(generation::generation).await
    }

    /// Syncs all writes acknowledged before the call, if
    /// [`Config::durability`](crate::Config::durability) does not already guarantee it.
    ///
    /// # Errors
    /// [`Error::Storage`] if the disk fails.
    pub async fn sync(self) -> Result<(), Error> {
        if self.view.config.durability != Durability::Full {
            self.view.ledger.sync().await?;
        }
        Ok(())
    }

    /// Rebuilds the search index from the rows.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn reindex(self) -> Result<(), Error> {
        self.view.write_alone(reindex).await
    }

    /// Rewrites the file without deleted data. Writers wait until it is done.
    ///
    /// # Errors
    /// [`Error::DiskFull`] if the disk has no room for the copy.
    pub async fn vacuum(self) -> Result<(), Error> {
        self.view.ledger.vacuum().await?;
        self.view
            .free_room(|access| {
                let sql = "INSERT INTO upkeep (work, done_at) VALUES ('vacuum', ?1)
                ON CONFLICT DO UPDATE SET done_at = excluded.done_at";
                access.connection.prepare_cached(sql)?.execute([access.now.as_microsecond()])?;
                Ok(())
            })
            .await
    }

    /// Records in the file that deleted data must be scrubbed, so that the next program that opens
    /// it knows, even if this one does not reach [`scrub`](Upkeep::scrub).
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn ask_for_scrub(self) -> Result<(), Error> {
        self.view
            .free_room(|access| {
                let sql = "INSERT INTO upkeep (work, done_at) VALUES ('scrub asked for', ?1)
                ON CONFLICT DO UPDATE SET done_at = excluded.done_at";
                access.connection.prepare_cached(sql)?.execute([access.now.as_microsecond()])?;
                Ok(())
            })
            .await
    }

    /// Returns true if [`ask_for_scrub`](Upkeep::ask_for_scrub) was called and
    /// [`scrub`](Upkeep::scrub) has not run since.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn is_scrub_asked_for(self) -> Result<bool, Error> {
        self.view
            .read(|access| {
                let sql = "SELECT count(*) FROM upkeep WHERE work = 'scrub asked for'";
                Ok(0 < access.count(sql, [])?)
            })
            .await
    }

    /// Removes every byte of deleted data from the file, its search index and its log: rebuilds the
    /// index, then rewrites the file. Writers wait until it is done.
    ///
    /// # Errors
    /// [`Error::DiskFull`] if the disk has no room for the copy; an error for which
    /// [`is_retryable`](Error::is_retryable) returns true if a reader, in any process, still needs
    /// the log.
    pub async fn scrub(self) -> Result<(), Error> {
        self.reindex().await?;
        self.view.ledger.scrub().await?;
        self.view
            .free_room(|access| {
                let sql = "DELETE FROM upkeep WHERE work = 'scrub asked for'";
                access.connection.prepare_cached(sql)?.execute([])?;
                Ok(())
            })
            .await
    }

    /// [Vacuums](Upkeep::vacuum) if the last vacuum was at least `days` ago, or never, and if at
    /// least a twentieth of the file and 256 KiB would be freed; returns true if it did.
    /// [`age`](Upkeep::age) calls it with
    /// [`Retention::vacuum_days`](crate::Retention::vacuum_days).
    ///
    /// # Errors
    /// As [`vacuum`](Upkeep::vacuum).
    pub async fn vacuum_if_due(self, days: u32) -> Result<bool, Error> {
        let due = self.view.read(move |access| vacuum_is_due(access, days)).await?;
        if due {
            self.vacuum().await?;
        }
        Ok(due)
    }

    /// Refreshes outdated statistics of the query planner, merges a few segments of the search
    /// index, and corrects message counts that are too low. Cheap; [`age`](Upkeep::age) includes
    /// it, and closing the memory refreshes the statistics.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn optimize(self) -> Result<(), Error> {
        self.view
            .free_room(|access| {
                merging::merge(access.connection, MERGE_PAGES)?;
                message::count_anew(access)?;
                Ok(access.connection.execute_batch("PRAGMA optimize")?)
            })
            .await
    }

    /// Moves the write-ahead log into the file and empties it, as far as readers allow. Also
    /// happens one second after the last write, and on close.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be written.
    pub async fn checkpoint(self) -> Result<(), Error> {
        Ok(self.view.ledger.checkpoint().await?)
    }

    /// Copies the current state of the file to `target`, which must not exist.
    ///
    /// # Errors
    /// [`Error::Storage`] if `target` cannot be written.
    pub async fn backup(self, target: &Path) -> Result<(), Error> {
        Ok(self.view.ledger.backup(target).await?)
    }
}

fn vacuum_is_due(access: &Access<'_>, days: u32) -> Result<bool, Error> {
    let sql = "SELECT done_at FROM upkeep WHERE work = 'vacuum'";
    let last: Option<i64> = access.connection.query_row(sql, [], |row| row.get(0)).optional()?;
    if last.is_some_and(|last| days_before(access.now, days) < last) {
        return Ok(false);
    }
    let (pages, free) =
        (access.count("PRAGMA page_count", [])?, access.count("PRAGMA freelist_count", [])?);
    Ok(VACUUM_PAGES_MIN <= free && pages <= free * VACUUM_SHARE)
}

/// Rebuilds the search index if it was built with another analysis version or language, and the
/// file is writable. Blocks.
pub(crate) fn follow_analysis(view: &WorkingView) -> Result<(), Error> {
    if view.config.access == config::Access::ReadOnly {
        return Ok(());
    }
    let is_present = view.with_access(|access| {
        let sql = "SELECT done_at FROM upkeep WHERE work = ?1";
        let mut statement = access.connection.prepare_cached(sql)?;
        let made: Option<i64> = statement.query_row([ANALYSIS], |row| row.get(0)).optional()?;
        Ok(made == Some(analysis(access)))
    });
    match view.ledger.read_blocking(is_present)? {
        true => Ok(()),
        false => view.ledger.write_blocking(view.with_access(reindex)),
    }
}

/// Key under which the file records the analysis of its search index.
const ANALYSIS: &str = "analysis";
/// Greater than the number of languages.
const LANGUAGES_MAX: i64 = 1000;

/// Encodes the analysis version and language of this program as a number.
fn analysis(access: &Access<'_>) -> i64 {
    i64::from(aios_analysis::VERSION) * LANGUAGES_MAX + access.config.language as i64
}

/// Rebuilds the search index from the rows.
pub(crate) fn reindex(access: &Access<'_>) -> Result<(), Error> {
    let sql = "INSERT INTO upkeep (work, done_at) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET done_at = excluded.done_at";
    access.connection.prepare_cached(sql)?.execute((ANALYSIS, analysis(access)))?;
    documents::clear(access.connection)?;
    for &(kind, _) in CODES {
        for_kind!(kind, index_all(access), Ok(()))?;
    }
    Ok(())
}

fn index_all<T: Row>(access: &Access<'_>) -> Result<(), Error> {
    let mut after = 0;
    loop {
        let items = access.rows::<T>(after)?;
        let Some(last) = items.last() else { return Ok(()) };
        after = last.row;
        for Read { item, row, .. } in items {
            let owner = item.meta().scope.user.as_deref().unwrap_or_default();
            index::put(access, owner, T::KIND, row, &item.text(), Stored::Inserted)?;
        }
    }
}

/// Returns the time `days` before `now`, in microseconds.
pub(crate) fn days_before(now: Timestamp, days: u32) -> i64 {
    now.as_microsecond() - i64::from(days) * DAY_US
}
