//! How far relevance tells questions that an index answers from those that it does not.
//!
//! Only the best hit counts, as for a caller who sets `min_relevance`.

use serde::Serialize;

use super::metrics::ratio;

/// From this relevance on a hit counts as an answer.
const RELEVANCE_ANSWERS: f64 = 0.5;

/// Of questions by what the index holds for them, the share whose best hit is relevant: 0.5 or
/// more. It should be 1 of the answerable ones, and 0 of all others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Abstention {
    /// Of the questions with evidence.
    pub answerable: f64,
    /// Of questions about the conversation that it does not answer; none where none are asked.
    pub unanswerable: Option<f64>,
    /// Of another conversation's questions; none where there is one only.
    pub foreign: Option<f64>,
    /// How often an answerable question's best hit is more relevant than that of a question of
    /// another conversation, ties counting half: the area under the ROC curve.
    pub area_under_curve: Option<f64>,
}

/// The relevance of the best hits so far, 0 where there is none.
#[derive(Debug, Default)]
pub(super) struct BestHits {
    pub(super) answerable: Vec<f64>,
    pub(super) unanswerable: Vec<f64>,
    pub(super) foreign: Vec<f64>,
}

impl BestHits {
    pub(super) fn summary(&self) -> Abstention {
        Abstention {
            answerable: share(&self.answerable).unwrap_or_default(),
            unanswerable: share(&self.unanswerable),
            foreign: share(&self.foreign),
            area_under_curve: area_under_curve(&self.answerable, &self.foreign),
        }
    }
}

fn share(relevances: &[f64]) -> Option<f64> {
    let relevant = relevances.iter().filter(|relevance| RELEVANCE_ANSWERS <= **relevance).count();
    (!relevances.is_empty()).then(|| ratio(relevant, relevances.len()))
}

/// As the statistic of Mann and Whitney (1947).
fn area_under_curve(above: &[f64], below: &[f64]) -> Option<f64> {
    let mut below = below.to_vec();
    below.sort_by(f64::total_cmp);
    let won = above.iter().map(|value| {
        let less = below.partition_point(|other| other < value);
        let not_more = below.partition_point(|other| other <= value);
        ratio(less + not_more, 2)
    });
    let pairs = above.len() * below.len();
    (0 < pairs).then(|| won.sum::<f64>() / ratio(pairs, 1))
}

#[cfg(test)]
mod tests;
