//! The fit of a record to a query, as a number that means the same in every store.

/// From a logistic regression on conversations, asked what they answer and what other
/// conversations do, on document collections asked their own queries and those of others, and on
/// notes alone and among other texts, asked what they answer and what was never stored; then moved
/// so that 2 in 5 paraphrases without a common word pass .5. See
/// `docs/measurements/retrieval.md`.
const BIAS: f64 = -3.6;
const OF_MEANING: f64 = 5.2;
const OF_WORDS: f64 = 2.6;

/// The relevance, 0 to 1, of a record whose meaning is so alike to the query's, on the scale of
/// likeness, and that has this share of the query's words itself.
///
/// Neither depends on what else is stored, but for the share, which weighs rare words more. The
/// weights of the score do not count, nor does anything that ranks records of equal fit.
pub(crate) fn relevance(likeness: f64, share_of_words: f64) -> f64 {
    1.0 / (1.0 + (-(BIAS + OF_MEANING * likeness + OF_WORDS * share_of_words)).exp())
}

#[cfg(test)]
mod tests;
