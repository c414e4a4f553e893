//! The lists of documents per term of the index, as visible to a view.

use std::collections::HashMap;

use aios_record::Kind;
use rusqlite::{Connection, OptionalExtension, Params};

use super::{
    documents::{self, Range, part_of},
    words::TIMES_MAX,
};
use crate::{Error, access::Access};

/// Rows looked up per word, and rows of the first window.
pub(super) const ROWS_MAX: i64 = 512;
/// Parts that a window reads one by one, more than a user sees. For an administrator, the parts
/// beyond them are read together, in the order of their owners.
const PARTS_MAX: usize = 64;

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

/// A term of a query with the documents that contain it or a variant, per lookup at most one more
/// than [`ROWS_MAX`].
pub(super) struct Term {
    /// The quoted term.
    pub(super) own: String,
    /// A query that matches all of these documents.
    pub(super) any: String,
    pub(super) documents: Vec<i64>,
    /// Weight of documents that contain only a variant.
    pub(super) shares: HashMap<i64, f64>,
}

/// The newest documents of some ranges.
pub(super) struct Newest {
    pub(super) documents: Vec<i64>,
    /// The ranges that cover these documents, per part.
    pub(super) among: Vec<Range>,
    /// The remaining ranges, with older documents.
    pub(super) left: Vec<Range>,
}

/// The visible part of the search index, restricted to the wanted kinds.
pub(super) struct Postings<'a> {
    connection: &'a Connection,
    kinds: i64,
    pub(super) ranges: Vec<Range>,
    /// Number of indexed texts in these ranges.
    pub(super) texts: i64,
}

impl<'a> Postings<'a> {
    pub(super) fn new(access: &Access<'a>, kinds: &[Kind]) -> Result<Postings<'a>, Error> {
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
        Ok(Postings { connection, kinds: mask, ranges, texts })
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
    pub(super) fn times(&self, term: &Term) -> Result<HashMap<i64, f64>, Error> {
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
    pub(super) fn length(&self, document: i64) -> Result<f64, Error> {
        let sql = "SELECT sz FROM search_docsize WHERE id = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let length = statement.query_row([document], |row| Ok(varint(row.get_ref(0)?.as_blob()?)));
        Ok(length.optional()?.unwrap_or_default())
    }

    /// Returns the first `limit` documents of `ranges` that match.
    pub(super) fn listed(
        &self,
        query: &str,
        ranges: &[Range],
        limit: i64,
    ) -> Result<Vec<i64>, Error> {
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
    pub(super) fn newest(
        &self,
        query: &str,
        ranges: &[Range],
        limit: i64,
    ) -> Result<Newest, Error> {
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
pub(super) fn count(documents: usize) -> f64 {
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
