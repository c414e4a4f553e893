//! Word search over every searchable text (FTS5).
//!
//! The index keeps terms, not texts: a found row is read from its own table. Texts and queries are
//! cut by [`Analyzer`], as in every tier; FTS5 cuts at the spaces between terms. A query is always
//! words and never an operator: each term is quoted.

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

/// So many terms of a query are looked for; the rest of a longer one is left out.
const QUERY_TERMS_MAX: usize = 64;
/// A word counts so often in a text, and no more.
const TIMES_MAX: usize = 4;
/// Terms beyond so many of a text are not counted again.
const REPEATED_TERMS_MAX: usize = 1 << 16;
/// So many of the best matching patterns are weighed against each other.
const PATTERN_CANDIDATES: usize = 200;
/// A pattern's trigger must share this part of the words of the shorter of trigger and query.
const TRIGGER_SHARE_MIN: f64 = 0.6;

/// The options of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindOptions {
    /// The kinds to look at. Default: every searchable one.
    pub kinds: Vec<Kind>,
    /// Only what happened at this time or later.
    pub since: Option<Timestamp>,
    /// Only what happened before this time.
    pub until: Option<Timestamp>,
    /// The most records. Default: [`FIND_LIMIT`].
    pub limit: usize,
}

impl Default for FindOptions {
    fn default() -> Self {
        Self { kinds: Vec::new(), since: None, until: None, limit: FIND_LIMIT }
    }
}

/// The number of records that a search returns by default.
pub const FIND_LIMIT: usize = 5;

/// A record that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The record.
    pub record: Record,
    /// The fit of its words (BM25): above 0, higher is better, comparable within one search.
    pub score: f64,
}

impl WorkingView {
    /// The records whose words fit `text` best, newest first among equals of a kind. Any word of
    /// `text` may match; nothing in it is an operator. Only the words of owners whose records are
    /// visible count.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn find_relevant(
        &self,
        text: impl Into<String>,
        options: FindOptions,
    ) -> Result<Vec<Found>, Error> {
        let text = text.into();
        self.read(move |access| find(access, &text, &options)).await
    }

    /// The decisions whose context, choice, reasoning or outcome fit `context` best.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
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

    /// The patterns whose trigger shares its words with `trigger`, the one that is most surely
    /// successful first, of those whose success rate is at least `min_success_rate`.
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
    pub async fn find_patterns(
        &self,
        trigger: impl Into<String>,
        min_success_rate: f64,
    ) -> Result<Vec<Pattern>, Error> {
        let trigger = trigger.into();
        self.read(move |access| patterns(access, &trigger, min_success_rate)).await
    }

    /// The first of [`find_patterns`](WorkingView::find_patterns).
    ///
    /// # Errors
    /// [`Error::Storage`] when the file cannot be read.
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

/// The distinct terms of a text, for comparing two of them.
pub(crate) fn words(analyzer: &Analyzer, text: &str) -> Vec<String> {
    let mut terms = analyzer.terms(text);
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// The record that a document of the index stands for, if it is visible.
fn read<T: Row>(access: &Access<'_>, doc: i64) -> Result<Option<T>, Error> {
    Ok(access.by_row(row_of(doc))?.map(|read| read.item))
}

/// Hands what matches `text` to `take`, best first, until that has enough.
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

/// The terms that a text has again, side by side, each as often as it is there more than once;
/// those that only ask are left out. FTS5 tells by them how often a document has a term, which by
/// itself it tells only of all documents.
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

/// A term as FTS5 takes it: quoted, so that nothing in it is an operator. One that FTS5 cuts is
/// looked for in the text itself, not among the repeated terms.
fn quoted(term: &str) -> String {
    let column = if term.contains(['"', '\'']) { "text : " } else { "" };
    format!("{column}\"{}\"", term.replace('"', "\"\""))
}

/// Makes the index say `text` for a row of `owner`'s.
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

/// Takes a row of `owner`'s out of the index.
pub(crate) fn unindex(access: &Access<'_>, owner: &str, kind: Kind, row: i64) -> Result<(), Error> {
    match documents::known(access.connection, owner, kind, row)? {
        Some(document) => {
            access.later(document, move |connection| documents::delete(connection, document))
        }
        None => Ok(()),
    }
}
