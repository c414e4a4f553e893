//! The errors that concern one record, so that the other records of its source can be stored.

use crate::Error;

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
