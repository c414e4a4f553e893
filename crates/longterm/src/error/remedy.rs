//! The remedy of each error of long-term memory.

use aios_record::Remedy;

use super::Error;

impl Error {
    /// Returns the next step, if the message alone does not show it.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        Some(match self {
            _ if self.is_disk_full() => Remedy::FreeDisk,
            _ if self.is_retryable() => Remedy::Retry,
            Error::Conflict { .. } | Error::PieceTaken { .. } => Remedy::ChooseId,
            Error::Ambiguous { .. } => Remedy::NameOwner,
            Error::NotYours { .. } | Error::MachineWide { .. } => Remedy::ActForNoUser,
            Error::ForeignReference { .. } | Error::VectorUnfit { .. } => Remedy::Correct,
            Error::Scope(error) => return error.remedy(),
            Error::NotFound { .. } => Remedy::CheckId,
            Error::Clock => Remedy::SetClock,
            Error::ModelMismatch { stored, .. } => Remedy::Reindex { stored: stored.clone() },
            Error::Reembedded { stored, .. } => Remedy::OpenWith { stored: stored.clone() },
            Error::VectorMissing { .. } => Remedy::GiveVector,
            Error::TooLong { .. } | Error::TooMany { .. } => Remedy::Split,
            Error::LimitReached { .. } => Remedy::Purge { setting: "disk_bytes_max" },
            Error::Io { source, .. } if aios_ledger::is_write_refusal(source) => {
                Remedy::MakeWritable
            }
            Error::Journal(error) => return error.remedy(),
            Error::Library { .. } => Remedy::VerifyAndRepair,
            Error::Embedding(error) => return error.remedy(),
            Error::Damaged { .. } | Error::DamagedRows { .. } => Remedy::Repair,
            Error::UnknownLibrary { .. } | Error::DamagedFile { .. } => Remedy::RestoreOrRepair,
            Error::Undecoded { .. } => Remedy::SetDecoder,
            Error::Unstorable { .. } => Remedy::Flatten,
            Error::Older { .. } => Remedy::RestoreTogether,
            Error::Place(error) => return error.remedy(),
            Error::ReadOnly => Remedy::OpenForWriting,
            Error::FormerLibrary { .. } => Remedy::Migrate,
            Error::Closed => Remedy::Reopen,
            _ => return None,
        })
    }
}
