//! The remedy of each error of a memory, with limits named by the settings that raise them.

use std::io::ErrorKind;

use aios_record::{Mutability, Remedy};

use super::Error;
use crate::limits::in_settings;

impl Error {
    /// Returns the next step, if the message alone does not show it. A limit is named by its
    /// setting.
    #[must_use]
    pub fn remedy(&self) -> Option<Remedy> {
        if self.is_disk_full() {
            return Some(Remedy::FreeDisk);
        }
        match self {
            Error::Directory { source, .. } => Some(match source.kind() {
                ErrorKind::NotADirectory | ErrorKind::AlreadyExists => Remedy::NameDirectory,
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Remedy::MakeWritable,
                _ => Remedy::NameDataDirectory,
            }),
            Error::ForeignDirectory { .. } => Some(Remedy::ActAsOwner),
            Error::Place(error) => error.remedy(),
            Error::ReadOnly => Some(Remedy::OpenForWriting),
            Error::NoDirectory => Some(Remedy::NameDataDirectory),
            Error::NoMemory { .. } => Some(Remedy::CreateDataDirectory),
            Error::Config(error) => Some(error.remedy()),
            Error::Input { problem, .. } => problem.remedy(),
            Error::Output { source, .. } => match source.kind() {
                ErrorKind::AlreadyExists => Some(Remedy::NameNewFile),
                ErrorKind::DirectoryNotEmpty => Some(Remedy::NameEmptyDirectory),
                _ => None,
            },
            Error::Cursor { .. } => Some(Remedy::RestartList),
            Error::Fixed { kind } => {
                (kind.mutability() == Mutability::Fixed).then_some(Remedy::StoreAnother)
            }
            Error::Kept { .. } => Some(Remedy::UpdateOrForget),
            Error::MachineWide { .. } => Some(Remedy::ActForNoUser),
            Error::Unbounded => Some(Remedy::NameScope),
            Error::Uncertain { .. } => Some(Remedy::NameRecords),
            Error::Beside { .. } => Some(Remedy::ForgetByKey),
            Error::Documents { .. } => Some(Remedy::NameDocument),
            Error::EventsBusy => Some(Remedy::Retry),
            Error::Older { .. } | Error::Note { .. } | Error::FeedBehind { .. } => {
                Some(Remedy::RestoreTogether)
            }
            Error::Interrupted => Some(Remedy::Reopen),
            Error::Embedding(error) => error.remedy(),
            Error::NotBundled { .. } => Some(Remedy::ChooseModel),
            Error::Operational(error) => error.remedy().and_then(in_settings),
            Error::Working(error) => error.remedy().and_then(in_settings),
            Error::Longterm(error) => error.remedy().and_then(in_settings),
            Error::Foreign(error) => error.remedy(),
            Error::Graph { problem, .. } => problem.remedy(),
            Error::Guard(aios_guard::Error::UnknownPolicy { .. }) => None,
            Error::Guard(_) => Some(Remedy::RelaxGuard),
            Error::Vocabulary(error) => error.remedy(),
            Error::Record { problem, .. } => problem.remedy(),
            Error::Chat(error) => error.remedy(),
            Error::TooManyMessages { .. } => Some(Remedy::Split),
            Error::Limit { .. }
            | Error::Work { .. }
            | Error::LearningOff
            | Error::Extractor { .. }
            | Error::EventUnwritten { .. }
            | Error::EventsUnwritten { .. }
            | Error::File { .. }
            | Error::Context(_) => None,
        }
    }
}
