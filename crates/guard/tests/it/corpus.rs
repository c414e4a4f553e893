//! Precision and recall over the samples in `tests/corpus`. Half of them are held out.

#![allow(clippy::print_stdout)]

mod sample;

use std::collections::BTreeMap;

use aios_guard::{redact, scan};
use sample::{Half, Sample};

const PUBLISHED: &str = include_str!("../corpus/published.tsv");
const OWN: &str = include_str!("../corpus/own.tsv");
const INJECTIONS: &str = include_str!("../corpus/injections.tsv");

/// In percent: minimum of positives found, maximum of negatives found.
const FOUND_MIN: usize = 95;
const TAKEN_MAX: usize = 2;

#[test]
fn secrets_of_the_corpus_are_found_and_harmless_texts_pass() {
    let mut samples = Sample::read(PUBLISHED);
    samples.extend(Sample::read(OWN));
    measure("secrets", &samples, |sample| {
        let findings = scan(&sample.text);
        let left = redact(&sample.text, &findings);
        let is_gone = sample.secrets.iter().all(|secret| !left.contains(secret.as_str()));
        if sample.is_positive { findings.has_secret() && is_gone } else { findings.has_secret() }
    });
}

#[test]
fn injections_of_the_corpus_are_found_and_ordinary_talk_passes() {
    measure("injections", &Sample::read(INJECTIONS), |sample| scan(&sample.text).has_injection());
}

/// Counts by half and kind, prints the counts, and checks both halves against the limits.
fn measure(name: &str, samples: &[Sample], is_found: impl Fn(&Sample) -> bool) {
    for half in [Half::Development, Half::HeldOut] {
        let mut kinds: BTreeMap<(bool, &str), (usize, usize)> = BTreeMap::new();
        for sample in samples.iter().filter(|sample| sample.half == half) {
            let count = kinds.entry((!sample.is_positive, &sample.kind)).or_default();
            let is_found = is_found(sample);
            count.0 += usize::from(is_found);
            count.1 += 1;
            // Only the half that rules are developed with is examined one by one.
            if half == Half::Development && is_found != sample.is_positive {
                println!("  {name}: {} {}", if is_found { "taken" } else { "missed" }, sample.line);
            }
        }
        let sum = |negative: bool| {
            let of = kinds.iter().filter(|((is_negative, _), _)| *is_negative == negative);
            of.fold((0, 0), |sum, (_, count)| (sum.0 + count.0, sum.1 + count.1))
        };
        let ((found, positives), (taken, negatives)) = (sum(false), sum(true));
        println!(
            "{name}, {half:?}: recall {found}/{positives} = {:.1} %, harmless taken \
             {taken}/{negatives} = {:.1} %, precision {:.1} %",
            percent(found, positives),
            percent(taken, negatives),
            percent(found, found + taken),
        );
        for ((is_negative, kind), (found, all)) in &kinds {
            println!("    {} {kind}: {found}/{all}", if *is_negative { '-' } else { '+' });
        }
        assert!(FOUND_MIN * positives <= 100 * found, "{name}, {half:?}");
        assert!(100 * taken <= TAKEN_MAX * negatives, "{name}, {half:?}");
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
