//! Counts of a query's terms in a row, including related words and variants.

use std::collections::BTreeSet;

use aios_analysis::Variant;

use crate::search::{
    query::{Query, related::RelatedTerm},
    segments::segment::Names,
};

/// Denominator of shares. Sums of products of shares and counts are then exact. They do not depend
/// on the order of the terms, which depends on everything ever stored.
const SHARE_STEPS: f64 = (1 << 20) as f64;

/// Returns the terms that count for a term of the query, ordered by number: the number, the index
/// of the query's term, and the share. Terms in `named` name speakers.
pub(crate) fn wanted(
    query: &Query,
    share: f64,
    numbers: &[Option<u32>],
    names: &Names,
    named: &BTreeSet<String>,
) -> Vec<(u32, usize, f64)> {
    let own = (0..).zip(numbers).filter_map(|(to, number)| Some(((*number)?, to, 1.0)));
    let related = query.related.iter();
    let related = related.filter(|related| !named.contains(related.term));
    let related = related.filter_map(|RelatedTerm { term, to, cosine }| {
        Some((names.terms.find(term)?, *to, (share * cosine * SHARE_STEPS).round() / SHARE_STEPS))
    });
    let mut wanted: Vec<_> = own.chain(related).collect();
    wanted.sort_unstable_by_key(|(number, to, _)| (*number, *to));
    wanted
}

/// Returns the variants of the query's terms: the number, the index of the query's term, and the
/// share.
pub(crate) fn variants(query: &Query, names: &Names) -> Vec<(u32, usize, f64)> {
    let of_variant = |Variant { term, to, share }: &Variant| {
        Some((names.terms.find(term)?, *to, (share * SHARE_STEPS).round() / SHARE_STEPS))
    };
    query.variants.iter().filter_map(of_variant).collect()
}

/// Raises the counts to those of `variants` in `bag` that are higher: a text that writes one word
/// in two ways does not have it more often.
pub(crate) fn raise_counts(bag: &[(u32, u32)], variants: &[(u32, usize, f64)], counts: &mut [f64]) {
    for (number, to, share) in variants {
        counts[*to] = counts[*to].max(share * count(bag, Some(*number)));
    }
}

/// Adds the counts of `wanted` in `bag`; both are ordered by number.
pub(crate) fn add_counts(bag: &[(u32, u32)], wanted: &[(u32, usize, f64)], counts: &mut [f64]) {
    let mut rest = wanted;
    for (number, count) in bag {
        let passed = rest.iter().take_while(|(wanted, ..)| wanted < number).count();
        rest = &rest[passed..];
        for (_, to, share) in rest.iter().take_while(|(wanted, ..)| wanted == number) {
            counts[*to] += share * f64::from(*count);
        }
    }
}

/// Returns the count of a term in a bag.
pub(crate) fn count(bag: &[(u32, u32)], term: Option<u32>) -> f64 {
    let found = term.and_then(|term| bag.binary_search_by_key(&term, |(term, _)| *term).ok());
    found.map_or(0.0, |at| f64::from(bag[at].1))
}
