//! Settings of the networks, with `f32` or int8 weights.

/// The reduction of the vectors of a text's tokens to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// The mean of all tokens.
    Mean,
    /// The vector of the first token.
    Cls,
}

impl Pooling {
    /// Returns the name in a fingerprint.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Pooling::Mean => "mean",
            Pooling::Cls => "cls",
        }
    }

    /// Returns the vector of each sequence, computed from the concatenated rows of its tokens,
    /// `hidden` numbers each.
    pub(super) fn pool(self, tokens: &[f32], lengths: &[usize], hidden: usize) -> Vec<Vec<f32>> {
        let mut rest = tokens;
        let pool = |&length: &usize| {
            let (tokens, later) = rest.split_at(length * hidden);
            rest = later;
            self.pool_one(tokens, hidden)
        };
        lengths.iter().map(pool).collect()
    }

    fn pool_one(self, tokens: &[f32], hidden: usize) -> Vec<f32> {
        let mut rows = tokens.chunks_exact(hidden);
        let count = rows.len() as f32;
        let mut vector = rows.next().unwrap_or_default().to_vec();
        if self == Pooling::Mean {
            for row in rows {
                vector.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            vector.iter_mut().for_each(|sum| *sum /= count);
        }
        vector
    }
}

/// Activation functions of these families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "bert",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub(super) enum Activation {
    Gelu,
    #[cfg_attr(feature = "bert", serde(alias = "gelu_new", alias = "gelu_pytorch_tanh"))]
    GeluTanh,
    Relu,
}
