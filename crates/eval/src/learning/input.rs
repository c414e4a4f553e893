//! Input of the evaluation of learning: conversations, the observations of their authors, and cases
//! of supersession.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use aios_draft::Draft;
use aios_exchange::labelled::{CATEGORY_UNANSWERABLE, Labelled, Question};
use aios_learning::Message;
use serde::Deserialize;
use serde_json::Value;

use super::supersession::Case;
use crate::{Error, conversations::read_labelled, malformed, read};

/// Name of the file of observations that is searched for in the directory of conversations.
const OBSERVATIONS: &str = "observations.json";

/// A conversation with its questions, in the forms for storing and for the rules.
pub(crate) struct Conversation {
    pub(crate) labelled: Labelled,
    /// Messages in order, with their ids in the dataset.
    pub(crate) messages: Vec<Message>,
    /// Session of each message.
    pub(crate) sessions: Vec<String>,
    /// Observations; empty if no file has any for this conversation.
    pub(crate) observations: Vec<Observation>,
}

/// A fact recorded by the authors of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Observation {
    /// The person whom it concerns.
    pub(crate) speaker: String,
    pub(crate) text: String,
    /// Ids of the messages that state it.
    pub(crate) evidence: Vec<String>,
}

/// Content of the files.
#[derive(Default)]
pub(crate) struct Input {
    pub(crate) conversations: Vec<Conversation>,
    pub(crate) cases: Vec<Case>,
}

impl Input {
    /// Reads files: `.jsonl` has cases of supersession, `.json` conversations or observations. If
    /// no file of observations is given, `observations.json` in the directory of a conversation is
    /// read, if it exists.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Input, Error> {
        let mut input = Input::default();
        let mut labelled = Vec::new();
        let mut observed = BTreeMap::new();
        for path in paths {
            if path.extension().is_some_and(|it| it == "jsonl") {
                input.cases.extend(cases(path)?);
            } else if let Some(found) = observations(path)? {
                observed.extend(found);
            } else {
                labelled.extend(read_labelled(path)?);
            }
        }
        if observed.is_empty() {
            let beside = |path: &PathBuf| path.parent().map(|dir| dir.join(OBSERVATIONS));
            let places: BTreeSet<PathBuf> = paths.iter().filter_map(beside).collect();
            for place in places.iter().filter(|place| place.is_file()) {
                observed.extend(observations(place)?.unwrap_or_default());
            }
        }
        let conversation = |it: Labelled| {
            let observations = observed.remove(&it.id).unwrap_or_default();
            Conversation::new(it, observations)
        };
        input.conversations = labelled.into_iter().map(conversation).collect();
        Ok(input)
    }
}

impl Conversation {
    fn new(labelled: Labelled, observations: Vec<Observation>) -> Conversation {
        let speakers = crate::distinct(labelled.drafts.iter().filter_map(|it| it.name.as_deref()));
        let messages = labelled.drafts.iter().map(|draft| message(draft, &speakers)).collect();
        let session = |draft: &Draft| draft.scope.session.clone().unwrap_or_default();
        let sessions = labelled.drafts.iter().map(session).collect();
        Conversation { labelled, messages, sessions, observations }
    }

    /// Returns the messages in order, each with its predecessor in the session.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (&Message, Option<&Message>)> {
        self.messages.iter().enumerate().map(|(at, message)| {
            let before = at.checked_sub(1).filter(|it| self.sessions[*it] == self.sessions[at]);
            (message, before.map(|it| &self.messages[it]))
        })
    }

    /// Returns the questions whose answers are in known messages of the conversation.
    pub(crate) fn answerable(&self) -> impl Iterator<Item = &Question> {
        let is_answerable =
            |it: &&Question| it.category != CATEGORY_UNANSWERABLE && !it.evidence.is_empty();
        self.labelled.questions.iter().filter(is_answerable)
    }
}

fn message(draft: &Draft, speakers: &[&str]) -> Message {
    let key = draft.external_id.clone().unwrap_or_default();
    let speaker = draft.name.as_deref();
    let other = speakers.iter().find(|it| Some(**it) != speaker);
    Message {
        at: draft.occurred_at,
        speaker: speaker.map(str::to_owned),
        addressee: other.map(|it| (*it).to_owned()),
        ..Message::new(key, draft.text.as_str())
    }
}

/// Reads a file of observations: an object with a list for each conversation. `None` if the file
/// has another format.
fn observations(path: &Path) -> Result<Option<BTreeMap<String, Vec<Observation>>>, Error> {
    let content = read(path)?;
    let value: Result<Value, _> = serde_json::from_str(&content);
    let is_observations = |value: &Value| {
        let lists = value.as_object().filter(|lists| !lists.is_empty());
        lists.is_some_and(|lists| lists.values().all(Value::is_array))
    };
    if !value.as_ref().is_ok_and(is_observations) {
        return Ok(None);
    }
    let found = serde_json::from_str(&content).map_err(|error| Error::Input {
        path: path.to_owned(),
        problem: format!(
            "not observations: {error}; expected a list of `speaker`, `text` and `evidence` for \
             each conversation"
        ),
    })?;
    Ok(Some(found))
}

fn cases(path: &Path) -> Result<Vec<Case>, Error> {
    let content = read(path)?;
    let lines = (1..).zip(content.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let case: Case = serde_json::from_str(line).map_err(|error| {
                malformed(path, number, &format!("not a case of supersession: {error}"))
            })?;
            match case.has_target() {
                true => Ok(case),
                false => {
                    let problem = "`target` is not the index of a message before the last";
                    Err(malformed(path, number, problem))
                }
            }
        })
        .collect()
}
