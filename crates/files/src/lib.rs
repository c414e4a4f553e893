//! Files and directories that belong to one user of the system and to nobody else.
//!
//! - [`make_directory`], [`create`], [`open_lock`] and [`copy`] make entries of mode 0700 and 0600,
//!   whatever the umask and whatever the mode of the source.
//! - [`secure_file`], [`secure_tree`] and [`secure_directory`] refuse what another user made, and
//!   take the rights of group and others away from what is ours.
//! - A [`Staging`] is a directory, and a [`Partial`] a file, that is put in its place as a whole.
//!   Both are locked while they are written, so that what a killed process left is told from what
//!   is in use.
//! - A [`Temporary`] is a directory for what is needed for a moment.
//! - An [`Anchor`] notices that files are not in their places any more.
//! - [`check_apart`] compares two paths, also where they do not exist yet.
//!
//! # Invariants
//! - Nothing is written through a name that another user made.
//! - What is put in place is there as a whole or not at all, and never in the place of something
//!   else.
//!
//! # Not here
//! The contents of files.

mod anchor;
mod error;
mod lock;
mod overlap;
mod partial;
mod private;
mod secure;
mod staging;
mod temporary;

pub use crate::{
    anchor::Anchor,
    error::Error,
    lock::Lock,
    overlap::check_apart,
    partial::Partial,
    private::{
        DIRECTORY_MODE, FILE_MODE, copy, create, make_directory, open_lock, set_mode,
        sync_directory,
    },
    secure::{check_file, secure_directory, secure_file, secure_tree},
    staging::{Leftover, Staging},
    temporary::{Temporary, remove_abandoned},
};
