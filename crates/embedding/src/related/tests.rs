//! The order and shape of the table, and its entries for some words.

use super::*;

#[test]
fn every_line_is_found() {
    let terms: Vec<&str> = TABLE.lines().map(|line| line.split_once(' ').unwrap().0).collect();
    assert!(10_000 < terms.len() && terms.is_sorted_by(|a, b| a < b));
    for term in terms {
        let related: Vec<_> = related_terms(term).collect();
        assert!(!related.is_empty(), "{term}");
        assert!(related.is_sorted_by(|a, b| a.1 >= b.1), "{term}: {related:?}");
        assert!(related.iter().all(|(other, cosine)| *other != term && 0.0 < *cosine), "{term}");
    }
}

#[test]
fn words_of_nearly_the_same_meaning_are_related() {
    let pairs = [("dog", "puppi"), ("bought", "purchas"), ("car", "vehicl"), ("went", "go")];
    for (term, expect) in pairs {
        assert!(related_terms(term).any(|(other, _)| other == expect), "{term}");
    }
    for unknown in ["", "qzxv", "1.24.0", "dog cat", "zzzz", "a"] {
        assert_eq!(related_terms(unknown).next(), None, "{unknown}");
    }
}
