//! The leg of words compared with sums over every row.

use std::sync::Arc;

use aios_record::{Gate, Id, Kind, Record, Scope, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::{
    library::Row,
    search::{
        candidates::filter::Filter,
        options::SearchOptions,
        ranking::bm25::saturated,
        segments::{
            part::{Home, Part},
            segment::{Builder, Names},
        },
    },
};

/// Rows of terms; terms with higher numbers are rarer. Every fifth row has another owner.
fn rows(count: u32, seed: u32) -> Vec<Row> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 8
    };
    let row = |at: u32| {
        let terms: Vec<String> = (0..3 + next() % 12)
            .map(|_| format!("t{}", (next() % 40).min(next() % 40).min(next() % 40)))
            .collect();
        let scope =
            Scope { user: at.is_multiple_of(5).then(|| "b".to_owned()), ..Scope::default() };
        let record = Record::new(Kind::Note, Id::new(at.to_string()).unwrap(), "text", scope);
        Row {
            record,
            terms: terms.join(" "),
            vector: None,
            content_hash: String::new(),
            is_outstanding: false,
        }
    };
    (0..count).map(row).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_best_rows_by_words_are_those_of_the_greatest_sums(
        count in 1_u32..6_000,
        seed: u32,
        wanted in prop::collection::vec((0_u32..36, 0.5_f64..2.0), 2..6),
        best in prop_oneof![1_usize..12, 1_usize..70],
        masked in prop_oneof![3 => Just(0_u32), 1 => 0_u32..50],
        every_owner: bool,
    ) {
        let rows = rows(count, seed);
        let mut names = Names::default();
        let centre: Arc<[f32]> = Arc::from([0.0; 4]);
        let mut builder = Builder::new(centre, rows.len());
        rows.iter().for_each(|row| builder.push(&row.ranked(), &mut names));
        let offsets = (0..count).collect();
        let part = Part {
            segment: Arc::new(builder.finish()),
            gone: (0..count).map(|at| at % 7 == 3).collect(),
            home: Home::Fragment { id: 0, offsets, shown: None },
        };
        let hidden = rows.iter().take(masked as usize);
        let masked: HashSet<String> = hidden.map(|row| row.record.encoded_identity()).collect();
        let gate = if every_owner { Gate::administrator() } else { Gate::shared() };
        let filter = Filter::new(&SearchOptions::default(), gate, Timestamp::now());
        let parts = [part];
        let filter = filter.numbered(&names.others);
        let sight = Sight { parts: &parts, masked: &masked, names: &names.others, filter };
        let terms: Vec<(u32, f64)> = wanted
            .iter()
            .filter_map(|(term, weight)| {
                let term = names.terms.find(&format!("t{term}"))?;
                let rows = parts[0].segment.postings.rows(term, 0).count();
                Some((term, weight * (1.0 + f64::from(count) / rows as f64).ln()))
            })
            .collect();
        let wanted = Wanted { terms, words_mean: 8.0, rows: best };
        let found = sight.propose(&sight.by_words(&wanted), None);
        let score = |at: u32| -> f64 {
            let segment = &parts[0].segment;
            let length = f64::from(segment.lengths[at as usize]);
            let gains = segment.bag(at).map(|(term, count)| {
                let weights = wanted.terms.iter().filter(|(wanted, _)| *wanted == term);
                let weight: f64 = weights.map(|(_, weight)| weight).sum();
                weight * saturated(f64::from(count), length, 8.0)
            });
            gains.sum()
        };
        let visible = |at: &u32| {
            let place = Place { part: 0, at: *at };
            sight.admits(place) && sight.is_shown(place)
        };
        let scores = (0..count).filter(visible).map(score);
        let mut expect: Vec<f64> = scores.filter(|score| 0.0 < *score).collect();
        expect.sort_by(|a, b| b.total_cmp(a));
        expect.truncate(best);
        prop_assert!(found.iter().all(|place| visible(&place.at)));
        let mut scores: Vec<f64> = found.iter().map(|place| score(place.at)).collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        prop_assert_eq!(scores.len(), expect.len());
        for (score, expect) in scores.iter().zip(&expect) {
            prop_assert!((score - expect).abs() < 1e-4, "{scores:?} for {expect:?}");
        }
    }
}
