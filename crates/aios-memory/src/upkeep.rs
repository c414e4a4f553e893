//! Operations on a whole memory: on an open one, by [`Upkeep`], and on a data directory that is not
//! open or cannot be opened.

pub use crate::{
    backup::{BackupFailure, BackupStats, Backups, Copied, KeptBackup, ScheduledBackup, restore},
    directory::{Scratch, check_stored},
    doctor::{Examined, Verified, doctor},
    maintenance::Upkeep,
    rebuild::{Reindexed, Repaired, reindex, repair},
};
