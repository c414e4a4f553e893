//! Layer normalisation.

use super::kernels::{add_and_normalise, normalise};

/// The weights of a normalisation.
pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) epsilon: f32,
}

impl Norm {
    pub(super) fn forward(&self, rows: &mut [f32]) {
        normalise(rows, &self.weight, &self.bias, self.epsilon);
    }

    /// Adds `update` and its bias to `rows`, then normalises them.
    pub(super) fn add_and_forward(&self, rows: &mut [f32], update: (&[f32], &[f32])) {
        add_and_normalise(rows, update, &self.weight, &self.bias, self.epsilon);
    }
}
