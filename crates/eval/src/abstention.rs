//! Separation of answerable from unanswerable questions by relevance.
//!
//! Only the best hit is used, as by a caller that sets `min_relevance`.

use serde::Serialize;

use crate::separation::{area_under_curve, calibration_error_of, passing};

/// Shares of questions whose best hit has a relevance of at least 0.5, by kind of question. Ideally
/// 1 for answerable questions and 0 for all others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Abstention {
    /// Share of the questions with evidence.
    pub answerable: f64,
    /// Share of the questions that the conversation does not answer; `None` if there are none.
    pub unanswerable: Option<f64>,
    /// Share of the questions of another conversation; `None` if there is only one conversation.
    pub foreign: Option<f64>,
    /// Area under the ROC curve: the share of pairs of an answerable question and one of another
    /// conversation in which the best hit of the former is more relevant, ties counting half.
    pub area_under_curve: Option<f64>,
    /// Expected calibration error over the same questions, with an expected relevance of 1 for
    /// answerable questions and 0 for those of another conversation. Over ten intervals of
    /// relevance of equal width, it is the mean difference between the mean relevance and the share
    /// of answerable questions, each interval weighted by its questions.
    pub calibration_error: Option<f64>,
    /// Like `area_under_curve`, against the unanswerable questions.
    pub unanswerable_area_under_curve: Option<f64>,
    /// Like `calibration_error`, against the unanswerable questions.
    pub unanswerable_calibration_error: Option<f64>,
}

/// Relevance of the best hits so far; 0 for a question without hits.
#[derive(Debug, Default)]
pub(crate) struct BestHits {
    pub(crate) answerable: Vec<f64>,
    pub(crate) unanswerable: Vec<f64>,
    pub(crate) foreign: Vec<f64>,
}

impl BestHits {
    pub(crate) fn summary(&self) -> Abstention {
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
