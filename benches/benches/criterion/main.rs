//! Single operations of every tier, tracked over time by criterion.
//!
//! ```text
//! cargo xtask bench --save-baseline before
//! cargo xtask bench --baseline before [FILTER]
//! ```
//!
//! The tables with rivals are other bench targets, one per tier.
#![allow(missing_docs)]

mod context;
mod embedding;
mod learning;
#[cfg(feature = "longterm")]
mod longterm;
mod operational;
mod working;

use criterion::{Criterion, criterion_group, criterion_main};

fn longterm(criterion: &mut Criterion) {
    #[cfg(feature = "longterm")]
    longterm::operations(criterion);
    #[cfg(not(feature = "longterm"))]
    let _ = criterion;
}

criterion_group!(
    benches,
    operational::operations,
    working::operations,
    longterm,
    context::operations,
    embedding::operations,
    learning::operations,
);
criterion_main!(benches);
