//! The setting `learning.extractor`.

/// The source of facts from messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extractor {
    /// The rules of `aios-learning`, which need no model.
    #[default]
    Rules,
    /// A chat model behind an OpenAI-compatible endpoint.
    Chat,
    /// A chat model from disk, in this process.
    Local,
}
