//! Older versions of records, searched by their words, for a search as of an earlier moment.
//!
//! Older versions are not indexed: those of the moment are read from the journal and compared with
//! the query one by one.

use std::collections::HashSet;

use aios_analysis::{Analyzer, Query};
use aios_record::{Identity, Kind, Record, Timestamp};

use super::{
    found::Hit,
    options::{SearchOptions, check},
};
use crate::{Error, LongtermView};

/// Maximum number of versions that one search reads: the most recently replaced.
pub const VERSIONS_SEARCHED_MAX: usize = 100_000;

/// Relevance of a version that has every word of the query.
const RELEVANCE_MAX: f64 = 0.9;

/// The versions of a moment.
#[derive(Debug, Clone, Default)]
pub struct FormerFound {
    /// Versions with words of the query, best first.
    pub hits: Vec<Hit>,
    /// Records that had another version at the moment than they have now.
    pub replaced: HashSet<Identity>,
    /// Number of records whose version of the moment is no longer kept.
    pub lost: u64,
}

impl LongtermView {
    /// Searches the versions that records had at `moment` and do not have now. Facts are left out:
    /// they store their own times of validity.
    ///
    /// # Errors
    /// As [`search`](LongtermView::search).
    pub async fn search_former(
        &self,
        text: &str,
        moment: Timestamp,
        options: &SearchOptions,
    ) -> Result<FormerFound, Error> {
        let limit = options.limit.unwrap_or(self.parts.config.search_limit);
        check(text, &options.clone().with_limit(limit))?;
        let view = self.narrow(&options.scope)?;
        let analyzer = view.parts.intake.analyzer;
        let query = Asked::new(analyzer, text);
        let mut found = FormerFound::default();
        for former in view.parts.journal.versions_at(moment, VERSIONS_SEARCHED_MAX).await? {
            let record = former.record;
            if record.kind == Kind::Fact || !view.gate.sees(&record.scope) {
                continue;
            }
            // The time of the first version, if the one before is not kept.
            let written_at = former.written_at.unwrap_or(record.recorded_at);
            if moment < written_at {
                continue;
            }
            found.replaced.insert(record.identity());
            if former.written_at.is_none() && former.is_cut {
                found.lost += 1;
                continue;
            }
            if !admits(&record, moment, options) {
                continue;
            }
            let relevance = RELEVANCE_MAX * query.share_in(analyzer, &record.text).powi(2);
            if 0.0 < relevance && options.min_relevance.is_none_or(|min| min <= relevance) {
                let (score, folded, explain) = (relevance, Vec::new(), None);
                found.hits.push(Hit { record, score, relevance, folded, explain });
            }
        }
        found.hits.sort_by(|a, b| b.relevance.total_cmp(&a.relevance));
        Ok(found)
    }
}

/// Returns `true` if the options select a version.
fn admits(record: &Record, moment: Timestamp, options: &SearchOptions) -> bool {
    let time = record.time();
    options.kinds.as_ref().is_none_or(|kinds| kinds.contains(&record.kind))
        && (options.tags.is_empty() || record.tags.iter().any(|tag| options.tags.contains(tag)))
        && options.since.is_none_or(|since| since <= time)
        && options.until.is_none_or(|until| time < until)
        && record.valid_from.is_none_or(|from| from <= moment)
        && record.valid_to.is_none_or(|to| moment < to)
        && record.expires_at.is_none_or(|end| moment < end)
}

/// The terms of a query, and their variants.
struct Asked {
    query: Query,
    variants: Vec<(String, usize, f64)>,
}

impl Asked {
    fn new(analyzer: &Analyzer, text: &str) -> Asked {
        let query = analyzer.query(text);
        let variants = query.variants().into_iter();
        let variants = variants.map(|variant| (variant.term, variant.to, variant.share)).collect();
        Asked { query, variants }
    }

    /// Returns the share of the terms that a text has, 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a query has few terms")]
    fn share_in(&self, analyzer: &Analyzer, text: &str) -> f64 {
        let terms: HashSet<String> = analyzer.terms(text).into_iter().collect();
        let mut shares = vec![0.0_f64; self.query.terms.len()];
        for (share, term) in shares.iter_mut().zip(&self.query.terms) {
            *share = f64::from(u8::from(terms.contains(term)));
        }
        for (term, to, share) in &self.variants {
            if terms.contains(term)
                && let Some(known) = shares.get_mut(*to)
            {
                *known = known.max(*share);
            }
        }
        let count = shares.len().max(1) as f64;
        shares.iter().sum::<f64>() / count
    }
}
