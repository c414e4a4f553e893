//! The body of an answer, in the form of OpenAI's `chat/completions`.

use serde::Deserialize;
use serde_json::Value;

use super::failure::Failure;
use super::key::ApiKey;
use crate::chat::ChatError;

/// Characters of an endpoint's words that an error shows.
const SHOWN_CHARS_MAX: usize = 300;

/// An answer.
#[derive(Debug)]
pub(super) struct Answered {
    /// The text of the model.
    pub(super) text: String,
    /// Tokens of question and answer, if the endpoint counts them.
    pub(super) tokens: Option<u64>,
    finish: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Option<Message>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    /// A text, or a list of parts, each with a text.
    #[serde(default)]
    content: Value,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    total_tokens: Option<u64>,
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

impl Answered {
    /// Parses a body. One that ends too early may be whole at the next try.
    pub(super) fn parse(bytes: &[u8], key: Option<&ApiKey>) -> Result<Answered, Failure> {
        let body: Body = serde_json::from_slice(bytes).map_err(|error| {
            if error.is_eof() {
                let error = ChatError::Cut { bytes: bytes.len() };
                Failure::Lost { error }
            } else {
                Failure::Last(ChatError::Malformed { problem: error.to_string() })
            }
        })?;
        let Some(choice) = body.choices.into_iter().next() else {
            let words = shown(bytes, key);
            let problem = format!("expected a list `choices` with an entry, found {words}");
            return Err(Failure::Last(ChatError::Malformed { problem }));
        };
        let (text, refusal) = choice
            .message
            .map_or_else(Default::default, |message| (text_of(&message.content), message.refusal));
        if refusal.is_some_and(|words| !words.is_empty()) {
            let reason = "the model declined to answer".to_owned();
            return Err(Failure::Last(ChatError::Denied { reason }));
        }
        let tokens = body.usage.map(|usage| {
            usage
                .total_tokens
                .unwrap_or(usage.prompt_tokens.saturating_add(usage.completion_tokens))
        });
        let tokens = tokens.filter(|tokens| 0 < *tokens);
        Ok(Answered { text, tokens, finish: choice.finish_reason })
    }

    /// Returns the text, if the model ended it.
    pub(super) fn read(self) -> Result<String, Failure> {
        let bytes = self.text.len();
        match self.finish.as_deref() {
            Some("length") => Err(Failure::Last(ChatError::Cut { bytes })),
            Some("content_filter") => {
                let reason = "the endpoint filtered the answer".to_owned();
                Err(Failure::Last(ChatError::Denied { reason }))
            }
            _ => Ok(self.text),
        }
    }
}

fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

/// Returns the words of an endpoint about an error, for a message of one line: without the key, and
/// cut.
pub(super) fn shown(body: &[u8], key: Option<&ApiKey>) -> String {
    let mut words = message_of(&String::from_utf8_lossy(body));
    if let Some(key) = key {
        words = words.replace(key.reveal(), "...");
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|it| !it.is_control()).take(SHOWN_CHARS_MAX).collect()
}

/// Returns the message of an error, or all words if they have another form.
fn message_of(body: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    let error = value.get("error").unwrap_or(&value);
    let message = error.get("message").or_else(|| error.get("detail")).unwrap_or(error);
    message.as_str().map_or_else(|| message.to_string(), str::to_owned)
}
