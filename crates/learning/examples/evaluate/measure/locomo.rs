//! Conversations of LoCoMo (Maharana et al., 2024) with the observations of its authors.

use std::{collections::HashSet, error::Error, fs, path::Path};

use aios_learning::Message;
use aios_record::Timestamp;
use jiff::{civil::DateTime, tz::TimeZone};
use serde_json::Value;

pub(crate) struct Conversation {
    /// Messages in order.
    pub(crate) turns: Vec<Message>,
    /// Turns that an observation of the authors cites.
    pub(crate) noted: HashSet<String>,
    /// Questions with the turns that answer them.
    pub(crate) questions: Vec<Question>,
}

pub(crate) struct Question {
    pub(crate) text: String,
    pub(crate) answer: String,
    pub(crate) evidence: Vec<String>,
    pub(crate) is_temporal: bool,
    pub(crate) is_answerable: bool,
}

/// Category of the questions about times.
const TEMPORAL: i64 = 2;
/// Category of the questions that the conversation does not answer.
const UNANSWERABLE: i64 = 5;

pub(crate) fn read(dir: &Path) -> Result<Vec<Conversation>, Box<dyn Error>> {
    let mut paths: Vec<_> = match fs::read_dir(dir) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(_) => return Ok(Vec::new()),
    };
    paths.retain(|path| path.extension().is_some_and(|it| it == "json"));
    paths.retain(|path| path.file_name().is_some_and(|it| it != "observations.json"));
    paths.sort();
    let observations: Value =
        serde_json::from_str(&fs::read_to_string(dir.join("observations.json"))?)?;
    paths.iter().map(|path| conversation(path, &observations)).collect()
}

fn conversation(path: &Path, observations: &Value) -> Result<Conversation, Box<dyn Error>> {
    let whole: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    let sample = whole.get(0).unwrap_or(&whole);
    let name = sample["sample_id"].as_str().ok_or("expected `sample_id`")?.to_owned();
    let talk = &sample["conversation"];
    let speakers = [&talk["speaker_a"], &talk["speaker_b"]].map(|it| it.as_str().unwrap_or(""));
    let mut turns = Vec::new();
    for session in 1.. {
        let Some(said) = talk[format!("session_{session}")].as_array() else { break };
        let at = talk[format!("session_{session}_date_time")].as_str().unwrap_or_default();
        let at = time(at)?;
        for turn in said {
            let text = |name: &str| turn[name].as_str().unwrap_or_default();
            let other = speakers.iter().find(|it| **it != text("speaker")).unwrap_or(&"");
            let message = Message::new(text("dia_id"), text("text"));
            turns.push(message.with_time(at, 0).with_names(text("speaker"), *other));
        }
    }
    let noted = observations[&name].as_array().map(Vec::as_slice).unwrap_or_default();
    let noted = noted.iter().flat_map(|it| strings(&it["evidence"])).collect();
    let questions = sample["qa"].as_array().map(Vec::as_slice).unwrap_or_default();
    let questions = questions.iter().map(question).collect();
    Ok(Conversation { turns, noted, questions })
}

fn question(value: &Value) -> Question {
    let answer = match &value["answer"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Question {
        text: value["question"].as_str().unwrap_or_default().to_owned(),
        answer,
        evidence: strings(&value["evidence"]),
        is_temporal: value["category"] == TEMPORAL,
        is_answerable: value["category"] != UNANSWERABLE,
    }
}

fn strings(value: &Value) -> Vec<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Reads "1:56 pm on 8 May, 2023".
fn time(text: &str) -> Result<Timestamp, Box<dyn Error>> {
    let local = DateTime::strptime("%I:%M %p on %d %B, %Y", text)?;
    Ok(TimeZone::UTC.to_timestamp(local)?)
}
