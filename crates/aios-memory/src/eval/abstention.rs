//! How far relevance tells questions that an index answers from those that it does not.
//!
//! Only the best hit counts, as for a caller who sets `min_relevance`.

use serde::Serialize;

use super::separation::{area_under_curve, calibration_error_of, passing};

/// Of questions by what the index holds for them, the share whose best hit is relevant: 0.5 or
/// more. It should be 1 of the answerable ones, and 0 of all others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Abstention {
    /// The share of the questions with evidence.
    pub answerable: f64,
    /// The same of questions that the conversation does not answer; `None` if none are asked.
    pub unanswerable: Option<f64>,
    /// The same of another conversation's questions; `None` if there is only one conversation.
    pub foreign: Option<f64>,
    /// The share of pairs of an answerable question and one of another conversation in which the
    /// best hit of the former is more relevant, ties counting half: the area under the ROC curve.
    pub area_under_curve: Option<f64>,
    /// The expected calibration error over the same questions: the answerable ones should have a
    /// relevance of 1, those of another conversation 0. Over ten intervals of relevance of equal
    /// width, it is the mean difference between the mean relevance and the share of answerable
    /// questions, each interval weighted by its questions.
    pub calibration_error: Option<f64>,
    /// As `area_under_curve`, against the unanswerable questions.
    pub unanswerable_area_under_curve: Option<f64>,
    /// As `calibration_error`, against the unanswerable questions.
    pub unanswerable_calibration_error: Option<f64>,
}

/// The relevance of the best hits so far, 0 if there is no hit.
#[derive(Debug, Default)]
pub(super) struct BestHits {
    pub(super) answerable: Vec<f64>,
    pub(super) unanswerable: Vec<f64>,
    pub(super) foreign: Vec<f64>,
}

impl BestHits {
    pub(super) fn summary(&self) -> Abstention {
        let area = |below: &[f64]| area_under_curve(&self.answerable, below);
        let error = |below: &[f64]| {
            (!below.is_empty()).then(|| calibration_error_of(&self.answerable, below))
        };
        Abstention {
            answerable: passing(&self.answerable).unwrap_or_default(),
            unanswerable: passing(&self.unanswerable),
            foreign: passing(&self.foreign),
            area_under_curve: area(&self.foreign),
            calibration_error: error(&self.foreign),
            unanswerable_area_under_curve: area(&self.unanswerable),
            unanswerable_calibration_error: error(&self.unanswerable),
        }
    }
}

#[cfg(test)]
mod tests;
