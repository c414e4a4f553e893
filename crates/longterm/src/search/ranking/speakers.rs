//! Who is named in a query, among the speakers of the candidates.

use std::collections::{BTreeSet, HashSet};

use crate::search::{
    query::Query,
    segments::{
        segment::{Columns, Names},
        strings::NONE,
    },
};

/// The parts of a query that name speakers. Terms of the query are known by their place in it.
pub(crate) struct Speakers {
    /// The terms that are part of some candidate's speaker's name.
    pub(crate) all: BTreeSet<String>,
    /// The query's terms that are.
    pub(crate) asked: Vec<usize>,
    /// The query's terms that are not; all of them if no other is left.
    pub(crate) others: Vec<usize>,
    /// The speakers who are named.
    pub(crate) named: HashSet<u32>,
}

impl Speakers {
    /// `stem` turns a name into terms.
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
