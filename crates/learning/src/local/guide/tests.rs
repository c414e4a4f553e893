//! Guided answers with a scripted voice.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::{Guide, ITEMS_MAX, Voice};
use crate::chat::{ChatError, request};
use crate::message::Message;

/// Chooses and says as scripted, then ends each list.
#[derive(Default)]
struct Script {
    choices: VecDeque<&'static str>,
    texts: VecDeque<&'static str>,
    written: String,
    left: usize,
}

impl Voice for Script {
    fn left(&self) -> usize {
        self.left
    }

    fn force(&mut self, text: &str) -> Result<(), ChatError> {
        self.written.push_str(text);
        self.left = self.left.saturating_sub(text.len().div_ceil(4));
        Ok(())
    }

    fn choose(&mut self, options: &[String]) -> Result<usize, ChatError> {
        let wanted = self.choices.pop_front().unwrap_or("]");
        let found = options.iter().position(|option| option.starts_with(wanted));
        Ok(found.unwrap_or(options.len() - 1))
    }

    fn text(&mut self) -> Result<String, ChatError> {
        let text = self.texts.pop_front().unwrap_or("same");
        self.force(text)?;
        Ok(text.to_owned())
    }
}

fn guide(messages: usize) -> Guide {
    let messages = vec![Message::new("m", "I live in Lyon."); messages];
    let request = request(&messages);
    Guide::read(&request.schema, request.messages).unwrap()
}

#[test]
fn an_answer_has_the_form_of_the_request() {
    let mut script = Script { left: 1_000, ..Script::default() };
    script.choices.extend(["{", "1", "2", ",", "3", "]", ",", "4", "]", "]"]);
    script.texts.extend(["Ada", "home", "Lyon", "Ada lives in Lyon.", "Bo", "job"]);
    let answer = guide(12).answer(&mut script).unwrap();
    assert_eq!(answer, script.written);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(
        answer["facts"][0],
        json!({"subject": "Ada", "attribute": "home", "value": "Lyon",
            "text": "Ada lives in Lyon.", "evidence": [12, 3]})
    );
    assert_eq!(answer["facts"][1]["evidence"], json!([4]));
}

#[test]
fn an_answer_may_have_no_facts() {
    let mut script = Script { left: 1_000, ..Script::default() };
    assert_eq!(guide(1).answer(&mut script).unwrap(), "{\"facts\": []}");
}

#[test]
fn a_list_ends_at_a_repetition_and_at_the_limit_of_tokens() {
    let endless = || ["{", "]", ","].into_iter().chain(["]", ","].into_iter().cycle());
    let items = |left: usize, texts: &[&'static str]| {
        let mut script = Script { left, ..Script::default() };
        script.choices.extend(endless().take(200));
        script.texts.extend(texts);
        let answer: Value = serde_json::from_str(&guide(1).answer(&mut script).unwrap()).unwrap();
        answer["facts"].as_array().unwrap().len()
    };
    assert_eq!(items(100_000, &[]), 2);
    assert_eq!(items(10, &[]), 0);
    let texts: Vec<&'static str> = (0..400).map(|it| &*format!("{it}").leak()).collect();
    assert_eq!(items(100_000, &texts), ITEMS_MAX);
    assert!(items(300, &texts) < ITEMS_MAX);
}

#[test]
fn numbers_stay_in_their_range() {
    let number = |max: usize, choices: &[&'static str]| {
        let mut script = Script { left: 100, ..Script::default() };
        script.choices.extend(choices);
        Guide::Number { max }.answer(&mut script).unwrap().parse::<usize>().unwrap()
    };
    assert_eq!(number(1, &["9"]), 1);
    assert_eq!(number(32, &["3", "2"]), 32);
    assert_eq!(number(32, &["3", "]"]), 3);
    assert_eq!(number(32, &["4", "5", "6"]), 4);
    for choice in ["1", "2", "3", "9", "x"] {
        assert!((1..=32).contains(&number(32, &[choice, choice, choice])));
    }
}

#[test]
fn other_schemas_are_not_guided() {
    for schema in [
        json!(null),
        json!({}),
        json!({"type": "object"}),
        json!({"type": "number"}),
        json!({"type": "array", "items": {"type": ["string", "null"]}}),
        json!({"type": "object", "required": ["a"], "properties": {}}),
    ] {
        assert_eq!(Guide::read(&schema, 1), None, "{schema}");
    }
    let mut deep = json!({"type": "string"});
    for _ in 0..100 {
        deep = json!({"type": "array", "items": deep});
    }
    assert_eq!(Guide::read(&deep, 1), None);
}
