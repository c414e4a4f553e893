//! Making the library again: with another model, to repair it, or from a former version's table.
//!
//! A rebuild fills a table of its own beside the one that counts, while every process goes on with
//! that one, and goes over it again for what has changed meanwhile; nothing is pruned until it is
//! done. For the last round it asks the owner to let the library rest; what is stored then waits in
//! the journal. One transaction of the journal makes the new table the library, and its model that
//! of the store. Killed before it, a rebuild has changed nothing, and the next one goes on with
//! what is on disk; killed after it, the next owner removes the old table.
//!
//! What is in the new table is known by key, hash and time of each row, so going over it again
//! costs what changed and a look at these. Rows are copied by their place, never found by an index,
//! so damaged indexes hold nothing up.

mod adopt;
mod copy;
mod damaged;
mod reembed;
mod report;
mod tables;

use std::{fs::File, path::Path, sync::Arc};

use aios_embedding::Embedder;
use aios_ledger::Access;
use aios_record::{Identity, Timestamp};
use tokio::{task, time};

pub use self::report::{Progress, Reindexed, Repaired};
use self::{copy::Copying, reembed::Reembedding, report::Findings};
use crate::{
    Config, Error, Longterm, Space,
    error::shown,
    journal::{Expected, Journal, REST, Switch},
    library::Library,
    owner::{Places, check_journal, lock},
    search::blocking,
    store::DRAIN_POLL,
    sync::{Disk, System, make_directory},
    vectors::Vectors,
};

/// From this round on, of which the first copies all.
const REST_FROM_ROUND: u32 = 3;
/// Rounds before it is given up: only an owner of another program does not rest.
const ROUNDS_MAX: u32 = 50;
/// How often the lock is looked at while another process brings the library over: for 10 minutes.
const BRING_OVER_TRIES: u32 = 30_000;

/// What a rebuild is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Every row must be there.
    Reindex,
    /// What can be read is taken.
    Repair,
    /// As [`Repair`](Purpose::Repair), but the journal is older than the library, which tells what
    /// was stored and deleted since.
    Adopt,
    /// A former version's table gets keys with owners, and the terms of the present analysis.
    /// Every row that is there must be read.
    Upgrade,
}

impl Purpose {
    /// Returns `true` if what cannot be read is left out.
    fn saves(self) -> bool {
        matches!(self, Purpose::Repair | Purpose::Adopt)
    }
}

/// Told how far a rebuild is.
type Watch = Arc<dyn Fn(Progress) + Send + Sync>;

impl Longterm {
    /// Makes the library of the data directory `dir` anew with `embedder`, or, where its vectors
    /// are from that model already, as it is: its files, its indexes and its words. Other processes
    /// go on meanwhile; where the model changes, their handles get [`Error::Reembedded`] from the
    /// end on. Takes as long as embedding all there is, and for a while twice the room on disk.
    /// What was interrupted goes on where it was when it is called again with the same model.
    ///
    /// `progress` is told how many records are done.
    ///
    /// # Errors
    /// - [`Error::Rebuilding`] while another process does the same.
    /// - [`Error::Library`] when a row cannot be read, see [`repair`](Longterm::repair).
    /// - [`Error::Journal`], [`Error::Io`] when `dir` cannot be used.
    pub async fn reindex(
        dir: &Path,
        config: Config,
        embedder: Arc<dyn Embedder>,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Reindexed, Error> {
        Longterm::reindex_on(Arc::new(System), dir, config, embedder, progress).await
    }

    /// As [`reindex`](Longterm::reindex), with what stands for the disk.
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

    /// Makes the library of the data directory `dir` anew from what can be read of it: each record
    /// that the journal knows once, nothing else, and all indexes. What cannot be saved is named.
    /// Rows that the journal does not know, and the old table where not all of it could be read,
    /// are kept in `quarantine/`. Other processes go on meanwhile.
    ///
    /// What is named as missing or outdated may be stored again by whoever has it;
    /// [`give_up`](Longterm::give_up) ends the waiting for it.
    ///
    /// # Errors
    /// - [`Error::ModelMismatch`] when the stored vectors came from another model.
    /// - As [`reindex`](Longterm::reindex).
    pub async fn repair(
        dir: &Path,
        config: Config,
        embedder: Arc<dyn Embedder>,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Repaired, Error> {
        let (places, vectors) = (Places::new(dir, Arc::new(System)), Vectors::Model(embedder));
        let rebuild = Rebuild::new(places, config, vectors, Purpose::Repair, progress);
        let findings = rebuild.await?.run().await?;
        Ok(findings.into_repaired())
    }

    /// As [`repair`](Longterm::repair), of a store of the caller's own vectors.
    ///
    /// # Errors
    /// As [`repair`](Longterm::repair).
    pub async fn repair_with_vectors(
        dir: &Path,
        config: Config,
        space: Space,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Repaired, Error> {
        let (places, vectors) = (Places::new(dir, Arc::new(System)), Vectors::Given(space));
        let rebuild = Rebuild::new(places, config, vectors, Purpose::Repair, progress);
        let findings = rebuild.await?.run().await?;
        Ok(findings.into_repaired())
    }

    /// Forgets that these records, which a repair found missing, were ever stored, and
    /// lists them among what was [`refused`](Longterm::refused). Those that were stored again since
    /// stay.
    ///
    /// # Errors
    /// [`Error::Journal`] when the disk refuses.
    pub async fn give_up(&self, identities: &[Identity]) -> Result<(), Error> {
        let keys = identities.iter().map(Identity::encode).collect();
        self.shared.journal.give_up(keys, self.shared.now()).await
    }
}

/// Brings the library of a former version over to keys with owners and to the present analysis, or
/// waits for the process that does so. Vectors are made again where that takes no longer than
/// storing them, for what a model has not learned counted once; others are kept. Killed, it goes on
/// where it was when it is called again.
///
/// # Errors
/// [`Error::Rebuilding`] if another process takes too long, [`Error::Library`] if a row cannot be
/// read, see [`repair`](Longterm::repair).
pub(crate) async fn bring_over(
    places: &Places,
    config: &Config,
    journal: &Journal,
    vectors: &Vectors,
) -> Result<(), Error> {
    for _ in 0..BRING_OVER_TRIES {
        if !journal.has_former_library().await? {
            return Ok(());
        }
        if config.access == Access::ReadOnly {
            return Err(Error::FormerLibrary { path: places.library.clone() });
        }
        let Some(alone) = lock(&places.rebuild)? else {
            time::sleep(DRAIN_POLL).await;
            continue;
        };
        // Whoever had the lock may have done it.
        if !journal.has_former_library().await? {
            return Ok(());
        }
        tracing::info!("the library is brought over to the present version");
        let rebuild = Rebuild {
            places: places.clone(),
            config: config.clone(),
            journal: journal.clone(),
            vectors: vectors.clone(),
            purpose: Purpose::Upgrade,
            watch: Arc::new(|_| ()),
            _alone: alone,
        };
        return rebuild.rebuild_or_resume_drains().await.map(drop);
    }
    Err(Error::Rebuilding)
}

struct Rebuild {
    places: Places,
    config: Config,
    journal: Journal,
    vectors: Vectors,
    purpose: Purpose,
    watch: Watch,
    /// Keeps every other rebuild away.
    _alone: File,
}

impl Rebuild {
    async fn new(
        places: Places,
        config: Config,
        vectors: Vectors,
        purpose: Purpose,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Rebuild, Error> {
        if config.access == Access::ReadOnly {
            return Err(Error::ReadOnly);
        }
        let library = &places.library;
        make_directory(&*places.disk, library).map_err(Error::io("create", library))?;
        let alone = lock(&places.rebuild)?.ok_or(Error::Rebuilding)?;
        let (site, access, durability) = (places.clone(), config.access, config.durability);
        let of = vectors.clone();
        let journal = task::spawn_blocking(move || Journal::open(&site, access, durability, &of));
        let journal = journal.await.map_err(|_| Error::Closed)??;
        journal.check_reached(config.reached).await?;
        let watch = Arc::new(progress);
        Ok(Rebuild { places, config, journal, vectors, purpose, watch, _alone: alone })
    }

    async fn run(self) -> Result<Findings, Error> {
        let done = self.rebuild_or_resume_drains().await;
        self.journal.close().await;
        done
    }

    async fn rebuild_or_resume_drains(&self) -> Result<Findings, Error> {
        let done = self.rebuild().await;
        if done.is_err() {
            // Nobody is to rest for nothing.
            let _ = self.journal.pause_drains(Timestamp::UNIX_EPOCH).await;
        }
        done
    }

    async fn rebuild(&self) -> Result<Findings, Error> {
        if self.purpose != Purpose::Adopt {
            check_journal(&self.places, &self.journal).await?;
        }
        let given = self.vectors.fingerprint();
        let analysis = aios_analysis::VERSION;
        let purpose = format!("{:?} {given} {:?} {analysis}", self.purpose, self.config.language);
        let beginning = self.journal.begin_rebuild(purpose).await?;
        let stored = beginning.model.unwrap_or_else(|| given.clone());
        let keeps_vectors = stored == given;
        match &self.vectors {
            _ if keeps_vectors => {}
            _ if self.purpose.saves() => {
                return Err(Error::ModelMismatch { stored, given });
            }
            Vectors::Model(model) => {
                // A model that embeds nothing would leave every record without a vector.
                let model = Arc::clone(model);
                blocking(move || model.embed_query("does it work?").map(drop)).await??;
            }
            Vectors::Given(_) => return Err(Error::VectorMissing { of: "every record".into() }),
        }
        let from = beginning.edition;
        // What is read must not be pruned meanwhile.
        let places = self.places.clone();
        let access = self.config.access;
        let pin = task::spawn_blocking(move || places.pin(access));
        let pin = pin.await.map_err(|_| Error::Closed)??;
        let is_remade = self.purpose == Purpose::Adopt && self.find_table(from)?;
        let newest = self.newest_version(from.table)?;
        let known = self.journal.checksums().await?;
        let old = self.old_table(from, &known).await?;
        let built = beginning.built_version;
        let new = self.new_table(from.table + 1, built, &known).await?;
        let embeds_again = beginning.is_analysed_otherwise && self.vectors.are_fast();
        let keeps_vectors = keeps_vectors && !embeds_again && !is_remade;
        let reembedding = Reembedding::new(&self.vectors, self.config.language, keeps_vectors);
        let mut copying = Copying::new(self, new, reembedding, beginning.is_former, known).await?;
        copying.proves_deletions = match &old {
            // A row that the journal takes for stored was in every version from its own on, until
            // it was deleted. A table that it does not know was whole only at its end.
            Some(old) if is_remade => old.version().await? == newest,
            Some(old) => from.version <= old.version().await?,
            None => false,
        };
        self.fill(&mut copying, old).await?;
        drop(pin);
        self.journal.sync().await?;
        copying.findings.repaired.quarantined =
            self.clear_away(from.table, copying.findings.has_unreadable()).await?;
        Ok(copying.findings)
    }

    /// Copies until the new table may take the place of the old one, and puts it there.
    async fn fill(&self, copying: &mut Copying<'_>, mut old: Option<Library>) -> Result<(), Error> {
        for round in 1..=ROUNDS_MAX {
            let rests = REST_FROM_ROUND <= round;
            if rests {
                let now = (self.config.clock)();
                self.journal.pause_drains(now.checked_add(REST).unwrap_or(now)).await?;
            }
            let expected = self.journal.expected().await?;
            if old.is_none() {
                // Somebody may have made it meanwhile.
                old = self.old_table(expected.edition, &copying.known).await?;
            }
            let table = match &old {
                Some(old) => self.at(old, expected.edition).await?,
                None => None,
            };
            copying.go_over(table.as_ref(), &expected).await?;
            if self.purpose.saves() {
                copying.search_loose_files(table.as_ref(), &expected).await?;
            }
            if round + 1 == REST_FROM_ROUND {
                copying.build_indexes().await?;
            }
            if rests && self.switch(copying, expected).await? {
                return Ok(());
            }
        }
        Err(Error::Contended { key: "the library".to_owned() })
    }

    async fn switch(&self, copying: &mut Copying<'_>, expected: Expected) -> Result<bool, Error> {
        let (missing, outdated) = copying.lacking(&expected);
        let (missing, gone) = match self.purpose == Purpose::Adopt && copying.proves_deletions {
            true => (Vec::new(), missing),
            false => (missing, Vec::new()),
        };
        if self.purpose == Purpose::Reindex && !missing.is_empty() {
            return Err(Error::Damaged {
                key: shown(&missing[0]),
                reason: format!(
                    "it and {} more are not in the library; run `aios-memory repair` first",
                    missing.len() - 1
                ),
            });
        }
        let remake = copying.reembedding.pending(&self.journal).await?;
        let switch = Switch {
            from: expected.edition,
            safe: copying.make_durable().await?,
            table: copying.table.site().file_name(),
            counts: copying.table.term_counts().await?,
            model: self.vectors.fingerprint(),
            // Those that the former version lacked it goes on to lack, for `verify` to tell.
            missing: match self.purpose {
                Purpose::Upgrade => Vec::new(),
                Purpose::Reindex | Purpose::Repair | Purpose::Adopt => missing.clone(),
            },
            outdated: outdated.clone(),
            adopted: copying.adopted(&expected),
            gone: gone.clone(),
        };
        let adopted: Vec<String> = switch.adopted.iter().map(|it| it.key.clone()).collect();
        let is_done = self.journal.switch(switch, remake).await?;
        if is_done {
            // A version that differs from an older journal is newer.
            let outdated = if self.purpose == Purpose::Adopt { Vec::new() } else { outdated };
            let records = expected.keys.len() - missing.len() - gone.len() + adopted.len();
            copying.findings.end(records as u64, &missing, &outdated);
            copying.findings.note_adopted(&adopted, &gone);
        }
        Ok(is_done)
    }
}

#[cfg(test)]
mod tests;
