//! LongMemEval: sessions of a user and an assistant with labelled questions, which `aios-eval`
//! asks (Wu et al., 2024).
//!
//! A session occurs in the haystacks of many questions, with different times; each haystack gets
//! its own copy. The question belongs to the format and does not name an owner.

use aios_draft::{Defaults, Draft, Unfit, content::text_in, moment, shape::shape};
use aios_record::Timestamp;
use serde_json::{Map, Value};

use super::{
    description::{Description, Elements, Reader, Shape},
    transcript::{Transcript, session_id},
};
use crate::{
    ingest::format::Format,
    labelled::{CATEGORY_UNANSWERABLE, Question},
};

pub(super) const DESCRIPTION: Description = Description {
    format: Format::LongMemEval,
    name: "longmemeval",
    about: "The LongMemEval dataset's JSON",
    shape: Some(Shape {
        recognises: |element| element.get("haystack_sessions").is_some_and(Value::is_array),
        needs: "`haystack_sessions`",
        signs: &["question_id", "question", "answer", "haystack_dates", "answer_session_ids"],
        artefacts: &[],
        lists: &[],
        opens: &[],
        elements: Elements::Whole,
        reader: Some(|| Box::new(LongMemEval)),
    }),
};

/// Question types with the categories under which `aios-eval` reports them.
const CATEGORIES: &[(&str, u64)] = &[
    ("single-session-user", 1),
    ("single-session-assistant", 2),
    ("single-session-preference", 3),
    ("multi-session", 4),
    ("temporal-reasoning", 6),
    ("knowledge-update", 7),
];

/// Suffix of the id of an unanswerable question.
const ABSTENTION: &str = "_abs";

struct LongMemEval;

impl Reader for LongMemEval {
    fn read(&mut self, line: u64, element: Map<String, Value>, to: &mut Transcript) {
        let haystack = Haystack::read(&element);
        for problem in &haystack.problems {
            to.mend(line, problem.clone());
        }
        let defaults = to.defaults().clone();
        for draft in haystack.drafts(&defaults) {
            to.draft(line, draft);
        }
    }
}

/// The sessions to which one question refers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Haystack {
    pub(crate) id: String,
    sessions: Vec<Session>,
    pub(crate) question: Option<Question>,
    /// Problems. Each affects a time, a session or some of its turns.
    pub(crate) problems: Vec<String>,
}

#[derive(Debug, Clone)]
struct Session {
    id: String,
    began: Option<Timestamp>,
    turns: Vec<Map<String, Value>>,
}

impl Haystack {
    /// Reads an element of the dataset.
    pub(crate) fn read(element: &Map<String, Value>) -> Haystack {
        let list = |name: &str| element.get(name).and_then(Value::as_array);
        let mut haystack = Haystack {
            id: text_in(element, &["question_id"]).unwrap_or_default(),
            ..Haystack::default()
        };
        for (at, turns) in list("haystack_sessions").into_iter().flatten().enumerate() {
            let id = list("haystack_session_ids").and_then(|ids| ids.get(at)?.as_str());
            let id = id.map_or_else(|| (at + 1).to_string(), str::to_owned);
            let date = list("haystack_dates").and_then(|dates| dates.get(at)?.as_str());
            let began = date.map(parse_date).transpose();
            let began = began.unwrap_or_else(|problem| {
                haystack.problems.push(format!("session `{id}` is stored undated: {problem}"));
                None
            });
            let Some(turns) = turns.as_array() else {
                haystack.problems.push(format!("session `{id}` is not a list of turns"));
                continue;
            };
            let odd = turns.iter().filter(|turn| !turn.is_object()).count();
            if 0 < odd {
                haystack.problems.push(format!("session `{id}`: {odd} turns are not objects"));
            }
            let turns = turns.iter().filter_map(Value::as_object).cloned().collect();
            haystack.sessions.push(Session { id, began, turns });
        }
        haystack.question = haystack.read_question(element);
        haystack
    }

    /// Returns the turns as drafts; session = `longmemeval/question/session`.
    pub(crate) fn drafts<'a>(
        &'a self,
        defaults: &'a Defaults,
    ) -> impl Iterator<Item = Result<Draft, Unfit>> + 'a {
        self.sessions.iter().flat_map(move |session| {
            let place = session_id("longmemeval", &format!("{}/{}", self.id, session.id));
            let scope = defaults.scope.clone().with_session(place);
            let within = Defaults { scope, ..defaults.clone() };
            let draft = move |(at, turn): (usize, &Map<String, Value>)| {
                let mut object = shape(turn.clone()).object;
                object.remove("has_answer");
                let draft = Draft::from_chat(object, &within)?;
                let external_id = Some(turn_id(&session.id, at));
                Ok(Draft { external_id, occurred_at: draft.occurred_at.or(session.began), ..draft })
            };
            session.turns.iter().enumerate().map(draft)
        })
    }

    /// Reads the question. Its evidence is the marked turns of the answer sessions, or all turns of
    /// a session without marks.
    fn read_question(&self, element: &Map<String, Value>) -> Option<Question> {
        let text = text_in(element, &["question"])?;
        let named = element.get("answer_session_ids").and_then(Value::as_array);
        let named: Vec<&str> = named.into_iter().flatten().filter_map(Value::as_str).collect();
        let has_answer = |turn: &&Map<String, Value>| {
            turn.get("has_answer").and_then(Value::as_bool) == Some(true)
        };
        let mut evidence = Vec::new();
        for session in self.sessions.iter().filter(|session| named.contains(&session.id.as_str())) {
            let is_marked = session.turns.iter().any(|turn| has_answer(&turn));
            for (at, turn) in session.turns.iter().enumerate() {
                if !is_marked || has_answer(&turn) {
                    evidence.push(turn_id(&session.id, at));
                }
            }
        }
        let sort = text_in(element, &["question_type"]).unwrap_or_default();
        let category = CATEGORIES.iter().find(|(name, _)| *name == sort);
        let category = match self.id.ends_with(ABSTENTION) {
            true => CATEGORY_UNANSWERABLE,
            false => category.map_or(0, |(_, category)| *category),
        };
        let answer = element.get("answer").and_then(Question::answer_text);
        Some(Question { text, answer, evidence, category })
    }
}

fn turn_id(session: &str, at: usize) -> String {
    format!("{session}:{}", at + 1)
}

/// Parses a date such as `2023/05/20 (Sat) 02:21` as UTC.
fn parse_date(text: &str) -> Result<Timestamp, String> {
    let plain: Vec<&str> = text.split_whitespace().filter(|part| !part.starts_with('(')).collect();
    moment::parse_timestamp(&plain.join(" ").replace('/', "-"))
}
