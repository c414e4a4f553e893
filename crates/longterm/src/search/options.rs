//! Options of a search, and the limits of a query.

use aios_record::{Kind, ScopeFilter, Timestamp};

use crate::Error;

/// Maximum length of a query, in bytes. Only the rarest terms of a long query are searched for.
pub const QUERY_BYTES_MAX: usize = 1 << 20;
/// Maximum number of hits of one search.
pub const LIMIT_MAX: usize = 1000;
/// Maximum number of tags or kinds of one search.
const FILTER_VALUES_MAX: usize = 100;

/// Options of a search, beside the query's text.
///
/// ```
/// use aios_longterm::{Explain, SearchOptions};
/// use aios_record::{Kind, Scope};
///
/// let options = SearchOptions::default()
///     .with_limit(20)
///     .with_kinds(vec![Kind::Note, Kind::Message])
///     .with_scope(Scope::default().with_project("parser"))
///     .with_min_relevance(0.3)
///     .with_explain(Explain::Yes);
/// assert_eq!(options.limit, Some(20));
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SearchOptions {
    /// Maximum number of hits, up to [`LIMIT_MAX`]. Default: none, which means
    /// [`Config::search_limit`](crate::Config::search_limit).
    pub limit: Option<usize>,
    /// Constraint beside the view's gate. Default: no constraint.
    pub scope: ScopeFilter,
    /// Kinds of the records. Default: all.
    pub kinds: Option<Vec<Kind>>,
    /// Labels. Selects records with at least one of them. Default: none, which selects all records.
    pub tags: Vec<String>,
    /// Earliest time at which the records happened, inclusive. A record without such a time counts
    /// by its time of recording. Default: none.
    pub since: Option<Timestamp>,
    /// Latest time at which the records happened, exclusive. Default: none.
    pub until: Option<Timestamp>,
    /// Moment at which the records were known and valid. Default: now.
    pub as_of: Option<Timestamp>,
    /// Minimum relevance of a hit, 0 to 1. Default: none.
    pub min_relevance: Option<f64>,
    /// The caller's own vector of the query, in a store opened with
    /// [`Longterm::open_with_vectors`](crate::Longterm::open_with_vectors). `None` for other
    /// stores.
    pub vector: Option<Vec<f32>>,
    /// Explanations of the hits. Default: none.
    pub explain: Explain,
    /// Fields of the records in hits. Default: all but payload, provenance and references.
    pub fields: Fields,
}

impl SearchOptions {
    /// Sets the maximum number of hits.
    #[must_use]
    pub fn with_limit(self, limit: usize) -> SearchOptions {
        SearchOptions { limit: Some(limit), ..self }
    }

    /// Narrows the search to a scope.
    #[must_use]
    pub fn with_scope(self, scope: impl Into<ScopeFilter>) -> SearchOptions {
        SearchOptions { scope: scope.into(), ..self }
    }

    /// Selects records of these kinds; `None` selects all.
    #[must_use]
    pub fn with_kinds(self, kinds: impl Into<Option<Vec<Kind>>>) -> SearchOptions {
        SearchOptions { kinds: kinds.into(), ..self }
    }

    /// Selects records with any of these labels.
    #[must_use]
    pub fn with_tags(self, tags: Vec<String>) -> SearchOptions {
        SearchOptions { tags, ..self }
    }

    /// Selects records that happened at or after this time.
    #[must_use]
    pub fn with_since(self, since: impl Into<Option<Timestamp>>) -> SearchOptions {
        SearchOptions { since: since.into(), ..self }
    }

    /// Selects records that happened before this time.
    #[must_use]
    pub fn with_until(self, until: impl Into<Option<Timestamp>>) -> SearchOptions {
        SearchOptions { until: until.into(), ..self }
    }

    /// Selects records that were known and valid at this moment.
    #[must_use]
    pub fn with_as_of(self, moment: impl Into<Option<Timestamp>>) -> SearchOptions {
        SearchOptions { as_of: moment.into(), ..self }
    }

    /// Sets the minimum relevance of a hit.
    #[must_use]
    pub fn with_min_relevance(self, relevance: impl Into<Option<f64>>) -> SearchOptions {
        SearchOptions { min_relevance: relevance.into(), ..self }
    }

    /// Sets the caller's own vector of the query.
    #[must_use]
    pub fn with_vector(self, vector: Vec<f32>) -> SearchOptions {
        SearchOptions { vector: Some(vector), ..self }
    }

    /// Sets whether each hit is explained.
    #[must_use]
    pub fn with_explain(self, explain: Explain) -> SearchOptions {
        SearchOptions { explain, ..self }
    }

    /// Sets the fields of the records in hits.
    #[must_use]
    pub fn with_fields(self, fields: Fields) -> SearchOptions {
        SearchOptions { fields, ..self }
    }

    /// Returns the limit, which the view that searches has set.
    pub(super) fn hits_max(&self) -> usize {
        self.limit.expect("the view sets the limit before the search")
    }
}

/// Explanations of the hits of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Explain {
    /// Hits have none. The default.
    #[default]
    No,
    /// Each hit has one.
    Yes,
}

/// Fields of the records in hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fields {
    /// All but payload, provenance and references. The default.
    #[default]
    Shown,
    /// All, which are read from disk.
    All,
}

/// Refuses a query above the limits.
pub(super) fn check(text: &str, options: &SearchOptions) -> Result<(), Error> {
    if QUERY_BYTES_MAX < text.len() {
        let what = "the query".to_owned();
        return Err(Error::TooLong { what, bytes: text.len(), bytes_max: QUERY_BYTES_MAX });
    }
    let kinds = options.kinds.as_ref().map_or(0, Vec::len);
    let counts = [
        ("hits", options.hits_max(), LIMIT_MAX),
        ("tags", options.tags.len(), FILTER_VALUES_MAX),
        ("kinds", kinds, FILTER_VALUES_MAX),
    ];
    for (what, count, count_max) in counts {
        if count_max < count {
            return Err(Error::TooMany { what, count, count_max });
        }
    }
    Ok(())
}
