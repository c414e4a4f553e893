//! The records to forget, as a caller names them.

use std::path::PathBuf;

use aios_record::{Identity, Mode};

use super::proposal::{ForgetQuery, Proposal};

/// The records to forget. Dependent and derived records are included; records of other owners never
/// are.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ForgetTarget {
    /// The given records, stored or not.
    Records(Vec<Identity>),
    /// All pieces of a document, including retired ones. The path is relative to the working
    /// directory; if no document has it, it selects the document whose path ends with it.
    Document(PathBuf),
    /// All records that the view may change: a user's own, narrowed by project, agent and session.
    /// The view must act for a user or be narrowed.
    All,
    /// The proposed records with their exact repetitions, and the proposed parts of others: exactly
    /// those that were shown, and nothing stored since.
    Proposed(Box<Proposal>),
    /// The records that [`propose`](crate::roles::Forgetting::propose) returns for this query, if
    /// they need no review: the proposal [is certain](Proposal::is_certain), or the query sets
    /// [`ForgetQuery::min_relevance`]. Otherwise nothing is forgotten, and
    /// [`Error::Uncertain`](crate::Error::Uncertain) is returned.
    Query(ForgetQuery),
}

/// The records to forget, and the thoroughness.
///
/// ```
/// use aios_memory::{ForgetOptions, ForgetQuery, ForgetTarget};
///
/// let query = ForgetQuery::new("The safe is in room 4.").with_limit(3);
/// let options = ForgetOptions::new(ForgetTarget::Query(query)).with_purge();
/// assert!(options.purge);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ForgetOptions {
    /// The records.
    pub target: ForgetTarget,
    /// If true, no file keeps a byte of the records. Takes as long as rewriting working memory and
    /// the indexes of long-term memory. Default: false.
    pub purge: bool,
    /// Mode. With [`Mode::DryRun`] nothing is forgotten, only listed. Default: [`Mode::Apply`].
    pub mode: Mode,
}

impl ForgetOptions {
    /// Forgets `target`, without a purge.
    #[must_use]
    pub fn new(target: ForgetTarget) -> ForgetOptions {
        ForgetOptions { target, purge: false, mode: Mode::Apply }
    }

    /// Enables the purge.
    #[must_use]
    pub fn with_purge(self) -> ForgetOptions {
        ForgetOptions { purge: true, ..self }
    }

    /// Sets the mode.
    #[must_use]
    pub fn with_mode(self, mode: Mode) -> ForgetOptions {
        ForgetOptions { mode, ..self }
    }
}
