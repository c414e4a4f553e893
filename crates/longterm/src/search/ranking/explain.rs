//! The explanation of a score.

use serde::Serialize;

use crate::journal::Corpus;

/// The explanation of a score, which is the sum of the first seven. Ranges are those of the default
/// [`Weights`](crate::Weights).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// From the query's words, in the record and around it: 0 to 6.
    pub words: f64,
    /// From the likeness of meaning of the record and the turns around it; below 0 for what is less
    /// alike than unrelated texts are. If the query or the record has no vector: from the share of
    /// the query's words.
    pub meaning: f64,
    /// From being said by, or speaking of, somebody whom the query names: 0 or 1.3.
    pub speaker: f64,
    /// From having happened when the query says: 0 to 2.
    pub time: f64,
    /// From telling a time where the query asks when: 0 or 0.5.
    pub moment: f64,
    /// From being a question: 0 or -0.4.
    pub question: f64,
    /// From words that the first hits share: 0 to 3.5.
    pub feedback: f64,
    /// The query's terms that the record itself has.
    pub terms: Vec<String>,
    /// The terms related to the query's that the record itself has.
    pub related: Vec<String>,
    /// Cosine of the query's and the record's vectors, seen from the centre of the model's: -1 to
    /// 1.
    pub cosine: f64,
    /// The factor of the likeness of meaning in this search: 3; up to 12 if the records with most
    /// of the query's words do not mean what the query does and others do; up to twice as much for
    /// a query of more than 12 words; less for a model that separates answers badly from other
    /// texts, and for a query of figures or misspelt words.
    pub meaning_weight: f64,
    /// The words of the query that name the asker or a speaker. They are not looked for.
    pub scope: Vec<String>,
    /// The records whose words were counted to tell rare ones from common ones.
    pub statistics: Counted,
}

/// The records whose words a search counts to tell rare ones from common ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    /// The user's own and the shared ones.
    #[serde(rename = "own and shared")]
    OwnAndShared,
    /// The shared ones.
    Shared,
    /// Those of every owner.
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
