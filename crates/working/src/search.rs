//! Word search over every searchable text (FTS5).
//!
//! The index keeps words, not texts: a found row is read from its own table. Texts and queries are
//! cut by [`segment`], then by FTS5's `unicode61` with accents removed and English endings stemmed.
//! A query is always words and never an operator: each word is quoted.

pub(crate) mod documents;
pub(crate) mod merging;
mod ranking;

use std::borrow::Cow;

use aios_record::{
    Kind, Record, Timestamp,
    terms::{is_cjk, segment},
};

use documents::{kind_of, row_of};

use crate::{
    Decision, Error, Pattern, WorkingView,
    access::{Access, Stored},
    records,
    row::Row,
};

/// So many words of a query are looked for; the rest of a longer one is left out.
const QUERY_WORDS_MAX: usize = 64;
/// Words of English that tell nothing and are in most texts. They are left out of a query that has
/// others: scoring every text for them takes long and changes little.
const COMMON: &[&str] = &[
    "a", "about", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but",
    "by", "can", "could", "did", "do", "does", "for", "from", "had", "has", "have", "he", "her",
    "his", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my", "no", "not", "of", "on",
    "or", "our", "she", "so", "that", "the", "their", "them", "then", "there", "they", "this",
    "to", "us", "was", "we", "were", "what", "when", "where", "which", "who", "why", "will",
    "with", "would", "you", "your",
];
/// A word counts so often in a text, and no more.
const TIMES_MAX: usize = 4;
/// Words beyond so many of a text are not counted again.
const REPEATED_WORDS_MAX: usize = 1 << 16;
/// So many of the best matching patterns are weighed against each other.
const PATTERN_CANDIDATES: usize = 200;
/// A pattern's trigger must share this part of the words of the shorter of trigger and query.
const TRIGGER_SHARE_MIN: f64 = 0.6;

/// The options of a search.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FindOptions {
    /// The kinds to look at. Default: every searchable one.
    pub kinds: Vec<Kind>,
    /// Only what happened at this time or later.
    pub since: Option<Timestamp>,
    /// Only what happened before this time.
    pub until: Option<Timestamp>,
    /// The number of wanted records; 0 means the default. Default: 5.
    pub limit: usize,
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
    let limit = if options.limit == 0 { FIND_LIMIT } else { options.limit };
    let mut found = Vec::new();
    matches(access, text, &options.kinds, |doc, score| {
        let Some(kind) = kind_of(doc) else { return Ok(true) };
        let Some(record) = records::by_row(access, kind, row_of(doc))? else { return Ok(true) };
        let time = record.time();
        let early = options.since.is_some_and(|since| time < since);
        let late = options.until.is_some_and(|until| until <= time);
        if !early && !late {
            found.push(Found { record, score });
        }
        Ok(found.len() < limit)
    })?;
    Ok(found)
}

fn patterns(access: &Access<'_>, trigger: &str, min_rate: f64) -> Result<Vec<Pattern>, Error> {
    let wanted = words(trigger);
    let mut found: Vec<(f64, Pattern)> = Vec::new();
    let mut seen = 0;
    matches(access, trigger, &[Kind::Pattern], |doc, _| {
        seen += 1;
        if let Some(pattern) = read::<Pattern>(access, doc)? {
            let own = words(&pattern.trigger);
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

/// The distinct words of a text, for comparing two of them.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = segment(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.sort_unstable();
    words.dedup();
    words
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
    match terms(text).as_slice() {
        [] => Ok(()),
        terms => ranking::ranked(access, terms, kinds, take),
    }
}

/// The words of `text` that are looked for, each as an FTS5 query; none if it has none.
fn terms(text: &str) -> Vec<String> {
    let text = segment(text);
    // FTS5 reads a query as a C string, which a NUL would end.
    let mut words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c == '\0').collect();
    words.retain(|word| word.contains(char::is_alphanumeric));
    let mut seen = std::collections::HashSet::new();
    words.retain(|word| seen.insert(*word));
    if words.iter().any(|word| !is_common(word)) {
        words.retain(|word| !is_common(word));
    }
    words.truncate(QUERY_WORDS_MAX);
    words.into_iter().map(term).collect()
}

pub(crate) fn is_common(word: &str) -> bool {
    COMMON.binary_search(&bare(word).to_ascii_lowercase().as_str()).is_ok()
}

/// A word without the signs around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// `text` as it is indexed: cut, and with the last character of each run of CJK on its own at the
/// end. So every character of a run begins a word, and one alone is found by what begins with it.
fn indexed(text: &str) -> Cow<'_, str> {
    let cut = segment(text);
    if let Cow::Borrowed(_) = cut {
        return cut;
    }
    let mut cut = cut.into_owned();
    let mut run = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        run = if is_cjk(c) { run + 1 } else { 0 };
        if 1 < run && !chars.peek().is_some_and(|next| is_cjk(*next)) {
            cut.extend([' ', c]);
        }
    }
    Cow::Owned(cut)
}

/// The words that stand in an indexed text again, side by side, each as often as it stands there
/// more than once; common words are left out. FTS5 tells by them how often a document has a word,
/// which by itself it tells only of all documents.
fn repeated(indexed: &str) -> String {
    let words = indexed.split_whitespace().take(REPEATED_WORDS_MAX).map(bare);
    let mut words: Vec<(u64, &str)> = words.map(|word| (folded_hash(word), word)).collect();
    words.sort_unstable_by_key(|(hash, _)| *hash);
    let (mut again, mut times) = (String::new(), 1);
    for pair in words.windows(2) {
        let [(hash, _), (next, word)] = pair else { continue };
        times = if hash == next { times + 1 } else { 1 };
        if 1 < times && times <= TIMES_MAX && !word.is_empty() && !is_common(word) {
            again.extend([word, " "]);
        }
    }
    again
}

/// FNV-1a of a word, whatever the case of its ASCII letters.
fn folded_hash(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x100_0000_01b3)
    })
}

/// A word of a query as FTS5 takes it: quoted, so that nothing in it is an operator. A single
/// character of CJK stands for every word that begins with it. A word that FTS5 may cut into
/// several is looked for in the text itself, not among the repeated words.
fn term(word: &str) -> String {
    let mut chars = word.chars();
    let single = chars.next().is_some_and(is_cjk) && chars.next().is_none();
    let column = if word.chars().all(|c| c.is_ascii_alphanumeric()) { "" } else { "text : " };
    let star = if single { "*" } else { "" };
    format!("{column}\"{}\"{star}", word.replace('"', "\"\""))
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
    let text = indexed(text).into_owned();
    let again = repeated(&text);
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
