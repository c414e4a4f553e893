//! The terms of a query with the documents that contain them or one of their variants: different
//! signs, or a different spelling.
//!
//! Only visible documents are searched, so that a search does not reveal words of other owners.

use std::collections::{HashMap, HashSet};

use aios_analysis::{Analyzer, Guess, Known, Query, Variant};

use super::{
    postings::{Postings, Term},
    words::quoted,
};
use crate::Error;

/// Guesses per query. Most guesses are not words.
const GUESSES_AT_ONCE: usize = 64;

/// Returns the terms found in visible documents, rarest first.
pub(super) fn looked_up(
    index: &Postings<'_>,
    analyzer: &Analyzer,
    query: &Query,
) -> Result<Vec<Term>, Error> {
    let mut terms = Vec::with_capacity(query.terms.len());
    for term in &query.terms {
        let own = quoted(term);
        let documents = index.having(&own)?;
        terms.push(Term { any: own.clone(), own, documents, shares: HashMap::new() });
    }
    let known = |at: usize| match terms[at].documents.is_empty() {
        true => Known::No,
        false => Known::InTexts,
    };
    let guesses = query.guesses(analyzer, known);
    let mut variants = query.variants();
    variants.extend(taken(index, guesses)?);
    // If several variants of a term occur in one document, the one with the largest share counts.
    variants.sort_by(|a, b| b.share.total_cmp(&a.share));
    for Variant { term, to, share } in variants {
        let variant = quoted(&term);
        let also = index.having(&variant)?;
        if !also.is_empty() {
            terms[to].add(&variant, also, share);
        }
    }
    terms.retain(|term| !term.documents.is_empty());
    terms.sort_by_key(|term| term.documents.len());
    Ok(terms)
}

/// Returns the variants of `guesses` that occur in visible documents.
fn taken(index: &Postings<'_>, guesses: Vec<Guess>) -> Result<Vec<Variant>, Error> {
    let mut seen = HashSet::new();
    let terms: Vec<&str> =
        guesses.iter().flat_map(Guess::terms).filter(|it| seen.insert(*it)).collect();
    let mut counts: HashMap<String, u64> = HashMap::new();
    for terms in terms.chunks(GUESSES_AT_ONCE) {
        let any: Vec<String> = terms.iter().map(|term| quoted(term)).collect();
        if !index.has(&any.join(" OR "))? {
            continue;
        }
        for (term, query) in terms.iter().zip(any) {
            let documents = index.having(&query)?.len() as u64;
            counts.insert((*term).to_owned(), documents);
        }
    }
    Ok(Guess::taken(guesses, |term| counts.get(term).copied().unwrap_or(0)))
}

impl Term {
    /// Adds the documents that contain a variant of the term.
    fn add(&mut self, variant: &str, documents: Vec<i64>, share: f64) {
        let mut known: HashSet<i64> = self.documents.iter().copied().collect();
        for document in documents {
            if known.insert(document) {
                self.documents.push(document);
                self.shares.insert(document, share);
            }
        }
        self.any = format!("({} OR {variant})", self.any);
    }
}
