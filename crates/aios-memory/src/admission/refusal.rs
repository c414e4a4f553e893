//! Refusals of single records, and the errors that concern one record, so that the other records of
//! its source can be stored.

use std::fmt;

use aios_record::Remedy;

use crate::Error;

/// The reason for which a record or a part of an input is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub reason: String,
    /// The next step, if the reason does not show it.
    pub remedy: Option<Remedy>,
}

impl Refusal {
    /// Returns a refusal with a next step.
    #[must_use]
    pub fn with_remedy(self, remedy: Remedy) -> Refusal {
        Refusal { remedy: Some(remedy), ..self }
    }
}

impl From<&Error> for Refusal {
    fn from(error: &Error) -> Refusal {
        Refusal { reason: error.to_string(), remedy: error.remedy() }
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Refusal {
        Refusal { reason, remedy: None }
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Refusal {
        Refusal { reason: reason.to_owned(), remedy: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// Returns `true` if an error concerns one record, so that the others can be stored.
pub(super) fn is_of_record(error: &Error) -> bool {
    match error {
        Error::Record { .. }
        | Error::Guard(_)
        | Error::Vocabulary(_)
        | Error::MachineWide { .. } => true,
        Error::Working(error) => error.is_invalid(),
        Error::Longterm(error) => is_of_longterm_record(error),
        _ => false,
    }
}

/// Returns `true` if a smaller batch might be stored.
pub(super) fn is_of_batch(error: &aios_longterm::Error) -> bool {
    is_of_longterm_record(error) || matches!(error, aios_longterm::Error::JournalFull { .. })
}

fn is_of_longterm_record(error: &aios_longterm::Error) -> bool {
    use aios_longterm::Error;
    matches!(
        error,
        Error::Conflict { .. }
            | Error::ForeignReference { .. }
            | Error::PieceTaken { .. }
            | Error::Invalid { .. }
            | Error::TooLong { .. }
            | Error::Unstorable { .. }
            | Error::VectorMissing { .. }
    )
}
