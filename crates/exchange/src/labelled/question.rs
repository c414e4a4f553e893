//! A question about a conversation, with its answer and evidence.

use serde_json::Value;

/// Category of the questions that the conversation does not answer.
pub const CATEGORY_UNANSWERABLE: u64 = 5;

/// A question with the turns that answer it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Question {
    /// The text.
    pub text: String,
    /// The expected answer in words; `None` if the dataset has none.
    pub answer: Option<String>,
    /// Ids of turns of the same conversation. Labels with several ids are split; unknown ids are
    /// dropped.
    pub evidence: Vec<String>,
    /// The category: for LoCoMo that of the dataset, for LongMemEval 1 single-session-user, 2
    /// single-session-assistant, 3 single-session-preference, 4 multi-session, 6
    /// temporal-reasoning, 7 knowledge-update; [`CATEGORY_UNANSWERABLE`] in both.
    pub category: u64,
}

impl Question {
    /// Returns the text of an answer, which may be a number. `None` for other values.
    pub(crate) fn answer_text(value: &Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}
