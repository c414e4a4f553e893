//! Variants of a query's terms: with other signs, and in spellings that stored texts have.
//!
//! A spelling counts only if a text that is counted for the searcher has it, in the library or
//! pending in the journal. So a search never reveals words that others store.

use std::{
    collections::HashSet,
    sync::{Arc, RwLock},
};

use aios_analysis::{Analyzer, Guess, Known, Query, Variant};

use crate::{
    Error,
    blocking::blocking,
    journal::{Corpus, Journal, Statistics},
    search::{
        query::related::is_word,
        segments::{segment::Names, waiting::Seen},
    },
};

/// Texts whose words are known to a search.
pub(crate) struct Vocabulary {
    pub(crate) seen: Arc<Seen>,
    pub(crate) corpus: Corpus,
    /// True if all terms of the store are in RAM, so that a term that is missing there is in no
    /// text.
    pub(crate) is_in_ram: bool,
}

/// Finds spellings that texts have.
pub(crate) struct Speller {
    journal: Journal,
    names: Arc<RwLock<Names>>,
    analyzer: &'static Analyzer,
}

impl Speller {
    pub(crate) fn new(
        journal: &Journal,
        names: &Arc<RwLock<Names>>,
        analyzer: &'static Analyzer,
    ) -> Speller {
        Speller { journal: journal.clone(), names: Arc::clone(names), analyzer }
    }

    /// Returns the variants of the terms of `query`. `statistics` are those of the searcher.
    pub(crate) async fn variants(
        self: &Arc<Speller>,
        query: &Query,
        statistics: &Statistics,
        vocabulary: Vocabulary,
    ) -> Result<Vec<Variant>, Error> {
        let mut variants = query.variants();
        let known = |term: &String| match statistics.documents_with.get(term) {
            Some(1..) => Known::InTexts,
            _ if is_word(term, self.analyzer) => Known::InLanguage,
            _ => Known::No,
        };
        let known: Vec<Known> = query.terms.iter().map(known).collect();
        let (this, query) = (Arc::clone(self), query.clone());
        let all_known = known.iter().all(|known| *known == Known::InTexts);
        let guess = move || {
            let guesses = query.guesses(this.analyzer, |at| known[at]);
            (this.in_store(guesses, &vocabulary), vocabulary)
        };
        // A word that no text contains has many possible spellings.
        let (guesses, vocabulary) = if all_known { guess() } else { blocking(guess).await? };
        if !guesses.is_empty() {
            let (this, first) = (Arc::clone(self), statistics.clone());
            let taken = blocking(move || this.taken(guesses, &first, &vocabulary));
            variants.extend(taken.await??);
        }
        Ok(variants)
    }

    /// Returns the `guesses` whose terms may occur in a text of any owner.
    fn in_store(&self, mut guesses: Vec<Guess>, vocabulary: &Vocabulary) -> Vec<Guess> {
        if vocabulary.is_in_ram {
            let names = self.names.read().expect("no holder panics");
            guesses.retain(|guess| guess.terms().all(|term| names.terms.find(term).is_some()));
        }
        guesses
    }

    /// Returns the `guesses` that a text counted for the searcher has.
    fn taken(
        &self,
        guesses: Vec<Guess>,
        first: &Statistics,
        vocabulary: &Vocabulary,
    ) -> Result<Vec<Variant>, Error> {
        let terms: HashSet<&str> = guesses.iter().flat_map(Guess::terms).collect();
        let terms = terms.into_iter().map(str::to_owned).collect();
        let Vocabulary { seen, corpus, .. } = vocabulary;
        let (statistics, waiting) = self.journal.statistics_blocking(terms, corpus.clone())?;
        let names = self.names.read().expect("no holder panics");
        let statistics = seen.count_later(statistics, &waiting, first, corpus, &names);
        let documents = |term: &str| statistics.documents_with.get(term).copied().unwrap_or(0);
        Ok(Guess::taken(guesses, documents))
    }
}
