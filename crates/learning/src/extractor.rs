//! The extractor: from messages to candidate facts.

mod answer;
mod correction;
mod resolved;
mod statement;

use serde::{Deserialize, Serialize};

use crate::draft::Draft;
use crate::heard::Heard;
use crate::language::is_english;
use crate::message::{Message, Role};
use crate::request::asks_about_listener;
use crate::when::Resolved;
use crate::worth::{self, Weights, Worth};

/// Facts of one message. Further ones are not extracted.
pub const DRAFTS_MAX: usize = 64;

/// Extracts candidate facts from messages by rules.
///
/// ```
/// use aios_learning::{Extractor, Heard, Message};
///
/// let mut heard = Heard::default();
/// let message = Message::new("m1", "I work at Calder Mills. And you?");
/// let learned = Extractor::default().extract(&message, None, &mut heard);
/// assert_eq!(learned.drafts.len(), 1);
/// assert_eq!(learned.drafts[0].attribute.as_deref(), Some("employer"));
/// assert_eq!(learned.drafts[0].value.as_deref(), Some("Calder Mills"));
/// assert_eq!(learned.drafts[0].text, "The user works at Calder Mills.");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Extractor {
    /// Weights of the worth of a message.
    pub weights: Weights,
    /// Minimum worth of a message whose statements are about no person, 0 to 1. Statements about a
    /// person are facts whatever the worth of their message. Default: 0.39, the best F1 on five
    /// conversations.
    pub worth_min: f64,
}

impl Default for Extractor {
    fn default() -> Extractor {
        Extractor { weights: Weights::default(), worth_min: 0.39 }
    }
}

/// The worth of a message and its candidate facts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// Worth of the message.
    pub worth: Worth,
    /// Candidate facts, in the order of the message; at most [`DRAFTS_MAX`].
    pub drafts: Vec<Draft>,
}

impl Extractor {
    /// Extracts the candidate facts of a message, and adds its words to `heard`. `before` is the
    /// message before it in the same conversation.
    ///
    /// A person's statements become facts. An assistant's do if they are a decision; if a person
    /// confirms them, they are facts of the confirming message. A text in another language than
    /// English has no facts.
    #[must_use]
    pub fn extract(
        &self,
        message: &Message,
        before: Option<&Message>,
        heard: &mut Heard,
    ) -> Learned {
        let sentences = message.sentences();
        // Only a question or an assistant's words bear on this message.
        let previous = before
            .filter(|it| it.role == Role::Assistant || it.text.contains('?'))
            .map(|before| (before, before.sentences()));
        let asked = previous.as_ref().is_some_and(|(before, sentences)| {
            before.speaker_differs(message) && worth::asks(sentences)
        });
        let is_answer =
            asked && previous.as_ref().is_some_and(|(_, said)| worth::ends_with_question(said));
        let numbers = worth::numbers(&sentences, heard, is_answer);
        heard.add(&sentences);
        let worth = Worth::of(numbers, &self.weights);
        if message.role == Role::Other || !is_english(message.read(), &sentences) {
            return Learned { worth, drafts: Vec::new() };
        }
        let mut drafts = Vec::new();
        if let Some((before, asked)) = &previous {
            drafts.extend(answer::confirmed(message, &sentences, before, asked));
        }
        let is_about_author = is_answer
            && previous
                .as_ref()
                .is_some_and(|(_, said)| said.last().is_some_and(asks_about_listener));
        statement::read(self.worth_min, message, &sentences, &worth, is_about_author, &mut drafts);
        if let Some((before, said)) = previous.as_ref().filter(|_| asked) {
            answer::join(message, before, said, &mut drafts);
        }
        drafts.truncate(DRAFTS_MAX);
        Learned { worth, drafts }
    }

    /// Computes the worth of a message, and adds its words to `heard`.
    #[must_use]
    pub fn worth(&self, message: &Message, before: Option<&Message>, heard: &mut Heard) -> Worth {
        let is_answer = before.is_some_and(|before| {
            before.speaker_differs(message)
                && before.text.contains('?')
                && worth::ends_with_question(&before.sentences())
        });
        let sentences = message.sentences();
        let numbers = worth::numbers(&sentences, heard, is_answer);
        heard.add(&sentences);
        Worth::of(numbers, &self.weights)
    }

    /// Returns the expressions of time in a message, resolved against its time. Empty if the
    /// message has none.
    #[must_use]
    pub fn times(&self, message: &Message) -> Vec<Resolved> {
        let sentences = message.sentences();
        sentences.iter().flat_map(|sentence| resolved::times(message, sentence)).collect()
    }
}
