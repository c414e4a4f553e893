//! Options of a search, and the limits of a query.

use aios_record::{Kind, ScopeFilter, Timestamp};

use crate::Error;

/// Maximum length of a query, in bytes. Only the rarest terms of a long query are searched for.
pub const QUERY_BYTES_MAX: usize = 1 << 20;
/// Maximum number of hits of one search.
pub const LIMIT_MAX: usize = 1000;
/// Limit of a search without its own: that of the configuration.
pub const LIMIT_OF_CONFIG: usize = usize::MAX;
/// Maximum number of tags or kinds of one search.
const FILTER_VALUES_MAX: usize = 100;

/// Restrictions of a search, beside the query's text. None is required.
#[derive(Debug, Clone)]
pub struct SearchOptions {
    /// Maximum number of hits, up to [`LIMIT_MAX`]. Default: [`LIMIT_OF_CONFIG`].
    pub limit: usize,
    /// Narrows the view's gate.
    pub scope: ScopeFilter,
    /// Kinds of the records. Default: all.
    pub kinds: Option<Vec<Kind>>,
    /// Records with any of these tags.
    pub tags: Vec<String>,
    /// Start of the time in which the records happened, inclusive. A record without such a time
    /// counts as of when it was recorded.
    pub since: Option<Timestamp>,
    /// End of the time in which the records happened, exclusive.
    pub until: Option<Timestamp>,
    /// Moment at which the records were known and valid. Default: now.
    pub as_of: Option<Timestamp>,
    /// Minimum relevance of a hit, 0 to 1.
    pub min_relevance: Option<f64>,
    /// The query as a vector, in a store whose vectors are the caller's own, see
    /// [`Longterm::open_with_vectors`](crate::Longterm::open_with_vectors). `None` elsewhere.
    pub vector: Option<Vec<f32>>,
    /// Explanations of the hits. Default: none.
    pub explain: Explain,
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

impl Default for SearchOptions {
    fn default() -> SearchOptions {
        SearchOptions {
            limit: LIMIT_OF_CONFIG,
            scope: ScopeFilter::default(),
            kinds: None,
            tags: Vec::new(),
            since: None,
            until: None,
            as_of: None,
            min_relevance: None,
            vector: None,
            explain: Explain::No,
        }
    }
}

/// Refuses a query above the limits.
pub(super) fn check(text: &str, options: &SearchOptions) -> Result<(), Error> {
    if QUERY_BYTES_MAX < text.len() {
        let what = "the query".to_owned();
        return Err(Error::TooLong { what, bytes: text.len(), bytes_max: QUERY_BYTES_MAX });
    }
    let kinds = options.kinds.as_ref().map_or(0, Vec::len);
    let counts = [
        ("hits", options.limit, LIMIT_MAX),
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
