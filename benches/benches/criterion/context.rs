//! A context from 60 candidates, within 2,000 tokens.

use std::hint::black_box;

use aios_context::{Candidate, Estimate, Policy, assemble};
use aios_memory_benches::working::text::Texts;
use aios_record::{Kind, Tier};
use criterion::Criterion;

const CANDIDATES: u32 = 60;
const BUDGET: usize = 2_000;

pub(crate) fn operations(criterion: &mut Criterion) {
    let mut texts = Texts::new(1);
    let candidates: Vec<Candidate> = (0..CANDIDATES)
        .map(|number| {
            let (tier, kind) = match number % 3 {
                0 => (Tier::Longterm, Kind::Message),
                1 => (Tier::Knowledge, Kind::Note),
                _ => (Tier::Working, Kind::Task),
            };
            Candidate::new(tier, kind, format!("{kind}/{number}"), texts.text())
                .with_relevance(f64::from(number) / f64::from(CANDIDATES))
        })
        .collect();
    let policy = Policy::default();
    let mut group = criterion.benchmark_group("context");
    group.bench_function("assemble(60 candidates, 2,000 tokens)", |b| {
        b.iter(|| {
            let context = assemble(candidates.clone(), &policy, BUDGET.into(), &Estimate);
            black_box(context.expect("the policy is valid"))
        });
    });
    group.finish();
}
