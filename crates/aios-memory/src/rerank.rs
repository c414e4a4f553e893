//! Reordering the first hits of a search by a cross-encoder, if the settings name one.
//!
//! Ranking is done by long-term memory. The cross-encoder reads its first hits together with the
//! query and reorders them. It does not change the relevance, which therefore means the same with
//! and without a reranker.

#[cfg(feature = "families")]
use std::sync::Arc;

#[cfg(feature = "families")]
use aios_embedding::{BertOptions, CrossEncoder};
use aios_longterm::{Hit, SearchOptions};

#[cfg(feature = "families")]
use crate::InputProblem;
use crate::{Config, Error};

/// Number of hits that the cross-encoder reads. The others follow in their original order.
const HITS_READ: usize = 30;

/// The configured cross-encoder. Clones share it.
#[derive(Clone)]
pub(crate) struct Reranker {
    #[cfg(feature = "families")]
    model: Arc<CrossEncoder>,
    #[cfg(not(feature = "families"))]
    model: std::convert::Infallible,
}

/// A hit, and its score by the cross-encoder.
pub(crate) type Reranked = (Hit, Option<f64>);

impl Reranker {
    /// Opens the cross-encoder named by `search.reranker`, off the async workers; `None` if that is
    /// empty.
    pub(crate) async fn open(config: &Config) -> Result<Option<Reranker>, Error> {
        let dir = config.search.reranker.clone();
        if dir.as_os_str().is_empty() {
            return Ok(None);
        }
        #[cfg(feature = "families")]
        {
            let threads = BertOptions::default().threads;
            let opening = tokio::task::spawn_blocking(move || CrossEncoder::open(dir, threads));
            let opened = opening.await.map_err(|_| Error::Interrupted)?;
            let model = opened.map_err(|error| match error {
                aios_embedding::Error::Missing { path, holds } => {
                    Error::input(path, InputProblem::NoReranker { holds })
                }
                error => Error::Embedding(error),
            })?;
            Ok(Some(Reranker { model: Arc::new(model) }))
        }
        #[cfg(not(feature = "families"))]
        Err(Error::Embedding(aios_embedding::Error::Unsupported {
            path: dir,
            feature: "a reranker".to_owned(),
            instead: "a program built with the feature `families`, or unset search.reranker",
        }))
    }

    /// Returns `options` with a limit of at least [`HITS_READ`], for a search whose hits are
    /// reranked.
    pub(crate) fn widened(options: &SearchOptions, limit_of_config: usize) -> SearchOptions {
        let limit = options.limit.unwrap_or(limit_of_config);
        options.clone().with_limit(limit.max(HITS_READ))
    }

    /// Reorders the first of `hits`, which are sorted best first, by the cross-encoder, and
    /// truncates them to the limit of `options`.
    pub(crate) async fn rerank(
        &self,
        query: &str,
        hits: Vec<Hit>,
        options: &SearchOptions,
        limit_of_config: usize,
    ) -> Result<Vec<Reranked>, Error> {
        let texts: Vec<String> = hits.iter().take(HITS_READ).map(text).collect();
        let scores = self.scores(query.to_owned(), texts).await?;
        let scores = scores.into_iter().map(|score| Some(f64::from(score)));
        let mut reranked: Vec<Reranked> =
            hits.into_iter().zip(scores.chain(std::iter::repeat(None))).collect();
        let read = reranked.iter().take_while(|(_, score)| score.is_some()).count();
        let order = |score: Option<f64>| score.unwrap_or(f64::NEG_INFINITY);
        reranked[..read].sort_by(|(_, a), (_, b)| order(*b).total_cmp(&order(*a)));
        reranked.truncate(options.limit.unwrap_or(limit_of_config));
        Ok(reranked)
    }

    #[cfg(feature = "families")]
    async fn scores(&self, query: String, texts: Vec<String>) -> Result<Vec<f32>, Error> {
        let model = Arc::clone(&self.model);
        let scoring = tokio::task::spawn_blocking(move || {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            model.score(&query, &texts)
        });
        Ok(scoring.await.map_err(|_| Error::Interrupted)??)
    }

    #[cfg(not(feature = "families"))]
    async fn scores(&self, _: String, _: Vec<String>) -> Result<Vec<f32>, Error> {
        match self.model {}
    }
}

/// Returns the text of a hit that the cross-encoder reads.
fn text(hit: &Hit) -> String {
    match &hit.record.title {
        Some(title) => format!("{title}\n{}", hit.record.text),
        None => hit.record.text.clone(),
    }
}
