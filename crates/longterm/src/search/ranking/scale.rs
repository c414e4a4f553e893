//! The scale from cosines to likeness, on which models and stores are alike.

use serde::{Deserialize, Serialize};

/// The cosines that mean nothing, and those that mean an answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scale {
    /// The mean cosine of unrelated texts.
    unrelated: f64,
    /// The distance of a question's answer above it.
    answer: f64,
    /// The reliability, 0 to 1, with which it tells answers from unrelated texts.
    trust: f64,
}

/// The least distance of an answer from unrelated texts: below it differences are rounding.
const ANSWER_MIN: f64 = 1e-3;
/// The same for a model that can be relied on: some 6 for MiniLM, 4 for the static model.
const TRUSTED_DEVIATIONS: f64 = 6.0;

impl Scale {
    /// That of an unknown space: texts of a cosine of .5 are taken for unrelated.
    pub(crate) const NEUTRAL: Scale = Scale { unrelated: 0.5, answer: 0.75, trust: 0.5 };

    /// Of unrelated texts whose cosines have this mean and `deviation`, with answers so far above
    /// it.
    pub(crate) fn new(unrelated: f64, deviation: f64, answer: f64) -> Scale {
        let answer = answer.max(ANSWER_MIN);
        let trust = answer / deviation.max(ANSWER_MIN) / TRUSTED_DEVIATIONS;
        Scale { unrelated, answer, trust: trust.min(1.0) }
    }

    /// The likeness of two texts of this cosine: 0 as unrelated ones, 1 as question and answer.
    pub(crate) fn likeness(self, cosine: f64) -> f64 {
        (cosine - self.unrelated) / self.answer
    }

    /// The reliability, 0 to 1, with which the model tells answers from unrelated texts.
    pub(crate) fn trust(self) -> f64 {
        self.trust
    }
}
