//! Conversations with labelled questions, for evaluations: samples of the LoCoMo dataset and
//! haystacks of LongMemEval. Not here: asking the questions, which `aios-eval` does.

mod question;

use aios_draft::{Defaults, Draft};
use serde_json::Value;

pub use self::question::{CATEGORY_UNANSWERABLE, Question};
use crate::ingest::{Haystack, Sample};

/// A conversation with questions.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// Id in the dataset.
    pub id: String,
    /// Turns, each with its id in the dataset as external id.
    pub drafts: Vec<Draft>,
    /// The questions about it.
    pub questions: Vec<Question>,
}

impl Labelled {
    /// Reads an element of a dataset. Unreadable parts are skipped and reported in `problems`.
    /// `None` if the element is neither a sample nor a haystack.
    #[must_use]
    pub fn read(element: &Value, problems: &mut Vec<String>) -> Option<Labelled> {
        match element {
            Value::Object(haystack) if haystack.contains_key("haystack_sessions") => {
                Some(Labelled::of_haystack(Haystack::read(haystack), problems))
            }
            sample => Some(Labelled::of_sample(Sample::read(sample, problems)?, problems)),
        }
    }

    fn of_sample(sample: Sample, problems: &mut Vec<String>) -> Labelled {
        problems.extend(sample.untimed.iter().cloned());
        let drafts = sample.drafts(&Defaults::default());
        Labelled { id: sample.id, drafts, questions: sample.questions }
    }

    fn of_haystack(haystack: Haystack, problems: &mut Vec<String>) -> Labelled {
        problems.extend(haystack.problems.iter().cloned());
        let mut drafts = Vec::new();
        for draft in haystack.drafts(&Defaults::default()) {
            match draft {
                Ok(draft) => drafts.push(draft),
                Err(unfit) => problems.push(unfit.into_reason()),
            }
        }
        let questions = haystack.question.into_iter().collect();
        Labelled { id: haystack.id, drafts, questions }
    }
}
