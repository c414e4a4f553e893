//! The atomics of the lock-free parts: the standard library's, or loom's during verification
//! (`--cfg crossbeam_loom`).

#[cfg(crossbeam_loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering, fence};
#[cfg(not(crossbeam_loom))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering, fence};
