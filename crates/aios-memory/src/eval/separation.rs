//! The power of relevance to tell answers from other hits.

use std::collections::BTreeMap;

use serde::Serialize;

use super::metrics::{percentile, ratio};

/// From this relevance on a hit counts as an answer.
pub(super) const RELEVANCE_ANSWERS: f64 = 0.5;

/// The intervals of relevance whose calibration is compared, of equal width.
const BINS: usize = 10;

/// The relevance that the questions of one type were answered with: that of the right note, 0 if
/// it was not found, or that of the best hit if no note is right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Relevance {
    /// The number of questions.
    pub queries: usize,
    /// The share of 0.5 or more.
    pub passing: f64,
    /// The median, by the nearest-rank method.
    pub median: f64,
    /// The share of pairs of such a question and one without an answer in which the former has the
    /// higher relevance, ties counting half: the area under the ROC curve. `None` for questions
    /// without an answer, or if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area_under_curve: Option<f64>,
    /// The expected calibration error over the same questions: those of this type should have 1,
    /// those without an answer 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration_error: Option<f64>,
}

/// The relevances so far, by the type of question.
#[derive(Debug, Default)]
pub(super) struct Relevances(BTreeMap<String, Vec<f64>>);

impl Relevances {
    pub(super) fn push(&mut self, r#type: &str, relevance: f64) {
        self.0.entry(r#type.to_owned()).or_default().push(relevance);
    }

    /// Each type against the questions of type `unanswered`.
    pub(super) fn by_type(&self, unanswered: &str) -> BTreeMap<String, Relevance> {
        let below = self.0.get(unanswered).map_or(&[][..], Vec::as_slice);
        let of_type = |(name, values): (&String, &Vec<f64>)| {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let against = Some(below).filter(|below| name != unanswered && !below.is_empty());
            let relevance = Relevance {
                queries: values.len(),
                passing: passing(values).unwrap_or_default(),
                median: percentile(&sorted, 50),
                area_under_curve: against.and_then(|below| area_under_curve(values, below)),
                calibration_error: against.map(|below| calibration_error_of(values, below)),
            };
            (name.clone(), relevance)
        };
        self.0.iter().map(of_type).collect()
    }
}

/// The share of relevances that count as an answer.
pub(super) fn passing(relevances: &[f64]) -> Option<f64> {
    let passing = relevances.iter().filter(|relevance| RELEVANCE_ANSWERS <= **relevance).count();
    (!relevances.is_empty()).then(|| ratio(passing, relevances.len()))
}

/// As the statistic of Mann and Whitney (1947).
pub(super) fn area_under_curve(above: &[f64], below: &[f64]) -> Option<f64> {
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

/// The [`calibration_error`] if each of `above` should be 1 and each of `below` 0.
pub(super) fn calibration_error_of(above: &[f64], below: &[f64]) -> f64 {
    let above = above.iter().map(|relevance| (*relevance, true));
    let all: Vec<(f64, bool)> =
        above.chain(below.iter().map(|relevance| (*relevance, false))).collect();
    calibration_error(&all)
}

/// The expected calibration error of relevances as probabilities of being right: over ten
/// intervals of equal width, the mean of the difference between the mean relevance and the share
/// that is right, each interval weighted by its questions (Naeini, Cooper and Hauskrecht,
/// "Obtaining Well Calibrated Probabilities Using Bayesian Binning", 2015). 0 for none.
pub(super) fn calibration_error(predictions: &[(f64, bool)]) -> f64 {
    let mut excess = [0.0; BINS];
    for (relevance, is_right) in predictions {
        let upper = (1..BINS).take_while(|bin| ratio(*bin, BINS) <= *relevance).count();
        excess[upper] += relevance - f64::from(u8::from(*is_right));
    }
    let total: f64 = excess.iter().map(|excess| excess.abs()).sum();
    total / ratio(predictions.len().max(1), 1)
}

#[cfg(test)]
mod tests;
