//! Ranking of one search, after its journal and query are read: candidates, order, selection.
//! CPU-bound, so it must not run on an async worker.
//!
//! Not here: reads. The caller passes a function that counts the terms that the ranking adds.

pub(super) mod background;
pub(super) mod bm25;
mod counts;
pub(super) mod explain;
mod feedback;
mod relevance;
pub(super) mod scale;
mod score;
mod speakers;
pub(super) mod weights;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, RwLock},
    thread,
};

use aios_analysis::{Analyzer, Variant};
use aios_record::Identity;

use crate::{
    Error,
    journal::{Corpus, Statistics},
    search::{
        candidates::{
            filter::Filter,
            legs::{Wanted, Worded, are_many},
            sight::Sight,
        },
        query::Query,
        ranking::{
            explain::Explanation,
            score::{Scored, Scorer},
            weights::Weights,
        },
        segments::{
            part::{Part, Place},
            segment::Names,
            strings::NONE,
            waiting::Seen,
        },
    },
};

/// Candidates whose neighbours become candidates, best first.
const NEIGHBOURED: usize = 64;
/// Factor by which the candidate limit grows when duplicates crowd out other hits.
const CROWDED: usize = 8;
/// Number of rows per leg from which the candidate limit grows no further, because each is scored.
const CROWDED_ROWS_MAX: usize = 32_768;
/// Number of turns before and after a candidate that become candidates.
pub(crate) const REACH: i64 = 2;

/// Input of the ranking of one search.
pub(crate) struct Ranking {
    pub(crate) query: Query,
    pub(crate) weights: Weights,
    pub(crate) analyzer: &'static Analyzer,
    /// Centre of the vectors of this search's segments.
    pub(crate) centre: Arc<[f32]>,
    pub(crate) filter: Filter,
    pub(crate) parts: Vec<Part>,
    pub(crate) seen: Arc<Seen>,
    /// Number of rows that each leg proposes.
    pub(crate) rows: usize,
    /// Result of the leg of words over `parts` for this number of rows, if it has run.
    pub(crate) worded: Option<Worded>,
}

/// A row that becomes a hit.
pub(crate) struct Chosen {
    pub(crate) place: Place,
    pub(crate) score: f64,
    pub(crate) relevance: f64,
    pub(crate) explanation: Explanation,
    /// Rows with the same text, folded into this one.
    pub(crate) folded: Vec<Identity>,
}

impl Ranking {
    /// Returns the visible rows of this search, with the numbers of `names`.
    pub(crate) fn sight<'a>(&'a self, names: &'a Names) -> Sight<'a> {
        Sight {
            parts: &self.parts,
            masked: &self.seen.masked,
            names: &names.others,
            filter: self.filter.numbered(&names.others),
        }
    }

    /// Returns the best candidates so far, whose neighbours must become candidates, too.
    pub(crate) fn best(&self, names: &Names) -> Vec<Place> {
        self.candidates(names, &self.sight(names)).1
    }

    /// Returns at most `limit` hits with a relevance of at least `least`. If rows with the same
    /// words crowd others out, the legs propose more. `count` returns the number of records with
    /// each of the given terms.
    pub(crate) fn choose(
        &mut self,
        limit: usize,
        least: Option<f64>,
        names: &Names,
        count: impl Fn(&[String]) -> Result<Statistics, Error>,
    ) -> Result<Vec<Chosen>, Error> {
        loop {
            let (chosen, may_lack) = self.choose_among(limit, least, names, &count)?;
            let is_crowded = chosen.iter().any(|chosen| !chosen.folded.is_empty());
            if limit <= chosen.len() || !is_crowded || !may_lack || CROWDED_ROWS_MAX <= self.rows {
                return Ok(chosen);
            }
            self.rows *= CROWDED;
            self.worded = None;
        }
    }

    /// Ranks the candidates, and ranks them again with the feedback of the terms that the first
    /// ones share. Also returns true if rows that are not candidates may fit as well.
    fn choose_among(
        &self,
        limit: usize,
        least: Option<f64>,
        names: &Names,
        count: &impl Fn(&[String]) -> Result<Statistics, Error>,
    ) -> Result<(Vec<Chosen>, bool), Error> {
        let sight = &self.sight(names);
        let (mut candidates, best) = self.candidates(names, sight);
        let is_cut = self.rows <= candidates.len();
        let near = sight.neighbours(&best, REACH);
        let known: HashSet<Place> = candidates.iter().copied().collect();
        candidates.extend(near.into_iter().filter(|place| !known.contains(place)));
        let scorer = self.scorer(names, sight, &candidates);
        let mut order = scorer.rank();
        let terms = scorer.shared_terms(&order, |term| self.analyzer.asks(term));
        if !terms.is_empty() {
            order = scorer.rank_with_feedback(order, &terms, &count(&terms)?);
        }
        let count = order.len();
        order.retain(|scored| least.is_none_or(|least| least <= scored.relevance));
        // If some are not relevant enough, the rows after them are not, either.
        let may_lack = is_cut && order.len() == count;
        Ok((self.fold(order, &scorer, sight, limit), may_lack))
    }

    /// Returns the result of `embed`. If there are many rows, the leg of words runs beside it.
    pub(crate) fn beside_words<T: Send>(
        &mut self,
        names: &RwLock<Names>,
        embed: impl FnOnce() -> T + Send,
    ) -> T {
        if !are_many(&self.parts) {
            return embed();
        }
        let (embedded, worded) = thread::scope(|scope| {
            let embedding = scope.spawn(embed);
            let names = names.read().expect("no holder panics");
            let worded = self.by_words(&names, &self.sight(&names));
            (embedding.join().expect("no embedding panics"), worded)
        });
        self.worded = Some(worded);
        embedded
    }

    /// Runs the leg of words, which needs no vector.
    fn by_words(&self, names: &Names, sight: &Sight<'_>) -> Worded {
        let statistics = &self.query.statistics;
        let own = self.query.terms.iter().enumerate();
        let own =
            own.filter_map(|(at, term)| Some((names.terms.find(term)?, self.query.weight(at))));
        let variants = self.query.variants.iter().filter_map(|Variant { term, to, share }| {
            Some((names.terms.find(term)?, share * self.query.weight(*to)))
        });
        let documents = statistics.documents.max(1) as f64;
        sight.by_words(&Wanted {
            terms: own.chain(variants).collect(),
            words_mean: (statistics.terms_total as f64 / documents).max(WORDS_MEAN_MIN),
            rows: self.rows,
        })
    }

    /// Returns the candidates that the legs propose, and the best of them.
    fn candidates(&self, names: &Names, sight: &Sight<'_>) -> (Vec<Place>, Vec<Place>) {
        let asked = self.query.meaning.asked.as_ref();
        let candidates = match &self.worded {
            Some(worded) => sight.propose(worded, asked),
            None => sight.propose(&self.by_words(names, sight), asked),
        };
        let scorer = self.scorer(names, sight, &candidates);
        let best = scorer.rank().into_iter().take(NEIGHBOURED);
        let best = best.map(|scored| candidates[scored.at]).collect();
        (candidates, best)
    }

    fn scorer<'a>(
        &'a self,
        names: &'a Names,
        sight: &'a Sight<'a>,
        candidates: &'a [Place],
    ) -> Scorer<'a> {
        let stem = |name: &str| self.analyzer.terms(name);
        Scorer::new(&self.query, self.weights, sight, names, candidates, stem)
    }

    /// Returns the first `limit` of `order`. Rows with the same text are folded into one hit with
    /// the score of the best of them: those of one owner, and for a user also shared ones, which
    /// are folded into the user's own.
    fn fold(
        &self,
        order: Vec<Scored>,
        scorer: &Scorer<'_>,
        sight: &Sight<'_>,
        limit: usize,
    ) -> Vec<Chosen> {
        let mut chosen: Vec<Chosen> = Vec::new();
        let mut first_with: HashMap<(u64, u32), usize> = HashMap::new();
        for mut scored in order {
            let (place, segment) = scorer.row(scored.at);
            let fold = segment.columns[place.at as usize].fold;
            let owner = match self.query.corpus {
                Corpus::All => segment.scopes[place.at as usize][0],
                Corpus::Of(_) => NONE,
            };
            if let Some(&first) = first_with.get(&(fold, owner)) {
                chosen[first].fold(place, sight);
                continue;
            }
            if chosen.len() == limit {
                // The following rows may still fold into a chosen one.
                continue;
            }
            if fold != 0 {
                first_with.insert((fold, owner), chosen.len());
            }
            scored.explanation.terms = scorer.own_terms(scored.at);
            scored.explanation.related = scorer.related_terms(scored.at);
            scored.explanation.scope.clone_from(&self.query.scope);
            let Scored { score, relevance, explanation, .. } = scored;
            chosen.push(Chosen { place, score, relevance, explanation, folded: Vec::new() });
        }
        chosen
    }
}

/// Minimum of the mean row length, in words, which an empty store has.
const WORDS_MEAN_MIN: f64 = 10.0;

impl Chosen {
    /// Folds in the row at `place`; a user's own row replaces a shared one.
    fn fold(&mut self, place: Place, sight: &Sight<'_>) {
        let user = |place: Place| sight.segment(place).scopes[place.at as usize][0];
        let folded = match user(self.place) == NONE && user(place) != NONE {
            true => std::mem::replace(&mut self.place, place),
            false => place,
        };
        self.folded.extend(sight.segment(folded).identity(folded.at, sight.names));
    }
}
