//! Speakers of the candidates whom a query names.

use std::collections::{BTreeSet, HashSet};

use crate::search::{
    query::Query,
    segments::{
        segment::{Columns, Names},
        strings::NONE,
    },
};

/// Parts of a query that name speakers. Terms of the query are given by their index.
pub(crate) struct Speakers {
    /// Terms of the speakers' names of all candidates.
    pub(crate) all: BTreeSet<String>,
    /// Terms of the query that are part of a speaker's name.
    pub(crate) asked: Vec<usize>,
    /// Other terms of the query; all terms if no other is left.
    pub(crate) others: Vec<usize>,
    /// Named speakers.
    pub(crate) named: HashSet<u32>,
}

impl Speakers {
    /// Finds the named speakers. `stem` turns a name into terms.
    pub(crate) fn new<'a>(
        query: &Query,
        rows: impl Iterator<Item = &'a Columns>,
        names: &Names,
        stem: impl Fn(&str) -> Vec<String>,
    ) -> Speakers {
        let all: HashSet<u32> = rows.map(|row| row.speaker).filter(|name| *name != NONE).collect();
        let mut speakers = Speakers {
            all: BTreeSet::new(),
            asked: Vec::new(),
            others: Vec::new(),
            named: HashSet::new(),
        };
        for speaker in all {
            let terms = stem(names.others.text(speaker));
            if terms.iter().any(|name| query.terms.contains(name) || query.names.contains(name)) {
                speakers.named.insert(speaker);
            }
            speakers.all.extend(terms);
        }
        let terms = 0..query.terms.len();
        (speakers.asked, speakers.others) =
            terms.clone().partition(|term| speakers.all.contains(&query.terms[*term]));
        if speakers.others.is_empty() {
            speakers.others = terms.collect();
        }
        speakers
    }
}
