//! `journal.db`: what an acknowledgement means, and all that must outlive the library's indexes.
//!
//! It holds the rows that LanceDB does not yet hold safely, the identity of every record ever
//! acknowledged, the feed's watermark, the number of the last synced version of the library, and
//! the word statistics of what is in it. One read is one snapshot of all of these.
//!
//! Not here: when rows move to the library, see `owner`.

mod history;
mod listing;
mod pending;
mod purge;
mod refusal;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::Path,
};

use aios_ledger::{Durability, Ledger, Migration, Options};
use aios_record::{Scope, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

pub(crate) use self::{
    history::{Older, Replaced},
    pending::{Drain, Pending},
    refusal::{Limits, Refusal},
};
use self::{
    pending::{Bounds, Damage, PendingColumns, pending, pending_row, vector_bytes},
    refusal::{check_room, refuse},
};
use crate::{
    Error,
    library::{Row, TermCounts},
};

/// "AMJ1"
pub const APPLICATION_ID: i32 = 0x414d_4a31;

/// The version of the schema that this program knows and brings a journal to.
#[expect(clippy::cast_possible_truncation, reason = "a program has few migrations")]
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

const MIGRATIONS: &[Migration] = &[
    Migration { name: "journal", sql: include_str!("journal/0001_journal.sql") },
    Migration { name: "refused", sql: include_str!("journal/0002_refused.sql") },
    Migration { name: "history", sql: include_str!("journal/0003_history.sql") },
];

/// How much moves to the library at once, beside the limit in rows: Arrow's text columns end at
/// 2 GiB, and RAM ends earlier.
const DRAIN_BYTES_MAX: usize = 64 << 20;

/// The journal; cheap to clone.
#[derive(Clone)]
pub(crate) struct Journal {
    ledger: Ledger,
    durability: Durability,
}

/// A change ready to be written: analysed and embedded.
#[derive(Debug)]
pub(crate) enum Write {
    /// `feed_seq` is none for what did not come through the feed: it replaces whatever there is.
    Upsert {
        row: Box<Row>,
        embedder: Option<String>,
        feed_seq: Option<u64>,
        older: Older,
    },
    Delete {
        key: String,
        feed_seq: Option<u64>,
    },
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is in the journal.
    Written,
    /// The same content was known already, or something newer is.
    Known,
    /// The key is stored in another scope.
    Conflict,
}

/// Whether the writer had read what it replaces.
#[derive(Debug)]
pub(crate) enum Written {
    Yes(Vec<Outcome>),
    /// It had not, or another version is there now; nothing was written.
    Unread(Vec<Write>),
}

/// A page of the feed: what is to be written, and what was found to be impossible to store.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) after: u64,
    pub(crate) through: u64,
    pub(crate) writes: Vec<Write>,
    pub(crate) refusals: Vec<Refusal>,
}

/// Whether the watermark stood where the page began.
#[derive(Debug)]
pub(crate) enum FeedOutcome {
    Written {
        refusals: Vec<Refusal>,
    },
    Moved {
        watermark: u64,
    },
    /// As [`Written::Unread`].
    Unread(Page),
}

/// Word statistics of the library, for the terms that were asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statistics {
    pub(crate) documents: u64,
    pub(crate) terms_total: u64,
    pub(crate) documents_with: HashMap<String, u64>,
}

/// All that a search needs to know of the journal, from one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) synced_version: u64,
    /// Every `seq` that waits, in rising order.
    pub(crate) seqs: Vec<i64>,
    /// What waits above the `seq` that was given.
    pub(crate) fresh: Vec<Pending>,
    pub(crate) statistics: Statistics,
}

/// The time during which one process owns the library.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    number: u64,
    /// The version up to which the library was trusted when it began; 0 where there was none.
    pub(crate) synced_version: u64,
}

/// A version of the library that is on disk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Safe {
    pub(crate) version: u64,
    /// What the library's files take, older versions included.
    pub(crate) library_bytes: u64,
}

/// What the library should hold, from one moment.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) synced_version: u64,
    /// Every key that is neither deleted nor waiting.
    pub(crate) keys: BTreeSet<String>,
    pub(crate) pending: HashSet<String>,
}

mod state {
    pub(super) const NEW: i64 = 0;
    pub(super) const HELD: i64 = 1;
    pub(super) const DELETED: i64 = 2;
}

impl Journal {
    pub(crate) fn open(path: &Path, durability: Durability) -> Result<Journal, Error> {
        let options = Options { durability, ..Options::new(APPLICATION_ID, MIGRATIONS) };
        Ok(Journal { ledger: Ledger::open(path, options)?, durability })
    }

    pub(crate) async fn close(&self) {
        self.ledger.close().await;
    }

    /// Copies the journal as it is now to `target`, which must not exist.
    pub(crate) async fn backup(&self, target: &Path) -> Result<(), Error> {
        Ok(self.ledger.backup(target).await?)
    }

    /// The model of the stored vectors: `given` from the first time on.
    pub(crate) async fn claim_embedder(&self, given: String) -> Result<String, Error> {
        self.ledger
            .write(move |db| {
                if let Some(stored) = meta_text(db, "embedder")? {
                    return Ok(stored);
                }
                set_meta(db, "embedder", &given)?;
                Ok(given)
            })
            .await
    }

    /// Writes all, as of `now`, or, on a conflict or where what is replaced is unread, none.
    pub(crate) async fn write(
        &self,
        writes: Vec<Write>,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Written, Error> {
        self.ledger
            .write(move |db| {
                if history::are_unread(db, &writes)? {
                    return Ok(Written::Unread(writes));
                }
                check_room(db, &writes, limits)?;
                let mut outcomes = Vec::with_capacity(writes.len());
                for change in &writes {
                    let outcome = write(db, change, now)?;
                    if let (Outcome::Conflict, Write::Upsert { row, .. }) = (&outcome, change) {
                        return Err(Error::Conflict { key: row.record.key() });
                    }
                    outcomes.push(outcome);
                }
                Ok(Written::Yes(outcomes))
            })
            .await
    }

    /// Writes a page of the feed and moves the watermark from `after` to `through`, or does
    /// nothing where another process has moved it. What it refuses is listed, as of `now`.
    pub(crate) async fn write_feed(
        &self,
        page: Page,
        limits: Limits,
        now: Timestamp,
    ) -> Result<FeedOutcome, Error> {
        self.ledger
            .write(move |db| {
                let watermark = meta_number(db, "watermark")?;
                if watermark != page.after {
                    return Ok(FeedOutcome::Moved { watermark });
                }
                if history::are_unread(db, &page.writes)? {
                    return Ok(FeedOutcome::Unread(page));
                }
                check_room(db, &page.writes, limits)?;
                let mut refusals = page.refusals;
                for change in &page.writes {
                    if write(db, change, now)? == Outcome::Conflict {
                        refusals.push(change.conflict());
                    }
                }
                for refusal in &refusals {
                    refuse(db, refusal, None, now)?;
                }
                set_meta(db, "watermark", sql_integer(page.through))?;
                Ok(FeedOutcome::Written { refusals })
            })
            .await
    }

    /// Makes durable what is committed, where an acknowledgement does not promise that already.
    pub(crate) async fn sync(&self) -> Result<(), Error> {
        if self.durability != Durability::Full {
            self.ledger.sync().await?;
        }
        Ok(())
    }

    pub(crate) async fn watermark(&self) -> Result<u64, Error> {
        self.ledger.read(|db| meta_number(db, "watermark")).await
    }

    /// Which of `keys` were ever acknowledged and not deleted since.
    pub(crate) async fn known(&self, keys: Vec<String>) -> Result<Vec<bool>, Error> {
        self.ledger
            .read(move |db| {
                let mut find =
                    db.prepare_cached("SELECT 1 FROM ids WHERE key = ?1 AND state <> ?2")?;
                let known = keys.iter().map(|key| find.exists(params![key, state::DELETED]));
                Ok(known.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// The version of the library that is safe.
    pub(crate) async fn synced_version(&self) -> Result<u64, Error> {
        self.ledger.read(|db| meta_number(db, "synced_version")).await
    }

    /// What a search for `terms` needs that knows all that waits up to `newest`.
    pub(crate) async fn snapshot(
        &self,
        terms: Vec<String>,
        newest: i64,
    ) -> Result<Snapshot, Error> {
        self.ledger
            .read(move |db| {
                // Read from the index of keys, which is small.
                let mut seqs = db.prepare_cached("SELECT seq FROM pending")?;
                let seqs = seqs.query_map([], |row| row.get(0))?;
                let mut seqs: Vec<i64> = seqs.collect::<Result<_, _>>()?;
                seqs.sort_unstable();
                let fresh = match seqs.last() {
                    Some(last) if newest < *last => {
                        let bounds = Bounds { after: newest, ..Bounds::NONE };
                        pending(db, &bounds)?.into_iter().flatten().collect()
                    }
                    _ => Vec::new(),
                };
                Ok(Snapshot {
                    synced_version: meta_number(db, "synced_version")?,
                    seqs,
                    fresh,
                    statistics: statistics(db, terms)?,
                })
            })
            .await
    }

    /// The statistics of `terms` alone. Not for an async worker.
    pub(crate) fn statistics_blocking(&self, terms: Vec<String>) -> Result<Statistics, Error> {
        self.ledger.read_blocking(move |db| statistics(db, terms))
    }

    /// Whether there was ever an owner.
    pub(crate) async fn had_owner(&self) -> Result<bool, Error> {
        self.ledger.read(|db| Ok(0 < meta_number(db, "owner_term")?)).await
    }

    /// Starts the term of a new owner. What an earlier one still tries to note is refused from
    /// then on.
    pub(crate) async fn begin_term(&self) -> Result<Term, Error> {
        self.ledger
            .write(|db| {
                let number = meta_number(db, "owner_term")? + 1;
                set_meta(db, "owner_term", sql_integer(number))?;
                Ok(Term { number, synced_version: meta_number(db, "synced_version")? })
            })
            .await
    }

    /// Notes that `version`, with all its files, is on disk.
    pub(crate) async fn set_synced(&self, term: Term, safe: Safe) -> Result<(), Error> {
        self.ledger.write(move |db| set_synced(db, term, safe)).await
    }

    /// The oldest changes that wait, at most `limit`, of those that came no later than `through`.
    pub(crate) async fn drain(&self, limit: usize, through: i64) -> Result<Drain, Error> {
        self.ledger
            .read(move |db| {
                let mut held = db.prepare_cached("SELECT state FROM ids WHERE key = ?1")?;
                let mut drain = Drain::default();
                let bounds =
                    Bounds { rows: limit, bytes: DRAIN_BYTES_MAX, through, ..Bounds::NONE };
                for change in pending(db, &bounds)? {
                    let Pending { seq, key, row } = match change {
                        Ok(change) => change,
                        Err(damage) => {
                            drain.damaged.push(damage);
                            continue;
                        }
                    };
                    let held: i64 = held.query_row([&key], |row| row.get(0))?;
                    match row {
                        Some(row) if held == state::NEW => drain.appends.push(row),
                        Some(row) => drain.replacements.push(row),
                        None => drain.removals.push(key.clone()),
                    }
                    drain.seqs.push((seq, key));
                }
                Ok(drain)
            })
            .await
    }

    /// Notes that `version` is on disk, takes `library_bytes` there and holds `drain`, and drops
    /// the rows that it holds; a row that was written again meanwhile stays.
    pub(crate) async fn applied(
        &self,
        term: Term,
        drain: Drain,
        safe: Safe,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.ledger
            .write(move |db| {
                set_synced(db, term, safe)?;
                add_statistics(db, &drain.appends)?;
                let mut drop = db.prepare_cached("DELETE FROM pending WHERE seq = ?1")?;
                let mut hold =
                    db.prepare_cached("UPDATE ids SET state = ?2 WHERE key = ?1 AND state = ?3")?;
                for (seq, key) in &drain.seqs {
                    drop.execute([seq])?;
                    hold.execute(params![key, state::HELD, state::NEW])?;
                }
                for damage in drain.damaged {
                    let Damage { seq, key, reason } = damage;
                    tracing::error!(key, reason, "a row of the journal was set aside");
                    let refusal = Refusal { key, feed_seq: None, reason };
                    refuse(db, &refusal, Some(seq), now)?;
                    drop.execute([seq])?;
                }
                Ok(())
            })
            .await
    }

    /// The place of the newest change that waits, 0 where none does.
    pub(crate) async fn newest_pending(&self) -> Result<i64, Error> {
        self.ledger
            .read(|db| {
                let mut newest = db.prepare_cached("SELECT coalesce(max(seq), 0) FROM pending")?;
                Ok(newest.query_row([], |row| row.get(0))?)
            })
            .await
    }

    /// Whether a change waits that came no later than `through`.
    pub(crate) async fn is_waiting(&self, through: i64) -> Result<bool, Error> {
        self.ledger
            .read(move |db| {
                let mut find =
                    db.prepare_cached("SELECT 1 FROM pending WHERE seq <= ?1 LIMIT 1")?;
                Ok(find.exists([through])?)
            })
            .await
    }

    /// What the library should hold.
    pub(crate) async fn held(&self) -> Result<Held, Error> {
        self.ledger
            .read(|db| {
                let mut pending = db.prepare_cached("SELECT key FROM pending")?;
                let pending = pending.query_map([], |row| row.get(0))?;
                let pending: HashSet<String> = pending.collect::<Result<_, _>>()?;
                let mut keys = db.prepare_cached("SELECT key FROM ids WHERE state <> ?1")?;
                let keys = keys.query_map([state::DELETED], |row| row.get(0))?;
                let mut keys: BTreeSet<String> = keys.collect::<Result<_, _>>()?;
                keys.retain(|key| !pending.contains(key));
                Ok(Held { synced_version: meta_number(db, "synced_version")?, keys, pending })
            })
            .await
    }

    /// How many changes wait.
    pub(crate) async fn pending_count(&self) -> Result<u64, Error> {
        self.ledger.read(count_pending).await
    }

    /// How many keys are known of each kind, pending ones included.
    pub(crate) async fn counts(&self) -> Result<BTreeMap<String, u64>, Error> {
        self.ledger
            .read(|db| {
                let sql = "SELECT substr(key, 1, instr(key, '/') - 1), count(*)
                           FROM ids WHERE state <> ?1 GROUP BY 1";
                let mut counts = db.prepare_cached(sql)?;
                let rows = counts
                    .query_map([state::DELETED], |row| Ok((row.get(0)?, number(row.get(1)?))))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }
}

fn write(db: &Connection, change: &Write, now: Timestamp) -> Result<Outcome, Error> {
    match change {
        Write::Upsert { row, embedder, feed_seq, older } => {
            let key = row.record.key();
            let known = Known::find(db, &key)?;
            if let Some(outcome) = settled(db, row, known.as_ref(), *feed_seq)? {
                return Ok(outcome);
            }
            if known.as_ref().is_some_and(|known| known.state != state::DELETED) {
                history::keep(db, &key, older, now)?;
            }
            upsert(db, row, embedder.as_deref(), newest(known.as_ref(), *feed_seq))
        }
        Write::Delete { key, feed_seq } => delete(db, key, *feed_seq),
    }
}

/// What becomes of a row that is not to be written; none where it is.
fn settled(
    db: &Connection,
    row: &Row,
    known: Option<&Known>,
    feed_seq: Option<u64>,
) -> Result<Option<Outcome>, Error> {
    Ok(match known {
        Some(known) if known.is_after(feed_seq) => Some(Outcome::Known),
        Some(known) if known.state == state::DELETED => None,
        Some(known) if known.scope != row.record.scope => Some(Outcome::Conflict),
        Some(known) if known.content_hash == row.content_hash => {
            set_feed_seq(db, &row.record.key(), newest(Some(known), feed_seq))?;
            Some(Outcome::Known)
        }
        _ => None,
    })
}

fn upsert(
    db: &Connection,
    row: &Row,
    embedder: Option<&str>,
    newest: i64,
) -> Result<Outcome, Error> {
    let record = &row.record;
    let key = record.key();
    // A deleted key whose deletion has not reached the library yet may still be held by it, so it
    // is replaced, which also serves where it is not held.
    db.prepare_cached(
        "INSERT INTO ids (key, user, agent, session, external_id, content_hash, state, feed_seq,
                          embedder)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (key) DO UPDATE SET
             user = excluded.user, agent = excluded.agent, session = excluded.session,
             external_id = excluded.external_id, content_hash = excluded.content_hash,
             state = iif(state = 2, 1, state), feed_seq = excluded.feed_seq,
             embedder = excluded.embedder",
    )?
    .execute(params![
        key,
        record.scope.user,
        record.scope.agent,
        record.scope.session,
        record.external_id,
        row.content_hash,
        state::NEW,
        newest,
        embedder,
    ])?;
    let json = serde_json::to_string(record).expect("a record is plain data");
    let vector = row.vector.as_deref().map(vector_bytes);
    db.prepare_cached(
        "INSERT OR REPLACE INTO pending (key, record, terms, vector, content_hash)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![key, json, row.terms, vector, row.content_hash])?;
    Ok(Outcome::Written)
}

fn delete(db: &Connection, key: &str, feed_seq: Option<u64>) -> Result<Outcome, Error> {
    let Some(known) = Known::find(db, key)? else { return Ok(Outcome::Known) };
    if known.state == state::DELETED || known.is_after(feed_seq) {
        return Ok(Outcome::Known);
    }
    set_feed_seq(db, key, newest(Some(&known), feed_seq))?;
    db.prepare_cached("UPDATE ids SET state = ?2 WHERE key = ?1")?
        .execute(params![key, state::DELETED])?;
    history::forget(db, key)?;
    db.prepare_cached("INSERT OR REPLACE INTO pending (key) VALUES (?1)")?.execute([key])?;
    Ok(Outcome::Written)
}

/// What `ids` says of a key.
struct Known {
    scope: Scope,
    content_hash: String,
    state: i64,
    feed_seq: u64,
}

impl Known {
    /// Whether what is known is from a later place in the feed.
    fn is_after(&self, feed_seq: Option<u64>) -> bool {
        feed_seq.is_some_and(|feed_seq| feed_seq < self.feed_seq)
    }

    fn find(db: &Connection, key: &str) -> Result<Option<Known>, Error> {
        let mut find = db.prepare_cached(
            "SELECT user, agent, session, content_hash, state, feed_seq FROM ids WHERE key = ?1",
        )?;
        let known = find.query_row([key], |row| {
            Ok(Known {
                scope: Scope { user: row.get(0)?, agent: row.get(1)?, session: row.get(2)? },
                content_hash: row.get(3)?,
                state: row.get(4)?,
                feed_seq: number(row.get(5)?),
            })
        });
        Ok(known.optional()?)
    }
}

fn statistics(db: &Connection, terms: Vec<String>) -> Result<Statistics, Error> {
    let mut count = db.prepare_cached("SELECT documents FROM terms WHERE term = ?1")?;
    let mut documents_with = HashMap::with_capacity(terms.len());
    for term in terms {
        let found: Option<i64> = count.query_row([&term], |row| row.get(0)).optional()?;
        documents_with.insert(term, number(found.unwrap_or(0)));
    }
    Ok(Statistics {
        documents: meta_number(db, "documents")?,
        terms_total: meta_number(db, "terms_total")?,
        documents_with,
    })
}

/// The highest place in the feed that a key is known to have had.
fn newest(known: Option<&Known>, feed_seq: Option<u64>) -> i64 {
    sql_integer(known.map_or(0, |known| known.feed_seq).max(feed_seq.unwrap_or(0)))
}

fn set_feed_seq(db: &Connection, key: &str, feed_seq: i64) -> Result<(), Error> {
    db.prepare_cached("UPDATE ids SET feed_seq = ?2 WHERE key = ?1")?
        .execute(params![key, feed_seq])?;
    Ok(())
}

fn count_pending(db: &Connection) -> Result<u64, Error> {
    count(db, "SELECT count(*) FROM pending")
}

/// The one number that a query without parameters gives.
fn count(db: &Connection, sql: &'static str) -> Result<u64, Error> {
    Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0)).map(number)?)
}

/// Counts the terms of rows that are new to the library. A changed or removed row leaves the
/// counts as they are: they weigh terms, and a small drift weighs nothing.
fn add_statistics(db: &Connection, rows: &[Row]) -> Result<(), Error> {
    let mut counts = TermCounts::default();
    rows.iter().for_each(|row| counts.add(&row.terms));
    let mut add = db.prepare_cached(
        "INSERT INTO terms (term, documents) VALUES (?1, ?2)
         ON CONFLICT (term) DO UPDATE SET documents = documents + excluded.documents",
    )?;
    for (term, documents) in &counts.documents_with {
        add.execute(params![term, documents])?;
    }
    let documents = meta_number(db, "documents")? + counts.documents;
    set_meta(db, "documents", sql_integer(documents))?;
    let terms_total = meta_number(db, "terms_total")? + counts.terms_total;
    set_meta(db, "terms_total", sql_integer(terms_total))
}

fn set_synced(db: &Connection, term: Term, safe: Safe) -> Result<(), Error> {
    if meta_number(db, "owner_term")? != term.number {
        return Err(Error::Ousted);
    }
    set_meta(db, "library_bytes", sql_integer(safe.library_bytes))?;
    set_meta(db, "synced_version", sql_integer(safe.version))
}

fn meta_number(db: &Connection, name: &str) -> Result<u64, Error> {
    let mut find = db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    let found: Option<i64> = find.query_row([name], |row| row.get(0)).optional()?;
    Ok(number(found.unwrap_or(0)))
}

fn meta_text(db: &Connection, name: &str) -> Result<Option<String>, Error> {
    let mut find = db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(find.query_row([name], |row| row.get(0)).optional()?)
}

fn set_meta(db: &Connection, name: &str, value: impl rusqlite::ToSql) -> Result<(), Error> {
    db.prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])?;
    Ok(())
}

/// Counters in the file are never negative.
fn number(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}

/// SQLite's integers end at 2^63 - 1, which no counter here reaches.
fn sql_integer(counter: u64) -> i64 {
    i64::try_from(counter).unwrap_or(i64::MAX)
}

fn sql_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
