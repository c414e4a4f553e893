//! Weights of the signals of the score.

/// Weights of the signals. The unit is roughly the value of a speaker whom the query names; a
/// weight of 0 switches its signal off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Weight of the word signal (BM25 coverage of the query). Default: 6.
    pub words: f64,
    /// Weight of a related word at a cosine of 1, relative to the word itself. Default: 0.2.
    pub related: f64,
    /// Weight of the likeness of meaning. A likeness of 1 is that of a question and its answer, 0
    /// that of unrelated texts. It grows up to fourfold in a search whose words fail, and up to
    /// twofold for a query of many words. Default: 3.
    pub meaning: f64,
    /// Weight of a record whose speaker the query names. Default: 1.3.
    pub speaker: f64,
    /// Weight of a record's nearness to the time that the query names. Default: 2.
    pub time: f64,
    /// Weight of a record that states a time, if the query asks for one. Default: 0.5.
    pub moment: f64,
    /// Weight of a record that is a question. Default: -0.4.
    pub question: f64,
    /// Weight of the share of the first hits' common words that the record has, if these hits are
    /// as alike to the query as an answer is. Default: 3.5.
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
