//! Assembly of candidates into a context.

use crate::{
    Candidate, Chunk, Context, Error, Omitted, Policy, TokenCount, TokenCounter,
    fold::{self, Item},
    pack::{self, Packed},
};

/// Assembles as many of `candidates` as fit into `budget` tokens, counted by `counter`.
///
/// The result depends only on the set of candidates, not on their order, the time, or earlier
/// calls. Each given id is either in a chunk or among the omitted ones. A budget of 0 gives an
/// empty context.
///
/// # Errors
/// [`Error::Share`] if a share in the policy is not from 0 to 1, or if the sum of the floors
/// exceeds one.
pub fn assemble(
    candidates: Vec<Candidate>,
    policy: &Policy,
    budget: TokenCount,
    counter: &dyn TokenCounter,
) -> Result<Context, Error> {
    policy.check()?;
    let mut candidates: Vec<Candidate> = candidates.into_iter().map(with_valid_relevance).collect();
    candidates.sort_by(Candidate::precedence);
    let items = fold::fold(candidates, policy.fold_similarity_min);
    let packed = pack::pack(&items, policy, budget.0, counter);
    Ok(context(items, packed, budget, counter.name()))
}

fn with_valid_relevance(candidate: Candidate) -> Candidate {
    let relevance = if 0.0 < candidate.relevance { candidate.relevance.min(1.0) } else { 0.0 };
    Candidate { relevance, ..candidate }
}

fn context(mut items: Vec<Item>, packed: Packed, budget: TokenCount, tokenizer: &str) -> Context {
    let mut is_shown = vec![false; items.len()];
    let chunks = packed.chosen.into_iter().map(|chosen| {
        is_shown[chosen.item] = true;
        let Item { candidate, ids, .. } = &mut items[chosen.item];
        Chunk {
            tier: candidate.tier,
            ids: std::mem::take(ids),
            tokens: TokenCount(chosen.tokens),
            relevance: candidate.relevance,
            content: chosen.content,
            section: candidate.section,
            cut: chosen.cut,
        }
    });
    let chunks: Vec<Chunk> = chunks.collect();
    let left = items.into_iter().zip(packed.reasons).zip(is_shown).filter(|(_, shown)| !shown);
    let omitted = left
        .flat_map(|((item, reason), _)| item.ids.into_iter().map(move |id| Omitted { id, reason }));
    Context {
        max_tokens: budget,
        total_tokens: TokenCount(packed.total_tokens),
        tokenizer: tokenizer.to_owned(),
        text: packed.text,
        omitted: omitted.collect(),
        chunks,
    }
}
