//! What is packed comes out again, from either side.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn bags_and_postings_give_back_every_count(
        rows in prop::collection::vec(prop::collection::vec(0_u32..50_000, 0..40), 0..40)
    ) {
        let mut bags = Bags::new(0);
        let mut with: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
            let row: Vec<u32> = row.iter().map(|term| term % 97 * 400 + term % 2).collect();
            row.iter().for_each(|term| *counts.entry(*term).or_default() += 1);
            let mut sorted = row.clone();
            sorted.sort_unstable();
            bags.push(&sorted);
            let packed: Vec<(u32, u32)> = bags.bag(at as u32).collect();
            let expect: Vec<(u32, u32)> = counts.into_iter().collect();
            prop_assert_eq!(&packed, &expect);
            for (term, count) in expect {
                with.entry(term).or_default().push((at as u32, count));
            }
        }
        let postings = Postings::of(&bags, rows.len());
        for (term, expect) in with {
            prop_assert_eq!(postings.rows(term).collect::<Vec<_>>(), expect);
        }
        prop_assert_eq!(postings.rows(99_999_999).count(), 0);
    }
}
