//! The course of a rebuild: rounds of copying, and the switch to the new table.

use std::sync::Arc;

use aios_ledger::Access;
use aios_record::{Progress, Timestamp};
use tokio::{task, time};

use super::{
    copy::Copying,
    plan::{Purpose, Rebuild},
    reembed::Reembedding,
    report::Findings,
};
use crate::{
    Config, Error,
    blocking::blocking,
    config::DRAIN_POLL,
    error::shown,
    intake::Vectors,
    journal::{Expected, Journal, REST, Switch},
    library::Library,
    owner::{Places, check_journal, lock},
    sync::make_directory,
};

/// First round with paused drains. The first round of all copies everything.
const REST_FROM_ROUND: u32 = 3;
/// Rounds before the rebuild fails: only an owner of another program ignores the pause.
const ROUNDS_MAX: u32 = 50;
/// Attempts to lock while another process converts the library: for 10 minutes.
const BRING_OVER_TRIES: u32 = 30_000;

/// Converts the library of a former version to keys with owners and to the current analysis, or
/// waits for the process that does so. Vectors are recomputed if the model is fast, since earlier
/// ones may count pieces of text that the model has not learned; others are kept. If killed, it
/// continues when called again.
///
/// # Errors
/// [`Error::Rebuilding`] if another process takes too long, [`Error::Library`] if a row cannot be
/// read, see [`repair`](crate::repair).
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
        // The former holder of the lock may have done it.
        if !journal.has_former_library().await? {
            return Ok(());
        }
        tracing::info!("migrating the library to the current version");
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

impl Rebuild {
    pub(super) async fn new(
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

    pub(super) async fn run(self) -> Result<Findings, Error> {
        let done = self.rebuild_or_resume_drains().await;
        self.journal.close().await;
        done
    }

    async fn rebuild_or_resume_drains(&self) -> Result<Findings, Error> {
        let done = self.rebuild().await;
        if done.is_err() {
            // The pause must not outlast a failed rebuild.
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
        // The versions to read must not be pruned during the rebuild.
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
            // A record that the journal has as stored was in every version from its own on, until
            // it was deleted. A table that the journal does not know was complete only at its end.
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

    /// Copies until the new table can replace the old one, and switches to it.
    async fn fill(&self, copying: &mut Copying<'_>, mut old: Option<Library>) -> Result<(), Error> {
        for round in 1..=ROUNDS_MAX {
            let rests = REST_FROM_ROUND <= round;
            if rests {
                let now = (self.config.clock)();
                self.journal.pause_drains(now.checked_add(REST).unwrap_or(now)).await?;
            }
            let expected = self.journal.expected().await?;
            if old.is_none() {
                // An owner may have created it in the meantime.
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
                    "this record and {} more are missing from the library",
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
            // Records that the former version lacked remain missing, so that `verify` reports them.
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
