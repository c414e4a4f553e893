//! Texts to vectors by way of a network of another family: the shortest first.

use crate::{
    Error,
    bert::{Sequence, Tokens, check_finite},
    dense::Dense,
    vector::normalise,
};

/// The vectors of `texts`, each taken with `prefix` before it. `compute` gives those of sequences
/// that are sorted by length; it is not asked about texts without a known token. They go through
/// the layers of `dense`, which leave `dimension` numbers of them.
pub(crate) fn embed(
    tokens: &Tokens,
    prefix: &str,
    texts: &[&str],
    (dense, dimension): (&[Dense], usize),
    compute: impl FnOnce(&[&[u32]]) -> Result<Vec<Vec<f32>>, Error>,
) -> Result<Vec<Vec<f32>>, Error> {
    let sequences: Vec<Sequence> =
        texts.iter().map(|text| tokens.encode(prefix, text)).collect::<Result<_, _>>()?;
    let mut order: Vec<usize> =
        (0..texts.len()).filter(|&index| sequences[index].is_known).collect();
    order.sort_by_key(|&index| sequences[index].ids.len());
    let sorted: Vec<&[u32]> = order.iter().map(|&index| &*sequences[index].ids).collect();
    let mut computed = compute(&sorted)?;
    for layer in dense {
        computed.iter_mut().for_each(|vector| *vector = layer.forward(vector));
        check_finite(&computed)?;
    }
    let mut vectors = vec![vec![0.0; dimension]; texts.len()];
    for (index, mut vector) in order.into_iter().zip(computed) {
        normalise(&mut vector);
        vectors[index] = vector;
    }
    Ok(vectors)
}
