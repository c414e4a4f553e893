//! A conversation of people or agents, which every writer writes in its own format.

use proptest::prelude::*;

/// Speakers of a conversation between people.
pub(super) const ANNA: &str = "Anna";
pub(super) const BO: &str = "Bo";

/// One turn.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Turn {
    User(String),
    Assistant(String),
    /// A tool with its input and its output.
    Tool(String, String, String),
}

/// A conversation.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    pub(super) id: String,
    pub(super) title: String,
    /// Time of the first turn in seconds since 1970; each further turn is a second later.
    pub(super) began: i64,
    pub(super) turns: Vec<Turn>,
}

impl Exchange {
    pub(super) fn second(&self, at: usize) -> i64 {
        self.began + i64::try_from(at).unwrap()
    }

    /// Returns the time of a turn as programs write it.
    pub(super) fn time(&self, at: usize) -> String {
        aios_record::Timestamp::from_second(self.second(at)).unwrap().to_string()
    }

    /// Returns the messages as `role: text`.
    pub(super) fn said(&self) -> Vec<String> {
        let said = self.turns.iter().filter_map(|turn| match turn {
            Turn::User(text) => Some(format!("user: {text}")),
            Turn::Assistant(text) => Some(format!("assistant: {text}")),
            Turn::Tool(..) => None,
        });
        said.collect()
    }

    /// Returns the messages as `speaker: text`.
    pub(super) fn spoken(&self) -> Vec<String> {
        self.texts().map(|(speaker, text)| format!("{speaker}: {text}")).collect()
    }

    /// Returns the texts as `title: text`, with the title of the conversation.
    pub(super) fn noted(&self) -> Vec<String> {
        self.texts().map(|(_, text)| format!("{}: {text}", self.title)).collect()
    }

    /// Returns the texts, each with its speaker.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.turns.iter().filter_map(|turn| match turn {
            Turn::User(text) => Some((ANNA, text.as_str())),
            Turn::Assistant(text) => Some((BO, text.as_str())),
            Turn::Tool(..) => None,
        })
    }

    /// Returns the calls as tool, input and output.
    pub(super) fn called(&self) -> Vec<(String, String, String)> {
        let called = self.turns.iter().filter_map(|turn| match turn {
            Turn::Tool(tool, input, output) => Some((tool.clone(), input.clone(), output.clone())),
            _ => None,
        });
        called.collect()
    }
}

/// Generates a conversation of a few turns that begins with a user and ends with an answer.
pub(super) fn exchange() -> impl Strategy<Value = Exchange> {
    let word = "[a-zA-Z0-9 .,!?\u{e4}\u{f8}\u{65e5}\u{672c}\u{1f600}-]{0,30}[a-z]";
    let turn = prop_oneof![
        4 => word.prop_map(|text| Turn::User(format!("q {text}"))),
        4 => word.prop_map(|text| Turn::Assistant(format!("a {text}"))),
        2 => ("[a-z_]{1,12}", word, word).prop_map(|(tool, input, output)| {
            Turn::Tool(format!("t{tool}"), input.trim().to_owned(), format!("o {output}"))
        }),
    ];
    let turns = prop::collection::vec(turn, 1..8);
    (
        "[0-9a-f]{8}-[0-9a-f]{4}",
        "[A-Z][a-z]{2,9}( [a-z]{1,8}){0,3}",
        1_500_000_000_i64..1_800_000_000,
        turns,
    )
        .prop_map(|(id, title, began, mut turns)| {
            turns.insert(0, Turn::User("q first".to_owned()));
            turns.push(Turn::Assistant("a last".to_owned()));
            Exchange { id, title, began, turns }
        })
}
