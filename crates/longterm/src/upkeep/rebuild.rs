//! Rebuilds of the library: with another model, to repair it, or from a former version's table.
//!
//! A rebuild fills a new table beside the current one, which every process continues to use. It
//! repeats the copying for records that changed in the meantime; nothing is pruned until it is
//! done. For the last rounds it pauses the owner's drains, so that new writes wait in the journal.
//! One transaction of the journal makes the new table the library, and its model that of the store.
//! If killed before, a rebuild has changed nothing, and the next one continues with the files on
//! disk; if killed after, the next owner removes the old table.
//!
//! The content of the new table is known by key, hash and time of each row, so repeating the
//! copying costs a scan of these and the changed rows. Rows are copied by position, never found by
//! an index, so damaged indexes do not matter.

mod adopt;
mod copy;
mod damaged;
mod plan;
mod reembed;
mod report;
mod run;
mod tables;

use std::{path::Path, sync::Arc};

use aios_embedding::Embedder;
use aios_record::{Identity, Progress};

use self::plan::{Purpose, Rebuild};
pub use self::report::{Reindexed, Repaired};
pub(crate) use self::run::bring_over;
use crate::{
    Config, Error, Space, Upkeep,
    intake::Vectors,
    owner::Places,
    sync::{Disk, System},
};

/// Rebuilds the library of the data directory `dir` with `embedder`. If its vectors are from that
/// model already, rebuilds only its files, indexes and terms. Other processes continue during the
/// call; if the model changes, their handles fail with [`Error::Reembedded`] afterwards. Takes as
/// long as embedding all records, and temporarily twice the disk space. An interrupted rebuild
/// continues when called again with the same model.
///
/// Calls `progress` with the number of records done.
///
/// # Errors
/// - [`Error::Rebuilding`] if another process is rebuilding the library.
/// - [`Error::Library`] if a row cannot be read, see [`repair`].
/// - [`Error::Journal`], [`Error::Io`] if `dir` cannot be used.
pub async fn reindex(
    dir: &Path,
    config: Config,
    embedder: Arc<dyn Embedder>,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Reindexed, Error> {
    reindex_on(Arc::new(System), dir, config, embedder, progress).await
}

/// As [`reindex`], on the given disk.
pub(crate) async fn reindex_on(
    disk: Arc<dyn Disk>,
    dir: &Path,
    config: Config,
    embedder: Arc<dyn Embedder>,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Reindexed, Error> {
    let (places, vectors) = (Places::new(dir, disk), Vectors::Model(embedder));
    let rebuild = Rebuild::new(places, config, vectors, Purpose::Reindex, progress);
    let findings = rebuild.await?.run().await?;
    Ok(findings.into_reindexed())
}

/// Rebuilds the library of the data directory `dir` from its readable parts. The result has each
/// record of the journal once, no other records, and all indexes. Returns the records that cannot
/// be saved. Rows that the journal does not know, and the old table if parts of it could not be
/// read, are moved to `quarantine/`. Other processes continue during the call.
///
/// Missing and outdated records may be stored again by a caller that has them.
/// [`give_up`](Upkeep::give_up) stops waiting for missing ones.
///
/// # Errors
/// - [`Error::ModelMismatch`] if the stored vectors are from another model.
/// - As [`reindex`].
pub async fn repair(
    dir: &Path,
    config: Config,
    embedder: Arc<dyn Embedder>,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Repaired, Error> {
    repaired(dir, config, Vectors::Model(embedder), Purpose::Repair, progress).await
}

/// As [`repair`], for a store of the caller's own vectors.
///
/// # Errors
/// As [`repair`].
pub async fn repair_with_vectors(
    dir: &Path,
    config: Config,
    space: Space,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Repaired, Error> {
    repaired(dir, config, Vectors::Given(space), Purpose::Repair, progress).await
}

/// Rebuilds the library of the data directory `dir` from the readable rows of its newest
/// version, and adds their records to the journal, which is an older copy. Call it before
/// anything opens the directory, since opening moves versions unknown to the journal to the
/// quarantine.
///
/// # Errors
/// As [`repair`].
pub async fn adopt(
    dir: &Path,
    config: Config,
    embedder: Arc<dyn Embedder>,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Repaired, Error> {
    repaired(dir, config, Vectors::Model(embedder), Purpose::Adopt, progress).await
}

/// Rebuilds the library of the data directory `dir` for a repair or an adoption.
async fn repaired(
    dir: &Path,
    config: Config,
    vectors: Vectors,
    purpose: Purpose,
    progress: impl Fn(Progress) + Send + Sync + 'static,
) -> Result<Repaired, Error> {
    let places = Places::new(dir, Arc::new(System));
    let findings = Rebuild::new(places, config, vectors, purpose, progress).await?.run().await?;
    Ok(findings.into_repaired())
}

impl Upkeep<'_> {
    /// Deletes these records, which a repair reported as missing, from the journal, and lists them
    /// as [`refused`](crate::Feed::refused). Records that were stored again since are kept.
    ///
    /// # Errors
    /// [`Error::Journal`] if the journal cannot be written.
    pub async fn give_up(self, identities: &[Identity]) -> Result<(), Error> {
        let keys = identities.iter().map(Identity::encode).collect();
        self.longterm.parts.journal.give_up(keys, self.longterm.parts.intake.now()).await
    }
}

#[cfg(test)]
mod tests;
