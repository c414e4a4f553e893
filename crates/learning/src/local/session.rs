//! One answer: tokens in, the most probable tokens out, within all limits.

use super::engine::Engine;
use super::guide::Voice;
use crate::chat::ChatError;

/// Tokens that are read at once. The limits are checked in between, and candle keeps a mask for
/// each length and position, so that the lengths are powers of two.
const STEP_TOKENS: usize = 64;

/// Tokens of the longest text within an answer.
const TEXT_TOKENS_MAX: usize = 64;

/// An answer in progress.
pub(super) struct Session<'a> {
    engine: &'a mut Engine,
    /// Returns the reason to stop, if there is one.
    stop: &'a dyn Fn() -> Option<ChatError>,
    /// Tokens that the network has read.
    position: usize,
    /// Tokens that it has not.
    pending: Vec<u32>,
    scores: Vec<f32>,
    /// Position after the last token that the answer may have.
    end: usize,
}

impl<'a> Session<'a> {
    /// Begins an answer to a prompt.
    ///
    /// # Errors
    /// [`ChatError::Denied`] if the prompt leaves no space for an answer.
    pub(super) fn begin(
        engine: &'a mut Engine,
        prompt: Vec<u32>,
        stop: &'a dyn Fn() -> Option<ChatError>,
    ) -> Result<Session<'a>, ChatError> {
        let (answer_max, context_max) = (engine.answer_max, engine.context_max);
        let length = prompt.len();
        if context_max < length + answer_max {
            let reason = format!(
                "it has {length} tokens, and {answer_max} are for the answer; the context has \
                 {context_max}"
            );
            return Err(ChatError::Denied { reason });
        }
        engine.network.clear().map_err(failed)?;
        let end = length + answer_max;
        Ok(Session { engine, stop, position: 0, pending: prompt, scores: Vec::new(), end })
    }

    /// Returns the most probable text up to an end token.
    ///
    /// # Errors
    /// [`ChatError::Cut`] if there is no end within the limit.
    pub(super) fn all(&mut self) -> Result<String, ChatError> {
        let mut ids = Vec::new();
        while 0 < self.left() {
            let token = self.best()?;
            if self.engine.tokens.is_end(token) {
                return self.engine.tokens.decode(&ids);
            }
            ids.push(token);
            self.pending.push(token);
        }
        Err(ChatError::Cut { bytes: self.engine.tokens.decode(&ids)?.len() })
    }

    /// Reads the pending tokens, so that the scores are those of the next one.
    fn read(&mut self) -> Result<(), ChatError> {
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        while !rest.is_empty() {
            if let Some(error) = (self.stop)() {
                return Err(error);
            }
            let length = STEP_TOKENS.min(1 << rest.len().ilog2());
            let (step, after) = rest.split_at(length);
            let scores = self.engine.network.forward(step, self.position);
            self.scores = scores.map_err(failed)?;
            self.position += length;
            rest = after;
        }
        Ok(())
    }

    fn best(&mut self) -> Result<u32, ChatError> {
        self.read()?;
        let scored = self.scores.iter().zip(0_u32..).filter(|(score, _)| score.is_finite());
        let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b));
        let nothing = || ChatError::Denied { reason: "its scores are not finite".to_owned() };
        best.map(|(_, token)| token).ok_or_else(nothing)
    }
}

impl Voice for Session<'_> {
    fn left(&self) -> usize {
        self.end.saturating_sub(self.position + self.pending.len())
    }

    fn force(&mut self, text: &str) -> Result<(), ChatError> {
        let ids = self.engine.tokens.encode(text)?;
        if self.left() < ids.len() {
            return Err(ChatError::Cut { bytes: text.len() });
        }
        self.pending.extend(ids);
        Ok(())
    }

    fn choose(&mut self, options: &[String]) -> Result<usize, ChatError> {
        self.read()?;
        let mut best = (0, f32::NEG_INFINITY);
        for (index, option) in options.iter().enumerate() {
            let first = self.engine.tokens.encode(option)?.first().copied();
            let score = first.and_then(|token| self.scores.get(token as usize)).copied();
            let score = score.unwrap_or(f32::NEG_INFINITY);
            if best.1 < score {
                best = (index, score);
            }
        }
        Ok(best.0)
    }

    fn text(&mut self) -> Result<String, ChatError> {
        let mut ids: Vec<u32> = Vec::new();
        let mut text = String::new();
        while ids.len() < TEXT_TOKENS_MAX && 0 < self.left() {
            let token = self.best()?;
            if self.engine.tokens.is_end(token) {
                break;
            }
            ids.push(token);
            let longer = self.engine.tokens.decode(&ids)?;
            let end = longer.find(|it: char| it == '"' || it == '\\' || it.is_control());
            if let Some(end) = end {
                // The rest of the last token is not read by the network; the guide continues.
                let rest = longer.get(text.len()..end).unwrap_or_default().to_owned();
                self.force(&rest)?;
                text = longer[..end].to_owned();
                break;
            }
            self.pending.push(token);
            text = longer;
        }
        Ok(text)
    }
}

fn failed(error: candle_core::Error) -> ChatError {
    ChatError::Denied { reason: format!("failed to compute: {error}") }
}
