//! Text to terms: the one analysis that stored texts and queries share.
//!
//! The terms of a record are stored beside its text, joined by single spaces, and LanceDB's
//! full-text index cuts at nothing but those spaces. So the index, the statistics in the journal
//! and the scoring here agree to the letter on what a term is.
//!
//! A text is cut at white space. Each piece loses the punctuation around it; one with punctuation
//! or a change of case inside (`ERR_CONN_RESET`, `nginx-1.24.0`, `getUserName`) gives itself whole
//! and each of its parts. Terms are lower-case, without accents, and stemmed by Snowball (Porter,
//! "Snowball: a language for stemming algorithms", 2001). Runs of CJK become bigrams.
//!
//! Not here: the weighing of terms, see `search::score`.

use std::{collections::HashSet, ops::Range};

use aios_record::terms::{is_cjk, segment};
use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The longest term in bytes; the rest of a longer piece is dropped.
const TERM_BYTES_MAX: usize = 64;

/// The language whose endings are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Language {
    /// No endings are removed.
    None,
    /// The default.
    #[default]
    English,
    /// Deutsch.
    German,
    /// Espanol.
    Spanish,
    /// Francais.
    French,
    /// Italiano.
    Italian,
    /// Portugues.
    Portuguese,
    /// Nederlands.
    Dutch,
    /// Russian.
    Russian,
}

impl Language {
    fn algorithm(self) -> Option<Algorithm> {
        match self {
            Language::None => None,
            Language::English => Some(Algorithm::English),
            Language::German => Some(Algorithm::German),
            Language::Spanish => Some(Algorithm::Spanish),
            Language::French => Some(Algorithm::French),
            Language::Italian => Some(Algorithm::Italian),
            Language::Portuguese => Some(Algorithm::Portuguese),
            Language::Dutch => Some(Algorithm::Dutch),
            Language::Russian => Some(Algorithm::Russian),
        }
    }
}

/// Cuts texts and queries into terms.
pub(crate) struct Analyzer {
    language: Language,
    stemmer: Option<Stemmer>,
    /// Stemmed, as they are compared with terms.
    query_stop_terms: HashSet<String>,
    /// The terms that tell of a time.
    time_terms: Vec<String>,
}

impl Analyzer {
    pub(crate) fn new(language: Language) -> Analyzer {
        let mut analyzer = Analyzer {
            language,
            stemmer: language.algorithm().map(Stemmer::create),
            query_stop_terms: HashSet::new(),
            time_terms: Vec::new(),
        };
        if language == Language::English {
            let words = QUERY_STOP_WORDS.join(" ");
            analyzer.query_stop_terms = analyzer.terms(&words).into_iter().collect();
            let years = YEARS.map(|year| year.to_string());
            analyzer.time_terms = analyzer.terms(TIME_WORDS).into_iter().chain(years).collect();
        }
        analyzer
    }

    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// The terms of a stored text, in order, repeated as often as they occur.
    pub(crate) fn terms(&self, text: &str) -> Vec<String> {
        let plain: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect();
        let mut terms = Vec::new();
        for piece in segment(&plain).split_whitespace() {
            self.push_piece(piece, &mut terms);
        }
        terms
    }

    /// The terms of a query: each once, without the words that only make it a question. A query
    /// of nothing but such words keeps them.
    pub(crate) fn query_terms(&self, text: &str) -> Vec<String> {
        let mut seen = HashSet::new();
        let all: Vec<String> =
            self.terms(text).into_iter().filter(|term| seen.insert(term.clone())).collect();
        let told: Vec<String> = all.iter().filter(|term| !self.asks(term)).cloned().collect();
        if told.is_empty() { all } else { told }
    }

    /// The terms of a query that may be somebody's name although they are words that only make a
    /// question: those that are written with a capital where a name would be alone ("What did Will
    /// say?", "May's birthday").
    pub(crate) fn query_names(&self, text: &str) -> Vec<String> {
        let mut names = Vec::new();
        let mut opens = true;
        for piece in text.split_whitespace() {
            let word = piece.trim_matches(|c: char| !c.is_alphanumeric());
            let is_name = !opens || without_possessive(word) != word;
            let rest = word.trim_start_matches(char::is_uppercase);
            if is_name && rest.len() < word.len() && rest.chars().any(char::is_lowercase) {
                names.extend(self.terms(word).into_iter().filter(|term| self.asks(term)));
            }
            opens = piece.ends_with(['.', '?', '!', ':']);
        }
        names
    }

    /// The terms by which a text tells when something was.
    pub(crate) fn time_terms(&self) -> &[String] {
        &self.time_terms
    }

    /// Whether a term only makes a query a question.
    pub(crate) fn asks(&self, term: &str) -> bool {
        self.query_stop_terms.contains(term)
    }

    fn push_piece(&self, piece: &str, terms: &mut Vec<String>) {
        let piece = piece.trim_matches(|c: char| !c.is_alphanumeric());
        if piece.is_empty() {
            return;
        }
        let piece = &without_possessive(piece).replace(['\'', '\u{2019}'], "");
        let parts = parts(piece);
        if 1 < parts.len() {
            terms.push(clipped(piece).to_lowercase());
        }
        for part in parts {
            let lower = clipped(part).to_lowercase();
            terms.push(match &self.stemmer {
                Some(stemmer) if !lower.chars().any(is_cjk) => stemmer.stem(&lower).into_owned(),
                _ => lower,
            });
        }
    }
}

/// `Ada's` is about `Ada`.
fn without_possessive(piece: &str) -> &str {
    let cut = ["'s", "\u{2019}s", "'S", "\u{2019}S"].iter().find_map(|end| piece.strip_suffix(end));
    cut.unwrap_or(piece)
}

/// `piece` cut at what is not alphanumeric and where lower case turns to upper.
fn parts(piece: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for word in piece.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut start = 0;
        let mut before: Option<char> = None;
        for (at, c) in word.char_indices() {
            if before.is_some_and(char::is_lowercase) && c.is_uppercase() {
                parts.push(&word[start..at]);
                start = at;
            }
            before = Some(c);
        }
        parts.push(&word[start..]);
    }
    parts
}

fn clipped(text: &str) -> &str {
    &text[..text.floor_char_boundary(TERM_BYTES_MAX)]
}

/// Words that ask rather than tell. They are taken out of English queries only: in a stored text
/// they may be what is looked for ("The Who").
#[rustfmt::skip]
const QUERY_STOP_WORDS: &[&str] = &[
    "a", "about", "again", "all", "also", "am", "an", "and", "any", "anyone", "anything", "are",
    "as", "at", "be", "because", "been", "being", "both", "but", "by", "can", "could", "did", "do",
    "does", "doing", "don", "done", "each", "few", "find", "for", "from", "further", "give", "had",
    "has", "have", "having", "he", "her", "here", "hers", "herself", "him", "himself", "his", "how",
    "i", "if", "in", "into", "is", "it", "its", "itself", "just", "kind", "kinds", "know", "let",
    "long", "many", "may", "me", "might", "more", "most", "much", "must", "my", "myself", "no",
    "nor", "not", "of", "often", "on", "once", "one", "ones", "only", "or", "other", "our", "ours",
    "ourselves", "out", "over", "own", "please", "s", "same", "shall", "she", "should", "show",
    "so", "some", "someone", "something", "sort", "such", "t", "tell", "than", "that", "the",
    "their", "theirs", "them", "themselves", "then", "there", "these", "they", "this", "those",
    "to", "too", "type", "types", "up", "us", "very", "was", "we", "were", "what", "when", "where",
    "whether", "which", "while", "who", "whom", "whose", "why", "will", "with", "would", "you",
    "your", "yours", "yourself", "yourselves",
];

/// Words by which an English text tells when something was.
const TIME_WORDS: &str = "yesterday today tonight tomorrow ago week weekend month year monday \
    tuesday wednesday thursday friday saturday sunday january february march april june july \
    august september october november december spring summer autumn winter";

/// The years that a number of four digits may be.
const YEARS: Range<u16> = 1900..2100;

#[cfg(test)]
mod tests;
