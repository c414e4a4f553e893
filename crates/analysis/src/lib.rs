#![doc = include_str!("../README.md")]
//! # From text to terms
//!
//! A text is normalised to a plain form (`plain`), cut into pieces (`pieces`), and each piece gives
//! terms (`words`): lower-case, without accents, stemmed by Snowball (Porter, "Snowball: a language
//! for stemming algorithms", 2001). Terms have no white space, so they can be joined by spaces.
//!
//! | text | terms |
//! |---|---|
//! | `ERR_CONN_RESET`, `getUserName`, `log-in` | joined (`login`), and each part |
//! | `nginx-1.24.0`, `a@example.org`, `src/main.rs` | whole, and each part |
//! | `#tag`, `@name`, `.NET`, `--force` | with their signs and without |
//! | `C++`, `-5`, `5 %`, `$5` | with their signs, and without them as a *loose* term |
//! | `1,299.00` | `1299`, and as it is written, without commas, and without decimals |
//! | `$1,299.00` | `$1299`, `1299` as a loose term, and the spellings of the number |
//! | scripts without spaces | each character, and each two neighbours |
//! | an emoji | itself |
//! | `2 March 2026`, `02.03.2026` | also `2026-03-02`; in a query, this replaces the numbers |
//!
//! A text in a language other than English also has the stems of that language, each prefixed with
//! `^`, and a query matches the stems of its words in every language.
//!
//! A loose term has a lower weight than a term: a query for `5` ranks `-5` after `5`, see
//! [`Query::variants`].
//!
//! Terms are for ranking only: texts with the same terms may have different contents, which
//! `aios_record::forms` compares. The weights of terms belong to the tiers.

mod asking;
mod dates;
mod detect;
mod language;
mod pieces;
mod plain;
mod query;
mod spelling;
mod words;

use std::{collections::HashSet, sync::OnceLock};

pub use language::Language;
use language::{QUERY_STOP_WORDS, TIME_WORDS, YEARS};
pub use pieces::is_run;
pub use query::{Query, Variant};
use rust_stemmers::Stemmer;
pub use spelling::{Guess, Known};
use words::{Token, Use, Words, foreign};

/// Version of the analysis. It increases when the terms of any text change. A store with terms of
/// another version must analyse its texts again.
pub const VERSION: u32 = 3;

/// Cuts texts and queries into terms.
pub struct Analyzer {
    language: Language,
    stemmer: Option<Stemmer>,
    /// Stemmers of the languages that can be detected in a text.
    others: Vec<(Language, Stemmer)>,
    /// Stemmed, for comparison with terms.
    query_stop_terms: HashSet<String>,
    time_terms: Vec<String>,
}

impl Analyzer {
    /// Returns the analyzer of a language, created once per process.
    #[must_use]
    pub fn of(language: Language) -> &'static Analyzer {
        static ANALYZERS: [OnceLock<Analyzer>; Language::COUNT] =
            [const { OnceLock::new() }; Language::COUNT];
        ANALYZERS[language as usize].get_or_init(|| Analyzer::new(language))
    }

    fn new(language: Language) -> Analyzer {
        let mut analyzer = Analyzer {
            language,
            stemmer: language.algorithm().map(Stemmer::create),
            others: Vec::new(),
            query_stop_terms: HashSet::new(),
            time_terms: Vec::new(),
        };
        if language == Language::Auto {
            let stemmer = |other: Language| Some((other, Stemmer::create(other.algorithm()?)));
            analyzer.others = detect::others().into_iter().filter_map(stemmer).collect();
        }
        if language.has_english() {
            let words = QUERY_STOP_WORDS.join(" ");
            analyzer.query_stop_terms = analyzer.terms(&words).into_iter().collect();
            let years = YEARS.map(|year| year.to_string());
            analyzer.time_terms = analyzer.terms(TIME_WORDS).into_iter().chain(years).collect();
        }
        analyzer
    }

    /// Returns the language whose endings are removed.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// Returns `true` if English words are recognised.
    #[must_use]
    pub fn has_english(&self) -> bool {
        self.language.has_english()
    }

    /// Returns the terms of a stored text, in order and with repetitions. Terms of the detected
    /// language and of dates follow the others.
    #[must_use]
    pub fn terms(&self, text: &str) -> Vec<String> {
        let plain = plain::plain(text);
        let tokens = self.tokens_of(&plain);
        let foreign = self.foreign_terms(&plain, &tokens);
        let mut terms: Vec<String> = tokens.into_iter().map(Token::into_term).collect();
        terms.extend(foreign);
        let other =
            dates::dates(&plain).into_iter().filter(|date| plain[date.range.clone()] != date.day);
        terms.extend(other.map(|date| date.day));
        terms
    }

    /// Returns the stems of `tokens`, those of `text`, in the detected language of the text, if
    /// that is not the analyzer's.
    fn foreign_terms(&self, text: &str, tokens: &[Token]) -> Vec<String> {
        if self.others.is_empty() {
            return Vec::new();
        }
        let found = detect::language(text);
        let found = self.others.iter().find(|(language, _)| Some(*language) == found);
        let Some((_, stemmer)) = found else { return Vec::new() };
        let words = tokens.iter().filter_map(|token| token.word.as_deref());
        words.map(|word| foreign(&stemmer.stem(word))).collect()
    }

    /// Returns the distinct terms that a word can have in texts of other languages.
    fn foreign_stems(&self, word: &str) -> Vec<String> {
        let stems = self.others.iter().map(|(_, stemmer)| foreign(&stemmer.stem(word)));
        let mut stems: Vec<String> = stems.collect();
        stems.sort_unstable();
        stems.dedup();
        stems
    }

    /// Cuts a query into terms.
    #[must_use]
    pub fn query(&self, text: &str) -> Query {
        let plain = plain::plain(text);
        let plain = asking::without_asking(&plain);
        let dates = dates::dates(&plain);
        let days: Vec<String> = dates.iter().map(|date| date.day.clone()).collect();
        let mut tokens = self.tokens_of(&dates::without_numbers(&plain, dates));
        tokens.extend(days.into_iter().map(|day| Token::new(day, Use::Plain)));
        Query::new(self, tokens)
    }

    /// Returns the terms of a query that may be names although they are question words: those that
    /// are capitalised where only a name would be ("What did Will say?", "May's birthday").
    #[must_use]
    pub fn query_names(&self, text: &str) -> Vec<String> {
        let mut names = Vec::new();
        let mut opens = true;
        for piece in text.split_whitespace() {
            let word = piece.trim_matches(|c: char| !c.is_alphanumeric());
            let is_name = !opens || words::without_possessive(word) != word;
            let rest = word.trim_start_matches(char::is_uppercase);
            if is_name && rest.len() < word.len() && rest.chars().any(char::is_lowercase) {
                names.extend(self.terms(word).into_iter().filter(|term| self.asks(term)));
            }
            opens = piece.ends_with(['.', '?', '!', ':']);
        }
        names
    }

    /// Returns the terms by which a text states a time.
    #[must_use]
    pub fn time_terms(&self) -> &[String] {
        &self.time_terms
    }

    /// Returns `true` if a term only makes a query a question.
    #[must_use]
    pub fn asks(&self, term: &str) -> bool {
        self.query_stop_terms.contains(term)
    }

    /// Returns the term of a single word in lower case.
    fn stem(&self, word: &str) -> String {
        Words { stemmer: self.stemmer.as_ref() }.stem(word)
    }

    /// Returns the tokens of a text in its plain form, without those of its dates.
    fn tokens_of(&self, plain: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        let words = Words { stemmer: self.stemmer.as_ref() };
        pieces::cut(plain, |piece| words.push(piece, &mut tokens));
        tokens
    }
}

#[cfg(test)]
mod tests;
