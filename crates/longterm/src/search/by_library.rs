//! Candidates by LanceDB's own indexes, for a library that is not held in RAM: the rows that its
//! legs find and the turns around them become segments of one search.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use lancedb::expr::{DfExpr, col, is_in, lit};

use crate::{
    Error,
    library::{Edition, Library, Row},
    search::{
        blocking,
        legs::{Home, Part, Place},
        ranking::{REACH, Ranking},
        segment::Builder,
    },
};

impl Ranking {
    /// This ranking with the candidates of the library, at `edition` or later.
    pub(crate) async fn with_library(mut self, edition: Edition) -> Result<Ranking, Error> {
        let Some(library) = self.shared.library(edition).await? else { return Ok(self) };
        let mut known: HashSet<String> = self.seen.masked.clone();
        let rows = self.legs(&library).await?;
        self.add(rows, &mut known);
        let (ranking, best) = blocking(move || {
            let best = self.best();
            (self, best)
        })
        .await?;
        self = ranking;
        if let Some(near) = self.around(&best) {
            let rows = library.scan(near.and(self.filter.expression())).await?;
            self.add(rows, &mut known);
        }
        Ok(self)
    }

    async fn legs(&self, library: &Library) -> Result<Vec<Row>, Error> {
        let (query, filter) = (&self.query, self.filter.expression());
        let lexical = async {
            match query.terms.is_empty() {
                true => Ok(Vec::new()),
                false => library.matching(&query.all_terms(), &filter, self.rows).await,
            }
        };
        if query.meaning.asked.is_none() {
            return lexical.await;
        }
        let dense = library.nearest(&query.meaning.vector, &filter, self.rows);
        let (mut rows, dense) = tokio::try_join!(lexical, dense)?;
        rows.extend(dense);
        Ok(rows)
    }

    /// Rows of the library as a part, but for those of which something newer is `known`.
    fn add(&mut self, mut rows: Vec<Row>, known: &mut HashSet<String>) {
        rows.retain(|row| known.insert(row.record.encoded_identity()));
        let mut builder = Builder::new(Arc::clone(&self.centre), rows.len());
        let mut names = self.shared.names.write().expect("no holder panics");
        rows.iter().for_each(|row| builder.push(&row.ranked(), &mut names));
        drop(names);
        let records = rows.into_iter().map(|row| row.record).collect();
        let segment = Arc::new(builder.finish());
        self.parts.push(Part { segment, gone: Arc::new([]), home: Home::Here(records) });
    }

    /// An expression for the rows around `best` in their sessions; none where none has a place in
    /// one.
    fn around(&self, best: &[Place]) -> Option<DfExpr> {
        let names = self.shared.names.read().expect("no holder panics");
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
