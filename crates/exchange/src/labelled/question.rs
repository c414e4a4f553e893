//! A question about a conversation, with its answer's place.

/// Category of the questions that the conversation does not answer.
pub const CATEGORY_UNANSWERABLE: u64 = 5;

/// A question with the turns that answer it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Question {
    /// The text.
    pub text: String,
    /// Ids of turns of the same conversation. Labels with several ids are split; ids of unknown
    /// turns are dropped.
    pub evidence: Vec<String>,
    /// The category: for LoCoMo that of the dataset, for LongMemEval 1 single-session-user, 2
    /// single-session-assistant, 3 single-session-preference, 4 multi-session, 6
    /// temporal-reasoning, 7 knowledge-update; [`CATEGORY_UNANSWERABLE`] in both.
    pub category: u64,
}
