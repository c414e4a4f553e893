//! A message to learn from.

use aios_record::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lexicon::Class;
use crate::own::own;
use crate::sentence::{Sentence, sentences};
use crate::when::day_of;

/// Bytes of a message that are read. The rest is ignored.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// First number that is read as a year of somebody's life.
const YEAR_MIN: i16 = 1900;

/// The speaker's role in a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// A person, who speaks about themselves and their work.
    #[default]
    Person,
    /// An assistant, whose words count only if a person confirms them or if they are a decision.
    Assistant,
    /// A tool, a system prompt, or a document: never a source of facts.
    Other,
}

/// A message in its conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Key of the message, which its facts name as evidence.
    pub key: String,
    /// The text.
    pub text: String,
    /// The speaker's role. Default: a person.
    pub role: Role,
    /// The speaker's name. `None` makes the subject of its facts "the user".
    pub speaker: Option<String>,
    /// Name of the one who is addressed, which replaces "you" in texts of facts.
    pub addressee: Option<String>,
    /// Time of the message. `None` leaves its relative times unresolved.
    pub at: Option<Timestamp>,
    /// Time zone of the message, in seconds east of UTC. Default: 0.
    pub offset_seconds: i32,
}

impl Message {
    /// Creates a message of a person without a name.
    #[must_use]
    pub fn new(key: impl Into<String>, text: impl Into<String>) -> Message {
        Message {
            key: key.into(),
            text: text.into(),
            role: Role::Person,
            speaker: None,
            addressee: None,
            at: None,
            offset_seconds: 0,
        }
    }

    /// Sets the time of the message, and the offset of its zone in seconds east of UTC.
    #[must_use]
    pub fn with_time(self, at: Timestamp, offset_seconds: i32) -> Message {
        Message { at: Some(at), offset_seconds, ..self }
    }

    /// Sets the role of the speaker.
    #[must_use]
    pub fn with_role(self, role: Role) -> Message {
        Message { role, ..self }
    }

    /// Sets the names of the speaker and of the one who is addressed.
    #[must_use]
    pub fn with_names(self, speaker: impl Into<String>, addressee: impl Into<String>) -> Message {
        Message { speaker: Some(speaker.into()), addressee: Some(addressee.into()), ..self }
    }

    /// Returns the part of the text that is read: at most [`TEXT_BYTES_MAX`] bytes.
    pub(crate) fn read(&self) -> &str {
        let mut end = self.text.len().min(TEXT_BYTES_MAX);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        &self.text[..end]
    }

    /// Returns the sentences that the speaker says: without quoted and pasted text.
    pub(crate) fn sentences(&self) -> Vec<Sentence> {
        let mut sentences = sentences(&own(self.read()));
        let year = self.at.map(|at| day_of(at, self.offset_seconds).year());
        let words = sentences.iter_mut().flat_map(|sentence| &mut sentence.words);
        for word in words.filter(|word| word.low.len() == 4) {
            let said: Option<i16> = word.low.parse().ok();
            if said.zip(year).is_some_and(|(said, year)| YEAR_MIN <= said && said < year) {
                word.classes |= Class::Bygone.bit();
            }
        }
        sentences
    }

    /// Returns true if two messages are of different speakers.
    pub(crate) fn speaker_differs(&self, other: &Message) -> bool {
        self.role != other.role || self.speaker != other.speaker
    }

    /// Returns the subject of facts about the speaker.
    pub(crate) fn subject(&self) -> &str {
        self.speaker.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or("the user")
    }
}
