//! The progress of a long call.

/// Progress of a long call, which names the unit: bytes, rows, records.
///
/// ```
/// use aios_record::Progress;
///
/// let progress = Progress::new(250).with_total(1_000).with_part("model.safetensors");
/// assert_eq!((progress.done, progress.total), (250, Some(1_000)));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Amount that is done.
    pub done: u64,
    /// Expected amount, which may grow. `None` if it is unknown.
    pub total: Option<u64>,
    /// Name of the part that the amounts describe, such as a file. `None` if they describe the
    /// whole call.
    pub part: Option<String>,
}

impl Progress {
    /// Creates the progress of a call of unknown length.
    #[must_use]
    pub fn new(done: u64) -> Progress {
        Progress { done, total: None, part: None }
    }

    /// Sets the expected amount.
    #[must_use]
    pub fn with_total(self, total: u64) -> Progress {
        Progress { total: Some(total), ..self }
    }

    /// Sets the name of the part.
    #[must_use]
    pub fn with_part(self, part: impl Into<String>) -> Progress {
        Progress { part: Some(part.into()), ..self }
    }
}
