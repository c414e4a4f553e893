//! From candidates to a context.

use crate::{
    Candidate, Chunk, Context, Error, Omitted, Policy, TokenCount, TokenCounter,
    fold::{self, Item},
    pack::{self, Packed},
};

/// Assembles what fits of `candidates` into `budget` tokens as `counter` counts them.
///
/// The result depends on the set of candidates and on nothing else: not on their order, the time,
/// or earlier calls. Each id given is either in a chunk or among the omitted. A budget of 0 gives
/// an empty context.
///
/// # Errors
/// [`Error::Share`] when a share in the policy is not between 0 and 1, or the floors are together
/// more than 1.
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
