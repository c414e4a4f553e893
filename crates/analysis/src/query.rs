//! A query: its terms, and the variants of each.

use std::collections::HashMap;

use crate::{
    Analyzer, Guess, Known,
    spelling::{self, Spelled},
    words::{Token, Use, loose},
};

/// Share of a term without signs, relative to the query's term, if both have the same meaning.
const BARE_SHARE: f64 = 0.5;
/// Share of a number in another spelling than the query's.
const NUMBER_SHARE: f64 = 0.7;
/// Share of a word's stem in another language.
const FOREIGN_SHARE: f64 = 0.9;
/// Share of a term that differs from the query's term in signs that change the meaning.
const LOOSE_SHARE: f64 = 0.2;

/// A query, cut into terms.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Distinct terms, without the words that only make it a question, unless there are no others.
    pub terms: Vec<String>,
    /// Counts of the repeated terms.
    repeats: HashMap<String, u32>,
    /// Terms without their signs, for those with signs.
    bare: HashMap<String, (String, Use)>,
    /// Stems in other languages, for the terms that are words.
    foreign: HashMap<String, Vec<String>>,
    words: Vec<Spelled>,
}

/// A term that matches one of the query's although the two differ in signs, spelling or language.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Term as it occurs in texts.
    pub term: String,
    /// Index of the query's term.
    pub to: usize,
    /// Share relative to the query's own term: above 0, at most 1.
    pub share: f64,
}

impl Query {
    pub(crate) fn new(analyzer: &Analyzer, tokens: Vec<Token>) -> Query {
        let is_plain = |token: &&Token| token.used == Use::Plain;
        let all_ask = tokens.iter().filter(is_plain).all(|token| analyzer.asks(&token.term));
        let mut bare = HashMap::new();
        let mut foreign = HashMap::new();
        let mut terms: Vec<String> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut repeats = HashMap::new();
        let mut words: Vec<Spelled> = Vec::new();
        let mut is_next = false;
        let mut before: Option<String> = None;
        for Token { term, used, word } in tokens {
            match used {
                Use::Plain => {}
                Use::Stored => continue,
                Use::Bare | Use::Loose | Use::Number => {
                    bare.extend(before.take().map(|signed| (signed, (term, used))));
                    continue;
                }
            }
            before = Some(term.clone());
            let at = match places.get(&term) {
                Some(at) => {
                    *repeats.entry(term).or_insert(1) += 1;
                    Some(*at)
                }
                None if !all_ask && analyzer.asks(&term) => None,
                None => {
                    places.insert(term.clone(), terms.len());
                    terms.push(term);
                    Some(terms.len() - 1)
                }
            };
            let is_word = word.is_some();
            if let (Some(at), Some(word)) = (at, &word) {
                let term: &String = &terms[at];
                foreign.entry(term.clone()).or_insert_with(|| analyzer.foreign_stems(word));
            }
            words.extend(word.map(|word| Spelled { word, at, is_next }));
            is_next = is_word;
        }
        Query { terms, repeats, bare, foreign, words }
    }

    /// Returns the number of occurrences of a term in the query.
    #[must_use]
    pub fn count(&self, term: &str) -> u32 {
        self.repeats.get(term).copied().unwrap_or(1)
    }

    /// Replaces the terms of the query by `terms`: some of them, in any order.
    #[must_use]
    pub fn with_terms(mut self, terms: Vec<String>) -> Query {
        let place = |term: &String| terms.iter().position(|kept| kept == term);
        for word in &mut self.words {
            word.at = word.at.and_then(|at| place(&self.terms[at]));
        }
        self.terms = terms;
        self
    }

    /// Returns the variants of the query's terms in any store: those with or without signs, and the
    /// stems of its words in other languages.
    #[must_use]
    pub fn variants(&self) -> Vec<Variant> {
        let of_term = |(to, term): (usize, &String)| {
            let loosely = |term| Some(Variant { term, to, share: LOOSE_SHARE });
            match self.bare.get(term) {
                Some((bare, Use::Bare)) => {
                    [Some(Variant { term: bare.clone(), to, share: BARE_SHARE }), None]
                }
                Some((number, Use::Number)) => [
                    Some(Variant { term: number.clone(), to, share: NUMBER_SHARE }),
                    loosely(loose(number)),
                ],
                Some((bare, _)) => [loosely(bare.clone()), loosely(loose(bare))],
                None => [loosely(loose(term)), None],
            }
        };
        let foreign = |(to, term): (usize, &String)| {
            let stems = self.foreign.get(term).into_iter().flatten().cloned();
            stems.map(move |term| Variant { term, to, share: FOREIGN_SHARE }).collect::<Vec<_>>()
        };
        let terms = || self.terms.iter().enumerate();
        terms().flat_map(of_term).flatten().chain(terms().flat_map(foreign)).collect()
    }

    /// Returns other spellings of the query's words: words joined or split, and single typing
    /// errors. Those that occur in texts are worth searching. `known` returns, for the index of a
    /// term, where its word is known.
    #[must_use]
    pub fn guesses(&self, analyzer: &Analyzer, known: impl Fn(usize) -> Known) -> Vec<Guess> {
        spelling::guesses(analyzer, &self.words, known)
    }
}
