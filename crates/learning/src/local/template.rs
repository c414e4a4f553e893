//! The chat template of a model: the tokens around system, user and answer.

use tokenizers::Tokenizer;

/// A chat template, recognised by the special tokens of the vocabulary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Template {
    /// `<|im_start|>role\n...<|im_end|>\n`: SmolLM2, Qwen.
    ChatMl,
    /// `<|start_header_id|>role<|end_header_id|>\n\n...<|eot_id|>`.
    Llama3,
}

/// A part of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// A special token.
    Mark(&'static str),
    /// Text, in which special tokens are text.
    Text(&'a str),
}

/// Tokens that end an answer, if the vocabulary has them.
pub(super) const ENDS: [&str; 5] =
    ["<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|endoftext|>", "<|end_of_text|>"];

/// A word of Qwen 3 in front of its thoughts, which it omits if the prompt closes them.
const THINK: &str = "<think>";

impl Template {
    /// Returns the template of a vocabulary. `None` if it is of another kind.
    pub(super) fn of(tokenizer: &Tokenizer) -> Option<Template> {
        let has = |token: &str| tokenizer.token_to_id(token).is_some();
        if has("<|im_start|>") && has("<|im_end|>") {
            return Some(Template::ChatMl);
        }
        let marks = ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"];
        marks.into_iter().all(has).then_some(Template::Llama3)
    }

    /// Returns the parts of a prompt, up to the first token of the answer.
    pub(super) fn prompt<'a>(
        self,
        system: &'a str,
        user: &'a str,
        tokenizer: &Tokenizer,
    ) -> Vec<Part<'a>> {
        use Part::{Mark, Text};
        let mut parts = Vec::new();
        match self {
            Template::ChatMl => {
                for (role, text) in [("system\n", system), ("user\n", user)] {
                    parts.extend([Mark("<|im_start|>"), Text(role), Text(text)]);
                    parts.extend([Mark("<|im_end|>"), Text("\n")]);
                }
                parts.extend([Mark("<|im_start|>"), Text("assistant\n")]);
                if tokenizer.token_to_id(THINK).is_some() {
                    parts.extend([Mark(THINK), Text("\n\n"), Mark("</think>"), Text("\n\n")]);
                }
            }
            Template::Llama3 => {
                parts.push(Mark("<|begin_of_text|>"));
                for (role, text) in [("system", Some(system)), ("user", Some(user))]
                    .into_iter()
                    .chain([("assistant", None)])
                {
                    parts.extend([Mark("<|start_header_id|>"), Text(role)]);
                    parts.extend([Mark("<|end_header_id|>"), Text("\n\n")]);
                    if let Some(text) = text {
                        parts.extend([Text(text), Mark("<|eot_id|>")]);
                    }
                }
            }
        }
        parts
    }
}
