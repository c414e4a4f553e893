//! Fit of a record to a query, as a number that is comparable between stores.

/// Coefficients of a logistic regression on conversations (with their own questions and those of
/// other conversations), document collections (with their own queries and those of others), and
/// notes alone and among other texts (with answerable questions and questions about nothing
/// stored); then shifted so that 2 in 5 paraphrases without a common word pass .5. See
/// `docs/measurements/retrieval.md`.
const BIAS: f64 = -3.6;
const OF_MEANING: f64 = 5.2;
const OF_WORDS: f64 = 2.6;

/// Returns the relevance, 0 to 1, of a record from the likeness of its meaning to the query's and
/// its share of the query's words.
///
/// Neither depends on other stored records, except that the share weighs rare words more. The
/// weights of the score, and signals that rank records of equal fit, have no effect.
pub(crate) fn relevance(likeness: f64, share_of_words: f64) -> f64 {
    1.0 / (1.0 + (-(BIAS + OF_MEANING * likeness + OF_WORDS * share_of_words)).exp())
}

#[cfg(test)]
mod tests;
