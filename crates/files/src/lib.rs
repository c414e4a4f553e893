#![doc = include_str!("../README.md")]
//! # How the parts relate
//!
//! - [`make_directory`], [`create`], [`open_lock`] and [`copy`] create entries of mode 0700 and
//!   0600, regardless of the umask and of the source's mode.
//! - [`secure_file`], [`secure_tree`] and [`secure_directory`] refuse entries of other users, and
//!   revoke the permissions of group and others on our own.
//! - A [`Staging`] is a directory, and a [`Partial`] a file, that is put in place as a whole. Both
//!   are locked while they are written, which distinguishes those in use from the remains of killed
//!   processes.
//! - A [`Temporary`] is a directory for short-lived files.
//! - A [`Mark`] is a file that is locked while its process lives. A [`LeftMark`] is the mark of a
//!   process that ended without removing it.
//! - [`open_regular`] reads a file whose path another party chose, and never waits for a pipe.
//! - An [`Anchor`] detects moved and replaced files.
//! - [`check_apart`] compares two paths, even if they do not exist yet.
//!
//! # Invariants
//! - Nothing is written through a name that another user created.
//! - An entry is put in place completely or not at all, and never replaces another entry.

mod anchor;
mod error;
mod lock;
mod mark;
mod overlap;
mod partial;
mod private;
mod regular;
mod secure;
mod staging;
mod temporary;

pub use crate::{
    anchor::Anchor,
    error::Error,
    lock::Lock,
    mark::{LeftMark, Mark},
    overlap::check_apart,
    partial::Partial,
    private::{
        DIRECTORY_MODE, FILE_MODE, copy, create, make_directory, open_lock, set_mode,
        sync_directory,
    },
    regular::open_regular,
    secure::{check_file, secure_directory, secure_file, secure_tree},
    staging::{Leftover, Staging},
    temporary::{Temporary, remove_abandoned},
};
