//! Candidates from LanceDB's own indexes, for a library that is not held in RAM: the rows that its
//! legs find, and the turns around them, become segments of one search.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Arc, RwLock},
};

use lancedb::expr::{DfExpr, col, is_in, lit};

use crate::{
    Error,
    blocking::blocking,
    library::{Library, Row},
    search::{
        ranking::{REACH, Ranking},
        segments::{
            part::{Home, Part, Place},
            segment::{Builder, Names},
        },
    },
};

/// A search in a library that is not held in RAM.
pub(crate) struct Lookup {
    library: Library,
    names: Arc<RwLock<Names>>,
    /// Encoded identities of records that are known in a newer version.
    known: HashSet<String>,
}

impl Lookup {
    /// Creates a search in `library`, with the names of a handle.
    pub(crate) fn new(library: Library, names: &Arc<RwLock<Names>>, ranking: &Ranking) -> Lookup {
        Lookup { library, names: Arc::clone(names), known: ranking.seen.masked.clone() }
    }

    /// Adds the rows that have the query's words.
    pub(crate) async fn add_by_words(&mut self, ranking: &mut Ranking) -> Result<(), Error> {
        let terms = ranking.query.all_terms();
        if !terms.is_empty() {
            let filter = ranking.filter.expression();
            let rows = self.library.matching(&terms, &filter, ranking.rows).await?;
            self.add(rows, ranking);
        }
        Ok(())
    }

    /// Adds the rows whose meaning is near the query's, then the rows around the best of all.
    pub(crate) async fn add_by_meaning(mut self, mut ranking: Ranking) -> Result<Ranking, Error> {
        let filter = ranking.filter.expression();
        if ranking.query.meaning.asked.is_some() {
            let vector = &ranking.query.meaning.vector;
            let rows = self.library.nearest(vector, &filter, ranking.rows).await?;
            self.add(rows, &mut ranking);
        }
        let names = Arc::clone(&self.names);
        let (mut ranking, near) = blocking(move || {
            let names = names.read().expect("no holder panics");
            let near = ranking.around(&ranking.best(&names), &names);
            drop(names);
            (ranking, near)
        })
        .await?;
        if let Some(near) = near {
            let rows = self.library.scan(near.and(ranking.filter.expression())).await?;
            self.add(rows, &mut ranking);
        }
        Ok(ranking)
    }

    /// Adds rows of the library as a part, except those that are known in a newer version.
    fn add(&mut self, mut rows: Vec<Row>, ranking: &mut Ranking) {
        rows.retain(|row| self.known.insert(row.record.encoded_identity()));
        let mut builder = Builder::new(Arc::clone(&ranking.centre), rows.len());
        let mut names = self.names.write().expect("no holder panics");
        rows.iter().for_each(|row| builder.push(&row.ranked(), &mut names));
        drop(names);
        let records = rows.into_iter().map(|row| row.record).collect();
        let segment = Arc::new(builder.finish());
        ranking.parts.push(Part { segment, gone: Arc::new([]), home: Home::Here(records) });
        ranking.worded = None;
    }
}

impl Ranking {
    /// Returns an expression for the rows around `best` in their sessions; `None` if no row is in a
    /// session.
    fn around(&self, best: &[Place], names: &Names) -> Option<DfExpr> {
        let mut wanted: BTreeMap<(Option<&str>, &str), BTreeSet<i64>> = BTreeMap::new();
        for place in best {
            let segment = &self.parts[place.part as usize].segment;
            if let Some(([user, session], at)) = segment.place(place.at) {
                let session = (names.others.some(user), names.others.text(session));
                let around = at.saturating_sub(REACH)..=at.saturating_add(REACH);
                wanted.entry(session).or_default().extend(around);
            }
        }
        let sessions = wanted.into_iter().map(|((user, session), positions)| {
            let of_user = match user {
                Some(user) => col("user").eq(lit(user)),
                None => col("user").is_null(),
            };
            let positions = positions.into_iter().map(lit).collect();
            let here = is_in(col("position"), positions);
            col("session").eq(lit(session)).and(of_user).and(here)
        });
        sessions.reduce(DfExpr::or)
    }
}
