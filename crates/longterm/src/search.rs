//! Search: two legs find candidates, their neighbours join them, one scorer ranks them all.
//!
//! The legs only propose. Wherever a record lies, it is ranked in one form (`segment`) by one
//! scorer from the same statistics, so where it lies changes no rank. What waits in the journal is
//! analysed when it is first seen (`waiting`); the library is held in RAM (`resident`), or, where
//! it is not, its own indexes propose (`by_library`).

mod backgrounds;
mod candidates;
mod found;
mod options;
mod query;
mod ranking;
mod saying;
mod searcher;
mod segments;

use self::options::check;
pub(crate) use self::{
    candidates::filter::visible, searcher::Searcher, segments::resident::Resident,
};
pub use self::{
    found::{Found, Hit},
    options::{Explain, LIMIT_MAX, LIMIT_OF_CONFIG, QUERY_BYTES_MAX, SearchOptions},
    ranking::{
        explain::{Counted, Explanation},
        weights::Weights,
    },
};
use crate::{Error, Longterm, LongtermView};

impl LongtermView {
    /// Finds the records that fit `text`, best first. A text without a single word finds nothing,
    /// unless it comes with a vector.
    ///
    /// # Errors
    /// - [`Error::Scope`] when [`SearchOptions::scope`] names a part other than the one that the
    ///   view is bound to.
    /// - [`Error::TooLong`] above [`QUERY_BYTES_MAX`] bytes, [`Error::TooMany`] above
    ///   [`LIMIT_MAX`] hits or 100 tags.
    /// - [`Error::VectorMissing`] without a vector where vectors are the caller's own,
    ///   [`Error::VectorUnfit`] with one that does not fit, or where the store embeds by itself.
    /// - [`Error::Embedding`], [`Error::Journal`], [`Error::Library`] when these fail.
    pub async fn search(&self, text: &str, options: &SearchOptions) -> Result<Found, Error> {
        let limit = match options.limit {
            LIMIT_OF_CONFIG => self.parts.config.search_limit,
            limit => limit,
        };
        let options = &SearchOptions { limit, ..options.clone() };
        check(text, options)?;
        let gate = self.gate.narrow(&options.scope)?;
        self.parts.searcher.search(text, options, &gate).await
    }
}

impl Longterm {
    /// Holds the library in RAM now, which the first search begins otherwise, and says whether it
    /// is: it may be empty, or larger than [`Config::resident_bytes_max`](crate::Config) allows.
    ///
    /// # Errors
    /// [`Error::Journal`] when the journal cannot be read.
    pub async fn warm(&self) -> Result<bool, Error> {
        let edition = self.parts.journal.edition().await?;
        if self.parts.config.resident_bytes_max == 0 || edition.version == 0 {
            return Ok(false);
        }
        Ok(self.parts.searcher.resident.make_view(edition).await.is_some())
    }
}
