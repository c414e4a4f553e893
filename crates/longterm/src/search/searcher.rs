//! One search, from its text to its hits: read the journal, analyse the query, rank, read hits.

mod reading;

use std::sync::{Arc, RwLock};

use aios_record::Gate;
use futures::future::BoxFuture;

use crate::{
    Config, Error,
    blocking::blocking,
    intake::Intake,
    journal::Journal,
    library::Edition,
    search::{
        backgrounds::Backgrounds,
        candidates::{
            by_library::Lookup,
            looking::{Looked, Lookout},
        },
        found::{Found, Hit},
        options::{Explain, Fields, SearchOptions},
        query::{Meaning, asking::Asking, spelling::Speller},
        ranking::{Chosen, Ranking, background::Background, weights::Weights},
        segments::{
            resident::{Resident, View},
            segment::Names,
            vectors::Asked,
        },
    },
    shelf::{Shelf, retried},
};

/// Searches, and the data that they keep in RAM.
pub(crate) struct Searcher {
    journal: Journal,
    shelf: Arc<Shelf>,
    intake: Intake,
    weights: Weights,
    /// Names behind the numbers that searches hold in RAM.
    names: Arc<RwLock<Names>>,
    backgrounds: Arc<Backgrounds>,
    lookout: Lookout,
    speller: Arc<Speller>,
    pub(crate) resident: Arc<Resident>,
}

impl Searcher {
    pub(crate) fn new(
        config: &Arc<Config>,
        journal: &Journal,
        shelf: &Arc<Shelf>,
        intake: &Intake,
    ) -> Searcher {
        let (names, vectors) = (Arc::default(), &intake.vectors);
        let backgrounds = Arc::new(Backgrounds::new(journal, shelf, vectors, config.access));
        let dimension = vectors.dimension();
        let resident = Resident::new(config, journal, shelf, &backgrounds, &names, dimension);
        Searcher {
            journal: journal.clone(),
            shelf: Arc::clone(shelf),
            intake: intake.clone(),
            weights: config.weights,
            lookout: Lookout::new(journal, shelf, &names, config.vector_wait),
            speller: Arc::new(Speller::new(journal, &names, intake.analyzer)),
            names,
            backgrounds,
            resident: Arc::new(resident),
        }
    }

    /// Finds the records that fit `text` and that `gate` sees, best first.
    pub(super) fn search<'a>(
        self: &'a Arc<Searcher>,
        text: &'a str,
        options: &'a SearchOptions,
        gate: &'a Gate,
    ) -> BoxFuture<'a, Result<Found, Error>> {
        Box::pin(async move { retried(|| self.search_once(text, options, gate)).await })
    }

    async fn search_once(
        self: &Arc<Searcher>,
        text: &str,
        options: &SearchOptions,
        gate: &Gate,
    ) -> Result<Found, Error> {
        let analyzer = self.intake.analyzer;
        let Some(asking) = Asking::new(text, options, gate, self.weights, analyzer) else {
            return Ok(Found::default());
        };
        let background = self.backgrounds.background(asking.corpus()).await?;
        let looked = self.look(&asking, gate, &background).await?;
        let vectors_outstanding = looked.seen.outstanding(gate);
        let view = self.resident.view(looked.edition).await;
        let ranking = self.ask(&asking, looked, view.as_deref(), background).await?;
        let (chosen, ranking) = self.rank(ranking, options).await?;
        let view = view.as_deref();
        let records = match options.fields {
            Fields::Shown => {
                self.read(&ranking, view, &chosen).await?.into_iter().map(Some).collect()
            }
            Fields::All => self.read_whole(&ranking, view, &chosen, gate).await?,
        };
        let hits = chosen.into_iter().zip(records).filter_map(|(chosen, record)| {
            Some(Hit {
                record: record?,
                score: chosen.score,
                relevance: chosen.relevance,
                folded: chosen.folded,
                explain: (options.explain == Explain::Yes).then_some(chosen.explanation),
            })
        });
        Ok(Found { hits: hits.collect(), vectors_outstanding })
    }

    /// Returns the journal once no visible row waits for its vector, at the latest after the
    /// maximum wait.
    async fn look(
        &self,
        asking: &Asking<'_>,
        gate: &Gate,
        background: &Background,
    ) -> Result<Looked, Error> {
        let (terms, corpus) = (asking.terms(), asking.corpus());
        self.lookout.look_for_vectors(terms, corpus, &background.centre(), gate).await
    }

    /// Returns the ranking, with its candidates.
    async fn ask(
        self: &Arc<Searcher>,
        asking: &Asking<'_>,
        looked: Looked,
        view: Option<&View>,
        background: Arc<Background>,
    ) -> Result<Ranking, Error> {
        let (edition, now) = (looked.edition, self.intake.now());
        let centre = background.centre();
        let ranking = asking.ranking(&self.speller, looked, view, centre, now).await?;
        match view {
            Some(_) => self.mean(ranking, asking, background).await,
            None => self.ranking_by_library(asking, edition, ranking, background).await,
        }
    }

    /// Adds to `ranking` the meaning of its query and the candidates that the library's own indexes
    /// find, at `edition` or later. The speakers are those of the rows with the query's words.
    async fn ranking_by_library(
        self: &Arc<Searcher>,
        asking: &Asking<'_>,
        edition: Edition,
        mut ranking: Ranking,
        background: Arc<Background>,
    ) -> Result<Ranking, Error> {
        let library = self.shelf.library(edition).await?;
        let mut lookup = library.map(|library| Lookup::new(library, &self.names, &ranking));
        if let Some(lookup) = &mut lookup {
            lookup.add_by_words(&mut ranking).await?;
        }
        let ranking = self.mean(ranking, asking, background).await?;
        match lookup {
            Some(lookup) => lookup.add_by_meaning(ranking).await,
            None => Ok(ranking),
        }
    }

    /// Adds to `ranking` the meaning of its query, off the async workers, from a given vector or by
    /// embedding. If the ranking has many rows, the leg of words runs beside the embedding.
    async fn mean(
        &self,
        mut ranking: Ranking,
        asking: &Asking<'_>,
        background: Arc<Background>,
    ) -> Result<Ranking, Error> {
        let (names, vectors) = (Arc::clone(&self.names), self.intake.vectors.clone());
        let (text, given) = asking.given();
        let work = move || {
            let (asked, scope) = {
                let names = names.read().expect("no holder panics");
                ranking.asked_by(&text, &names)
            };
            let vector = ranking.beside_words(&names, || vectors.of_query(&asked, given))?;
            ranking.query.scope = scope;
            ranking.query.meaning = Meaning {
                asked: Asked::new(&vector, &background.centre()),
                scale: background.scale(&vector),
                vector,
            };
            Ok(ranking)
        };
        blocking(work).await?
    }

    /// Returns the hits of `ranking`, and the ranking.
    async fn rank(
        self: &Arc<Searcher>,
        mut ranking: Ranking,
        options: &SearchOptions,
    ) -> Result<(Vec<Chosen>, Ranking), Error> {
        let (limit, least) = (options.hits_max(), options.min_relevance);
        let searcher = Arc::clone(self);
        blocking(move || {
            let chosen = searcher.choose(&mut ranking, limit, least)?;
            Ok((chosen, ranking))
        })
        .await?
    }

    /// Returns the hits of `ranking`. Reads the journal, so it may block.
    fn choose(
        &self,
        ranking: &mut Ranking,
        limit: usize,
        least: Option<f64>,
    ) -> Result<Vec<Chosen>, Error> {
        let names = self.names.read().expect("no holder panics");
        let (seen, corpus) = (Arc::clone(&ranking.seen), ranking.query.corpus.clone());
        let first = ranking.query.statistics.clone();
        ranking.choose(limit, least, &names, |terms| {
            let (statistics, waiting) =
                self.journal.statistics_blocking(terms.to_vec(), corpus.clone())?;
            Ok(seen.count_later(statistics, &waiting, &first, &corpus, &names))
        })
    }
}
