//! Comparison of a message with the 10,000 current facts of its owner.

use std::hint::black_box;

use aios_learning::{Known, Message, supersede};
use aios_memory_benches::working::text::Texts;
use criterion::Criterion;

const FACTS: usize = 10_000;

/// Messages with a slot, with a change in words, and with neither.
const MESSAGES: [(&str, &str); 3] = [
    ("a slot", "I live in Porto now."),
    ("a change", "I sold the old bicycle yesterday."),
    ("neither", "The concert in the park was lovely, we stayed until midnight."),
];

pub(crate) fn operations(criterion: &mut Criterion) {
    let mut texts = Texts::new(1);
    let facts: Vec<Known> = (0..FACTS).map(|at| fact(at, &texts.text())).collect();
    let mut group = criterion.benchmark_group("learning");
    for (name, text) in MESSAGES {
        let message = Message::new("m", text);
        group.bench_function(format!("compare {name} with 10,000 facts"), |b| {
            b.iter(|| black_box(supersede(&facts, &message)));
        });
    }
    group.finish();
}

/// Returns a fact: one in three has a slot, the others have the words of a note.
fn fact(at: usize, note: &str) -> Known {
    let text = match at % 3 {
        0 => format!("I have {at} stamps of the series {note}"),
        1 => format!("My colleague number {at} likes {note}"),
        _ => format!("I keep my notes about {note}"),
    };
    Known::read(at.to_string(), "", &text)
}
