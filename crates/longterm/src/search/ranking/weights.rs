//! The weights of the signals of the score.

/// The weight of each signal. The unit is roughly what it is worth that a record's speaker is
/// the one whom the query names; a signal of weight 0 is switched off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Of the share of the query's words that the record has; 6.
    pub words: f64,
    /// Of a related word, against the word itself, at a cosine of 1; 0.2.
    pub related: f64,
    /// Weight of the likeness of meaning. A likeness of 1 is that of a question and its answer, 0
    /// that of unrelated texts. It grows up to fourfold in a search whose words fail, and up to
    /// twofold for a query of many words. Default: 3.
    pub meaning: f64,
    /// Of being said by whom the query names; 1.3.
    pub speaker: f64,
    /// Of having happened when the query says; 2.
    pub time: f64,
    /// Of telling a time where the query asks when; 0.5.
    pub moment: f64,
    /// Of being a question; -0.4.
    pub question: f64,
    /// Of the share of the first hits' common words that the record has, if these hits are as
    /// alike to the query as an answer is; 3.5.
    pub feedback: f64,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights {
            words: 6.0,
            related: 0.2,
            meaning: 3.0,
            speaker: 1.3,
            time: 2.0,
            moment: 0.5,
            question: -0.4,
            feedback: 3.5,
        }
    }
}
