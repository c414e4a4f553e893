//! The LoCoMo dataset's JSON: long conversations with labelled questions (Maharana et al., 2024).
//!
//! It is read element by element, so a broken turn affects only itself.

use std::collections::BTreeSet;

use aios_draft::{Defaults, Draft, moment};
use aios_record::{Kind, Timestamp};
use serde_json::{Map, Value};

use crate::labelled::Question;

/// One conversation, with its questions.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sample {
    pub(crate) id: String,
    /// Sessions in the order of their numbers.
    pub(crate) sessions: Vec<Session>,
    pub(crate) questions: Vec<Question>,
    /// Problems of invalid session times. These sessions are read without a time.
    pub(crate) untimed: Vec<String>,
    /// Number of turns without content, which are skipped.
    pub(crate) empty_turns: u64,
}

/// One session of a conversation.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Session {
    pub(crate) number: u64,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) turns: Vec<Turn>,
    /// Number of turns without content.
    empty_turns: u64,
}

/// One utterance.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Turn {
    pub(crate) speaker: String,
    pub(crate) dia_id: Option<String>,
    /// The text, with the caption of a shared photo appended.
    pub(crate) text: String,
}

impl Sample {
    /// Reads one element of the dataset's list. Unreadable parts are reported in `problems` and
    /// skipped. `None` if the element is not a sample.
    pub(crate) fn read(value: &Value, problems: &mut Vec<String>) -> Option<Sample> {
        let Some(id) = value.get("sample_id").and_then(Value::as_str) else {
            problems.push("expected a LoCoMo sample with a `sample_id` that is text".to_owned());
            return None;
        };
        let Some(conversation) = value.get("conversation").and_then(Value::as_object) else {
            problems.push(format!("sample `{id}` has no `conversation` object"));
            return None;
        };
        let mut untimed = Vec::new();
        let sessions = read_sessions(conversation, &mut untimed, problems);
        let turns: BTreeSet<&str> = sessions
            .iter()
            .flat_map(|session| &session.turns)
            .filter_map(|turn| turn.dia_id.as_deref())
            .collect();
        let labelled = value.get("qa").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let questions = labelled.iter().filter_map(|qa| read_question(qa, &turns)).collect();
        let empty_turns = sessions.iter().map(|session| session.empty_turns).sum();
        Some(Sample { id: id.to_owned(), sessions, questions, untimed, empty_turns })
    }

    /// Builds the drafts of a conversation: the session is `sample/session_N`, the name the
    /// speaker. The sample's id belongs to the format and does not name an owner.
    pub(crate) fn drafts(&self, defaults: &Defaults) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for session in &self.sessions {
            let name = format!("{}/session_{}", self.id, session.number);
            let scope = defaults.scope.clone().with_session(name);
            drafts.extend(session.turns.iter().map(|turn| Draft {
                role: Some("user".to_owned()),
                name: Some(turn.speaker.clone()),
                external_id: turn.dia_id.clone(),
                occurred_at: session.started_at,
                ..Draft::new(Kind::Message, scope.clone(), turn.text.clone())
            }));
        }
        drafts
    }
}

fn read_sessions(
    conversation: &Map<String, Value>,
    untimed: &mut Vec<String>,
    problems: &mut Vec<String>,
) -> Vec<Session> {
    let mut sessions = Vec::new();
    for (key, value) in conversation {
        let number = key.strip_prefix("session_").and_then(|rest| rest.parse::<u64>().ok());
        let Some(number) = number else { continue };
        let Some(turns) = value.as_array() else {
            problems.push(format!("`{key}` is not a list of turns"));
            continue;
        };
        let heading = conversation.get(&format!("{key}_date_time")).and_then(Value::as_str);
        let started_at = heading.and_then(|text| match moment::parse_session_time(text) {
            Ok(time) => Some(time),
            Err(problem) => {
                untimed.push(format!("`{key}` is stored undated: {problem}"));
                None
            }
        });
        let mut session = Session { number, started_at, ..Session::default() };
        for (index, turn) in turns.iter().enumerate() {
            match read_turn(turn) {
                Ok(Some(turn)) => session.turns.push(turn),
                Ok(None) => session.empty_turns += 1,
                Err(problem) => problems.push(format!("turn {} of `{key}`: {problem}", index + 1)),
            }
        }
        sessions.push(session);
    }
    sessions.sort_by_key(|session| session.number);
    sessions
}

/// Reads a turn; `None` if it has no content.
fn read_turn(value: &Value) -> Result<Option<Turn>, String> {
    let text_of = |key: &str| value.get(key).and_then(Value::as_str).map(str::trim);
    let speaker = text_of("speaker").ok_or("`speaker` is missing")?;
    let said = text_of("text").unwrap_or_default();
    let caption = text_of("blip_caption").filter(|caption| !caption.is_empty());
    let text = match caption {
        None if said.is_empty() && value.get("img_url").is_some_and(|url| !url.is_null()) => {
            "[shared a photo]".to_owned()
        }
        None if said.is_empty() => {
            let is_empty = value.get("text").is_some_and(|text| text.is_null() || text.is_string());
            return if is_empty { Ok(None) } else { Err("`text` is missing".to_owned()) };
        }
        None => said.to_owned(),
        Some(caption) => format!("{said} [shared a photo: {caption}]").trim_start().to_owned(),
    };
    let dia_id = text_of("dia_id").filter(|id| !id.is_empty()).map(str::to_owned);
    Ok(Some(Turn { speaker: speaker.to_owned(), dia_id, text }))
}

fn read_question(value: &Value, turns: &BTreeSet<&str>) -> Option<Question> {
    let text = value.get("question")?.as_str()?.to_owned();
    let category = value.get("category").and_then(Value::as_u64).unwrap_or_default();
    let labels = value.get("evidence").and_then(Value::as_array);
    let mut evidence = Vec::new();
    for label in labels.into_iter().flatten().filter_map(Value::as_str) {
        let parts = label.split(|c: char| c == ';' || c == ',' || c.is_whitespace());
        for id in parts.filter(|part| turns.contains(part)) {
            if !evidence.iter().any(|known| known == id) {
                evidence.push(id.to_owned());
            }
        }
    }
    let answer = value.get("answer").and_then(Question::answer_text);
    Some(Question { text, answer, evidence, category })
}

#[cfg(test)]
mod tests;
