//! Full-text search over every searchable text (FTS5).
//!
//! The index stores terms, not texts: a matching row is read from its own table. [`Analyzer`]
//! splits texts and queries, as in every tier; FTS5 splits at the spaces between terms. A query
//! consists of words, never of operators: each term is quoted.

pub(crate) mod documents;
pub(crate) mod index;
pub(crate) mod matching;
pub(crate) mod merging;
mod postings;
mod ranking;
mod spelling;
pub(crate) mod words;

use aios_record::{Kind, Record, Timestamp};

use documents::{kind_of, row_of};
use matching::matches;

use crate::{Error, access::Access, kinds};

/// Options of a search.
///
/// ```
/// use aios_record::Kind;
/// use aios_working::FindOptions;
///
/// let options = FindOptions::default().with_kinds([Kind::Goal, Kind::Task]).with_limit(10);
/// assert_eq!(options.kinds, [Kind::Goal, Kind::Task]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FindOptions {
    /// Kinds to search. Default: all searchable kinds.
    pub kinds: Vec<Kind>,
    /// Only records at or after this time.
    pub since: Option<Timestamp>,
    /// Only records before this time.
    pub until: Option<Timestamp>,
    /// Maximum number of records. Default: [`FIND_LIMIT`].
    pub limit: usize,
}

impl Default for FindOptions {
    fn default() -> Self {
        Self { kinds: Vec::new(), since: None, until: None, limit: FIND_LIMIT }
    }
}

impl FindOptions {
    /// Sets the kinds to search.
    #[must_use]
    pub fn with_kinds(self, kinds: impl Into<Vec<Kind>>) -> FindOptions {
        FindOptions { kinds: kinds.into(), ..self }
    }

    /// Selects records at or after this time.
    #[must_use]
    pub fn with_since(self, since: Timestamp) -> FindOptions {
        FindOptions { since: Some(since), ..self }
    }

    /// Selects records before this time.
    #[must_use]
    pub fn with_until(self, until: Timestamp) -> FindOptions {
        FindOptions { until: Some(until), ..self }
    }

    /// Sets the maximum number of records.
    #[must_use]
    pub fn with_limit(self, limit: usize) -> FindOptions {
        FindOptions { limit, ..self }
    }
}

/// Default number of records that a search returns.
pub const FIND_LIMIT: usize = 5;

/// A search result.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The record.
    pub record: Record,
    /// BM25 score: 0 or more, higher is better, comparable within one search.
    pub score: f64,
}

/// Returns the visible records that match `text` best.
pub(crate) fn find(
    access: &Access<'_>,
    text: &str,
    options: &FindOptions,
) -> Result<Vec<Hit>, Error> {
    let mut found = Vec::new();
    if options.limit == 0 {
        return Ok(found);
    }
    matches(access, text, &options.kinds, |doc, score| {
        let Some(kind) = kind_of(doc) else { return Ok(true) };
        let Some(record) = kinds::by_row(access, kind, row_of(doc))? else { return Ok(true) };
        let time = record.time();
        let early = options.since.is_some_and(|since| time < since);
        let late = options.until.is_some_and(|until| until <= time);
        if !early && !late {
            found.push(Hit { record, score });
        }
        Ok(found.len() < options.limit)
    })?;
    Ok(found)
}
