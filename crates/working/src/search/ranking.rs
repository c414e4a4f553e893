//! Ranking of rows by words, without reading every row that has a common word.
//!
//! FTS5's BM25 reads the whole posting list of each word and scores each row that has any of them:
//! the cost of a common word grows with the table, and the words of all owners count. Here only the
//! visible part of the index is read, and rare words propose the rows.
//!
//! 1. Look up each word, up to [`ROWS_MAX`] rows. The rarest words propose rows while their rows
//!    together do not exceed that number; every row with one of them is scored by BM25.
//! 2. Each further word adds to the score of the proposed rows that contain it. Its weight is that
//!    of BM25 among the proposed rows, as if it occurred once in each.
//! 3. If that is not enough, or no word is rare, the newest rows of each part with all words are
//!    proposed, then the newest rows with any word, in windows of growing length, so that every
//!    match is found in the end.
//!
//! In a table of few rows, every word is rare and the order is that of BM25.
//!
//! This BM25 takes the number of texts from the visible parts, the number of texts with a word from
//! the rows looked up, the mean length from the proposed rows, and the occurrences of a word in a
//! text, up to [`TIMES_MAX`], from the column of repeated words.

use std::collections::{HashMap, HashSet};

use aios_analysis::Query;
use aios_record::Kind;
use rusqlite::{Connection, OptionalExtension, Params};

use super::{
    TIMES_MAX,
    documents::{self, Range, age_of, part_of},
    spelling,
};
use crate::{Error, access::Access};

/// Rows looked up per word, and rows of the first window.
const ROWS_MAX: i64 = 512;
/// Growth factor of the windows.
const WINDOW_GROWTH: i64 = 4;
/// Parts that a window reads one by one, more than a user sees. For an administrator, the parts
/// beyond them are read together, in the order of their owners.
const PARTS_MAX: usize = 64;
/// BM25's parameters of repetition and length, as in FTS5.
const K1: f64 = 1.2;
const B: f64 = 0.75;

/// Bit `n` of `?2` selects the kind with code `n`; `?1` is the MATCH query.
const LISTED: &str = "SELECT rowid FROM search
    WHERE search MATCH ?1 AND (?2 >> ((rowid >> 32) & 31)) & 1 AND rowid BETWEEN ?3 AND ?4
    LIMIT ?5";
const NEWEST: &str = "SELECT rowid FROM search
    WHERE search MATCH ?1 AND (?2 >> ((rowid >> 32) & 31)) & 1 AND rowid BETWEEN ?3 AND ?4
    ORDER BY rowid DESC LIMIT ?5";

const _: () = assert!(
    documents::ROW_BITS == 32 && documents::CODE_BITS == 5,
    "the statements take the kind from the five bits above the low 32"
);

/// Passes the documents with any term of `query`, or a variant of one, to `take`, best first, until
/// it returns false.
pub(super) fn ranked(
    access: &Access<'_>,
    query: &Query,
    kinds: &[Kind],
    take: impl FnMut(i64, f64) -> Result<bool, Error>,
) -> Result<(), Error> {
    let index = Index::new(access, kinds)?;
    let mut terms = spelling::looked_up(&index, access.config.analyzer(), query)?;
    if terms.is_empty() {
        return Ok(());
    }
    let (mut rows, mut telling) = (0, 0);
    while let Some(term) = terms.get(telling)
        && rows + term.documents.len() <= ROWS_MAX as usize
    {
        rows += term.documents.len();
        telling += 1;
    }
    let common = terms.split_off(telling);
    let common: Vec<&str> = common.iter().map(|term| term.any.as_str()).collect();
    let mut taker = Taker { take, seen: HashSet::new(), score: f64::INFINITY };
    let proposed = if terms.is_empty() {
        let newest = index.newest(&common.join(" AND "), &index.ranges, ROWS_MAX)?;
        newest.documents.into_iter().map(|document| (document, 1.0)).collect()
    } else {
        let mut proposed = index.scored(&terms)?;
        let telling: Vec<&str> = terms.iter().map(|term| term.any.as_str()).collect();
        let telling = telling.join(" OR ");
        for term in &common {
            let also = index.listed(&format!("({telling}) AND {term}"), &index.ranges, i64::MAX)?;
            add(&mut proposed, &also);
        }
        proposed
    };
    if !taker.offer(proposed)? {
        return Ok(());
    }
    windows(&index, &common, &mut taker)
}

/// Proposes the rows with any of the common terms, from the newest of each part on.
fn windows<F>(index: &Index<'_>, common: &[&str], taker: &mut Taker<F>) -> Result<(), Error>
where
    F: FnMut(i64, f64) -> Result<bool, Error>,
{
    let (query, mut length) = (common.join(" OR "), ROWS_MAX);
    let mut left = if common.is_empty() { Vec::new() } else { index.ranges.clone() };
    while !left.is_empty() {
        let newest = index.newest(&query, &left, length)?;
        let mut proposed = newest.documents.iter().map(|document| (*document, 0.0)).collect();
        for term in common {
            add(&mut proposed, &index.listed(term, &newest.among, i64::MAX)?);
        }
        if !taker.offer(proposed)? {
            return Ok(());
        }
        (left, length) = (newest.left, length.saturating_mul(WINDOW_GROWTH));
    }
    Ok(())
}

/// Returns the weight of a word that `having` of `all` documents contain. Never below 0, unlike the
/// textbook formula: see Lucene's BM25Similarity.
fn weight(having: f64, all: f64) -> f64 {
    (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
}

/// Adds the weight of a word to the proposed documents that contain it.
fn add(proposed: &mut HashMap<i64, f64>, having: &[i64]) {
    let weight = weight(count(having.len()), count(proposed.len()));
    for doc in having {
        proposed.entry(*doc).and_modify(|score| *score += weight);
    }
}

/// Passes each document on once, with scores that never rise.
struct Taker<F> {
    take: F,
    seen: HashSet<i64>,
    score: f64,
}

impl<F: FnMut(i64, f64) -> Result<bool, Error>> Taker<F> {
    /// Offers documents, best first, then newest first within a kind. Returns true if more are
    /// wanted.
    fn offer(&mut self, proposed: HashMap<i64, f64>) -> Result<bool, Error> {
        let mut proposed: Vec<(i64, f64)> = proposed.into_iter().collect();
        proposed.sort_by(|(a, good), (b, better)| {
            let newer = (age_of(*b), b).cmp(&(age_of(*a), a));
            better.total_cmp(good).then(newer)
        });
        for (doc, score) in proposed {
            self.score = self.score.min(score);
            if self.seen.insert(doc) && !(self.take)(doc, self.score)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// A term of a query with the documents that contain it or a variant, per lookup at most one more
/// than [`ROWS_MAX`].
pub(super) struct Term {
    /// The quoted term.
    pub(super) own: String,
    /// A query that matches all of these documents.
    pub(super) any: String,
    pub(super) documents: Vec<i64>,
    /// Share that counts for documents that contain only a variant.
    pub(super) shares: HashMap<i64, f64>,
}

/// The newest documents of some ranges.
struct Newest {
    documents: Vec<i64>,
    /// The ranges that cover these documents, per part.
    among: Vec<Range>,
    /// The remaining ranges, with older documents.
    left: Vec<Range>,
}

/// The visible part of the search index, restricted to the wanted kinds.
pub(super) struct Index<'a> {
    connection: &'a Connection,
    kinds: i64,
    ranges: Vec<Range>,
    texts: i64,
}

impl<'a> Index<'a> {
    fn new(access: &Access<'a>, kinds: &[Kind]) -> Result<Index<'a>, Error> {
        let (connection, mask) = (access.connection, documents::mask(kinds));
        let parts = documents::visible_parts(connection, access.visible, kinds)?;
        let (mut texts, mut ranges) = (0, Vec::with_capacity(parts.len()));
        for parts in parts {
            let in_these = documents::texts(connection, &parts, mask)?;
            if 0 < in_these {
                texts += in_these;
                ranges.push(documents::documents(parts));
            }
        }
        Ok(Index { connection, kinds: mask, ranges, texts })
    }

    /// Scores the documents with any of `terms` by BM25.
    fn scored(&self, terms: &[Term]) -> Result<HashMap<i64, f64>, Error> {
        let mut lengths = HashMap::new();
        let mut length_all = 0.0;
        for document in terms.iter().flat_map(|term| &term.documents) {
            if !lengths.contains_key(document) {
                let length = self.length(*document)?;
                lengths.insert(*document, length);
                // The lengths are whole numbers, so the order of summing does not change the sum.
                length_all += length;
            }
        }
        let length_mean = (length_all / count(lengths.len())).max(1.0);
        let mut scores: HashMap<i64, f64> = HashMap::with_capacity(lengths.len());
        for term in terms {
            let having = term.documents.len();
            let weight =
                weight(count(having), count(self.texts.max(0) as usize).max(count(having)));
            let times = self.times(term)?;
            for document in &term.documents {
                let share = term.shares.get(document).copied().unwrap_or(1.0);
                let times = times.get(document).copied().unwrap_or(share);
                let norm = K1 * (1.0 - B + B * lengths[document] / length_mean);
                let score = weight * times * (K1 + 1.0) / (times + norm);
                *scores.entry(*document).or_default() += score;
            }
        }
        Ok(scores)
    }

    /// Returns the visible documents that match, at most one more than [`ROWS_MAX`].
    pub(super) fn having(&self, query: &str) -> Result<Vec<i64>, Error> {
        self.listed(query, &self.ranges, ROWS_MAX + 1)
    }

    /// Returns true if a visible document matches.
    pub(super) fn has(&self, query: &str) -> Result<bool, Error> {
        Ok(!self.listed(query, &self.ranges, 1)?.is_empty())
    }

    /// Returns the number of occurrences of a word in the documents that repeat it.
    fn times(&self, term: &Term) -> Result<HashMap<i64, f64>, Error> {
        let word = term.own.strip_prefix("text : ").unwrap_or(&term.own);
        let mut times = HashMap::new();
        let mut query = format!("again : {word}");
        for n in 2..=TIMES_MAX {
            let having = self.listed(&query, &self.ranges, i64::MAX)?;
            if having.is_empty() {
                break;
            }
            times.extend(having.into_iter().map(|document| (document, count(n))));
            query = format!("{query} + {word}");
        }
        Ok(times)
    }

    /// Returns the number of words of a document.
    fn length(&self, document: i64) -> Result<f64, Error> {
        let sql = "SELECT sz FROM search_docsize WHERE id = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let length = statement.query_row([document], |row| Ok(varint(row.get_ref(0)?.as_blob()?)));
        Ok(length.optional()?.unwrap_or_default())
    }

    /// Returns the first `limit` documents of `ranges` that match.
    fn listed(&self, query: &str, ranges: &[Range], limit: i64) -> Result<Vec<i64>, Error> {
        let mut found = Vec::new();
        for range in ranges {
            let limit = limit - found.len() as i64;
            if limit <= 0 {
                break;
            }
            let params = (query, self.kinds, range.start(), range.end(), limit);
            self.read(LISTED, params, &mut found)?;
        }
        Ok(found)
    }

    /// Returns the last `limit` documents of each part of `ranges` that match.
    fn newest(&self, query: &str, ranges: &[Range], limit: i64) -> Result<Newest, Error> {
        let mut newest = Newest { documents: Vec::new(), among: Vec::new(), left: Vec::new() };
        let mut parts = 0;
        for range in ranges {
            let (start, mut end) = (*range.start(), *range.end());
            while start <= end {
                let mut found = Vec::new();
                self.read(NEWEST, (query, self.kinds, start, end, limit), &mut found)?;
                let is_all = (found.len() as i64) < limit;
                parts += 1;
                if !is_all && parts < PARTS_MAX {
                    let part = part_of(found[0]);
                    found.retain(|document| part_of(*document) == part);
                }
                let (Some(&last), Some(&first)) = (found.first(), found.last()) else { break };
                newest.documents.extend(&found);
                newest.among.push(first..=last);
                if is_all {
                    break;
                }
                let is_cut = found.len() as i64 == limit;
                let part = documents::documents(part_of(first)..=part_of(first));
                if !is_cut {
                    end = part.start() - 1;
                } else if parts < PARTS_MAX {
                    newest.left.push(start.max(*part.start())..=first - 1);
                    end = part.start() - 1;
                } else {
                    newest.left.push(start..=first - 1);
                    break;
                }
            }
        }
        newest.left.retain(|range| !range.is_empty());
        Ok(newest)
    }

    fn read(&self, sql: &str, params: impl Params, found: &mut Vec<i64>) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        for document in statement.query_map(params, |row| row.get(0))? {
            found.push(document?);
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "tables are short of 2^52 rows")]
fn count(documents: usize) -> f64 {
    documents as f64
}

/// Decodes the first of FTS5's varints: seven bits per byte, highest first.
fn varint(bytes: &[u8]) -> f64 {
    let mut number = 0_u32;
    for byte in bytes.iter().take(4) {
        number = (number << 7) | u32::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    f64::from(number)
}
