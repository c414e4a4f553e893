//! Arithmetic on single vectors.

/// Scales `vector` to length 1. Zeros stay zeros.
pub(crate) fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if 0.0 < length {
        vector.iter_mut().for_each(|x| *x /= length);
    }
}
