//! Full-text search over every searchable text (FTS5).
//!
//! The index stores terms, not texts: a found row is read from its own table. [`Analyzer`] splits
//! texts and queries, as in every tier; FTS5 splits at the spaces between terms. A query consists
//! of words, never of operators: each term is quoted.

pub(crate) mod documents;
pub(crate) mod merging;
mod ranking;
mod spelling;

use aios_analysis::Analyzer;
use aios_record::{Kind, Record, Timestamp};

use documents::{kind_of, row_of};

use crate::{
    Decision, Error, Pattern, WorkingView,
    access::{Access, Stored},
    records,
    row::Row,
};

/// Maximum number of terms of a query; further terms are ignored.
const QUERY_TERMS_MAX: usize = 64;
/// Maximum number of times that a word counts in a text.
const TIMES_MAX: usize = 4;
/// Terms of a text that are checked for repetition.
const REPEATED_TERMS_MAX: usize = 1 << 16;
/// Number of best matching patterns that are ranked.
const PATTERN_CANDIDATES: usize = 200;
/// Minimum share of common words between a pattern's trigger and the query, relative to the shorter
/// of the two.
const TRIGGER_SHARE_MIN: f64 = 0.6;

/// Options of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// Default number of records that a search returns.
pub const FIND_LIMIT: usize = 5;

/// A search result.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The record.
    pub record: Record,
    /// BM25 score: 0 or more, higher is better, comparable within one search.
    pub score: f64,
}

impl WorkingView {
    /// Returns the records that match the words of `text` best, newest first for equal scores
    /// within a kind. Any word of `text` may match; nothing in it is an operator. Word statistics
    /// include only owners whose records are visible.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn find_relevant(
        &self,
        text: impl Into<String>,
        options: FindOptions,
    ) -> Result<Vec<Found>, Error> {
        let text = text.into();
        self.read(move |access| find(access, &text, &options)).await
    }

    /// Returns the decisions whose context, choice, reasoning or outcome match `context` best.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn find_similar_decisions(
        &self,
        context: impl Into<String>,
        limit: usize,
    ) -> Result<Vec<Decision>, Error> {
        let context = context.into();
        self.read(move |access| {
            let mut found = Vec::new();
            if limit == 0 {
                return Ok(found);
            }
            matches(access, &context, &[Kind::Decision], |doc, _| {
                found.extend(read::<Decision>(access, doc)?);
                Ok(found.len() < limit)
            })?;
            Ok(found)
        })
        .await
    }

    /// Returns the patterns whose trigger shares words with `trigger` and whose success rate is at
    /// least `min_success_rate`, highest success bound first.
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn find_patterns(
        &self,
        trigger: impl Into<String>,
        min_success_rate: f64,
    ) -> Result<Vec<Pattern>, Error> {
        let trigger = trigger.into();
        self.read(move |access| patterns(access, &trigger, min_success_rate)).await
    }

    /// Returns the first of [`find_patterns`](WorkingView::find_patterns).
    ///
    /// # Errors
    /// [`Error::Storage`] if the file cannot be read.
    pub async fn find_pattern(
        &self,
        trigger: impl Into<String>,
        min_success_rate: f64,
    ) -> Result<Option<Pattern>, Error> {
        Ok(self.find_patterns(trigger, min_success_rate).await?.into_iter().next())
    }
}

fn find(access: &Access<'_>, text: &str, options: &FindOptions) -> Result<Vec<Found>, Error> {
    let mut found = Vec::new();
    if options.limit == 0 {
        return Ok(found);
    }
    matches(access, text, &options.kinds, |doc, score| {
        let Some(kind) = kind_of(doc) else { return Ok(true) };
        let Some(record) = records::by_row(access, kind, row_of(doc))? else { return Ok(true) };
        let time = record.time();
        let early = options.since.is_some_and(|since| time < since);
        let late = options.until.is_some_and(|until| until <= time);
        if !early && !late {
            found.push(Found { record, score });
        }
        Ok(found.len() < options.limit)
    })?;
    Ok(found)
}

fn patterns(access: &Access<'_>, trigger: &str, min_rate: f64) -> Result<Vec<Pattern>, Error> {
    let analyzer = access.config.analyzer();
    let wanted = words(analyzer, trigger);
    let mut found: Vec<(f64, Pattern)> = Vec::new();
    let mut seen = 0;
    matches(access, trigger, &[Kind::Pattern], |doc, _| {
        seen += 1;
        if let Some(pattern) = read::<Pattern>(access, doc)? {
            let own = words(analyzer, &pattern.trigger);
            let shared = own.iter().filter(|word| wanted.contains(word)).count();
            let share = ratio(shared, own.len().min(wanted.len()));
            if TRIGGER_SHARE_MIN <= share && min_rate <= pattern.success_rate {
                found.push((ratio(shared, own.len().max(wanted.len())), pattern));
            }
        }
        Ok(seen < PATTERN_CANDIDATES)
    })?;
    let surest = |pattern: &Pattern| (pattern.success_bound, pattern.success_rate);
    found.sort_by(|(near, a), (far, b)| {
        let ((bound_a, rate_a), (bound_b, rate_b)) = (surest(a), surest(b));
        bound_b
            .total_cmp(&bound_a)
            .then(far.total_cmp(near))
            .then(rate_b.total_cmp(&rate_a))
            .then(b.last_used.cmp(&a.last_used))
    });
    Ok(found.into_iter().map(|(_, pattern)| pattern).collect())
}

#[expect(clippy::cast_precision_loss, reason = "numbers of words are small")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Returns the distinct terms of a text, sorted.
pub(crate) fn words(analyzer: &Analyzer, text: &str) -> Vec<String> {
    let mut terms = analyzer.terms(text);
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// Returns the record of a document of the index, if it is visible.
fn read<T: Row>(access: &Access<'_>, doc: i64) -> Result<Option<T>, Error> {
    Ok(access.by_row(row_of(doc))?.map(|read| read.item))
}

/// Passes the documents that match `text` to `take`, best first, until it returns false.
fn matches(
    access: &Access<'_>,
    text: &str,
    kinds: &[Kind],
    take: impl FnMut(i64, f64) -> Result<bool, Error>,
) -> Result<(), Error> {
    let analyzer = access.config.analyzer();
    let mut query = analyzer.query(text);
    if QUERY_TERMS_MAX < query.terms.len() {
        let first = query.terms[..QUERY_TERMS_MAX].to_vec();
        query = query.with_terms(first);
    }
    match query.terms.is_empty() {
        true => Ok(()),
        false => ranking::ranked(access, &query, kinds, take),
    }
}

/// Returns the repeated terms of a text, sorted: each as often as it occurs beyond the first time,
/// without question words. FTS5 uses them to count a term in one document, which it otherwise
/// reports only for all documents.
fn repeated(analyzer: &Analyzer, terms: &[String]) -> String {
    let terms = terms.iter().take(REPEATED_TERMS_MAX);
    let mut terms: Vec<&str> = terms.map(String::as_str).collect();
    terms.sort_unstable();
    let (mut again, mut times) = (String::new(), 1);
    for pair in terms.windows(2) {
        let [before, term] = pair else { continue };
        times = if before == term { times + 1 } else { 1 };
        if 1 < times && times <= TIMES_MAX && !analyzer.asks(term) {
            again.extend([*term, " "]);
        }
    }
    again
}

/// Quotes a term for FTS5, so that nothing in it is an operator. A term that FTS5 would split is
/// searched only in the text column, not in the repeated terms.
fn quoted(term: &str) -> String {
    let column = if term.contains(['"', '\'']) { "text : " } else { "" };
    format!("{column}\"{}\"", term.replace('"', "\"\""))
}

/// Sets the indexed text of a row of `owner`.
pub(crate) fn index(
    access: &Access<'_>,
    owner: &str,
    kind: Kind,
    row: i64,
    text: &str,
    stored: Stored,
) -> Result<(), Error> {
    let Some(document) = documents::made(access.connection, owner, kind, row)? else {
        return Ok(());
    };
    let analyzer = access.config.analyzer();
    let terms = analyzer.terms(text);
    let (text, again) = (terms.join(" "), repeated(analyzer, &terms));
    let merge = merging::due(row, text.len() as i64);
    access.later(document, move |connection| {
        if stored == Stored::Updated {
            documents::delete(connection, document)?;
        }
        documents::insert(connection, document, &text, &again)
    })?;
    match merge {
        Some(pages) => access.at_end(move |connection| merging::merge(connection, pages)),
        None => Ok(()),
    }
}

/// Removes a row of `owner` from the index.
pub(crate) fn unindex(access: &Access<'_>, owner: &str, kind: Kind, row: i64) -> Result<(), Error> {
    match documents::known(access.connection, owner, kind, row)? {
        Some(document) => {
            access.later(document, move |connection| documents::delete(connection, document))
        }
        None => Ok(()),
    }
}
