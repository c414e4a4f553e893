//! Search: two legs find candidates, their neighbours join them, one scorer ranks them all.
//!
//! The legs only propose. Every record is ranked in one form (`segment`) by one scorer from the
//! same statistics, so its location never affects its rank. Pending records of the journal are
//! analysed when they are first seen (`waiting`). The library is held in RAM (`resident`);
//! otherwise its own indexes propose (`by_library`).

mod backgrounds;
mod candidates;
mod former;
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
    former::{FormerFound, VERSIONS_SEARCHED_MAX},
    found::{Found, Hit},
    options::{Explain, Fields, LIMIT_MAX, QUERY_BYTES_MAX, SearchOptions},
    query::when::asks_for_time,
    ranking::{
        explain::{Counted, Explanation},
        weights::Weights,
    },
};
use crate::{Error, LongtermView};

impl LongtermView {
    /// Finds the records that fit `text`, best first. A query without words finds nothing unless a
    /// vector is given.
    ///
    /// # Errors
    /// - [`Error::Scope`] if [`SearchOptions::scope`] names a part other than the one that the view
    ///   is bound to.
    /// - [`Error::TooLong`] if the query exceeds [`QUERY_BYTES_MAX`] bytes; [`Error::TooMany`] if
    ///   the options exceed [`LIMIT_MAX`] hits or 100 tags or kinds.
    /// - [`Error::VectorMissing`] if the store takes the caller's own vectors and none is given;
    ///   [`Error::VectorUnfit`] if the given vector does not fit the store, or the store embeds
    ///   texts itself.
    /// - [`Error::Embedding`], [`Error::Journal`], [`Error::Library`] if these fail.
    pub async fn search(&self, text: &str, options: &SearchOptions) -> Result<Found, Error> {
        let limit = options.limit.unwrap_or(self.parts.config.search_limit);
        let options = &options.clone().with_limit(limit);
        check(text, options)?;
        let gate = self.gate.narrow(&options.scope)?;
        self.parts.searcher.search(text, options, &gate).await
    }
}
