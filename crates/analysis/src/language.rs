//! Languages: the endings that are removed, and the words that only make a query a question.

use std::ops::Range;

use rust_stemmers::Algorithm;

/// The language whose endings are removed from words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Language {
    /// No endings are removed.
    None,
    /// English.
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
    /// English, and in addition the detected language of each text, if it is one of the others. The
    /// default.
    #[default]
    Auto,
}

impl Language {
    /// The number of languages.
    pub(crate) const COUNT: usize = Language::Auto as usize + 1;

    /// Returns `true` if English words are recognised.
    pub(crate) fn has_english(self) -> bool {
        matches!(self, Language::Auto | Language::English)
    }

    pub(crate) fn algorithm(self) -> Option<Algorithm> {
        match self {
            Language::None => None,
            Language::Auto | Language::English => Some(Algorithm::English),
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

/// Question words, and words that ask for the present state, which is the default answer. They are
/// removed from English queries only: in a stored text they may be searched for ("The Who").
#[rustfmt::skip]
pub(crate) const QUERY_STOP_WORDS: &[&str] = &[
    "a", "about", "again", "all", "also", "am", "an", "and", "any", "anyone", "anything", "are",
    "as", "at", "be", "because", "been", "being", "both", "but", "by", "can", "could", "did", "do",
    "does", "doing", "don", "done", "each", "few", "find", "for", "from", "further", "give", "had",
    "has", "have", "having", "he", "her", "here", "hers", "herself", "him", "himself", "his", "how",
    "i", "if", "in", "into", "is", "it", "its", "itself", "just", "kind", "kinds", "know", "let",
    "long", "many", "may", "me", "might", "more", "most", "much", "must", "my", "myself", "no",
    "nor", "not", "now", "nowadays", "of", "often", "on", "once", "one", "ones", "only", "or",
    "other", "our", "ours", "ourselves", "out", "over", "own", "please", "s", "same", "shall",
    "she", "should", "show", "so", "some", "someone", "something", "sort", "such", "t", "tell",
    "than", "that", "the", "their", "theirs", "them", "themselves", "then", "there", "these",
    "they", "this", "those", "to", "too", "type", "types", "up", "us", "very", "was", "we", "were",
    "what", "when", "where", "whether", "which", "while", "who", "whom", "whose", "why", "will",
    "with", "would", "you", "your", "yours", "yourself", "yourselves",
];

/// Words by which an English text states a time.
pub(crate) const TIME_WORDS: &str = "yesterday today tonight tomorrow ago week weekend month \
    year monday \
    tuesday wednesday thursday friday saturday sunday january february march april june july \
    august september october november december spring summer autumn winter";

/// Four-digit numbers that count as years.
pub(crate) const YEARS: Range<u16> = 1900..2100;
