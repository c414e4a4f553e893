//! The leg of meaning compared with cosines of every row.

use std::{collections::HashSet, sync::Arc};

use aios_record::{Gate, Id, Kind, Record, Scope, Timestamp};

use super::*;
use crate::{
    library::Row,
    search::{
        candidates::{filter::Filter, legs::Wanted},
        options::SearchOptions,
        segments::{
            part::{Home, Part},
            segment::{Builder, Names},
        },
    },
};

const DIMENSION: usize = 384;

/// A vector whose numbers follow a simple recurrence, drawn towards one of 200 subjects.
fn vector(seed: u32) -> Vec<f32> {
    let numbers = |seed: u32| {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        (0..DIMENSION).map(move |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
    };
    let near = numbers(1_000_000 + seed % 200).zip(numbers(seed));
    near.map(|(subject, own)| subject + own).collect()
}

/// Segments of the rows from `first` to `last`, in parts of `size` rows.
fn parts(rows: std::ops::Range<u32>, size: usize, names: &mut Names) -> Vec<Part> {
    let rows: Vec<u32> = rows.collect();
    let part = |rows: &[u32]| {
        let mut builder = Builder::new(Arc::from([0.0; DIMENSION]), rows.len());
        for at in rows {
            let scope = Scope { user: (at % 5 == 0).then(|| "b".to_owned()), ..Scope::default() };
            let record = Record::new(Kind::Note, Id::new(at.to_string()).unwrap(), "text", scope);
            let row = Row {
                record,
                terms: "text".to_owned(),
                vector: (at % 11 != 7).then(|| vector(*at)),
                content_hash: String::new(),
                is_outstanding: false,
            };
            builder.push(&row.ranked(), names);
        }
        let offsets = (0..rows.len() as u32).collect();
        Part {
            segment: Arc::new(builder.finish()),
            gone: Arc::default(),
            home: Home::Fragment { id: 0, offsets, shown: None },
        }
    };
    rows.chunks(size).map(part).collect()
}

/// The best rows by meaning, each with its key.
fn best(parts: &[Part], names: &Names, masked: &HashSet<String>, gate: Gate) -> Vec<String> {
    let filter = Filter::new(&SearchOptions::default(), gate, Timestamp::now());
    let filter = filter.numbered(&names.others);
    let sight = Sight { parts, masked, names: &names.others, filter };
    let asked = Asked::new(&vector(3), &[0.0; DIMENSION]).unwrap();
    let wanted = Wanted { terms: Vec::new(), words_mean: 8.0, rows: 64 };
    let places = sight.propose(&sight.by_words(&wanted), Some(&asked));
    places.iter().map(|place| sight.segment(*place).key(place.at, &names.others)).collect()
}

#[test]
fn the_nearest_of_many_rows_are_those_of_the_greatest_cosines() {
    let mut names = Names::default();
    let parts = parts(0..20_000, 3_000, &mut names);
    let found = best(&parts, &names, &HashSet::new(), Gate::administrator());
    let asked = Asked::new(&vector(3), &[0.0; DIMENSION]).unwrap();
    let mut all: Vec<(f32, String)> = Vec::new();
    for part in &parts {
        let rows: Vec<u32> = (0..part.segment.len() as u32).collect();
        part.segment.vectors.cosines(&rows, &asked, |at, cosine| {
            all.push((cosine, part.segment.key(at, &names.others)));
        });
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let hits = all.iter().take(64).filter(|(_, key)| found.contains(key)).count();
    assert_eq!(found.len(), 64);
    assert!(64 <= hits + 1, "{hits} of 64");
}

#[test]
fn others_rows_hidden_rows_and_the_split_into_segments_change_nothing() {
    let mut names = Names::default();
    let shared: Vec<u32> = (0..24_000).filter(|at| at % 5 != 0).collect();
    let whole = parts(0..24_000, 24_000, &mut names);
    let split = parts(0..24_000, 4_000, &mut names);
    let expect = best(&whole, &names, &HashSet::new(), Gate::shared());
    assert_eq!(best(&split, &names, &HashSet::new(), Gate::shared()), expect);
    // A second copy of a thousand rows represents their older versions.
    let mut twice = parts(0..24_000, 24_000, &mut names);
    twice[0].home = Home::Here(Arc::from([]));
    twice.extend(parts(0..1_000, 1_000, &mut names));
    let key = |at: &u32| twice[0].segment.key(*at, &names.others);
    let masked: HashSet<String> = shared.iter().filter(|at| **at < 1_000).map(key).collect();
    assert_eq!(best(&twice, &names, &masked, Gate::shared()), expect);
}
