//! The embedders through their public API.
#![allow(clippy::unwrap_used)]

#[cfg(feature = "bert")]
mod bert;
mod bundled;
mod cached;
#[cfg(feature = "families")]
mod cross_encoder;
#[cfg(feature = "families")]
mod families;
#[cfg(feature = "bert")]
mod hub;
#[cfg(feature = "bert")]
mod quantised;
mod static_model;
#[cfg(feature = "bert")]
mod tokenizer;

/// Checks that two vectors agree to within `tolerance` in every component.
fn assert_close(found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    for (index, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance, "component {index}: found {a}, expected {b}");
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
