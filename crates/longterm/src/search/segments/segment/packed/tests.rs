//! Packed counts are read back unchanged, by row and by term.

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
            prop_assert_eq!(postings.rows(term, 0).collect::<Vec<_>>(), expect);
        }
        prop_assert_eq!(postings.rows(99_999_999, 0).count(), 0);
    }
}

#[test]
fn a_long_list_is_read_from_any_row() {
    let mut bags = Bags::new(0);
    let rows = 5 * BLOCK;
    for at in 0..rows {
        bags.push(if at % 3 == 1 { &[7, 7, 9] } else { &[9] });
    }
    let postings = Postings::of(&bags, rows as usize);
    for term in [7, 9] {
        let all: Vec<(u32, u32)> = postings.rows(term, 0).collect();
        for start in 0..=rows {
            let list = postings.rows(term, start);
            let from: Vec<(u32, u32)> = list.skip_while(|(at, _)| *at < start).collect();
            let expect: Vec<(u32, u32)> =
                all.iter().copied().filter(|(at, _)| start <= *at).collect();
            assert_eq!(from, expect, "{term} from {start}");
            let passed = postings.rows(term, start).take_while(|(at, _)| *at < start).count();
            assert!(passed <= BLOCK as usize, "{passed} entries before {start} were read");
        }
    }
}
