//! The tokenizer of a model: prompts to tokens, tokens to text.

use std::path::Path;

use candle_core::quantized::{
    gguf_file::{Content, Value},
    tokenizer::TokenizerFromGguf,
};
use tokenizers::{
    PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer,
    pre_tokenizers::{
        byte_level::ByteLevel,
        digits::Digits,
        sequence::Sequence,
        split::{Split, SplitPattern},
    },
};

use super::error::{INSTEAD, LocalError};
use super::files;
use super::template::{ENDS, Part, Template};
use crate::chat::ChatError;

/// Words of Llama 3, as in llama.cpp (`LLAMA_VOCAB_PRE_TYPE_LLAMA3`).
const WORDS_LLAMA3: &str = concat!(
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])",
    r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*",
    r"|\s*[\r\n]+|\s+(?!\S)|\s+",
);

/// The tokenizer of a model with its template.
pub(super) struct Tokens {
    tokenizer: Tokenizer,
    template: Template,
    /// Tokens that end an answer.
    ends: Vec<u32>,
}

impl Tokens {
    /// Reads the tokenizer in a `tokenizer.json`.
    pub(super) fn read(path: &Path) -> Result<Tokens, LocalError> {
        let tokenizer = Tokenizer::from_bytes(files::read(path)?);
        let tokenizer = tokenizer.map_err(|error| malformed(path, error.to_string()))?;
        Tokens::of(path, tokenizer, None)
    }

    /// Reads the tokenizer inside a GGUF file.
    pub(super) fn inside(path: &Path, content: &Content) -> Result<Tokens, LocalError> {
        let mut tokenizer =
            Tokenizer::from_gguf(content).map_err(|error| malformed(path, error.to_string()))?;
        let text = |key: &str| match content.metadata.get(key) {
            Some(Value::String(text)) => Some(text.as_str()),
            _ => None,
        };
        let name = text("tokenizer.ggml.pre").unwrap_or("gpt-2");
        // candle's default puts a space in front of each text.
        if let Some(words) = words_of(path, name)? {
            tokenizer.with_pre_tokenizer(Some(words));
        }
        let end = content.metadata.get("tokenizer.ggml.eos_token_id");
        Tokens::of(path, tokenizer, end.and_then(|id| id.to_u32().ok()))
    }

    fn of(path: &Path, mut tokenizer: Tokenizer, end: Option<u32>) -> Result<Tokens, LocalError> {
        tokenizer.with_padding(None);
        let untruncated = tokenizer.with_truncation(None);
        untruncated.map_err(|error| malformed(path, error.to_string()))?;
        // A message that quotes a special token must not end its turn.
        tokenizer.set_encode_special_tokens(true);
        let template = Template::of(&tokenizer).ok_or_else(|| LocalError::Unsupported {
            path: path.to_owned(),
            feature: "a chat template other than ChatML and Llama 3".to_owned(),
            instead: INSTEAD,
        })?;
        let known = ENDS.iter().filter_map(|token| tokenizer.token_to_id(token));
        let ends = known.chain(end).collect();
        Ok(Tokens { tokenizer, template, ends })
    }

    /// Returns the number after the highest token.
    pub(super) fn ids_end(&self) -> usize {
        self.tokenizer.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1)
    }

    pub(super) fn is_end(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// Returns the tokens of a prompt.
    pub(super) fn prompt(&self, system: &str, user: &str) -> Result<Vec<u32>, ChatError> {
        let mut ids = Vec::new();
        let mut text = String::new();
        // Adjacent texts are one, as in the template.
        for part in self.template.prompt(system, user, &self.tokenizer) {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Mark(mark) => {
                    ids.extend(self.encode(&text)?);
                    text.clear();
                    ids.extend(self.tokenizer.token_to_id(mark));
                }
            }
        }
        ids.extend(self.encode(&text)?);
        Ok(ids)
    }

    /// Returns the tokens of a text, in which special tokens are text.
    pub(super) fn encode(&self, text: &str) -> Result<Vec<u32>, ChatError> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let encoding = self.tokenizer.encode_fast(text, false).map_err(failed)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Returns the text of tokens, special ones left out.
    pub(super) fn decode(&self, ids: &[u32]) -> Result<String, ChatError> {
        self.tokenizer.decode(ids, true).map_err(failed)
    }
}

/// Returns the splitter of words that a GGUF file names. `None` if candle's own is right.
fn words_of(path: &Path, name: &str) -> Result<Option<PreTokenizerWrapper>, LocalError> {
    Ok(Some(match name {
        "qwen2" => return Ok(None),
        "gpt-2" | "gpt2" | "default" => ByteLevel::new(false, false, true).into(),
        "smollm" => {
            let parts = vec![Digits::new(true).into(), ByteLevel::new(false, false, true).into()];
            Sequence::new(parts).into()
        }
        "llama-bpe" | "llama3" | "llama-v3" | "smaug-bpe" => {
            let pattern = SplitPattern::Regex(WORDS_LLAMA3.to_owned());
            let split = Split::new(pattern, SplitDelimiterBehavior::Isolated, false);
            let split = split.map_err(|error| malformed(path, error.to_string()))?;
            let bytes = ByteLevel::new(false, false, false);
            Sequence::new(vec![split.into(), bytes.into()]).into()
        }
        other => {
            return Err(LocalError::Unsupported {
                path: path.to_owned(),
                feature: format!("the tokenizer `{other}` and no tokenizer.json beside it"),
                instead: INSTEAD,
            });
        }
    }))
}

fn malformed(path: &Path, reason: String) -> LocalError {
    LocalError::Malformed { path: path.to_owned(), reason }
}

fn failed(error: tokenizers::Error) -> ChatError {
    ChatError::Denied { reason: format!("the tokenizer failed: {error}") }
}

#[cfg(test)]
mod tests;
