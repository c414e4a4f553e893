//! `journal.db`: what an acknowledgement means, and all that must outlive the library's indexes.
//!
//! It holds the rows that LanceDB does not yet hold safely, the identity of every record ever
//! acknowledged, the feed's watermark, the number of the last synced version of the library, and
//! the word statistics of what is in it. One read is one snapshot of all of these.
//!
//! Not here: when rows move to the library, see `owner`.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::Path,
};

use aios_ledger::{Durability, Ledger, Migration, Options};
use aios_record::{Record, Scope};
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use crate::{Error, library::Row};

/// "AMJ1"
const APPLICATION_ID: i32 = 0x414d_4a31;

const MIGRATIONS: &[Migration] =
    &[Migration { name: "journal", sql: include_str!("journal/0001_journal.sql") }];

/// How much moves to the library at once, beside the limit in rows: Arrow's text columns end at
/// 2 GiB, and RAM ends earlier.
const DRAIN_BYTES_MAX: usize = 64 << 20;

/// The journal; cheap to clone.
#[derive(Clone)]
pub(crate) struct Journal {
    ledger: Ledger,
}

/// A change ready to be written: analysed and embedded.
#[derive(Debug)]
pub(crate) enum Write {
    /// `feed_seq` is none for what did not come through the feed: it replaces whatever there is.
    Upsert {
        row: Box<Row>,
        embedder: Option<String>,
        feed_seq: Option<u64>,
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

/// Whether the watermark stood where the page began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FeedOutcome {
    Written(Vec<Outcome>),
    Moved { watermark: u64 },
}

/// A change that waits for the library.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub(crate) seq: i64,
    pub(crate) key: String,
    /// None where the key is to be deleted.
    pub(crate) row: Option<Row>,
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
    pub(crate) pending: Vec<Pending>,
    pub(crate) statistics: Statistics,
}

/// What is waiting, split by what the library must do with it.
#[derive(Debug, Default)]
pub(crate) struct Drain {
    pub(crate) appends: Vec<Row>,
    pub(crate) replacements: Vec<Row>,
    pub(crate) removals: Vec<String>,
    /// The journal rows that this covers.
    seqs: Vec<(i64, String)>,
}

/// The time during which one process owns the library.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    number: u64,
    /// The version up to which the library was trusted when it began; 0 where there was none.
    pub(crate) synced_version: u64,
}

/// What the library should hold, from one moment.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) synced_version: u64,
    /// Every key that is neither deleted nor waiting.
    pub(crate) keys: BTreeSet<String>,
    pub(crate) pending: HashSet<String>,
}

impl Drain {
    pub(crate) fn is_empty(&self) -> bool {
        self.seqs.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.seqs.len()
    }
}

mod state {
    pub(super) const NEW: i64 = 0;
    pub(super) const HELD: i64 = 1;
    pub(super) const DELETED: i64 = 2;
}

impl Journal {
    pub(crate) fn open(path: &Path, durability: Durability) -> Result<Journal, Error> {
        let options = Options { durability, ..Options::new(APPLICATION_ID, MIGRATIONS) };
        Ok(Journal { ledger: Ledger::open(path, options)? })
    }

    pub(crate) async fn close(&self) {
        self.ledger.close().await;
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

    /// Writes all or, on a conflict, none.
    pub(crate) async fn write(
        &self,
        writes: Vec<Write>,
        rows_max: u64,
    ) -> Result<Vec<Outcome>, Error> {
        self.ledger
            .write(move |db| {
                check_room(db, rows_max)?;
                let mut outcomes = Vec::with_capacity(writes.len());
                for change in &writes {
                    let outcome = write(db, change)?;
                    if let (Outcome::Conflict, Write::Upsert { row, .. }) = (&outcome, change) {
                        return Err(Error::Conflict { key: row.record.key() });
                    }
                    outcomes.push(outcome);
                }
                Ok(outcomes)
            })
            .await
    }

    /// Writes a page of the feed and moves the watermark from `after` to `through`, or does
    /// nothing where another process has moved it.
    pub(crate) async fn write_feed(
        &self,
        after: u64,
        through: u64,
        writes: Vec<Write>,
        rows_max: u64,
    ) -> Result<FeedOutcome, Error> {
        self.ledger
            .write(move |db| {
                let watermark = meta_number(db, "watermark")?;
                if watermark != after {
                    return Ok(FeedOutcome::Moved { watermark });
                }
                check_room(db, rows_max)?;
                let outcomes =
                    writes.iter().map(|change| write(db, change)).collect::<Result<_, _>>()?;
                set_meta(db, "watermark", sql_integer(through))?;
                Ok(FeedOutcome::Written(outcomes))
            })
            .await
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

    /// What a search for `terms` needs.
    pub(crate) async fn snapshot(&self, terms: Vec<String>) -> Result<Snapshot, Error> {
        self.ledger
            .read(move |db| {
                Ok(Snapshot {
                    synced_version: meta_number(db, "synced_version")?,
                    pending: pending(db, usize::MAX, usize::MAX)?,
                    statistics: statistics(db, terms)?,
                })
            })
            .await
    }

    /// The statistics of `terms` alone.
    pub(crate) async fn statistics(&self, terms: Vec<String>) -> Result<Statistics, Error> {
        self.ledger.read(move |db| statistics(db, terms)).await
    }

    /// The pending change of `key`, if there is one, and the version that holds what is not
    /// pending.
    pub(crate) async fn pending_of(&self, key: String) -> Result<(Option<Pending>, u64), Error> {
        self.ledger
            .read(move |db| {
                let sql = "SELECT seq, key, record, terms, vector, content_hash
                           FROM pending WHERE key = ?1";
                let found = db.prepare_cached(sql)?.query_row([&key], pending_row).optional()?;
                let pending = found.map(PendingColumns::decode).transpose()?;
                Ok((pending, meta_number(db, "synced_version")?))
            })
            .await
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
    pub(crate) async fn set_synced(&self, term: Term, version: u64) -> Result<(), Error> {
        self.ledger.write(move |db| set_synced(db, term, version)).await
    }

    /// The oldest changes that wait, at most `limit`.
    pub(crate) async fn drain(&self, limit: usize) -> Result<Drain, Error> {
        self.ledger
            .read(move |db| {
                let mut held = db.prepare_cached("SELECT state FROM ids WHERE key = ?1")?;
                let mut drain = Drain::default();
                for Pending { seq, key, row } in pending(db, limit, DRAIN_BYTES_MAX)? {
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

    /// Notes that `version` is on disk and holds `drain`, and drops the rows that it holds; a row
    /// that was written again meanwhile stays.
    pub(crate) async fn applied(
        &self,
        term: Term,
        drain: Drain,
        version: u64,
    ) -> Result<(), Error> {
        self.ledger
            .write(move |db| {
                set_synced(db, term, version)?;
                add_statistics(db, &drain.appends)?;
                let mut drop = db.prepare_cached("DELETE FROM pending WHERE seq = ?1")?;
                let mut hold =
                    db.prepare_cached("UPDATE ids SET state = ?2 WHERE key = ?1 AND state = ?3")?;
                for (seq, key) in &drain.seqs {
                    drop.execute([seq])?;
                    hold.execute(params![key, state::HELD, state::NEW])?;
                }
                Ok(())
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

fn write(db: &Connection, change: &Write) -> Result<Outcome, Error> {
    match change {
        Write::Upsert { row, embedder, feed_seq } => {
            upsert(db, row, embedder.as_deref(), *feed_seq)
        }
        Write::Delete { key, feed_seq } => delete(db, key, *feed_seq),
    }
}

fn upsert(
    db: &Connection,
    row: &Row,
    embedder: Option<&str>,
    feed_seq: Option<u64>,
) -> Result<Outcome, Error> {
    let record = &row.record;
    let key = record.key();
    let known = Known::find(db, &key)?;
    let newest = newest(known.as_ref(), feed_seq);
    match known {
        Some(known) if known.is_after(feed_seq) => return Ok(Outcome::Known),
        Some(known) if known.state == state::DELETED => {}
        Some(known) if known.scope != record.scope => return Ok(Outcome::Conflict),
        Some(known) if known.content_hash == row.content_hash => {
            set_feed_seq(db, &key, newest)?;
            return Ok(Outcome::Known);
        }
        _ => {}
    }
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

fn check_room(db: &Connection, rows_max: u64) -> Result<(), Error> {
    let rows = count_pending(db)?;
    if rows < rows_max { Ok(()) } else { Err(Error::JournalFull { rows, rows_max }) }
}

fn count_pending(db: &Connection) -> Result<u64, Error> {
    let mut count = db.prepare_cached("SELECT count(*) FROM pending")?;
    Ok(count.query_row([], |row| row.get(0)).map(number)?)
}

/// The oldest rows, at most `limit`, and no further than `bytes_max` but at least one. A row that
/// cannot be read is left where it is, with a warning: it must not hold up the others.
fn pending(db: &Connection, limit: usize, bytes_max: usize) -> Result<Vec<Pending>, Error> {
    let sql = "SELECT seq, key, record, terms, vector, content_hash
               FROM pending ORDER BY seq LIMIT ?1";
    let mut read = db.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut bytes = 0;
    let mut pending = Vec::new();
    for columns in read.query_map([limit], pending_row)? {
        let columns = columns?;
        bytes += columns.bytes();
        if bytes_max < bytes && !pending.is_empty() {
            break;
        }
        match columns.decode() {
            Ok(row) => pending.push(row),
            Err(error) => tracing::error!(%error, "a row of the journal was passed over"),
        }
    }
    Ok(pending)
}

/// A row of `pending` as SQLite has it.
struct PendingColumns {
    seq: i64,
    key: String,
    record: Option<String>,
    terms: Option<String>,
    vector: Option<Vec<u8>>,
    content_hash: Option<String>,
}

fn pending_row(row: &SqlRow<'_>) -> rusqlite::Result<PendingColumns> {
    Ok(PendingColumns {
        seq: row.get(0)?,
        key: row.get(1)?,
        record: row.get(2)?,
        terms: row.get(3)?,
        vector: row.get(4)?,
        content_hash: row.get(5)?,
    })
}

impl PendingColumns {
    fn bytes(&self) -> usize {
        let texts = [&self.record, &self.terms].into_iter().flatten().map(String::len);
        texts.sum::<usize>() + self.vector.as_ref().map_or(0, Vec::len)
    }

    fn decode(self) -> Result<Pending, Error> {
        let Some(json) = self.record else {
            return Ok(Pending { seq: self.seq, key: self.key, row: None });
        };
        let record: Record = serde_json::from_str(&json)
            .map_err(|error| Error::Damaged { key: self.key.clone(), reason: error.to_string() })?;
        let row = Row {
            record,
            terms: self.terms.unwrap_or_default(),
            vector: self.vector.as_deref().map(vector_numbers),
            content_hash: self.content_hash.unwrap_or_default(),
        };
        Ok(Pending { seq: self.seq, key: self.key, row: Some(row) })
    }
}

/// Counts the terms of rows that are new to the library. A changed or removed row leaves the
/// counts as they are: they weigh terms, and a small drift weighs nothing.
fn add_statistics(db: &Connection, rows: &[Row]) -> Result<(), Error> {
    let mut documents_with: HashMap<&str, i64> = HashMap::new();
    let mut terms_total = 0;
    for row in rows {
        terms_total += row.terms.split_ascii_whitespace().count() as u64;
        for term in row.terms.split_ascii_whitespace().collect::<HashSet<_>>() {
            *documents_with.entry(term).or_default() += 1;
        }
    }
    let mut add = db.prepare_cached(
        "INSERT INTO terms (term, documents) VALUES (?1, ?2)
         ON CONFLICT (term) DO UPDATE SET documents = documents + excluded.documents",
    )?;
    for (term, documents) in documents_with {
        add.execute(params![term, documents])?;
    }
    let documents = meta_number(db, "documents")? + rows.len() as u64;
    set_meta(db, "documents", sql_integer(documents))?;
    set_meta(db, "terms_total", sql_integer(meta_number(db, "terms_total")? + terms_total))
}

fn set_synced(db: &Connection, term: Term, version: u64) -> Result<(), Error> {
    if meta_number(db, "owner_term")? != term.number {
        return Err(Error::Ousted);
    }
    set_meta(db, "synced_version", sql_integer(version))
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

fn vector_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn vector_numbers(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(size_of::<f32>())
        .map(|bytes| f32::from_le_bytes(bytes.try_into().expect("chunks have that size")))
        .collect()
}
