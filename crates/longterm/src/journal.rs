//! `journal.db`: the state that an acknowledgement makes durable, and everything that must outlive
//! the library's indexes.
//!
//! It holds the rows that are not yet safely in LanceDB, the identity of every record ever
//! acknowledged, the feed's watermark, the number of the last synced version of the library, and
//! the word statistics of its content. One read is one snapshot of all of these.
//!
//! Not here: the moves of rows to the library, see `owner`.

mod checksums;
mod generation;
mod history;
mod key;
mod listing;
mod meta;
mod pending;
mod purge;
mod rebuild;
mod refusal;
mod statistics;
mod term;
mod tombstones;
mod write;

use std::{
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use aios_ledger::{Access, Durability, Ledger, Migration, Options};
use aios_record::{Gate, Identity, Record, Scope};
use rusqlite::Connection;

use self::{
    checksums::keep_checksums,
    key::{Parts, key_sql},
    meta::{count, meta_number, meta_text, number, set_meta, sql_integer, sql_limit},
    pending::{
        Bounds, PendingColumns, embedded, pending, pending_row, pending_sql, vector_bytes,
        vector_state_of,
    },
    refusal::{check_room, refuse},
    statistics::{change_statistics, set_counted, set_statistics, statistics},
    term::{check_term, set_synced},
    write::{Known, delete},
};
pub(crate) use self::{
    history::{Older, Replaced, Sought},
    pending::{Drain, Pending, Unembedded},
    rebuild::{Adopted, Expected, REST, Remade, Switch, hash_number},
    refusal::{Limits, Refusal},
    statistics::{Corpus, Statistics},
    term::{Safe, Term},
    tombstones::{Contents, Hash, Secret, Tombstone},
    write::{FeedOutcome, Outcome, Page, Write, Written},
};
use crate::{Error, Standing, content::Rules, library::Edition, owner::Places, vectors::Vectors};

/// Application id in the header of the SQLite file: "AMJ1".
pub const APPLICATION_ID: i32 = 0x414d_4a31;

/// Version of the schema that this program knows, and to which it migrates a journal.
#[expect(clippy::cast_possible_truncation, reason = "a program has few migrations")]
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

const MIGRATIONS: &[Migration] = &[
    Migration { name: "journal", sql: include_str!("journal/0001_journal.sql") },
    Migration { name: "refused", sql: include_str!("journal/0002_refused.sql") },
    Migration { name: "history", sql: include_str!("journal/0003_history.sql") },
    Migration { name: "tombstones", sql: include_str!("journal/0004_tombstones.sql") },
    Migration { name: "one embedder", sql: include_str!("journal/0005_one_embedder.sql") },
    Migration { name: "owners", sql: include_str!("journal/0006_owners.sql") },
];

/// Handle on the journal. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Journal {
    ledger: Ledger,
    access: Access,
    durability: Durability,
    /// The model whose vectors this handle writes and compares.
    model: Arc<str>,
    rules: Rules,
}

/// Parts of the journal that a search needs, from one snapshot.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) base: Base,
    pub(crate) edition: Edition,
    /// Every `seq` that waits, ascending.
    pub(crate) seqs: Vec<i64>,
    /// The highest `seq` ever assigned.
    pub(crate) newest: i64,
    /// The waiting rows above the given `seq`, or all of them if the base differs.
    pub(crate) fresh: Vec<Pending>,
    /// Rows that were known without their vector, and no longer wait for one.
    pub(crate) embedded: Vec<Pending>,
    pub(crate) statistics: Statistics,
}

/// State of the library beneath the waiting rows. While it stays the same, the library holds for
/// the key of a waiting row what it held when the row was written. It only grows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Base {
    table: u64,
    /// Number of drains that moved a row while a newer one with its key arrived.
    overtaken: u64,
}

#[cfg(test)]
impl Base {
    pub(crate) fn of(table: u64, overtaken: u64) -> Base {
        Base { table, overtaken }
    }
}

/// The part of the journal that a search already knows.
#[derive(Debug, Default)]
pub(crate) struct KnownWaiting {
    pub(crate) base: Base,
    /// The highest `seq` up to which the waiting rows are known.
    pub(crate) newest: i64,
    /// The known rows that had no vector yet.
    pub(crate) outstanding: Vec<i64>,
}

/// The content that the library should have, from one snapshot.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) edition: Edition,
    /// Every encoded identity that is neither deleted nor waiting.
    pub(crate) keys: BTreeSet<String>,
    pub(crate) pending: HashSet<String>,
}

mod state {
    pub(super) const NEW: i64 = 0;
    pub(super) const HELD: i64 = 1;
    pub(super) const DELETED: i64 = 2;
}

impl Journal {
    /// Opens the journal for a handle with these vectors.
    pub(crate) fn open(
        places: &Places,
        access: Access,
        durability: Durability,
        vectors: &Vectors,
    ) -> Result<Journal, Error> {
        let options = Options {
            access,
            durability,
            // Rows move there.
            beside: vec![places.library.clone()],
            ..Options::new(APPLICATION_ID, MIGRATIONS)
        };
        let (model, rules) = (vectors.fingerprint().into(), Rules::of(vectors));
        let ledger = Ledger::open(&places.journal, options)?;
        Ok(Journal { ledger, access, durability, model, rules })
    }

    pub(crate) async fn close(&self) {
        self.ledger.close().await;
    }

    /// Records that `dir` receives a copy, and drops the directories that no longer exist.
    pub(crate) async fn note_backup(&self, dir: PathBuf) -> Result<(), Error> {
        self.ledger
            .write(move |db| {
                let mut dirs = backups(db)?;
                dirs.retain(|noted| *noted != dir && noted.exists());
                dirs.push(dir);
                let json = serde_json::to_string(&dirs);
                set_meta(db, "backups", json.expect("paths were text before"))
            })
            .await
    }

    /// Returns the directories that received a copy and still exist.
    pub(crate) async fn backups(&self) -> Result<Vec<PathBuf>, Error> {
        let mut dirs = self.ledger.read(backups).await?;
        dirs.retain(|dir| dir.exists());
        Ok(dirs)
    }

    /// Copies the current journal to `target`, which must not exist.
    pub(crate) async fn backup(&self, target: &Path) -> Result<(), Error> {
        Ok(self.ledger.backup(target).await?)
    }

    /// Returns the fingerprint of the model of the stored vectors.
    pub(crate) async fn stored_embedder(&self) -> Result<Option<String>, Error> {
        self.ledger.read(|db| meta_text(db, "embedder")).await
    }

    /// Returns the model of the stored vectors. A store without one gets this handle's model,
    /// unless access is read-only.
    pub(crate) async fn claim_embedder(&self) -> Result<String, Error> {
        if let Some(stored) = self.stored_embedder().await? {
            return Ok(stored);
        }
        let given = Arc::clone(&self.model);
        if self.access == Access::ReadOnly {
            return Ok(given.to_string());
        }
        self.ledger
            .write(move |db| {
                if let Some(stored) = meta_text(db, "embedder")? {
                    return Ok(stored);
                }
                set_meta(db, "embedder", &*given)?;
                set_meta(db, "analysis", aios_analysis::VERSION)?;
                Ok(given.to_string())
            })
            .await
    }

    /// Returns the background that was stored last.
    pub(crate) async fn background(&self) -> Result<Option<String>, Error> {
        self.ledger.read(|db| meta_text(db, "background")).await
    }

    /// Stores a background for later handles.
    pub(crate) async fn keep_background(&self, background: String) -> Result<(), Error> {
        self.ledger.write(move |db| set_meta(db, "background", background)).await
    }

    /// Syncs committed writes to disk, unless each acknowledgement does so.
    pub(crate) async fn sync(&self) -> Result<(), Error> {
        if self.durability != Durability::Full {
            self.ledger.sync().await?;
        }
        Ok(())
    }

    /// Returns the scope of each of `identities` that was ever acknowledged and not deleted since.
    pub(crate) async fn scopes(
        &self,
        identities: Vec<Identity>,
    ) -> Result<Vec<Option<Scope>>, Error> {
        self.ledger
            .read(move |db| {
                let scope_of = |identity: &Identity| -> Result<Option<Scope>, Error> {
                    let known = Known::find(db, Parts::of_identity(identity))?;
                    Ok(known.filter(|known| known.state != state::DELETED).map(|it| it.scope))
                };
                identities.iter().map(scope_of).collect()
            })
            .await
    }

    /// Compares each of `records` with the stored record of its identity, as far as `gate` sees it.
    pub(crate) async fn standings(
        &self,
        gate: Gate,
        records: Vec<Record>,
    ) -> Result<Vec<Standing>, Error> {
        let rules = self.rules;
        self.ledger
            .read(move |db| {
                let standing = |record: &Record| -> Result<Standing, Error> {
                    let known = Known::find(db, Parts::of_record(record))?;
                    let known = known.filter(|it| it.state != state::DELETED);
                    Ok(match known.filter(|it| gate.sees(&it.scope)) {
                        None => Standing::Unknown,
                        Some(known) if known.says(rules, record) => Standing::Same,
                        Some(_) => Standing::Other,
                    })
                };
                records.iter().map(standing).collect()
            })
            .await
    }

    /// Returns the damage in the file, and the parts of the schema that it lacks.
    pub(crate) async fn damage(&self) -> Result<Vec<String>, Error> {
        self.ledger
            .read(|db| {
                let mut damage = aios_ledger::damage(db)?;
                damage.extend(aios_ledger::missing(db, MIGRATIONS)?);
                Ok(damage)
            })
            .await
    }

    /// Returns the synced edition of the library.
    pub(crate) async fn edition(&self) -> Result<Edition, Error> {
        let model = Arc::clone(&self.model);
        self.ledger.read(move |db| edition_of(db, &model)).await
    }

    /// As [`edition`](Journal::edition), without a check of the model.
    pub(crate) async fn edition_of_any_model(&self) -> Result<Edition, Error> {
        self.ledger.read(edition).await
    }

    /// Reads the journal for a search for `terms`, without the part that is `known`.
    pub(crate) async fn snapshot(
        &self,
        terms: Vec<String>,
        corpus: Corpus,
        known: KnownWaiting,
    ) -> Result<Snapshot, Error> {
        let model = Arc::clone(&self.model);
        self.ledger
            .read(move |db| {
                let base = base(db)?;
                let known = if known.base == base { known } else { KnownWaiting::default() };
                let seqs = waiting_seqs(db)?;
                let fresh = match seqs.last() {
                    Some(last) if known.newest < *last => {
                        let bounds = Bounds { after: known.newest, ..Bounds::NONE };
                        pending(db, &bounds)?.into_iter().flatten().collect()
                    }
                    _ => Vec::new(),
                };
                let newest = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence
                              WHERE name = 'pending'";
                let newest = db.prepare_cached(newest)?.query_row([], |row| row.get(0))?;
                Ok(Snapshot {
                    base,
                    edition: edition_of(db, &model)?,
                    seqs,
                    newest,
                    fresh,
                    embedded: embedded(db, &known.outstanding)?,
                    statistics: statistics(db, terms, &corpus)?,
                })
            })
            .await
    }

    /// Returns the `seq` of the newest waiting change, or 0 if none waits.
    pub(crate) async fn newest_pending(&self) -> Result<i64, Error> {
        self.ledger
            .read(|db| {
                let mut newest = db.prepare_cached("SELECT coalesce(max(seq), 0) FROM pending")?;
                Ok(newest.query_row([], |row| row.get(0))?)
            })
            .await
    }

    /// Returns `true` if a change up to sequence number `through` waits.
    pub(crate) async fn is_waiting(&self, through: i64) -> Result<bool, Error> {
        self.ledger
            .read(move |db| {
                let mut find =
                    db.prepare_cached("SELECT 1 FROM pending WHERE seq <= ?1 LIMIT 1")?;
                Ok(find.exists([through])?)
            })
            .await
    }

    /// Returns the content that the library should have.
    pub(crate) async fn held(&self) -> Result<Held, Error> {
        let model = Arc::clone(&self.model);
        self.ledger
            .read(move |db| {
                let mut pending = db.prepare_cached("SELECT key FROM pending")?;
                let pending = pending.query_map([], |row| row.get(0))?;
                let pending: HashSet<String> = pending.collect::<Result<_, _>>()?;
                let mut keys = db.prepare_cached(concat!(
                    "SELECT ",
                    key_sql!(),
                    " FROM ids WHERE state <> ?1"
                ))?;
                let keys = keys.query_map([state::DELETED], |row| row.get(0))?;
                let mut keys: BTreeSet<String> = keys.collect::<Result<_, _>>()?;
                keys.retain(|key| !pending.contains(key));
                Ok(Held { edition: edition_of(db, &model)?, keys, pending })
            })
            .await
    }

    /// Returns the number of waiting changes.
    pub(crate) async fn pending_count(&self) -> Result<u64, Error> {
        self.ledger.read(count_pending).await
    }
}

/// Returns every `seq` that waits, ascending.
fn waiting_seqs(db: &Connection) -> Result<Vec<i64>, Error> {
    // SQLite reads the index of keys, which is small.
    let mut seqs = db.prepare_cached("SELECT seq FROM pending")?;
    let seqs = seqs.query_map([], |row| row.get(0))?;
    let mut seqs: Vec<i64> = seqs.collect::<Result<_, _>>()?;
    seqs.sort_unstable();
    Ok(seqs)
}

fn backups(db: &Connection) -> Result<Vec<PathBuf>, Error> {
    let json = meta_text(db, "backups")?;
    Ok(json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

fn count_pending(db: &Connection) -> Result<u64, Error> {
    count(db, "SELECT count(*) FROM pending")
}

/// Returns the synced version, and its table.
fn edition(db: &Connection) -> Result<Edition, Error> {
    let number = |name| meta_number(db, name);
    Ok(Edition { table: number("library_table")?, version: number("synced_version")? })
}

fn base(db: &Connection) -> Result<Base, Error> {
    let number = |name| meta_number(db, name);
    Ok(Base { table: number("library_table")?, overtaken: number("overtaken")? })
}

/// As [`edition`], for a handle with vectors of `model`.
fn edition_of(db: &Connection, model: &str) -> Result<Edition, Error> {
    check_model(db, model)?;
    edition(db)
}

/// Refuses a handle whose model differs from that of the stored vectors.
fn check_model(db: &Connection, model: &str) -> Result<(), Error> {
    match meta_text(db, "embedder")? {
        Some(stored) if stored != model => {
            Err(Error::Reembedded { stored, given: model.to_owned() })
        }
        _ => Ok(()),
    }
}
