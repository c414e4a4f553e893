//! In what order rows match words, without looking at every row that has a common one.
//!
//! BM25 as FTS5 computes it reads the whole list of each word and scores each row that has any: a
//! word that is everywhere costs as much as the table is long. Here rare words propose the rows.
//!
//! 1. Words are counted, up to [`ROWS_MAX`]. The rarest, as long as they are in no more rows than
//!    that together, propose: every row with one of them is scored by BM25.
//! 2. A further word adds to the rows that it is also in, the more the fewer of them that are. It
//!    weighs as in BM25, but among the proposed rows, and as if it stood in each once.
//! 3. Where that is not enough, or no word is rare, the newest rows with all words propose, then
//!    the newest with any, window by window, each longer than the last: everything that matches is
//!    found in the end.
//!
//! In a table of few rows every word is rare and the order is that of BM25.

use std::collections::{HashMap, HashSet};

use aios_record::Kind;
use rusqlite::Connection;

use super::{CODE_BITS, doc};
use crate::{Error, access::Access};

/// The most rows that are looked at before others.
const ROWS_MAX: i64 = 512;
/// The factor by which a window is longer than the one before.
const WINDOW_GROWTH: i64 = 4;

/// Every condition has the kinds that are wanted as bits of `?2`. Joined with `?1`, a MATCH.
const COUNT: &str = "SELECT count(*) FROM (SELECT 1 FROM search
    WHERE search MATCH ?1 AND (?2 >> (rowid & 31)) & 1 LIMIT ?3)";
const SCORED: &str = "SELECT rowid, -rank FROM search
    WHERE search MATCH ?1 AND (?2 >> (rowid & 31)) & 1";
const NEWEST: &str = "SELECT rowid FROM search
    WHERE search MATCH ?1 AND (?2 >> (rowid & 31)) & 1 AND rowid < ?3
    ORDER BY rowid DESC LIMIT ?4";
const BETWEEN: &str = "SELECT rowid FROM search
    WHERE search MATCH ?1 AND (?2 >> (rowid & 31)) & 1 AND ?3 <= rowid AND rowid < ?4";

const _: () = assert!(CODE_BITS == 5, "the statements take the kind from the low five bits");

/// Hands the documents that have any of `terms`, which are quoted, to `take`, best first, until it
/// has enough.
pub(super) fn ranked(
    access: &Access<'_>,
    terms: &[String],
    kinds: &[Kind],
    take: impl FnMut(i64, f64) -> Result<bool, Error>,
) -> Result<(), Error> {
    let index = Index { connection: access.connection, kinds: mask(kinds) };
    let mut terms = index.counted(terms)?;
    if terms.is_empty() {
        return Ok(());
    }
    let (mut rows, mut telling) = (0, 0);
    while let Some((count, _)) = terms.get(telling)
        && rows + count <= ROWS_MAX
    {
        rows += count;
        telling += 1;
    }
    let common = terms.split_off(telling);
    let telling = any(&terms);
    let common: Vec<&str> = common.iter().map(|(_, term)| *term).collect();
    let mut taker = Taker { take, seen: HashSet::new(), score: f64::INFINITY };
    if telling.is_empty() {
        let newest = index.newest(&common.join(" AND "), i64::MAX, ROWS_MAX)?;
        let all = newest.into_iter().map(|doc| (doc, 1.0)).collect();
        if !taker.offer(all)? {
            return Ok(());
        }
    } else {
        let mut proposed = index.scored(&telling)?;
        for term in &common {
            let also = index.between(&format!("({telling}) AND {term}"), i64::MIN, i64::MAX)?;
            add(&mut proposed, &also);
        }
        if !taker.offer(proposed)? {
            return Ok(());
        }
    }
    windows(&index, &common, &mut taker)
}

/// The rows with any of the common terms, from the newest on.
fn windows<F>(index: &Index<'_>, common: &[&str], taker: &mut Taker<F>) -> Result<(), Error>
where
    F: FnMut(i64, f64) -> Result<bool, Error>,
{
    let (query, mut end, mut length) = (common.join(" OR "), i64::MAX, ROWS_MAX);
    loop {
        let newest = match common {
            [] => return Ok(()),
            _ => index.newest(&query, end, length)?,
        };
        let Some(&first) = newest.last() else { return Ok(()) };
        let mut proposed = newest.iter().map(|doc| (*doc, 0.0)).collect();
        for term in common {
            add(&mut proposed, &index.between(term, first, end)?);
        }
        if !taker.offer(proposed)? {
            return Ok(());
        }
        (end, length) = (first, length.saturating_mul(WINDOW_GROWTH));
    }
}

/// Adds the weight of a word to the documents that have it.
#[expect(clippy::cast_precision_loss, reason = "windows are short of 2^52 rows")]
fn add(proposed: &mut HashMap<i64, f64>, having: &[i64]) {
    let (all, having_it) = (proposed.len() as f64, having.len() as f64);
    // Never below 0, unlike the textbook's: see Lucene's BM25Similarity.
    let weight = (1.0 + (all - having_it + 0.5) / (having_it + 0.5)).ln();
    for doc in having {
        proposed.entry(*doc).and_modify(|score| *score += weight);
    }
}

/// Gives documents away, each once, with scores that never rise.
struct Taker<F> {
    take: F,
    seen: HashSet<i64>,
    score: f64,
}

impl<F: FnMut(i64, f64) -> Result<bool, Error>> Taker<F> {
    /// Best first, newest first among equals; whether more are wanted.
    fn offer(&mut self, proposed: HashMap<i64, f64>) -> Result<bool, Error> {
        let mut proposed: Vec<(i64, f64)> = proposed.into_iter().collect();
        proposed.sort_by(|(a, good), (b, better)| better.total_cmp(good).then(b.cmp(a)));
        for (doc, score) in proposed {
            self.score = self.score.min(score);
            if self.seen.insert(doc) && !(self.take)(doc, self.score)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The word index, as far as it is about the kinds that are wanted.
struct Index<'a> {
    connection: &'a Connection,
    kinds: i64,
}

impl Index<'_> {
    /// The terms that are there, rarest first, with the number of their rows up to one more than
    /// [`ROWS_MAX`].
    fn counted<'t>(&self, terms: &'t [String]) -> Result<Vec<(i64, &'t str)>, Error> {
        let mut statement = self.connection.prepare_cached(COUNT)?;
        let mut counted = Vec::with_capacity(terms.len());
        for term in terms {
            let count: i64 =
                statement.query_row((term, self.kinds, ROWS_MAX + 1), |row| row.get(0))?;
            if 0 < count {
                counted.push((count, term.as_str()));
            }
        }
        counted.sort_by_key(|(count, _)| *count);
        Ok(counted)
    }

    fn scored(&self, query: &str) -> Result<HashMap<i64, f64>, Error> {
        let mut statement = self.connection.prepare_cached(SCORED)?;
        let rows =
            statement.query_map((query, self.kinds), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The last `limit` documents before `end`, newest first.
    fn newest(&self, query: &str, end: i64, limit: i64) -> Result<Vec<i64>, Error> {
        let mut statement = self.connection.prepare_cached(NEWEST)?;
        let rows = statement.query_map((query, self.kinds, end, limit), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn between(&self, query: &str, first: i64, end: i64) -> Result<Vec<i64>, Error> {
        let mut statement = self.connection.prepare_cached(BETWEEN)?;
        let rows = statement.query_map((query, self.kinds, first, end), |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn any(terms: &[(i64, &str)]) -> String {
    terms.iter().map(|(_, term)| *term).collect::<Vec<_>>().join(" OR ")
}

/// The kinds as bits of their codes; all, if none is named.
fn mask(kinds: &[Kind]) -> i64 {
    let codes = kinds.iter().filter_map(|kind| doc(*kind, 0));
    if kinds.is_empty() { -1 } else { codes.fold(0, |mask, code| mask | 1 << code) }
}
