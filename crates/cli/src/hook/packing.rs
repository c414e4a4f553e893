//! Packs candidates into a context that a host does not truncate.

use aios_memory::{Context, Key, MemoryView, Tokenizer, context::Candidate, context::Format};

use super::{
    call::Call,
    session::{Anew, Given, keys_in},
};
use crate::failure::Failure;

/// Maximum size of a context in bytes. Codex removes the middle of a context of more than 10,000.
const BYTES_MAX: usize = 9_900;

/// Maximum number of attempts to make a context short enough in characters.
const TRIES: usize = 8;

/// Limits of a context.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Maximum number of tokens, as counted by OpenAI's tokenizer.
    pub(super) tokens: usize,
    /// Maximum number of UTF-16 code units. A host truncates a longer text.
    pub(super) chars: usize,
}

/// Packs as many candidates as fit, and records which of their records the call's session was
/// given. `None` if no candidate fits.
pub(super) async fn given(
    call: &Call,
    view: &MemoryView,
    candidates: Vec<Candidate>,
    records: &[(String, Key)],
    limits: Limits,
    anew: Anew,
) -> Result<Option<String>, Failure> {
    let context = packed(view, candidates, limits).await?;
    let keys = context.as_ref().map(|context| keys_in(context, records)).unwrap_or_default();
    if context.is_some() || anew == Anew::Yes {
        Given::add(call, keys, anew)?;
    }
    Ok(context.map(|context| context.text))
}

/// Packs as many candidates as fit. `None` if none fits.
async fn packed(
    view: &MemoryView,
    candidates: Vec<Candidate>,
    limits: Limits,
) -> Result<Option<Context>, Failure> {
    let mut tokens = limits.tokens;
    for _ in 0..TRIES {
        // XML is the only format whose end stored text cannot imitate.
        let options = view
            .context_options()
            .with_format(Format::Xml)
            .with_tokenizer(Tokenizer::O200k)
            .with_max_tokens(tokens);
        let context = view.contexts().pack(candidates.clone(), &options).await?;
        if context.chunks.is_empty() {
            return Ok(None);
        }
        let chars = context.text.encode_utf16().count();
        let bytes = context.text.len();
        if chars <= limits.chars && bytes <= BYTES_MAX {
            return Ok(Some(context));
        }
        // Slightly less than the share that fits, because the frames count as well.
        let used = context.total_tokens.0.min(tokens);
        tokens = (used * limits.chars / chars).min(used * BYTES_MAX / bytes).min(used) * 9 / 10;
    }
    Ok(None)
}
