//! Network, tokenizer and limits of a model.

use super::error::LocalError;
use super::files::{Files, TOKENIZER};
use super::network::{Gguf, Network};
use super::options::LocalOptions;
use super::tokens::Tokens;

/// Tokens of the instructions and of the template, approximately.
const INSTRUCTIONS_TOKENS: usize = 400;

/// Characters of messages a token, on the safe side: English has some four.
const TOKEN_CHARS: usize = 3;

/// Tokens of the shortest context that holds the instructions and a short answer.
const CONTEXT_TOKENS_MIN: usize = 64;

/// A model that is ready to compute.
pub(super) struct Engine {
    pub(super) network: Network,
    pub(super) tokens: Tokens,
    /// Tokens of request and answer together.
    pub(super) context_max: usize,
    /// Tokens of the longest answer.
    pub(super) answer_max: usize,
}

impl Engine {
    pub(super) fn open(files: &Files, options: &LocalOptions) -> Result<Engine, LocalError> {
        let (path, network, tokens) = match files {
            Files::Gguf { path, tokenizer } => {
                let file = Gguf::open(path)?;
                let tokens = match tokenizer {
                    Some(tokenizer) => Tokens::read(tokenizer)?,
                    None => Tokens::inside(path, &file.content)?,
                };
                (path, file.network()?, tokens)
            }
            Files::Directory(dir) => {
                (dir, Network::read(dir)?, Tokens::read(&dir.join(TOKENIZER))?)
            }
        };
        let (rows, ids_end) = (network.vocabulary, tokens.ids_end());
        if rows < ids_end {
            let reason = format!("it has {rows} tokens, but the tokenizer has {ids_end}");
            return Err(LocalError::Malformed { path: path.clone(), reason });
        }
        let context_max = network.positions.min(options.context_tokens_max);
        let context_max = context_max.max(CONTEXT_TOKENS_MIN.min(network.positions));
        let answer_max = options.answer_tokens_max.clamp(1, (context_max / 2).max(1));
        Ok(Engine { network, tokens, context_max, answer_max })
    }

    /// Returns the characters of messages that fit beside the instructions and an answer.
    pub(super) fn request_chars_max(&self) -> usize {
        let tokens = self.context_max.saturating_sub(self.answer_max + INSTRUCTIONS_TOKENS);
        TOKEN_CHARS * tokens
    }
}
