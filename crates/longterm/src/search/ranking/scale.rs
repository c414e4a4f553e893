//! Scale from cosines to likeness, which is comparable between models and stores.

use serde::{Deserialize, Serialize};

/// Cosines of unrelated texts, and those of a question and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scale {
    /// Mean cosine of unrelated texts.
    unrelated: f64,
    /// Distance of an answer's cosine above the mean.
    answer: f64,
    /// Reliability with which the model distinguishes answers from unrelated texts, 0 to 1.
    trust: f64,
}

/// Minimum distance of an answer from unrelated texts; smaller differences are rounding errors.
const ANSWER_MIN: f64 = 1e-3;
/// Distance, in deviations, of a fully reliable model; MiniLM has about 6, the static model 4.
const TRUSTED_DEVIATIONS: f64 = 6.0;

impl Scale {
    /// Scale of an unknown space: texts with a cosine of .5 count as unrelated.
    pub(crate) const NEUTRAL: Scale = Scale { unrelated: 0.5, answer: 0.75, trust: 0.5 };

    /// Creates the scale from the mean and `deviation` of the cosines of unrelated texts, and the
    /// distance of answers above the mean.
    pub(crate) fn new(unrelated: f64, deviation: f64, answer: f64) -> Scale {
        let answer = answer.max(ANSWER_MIN);
        let trust = answer / deviation.max(ANSWER_MIN) / TRUSTED_DEVIATIONS;
        Scale { unrelated, answer, trust: trust.min(1.0) }
    }

    /// Returns the likeness of two texts with this cosine: 0 for unrelated texts, 1 for a question
    /// and its answer.
    pub(crate) fn likeness(self, cosine: f64) -> f64 {
        (cosine - self.unrelated) / self.answer
    }

    /// Returns the reliability with which the model distinguishes answers from unrelated texts, 0
    /// to
    /// 1.
    pub(crate) fn trust(self) -> f64 {
        self.trust
    }
}
