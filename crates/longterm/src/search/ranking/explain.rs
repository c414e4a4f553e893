//! Explanation of a score.

use serde::Serialize;

use crate::journal::Corpus;

/// Explanation of a score, which is the sum of the first seven fields. Ranges are those of the
/// default [`Weights`](crate::Weights).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Contribution of the query's words in the record and its neighbours: 0 to 6.
    pub words: f64,
    /// Contribution of the likeness of meaning of the record and the turns around it; below 0 if
    /// they are less alike than unrelated texts. If the query or the record has no vector, it
    /// depends on the share of the query's words.
    pub meaning: f64,
    /// Contribution of a speaker, or a person in a text without a speaker, whom the query names: 0
    /// or 1.3.
    pub speaker: f64,
    /// Contribution of the nearness to the time that the query names: 0 to 2.
    pub time: f64,
    /// Contribution of a time in the record, if the query asks for one: 0 or 0.5.
    pub moment: f64,
    /// Contribution of the record being a question: 0 or -0.4.
    pub question: f64,
    /// Contribution of the words that the first hits share: 0 to 3.5.
    pub feedback: f64,
    /// Terms of the query that the record itself has.
    pub terms: Vec<String>,
    /// Terms related to those of the query that the record itself has.
    pub related: Vec<String>,
    /// Cosine of the query's and the record's vectors as directions from the model's centre: -1 to
    /// 1.
    pub cosine: f64,
    /// Factor of the likeness of meaning in this search: 3; up to 12 if the records with most of
    /// the query's words differ from it in meaning and others do not; up to twice as much for a
    /// query of more than 12 words; less for a model that barely distinguishes answers from other
    /// texts, and for a query of figures or misspelt words.
    pub meaning_weight: f64,
    /// Words of the query that name the asker or a speaker. They are not searched for.
    pub scope: Vec<String>,
    /// Records whose words were counted to distinguish rare from common ones.
    pub statistics: Counted,
}

/// Records whose words a search counts to distinguish rare from common ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    /// The user's own and the shared records.
    #[serde(rename = "own and shared")]
    OwnAndShared,
    /// The shared records.
    Shared,
    /// The records of every owner.
    All,
}

impl From<&Corpus> for Counted {
    fn from(corpus: &Corpus) -> Counted {
        match corpus {
            Corpus::All => Counted::All,
            Corpus::Of(owner) if owner.is_shared() => Counted::Shared,
            Corpus::Of(_) => Counted::OwnAndShared,
        }
    }
}

impl Explanation {
    pub(crate) fn total(&self) -> f64 {
        let Explanation { words, meaning, speaker, time, moment, question, feedback, .. } = self;
        words + meaning + speaker + time + moment + question + feedback
    }
}
