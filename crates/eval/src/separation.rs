//! Separation of answers from other hits by relevance.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::metrics::{percentile, ratio};

/// Minimum relevance of a hit that counts as an answer.
pub(crate) const RELEVANCE_ANSWERS: f64 = 0.5;

/// Number of intervals of relevance, of equal width, for the calibration error.
const BINS: usize = 10;

/// Relevance of the answers to questions of one type: that of the correct note (0 if it was not
/// found), or that of the best hit if no note is correct.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Relevance {
    /// Number of questions.
    pub queries: usize,
    /// Share of answers with a relevance of at least 0.5.
    pub passing: f64,
    /// Median, by the nearest-rank method.
    pub median: f64,
    /// Area under the ROC curve: the share of pairs of such a question and an unanswerable one in
    /// which the former has the higher relevance, ties counting half. `None` for unanswerable
    /// questions, or if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area_under_curve: Option<f64>,
    /// Expected calibration error over the same questions, with an expected relevance of 1 for
    /// questions of this type and 0 for unanswerable ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration_error: Option<f64>,
}

/// Relevances so far, by type of question.
#[derive(Debug, Default)]
pub(crate) struct Relevances(BTreeMap<String, Vec<f64>>);

impl Relevances {
    pub(crate) fn push(&mut self, r#type: &str, relevance: f64) {
        self.0.entry(r#type.to_owned()).or_default().push(relevance);
    }

    /// Compares each type with the questions of type `unanswered`.
    pub(crate) fn by_type(&self, unanswered: &str) -> BTreeMap<String, Relevance> {
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

/// Returns the share of relevances that count as an answer; `None` without relevances.
pub(crate) fn passing(relevances: &[f64]) -> Option<f64> {
    let passing = relevances.iter().filter(|relevance| RELEVANCE_ANSWERS <= **relevance).count();
    (!relevances.is_empty()).then(|| ratio(passing, relevances.len()))
}

/// Computes the area under the ROC curve by the statistic of Mann and Whitney (1947).
pub(crate) fn area_under_curve(above: &[f64], below: &[f64]) -> Option<f64> {
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

/// Returns the [`calibration_error`] if each of `above` should be 1 and each of `below` 0.
pub(crate) fn calibration_error_of(above: &[f64], below: &[f64]) -> f64 {
    let above = above.iter().map(|relevance| (*relevance, true));
    let all: Vec<(f64, bool)> =
        above.chain(below.iter().map(|relevance| (*relevance, false))).collect();
    calibration_error(&all)
}

/// Returns the expected calibration error of relevances as probabilities of a correct hit. Over ten
/// intervals of equal width, it is the mean difference between the mean relevance and the share of
/// correct hits, each interval weighted by its questions (Naeini, Cooper and Hauskrecht, "Obtaining
/// Well Calibrated Probabilities Using Bayesian Binning", 2015). 0 without predictions.
pub(crate) fn calibration_error(predictions: &[(f64, bool)]) -> f64 {
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
