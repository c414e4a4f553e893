//! Reduces the RAM of a proxy. Hosts keep a proxy for each of their sessions, and most are idle.

// A memory range is given by its address.
#![allow(unsafe_code)]

use std::{
    ffi::c_void,
    fs,
    num::NonZeroUsize,
    ptr::NonNull,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use nix::sys::mman::{MmapAdvise, madvise};

/// Interval between two releases: initial and maximum.
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Releases the pages of the program's code repeatedly until `is_open`. The system maps pages again
/// when they are needed. A proxy runs a small part of the program, but starting it runs much more,
/// and the system also maps the neighbours of each page.
pub(crate) async fn release_while_proxy(is_open: &AtomicBool) {
    let mut pause = PAUSE_MIN;
    loop {
        tokio::time::sleep(pause).await;
        if is_open.load(Ordering::Relaxed) {
            return;
        }
        release();
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Unmaps the pages of the program's code. Does nothing if their location is unknown.
fn release() {
    let Ok(program) = fs::read_link("/proc/self/exe") else { return };
    let Ok(mappings) = fs::read_to_string("/proc/self/maps") else { return };
    let of_program = mappings.lines().filter(|line| line.ends_with(&*program.to_string_lossy()));
    for (start, bytes) in of_program.filter_map(code) {
        // SAFETY: The range is a private mapping of this program's file for reading and execution.
        // Nothing writes to it, so its pages equal those of the file, from which they are read
        // again when used. The file of a running program cannot be written.
        let _ = unsafe { madvise(start, bytes.get(), MmapAdvise::MADV_DONTNEED) };
    }
}

/// Returns the start and the length of a mapping that is code: `55d0-55f0 r-xp 0000 fe:00 12 FILE`.
fn code(mapping: &str) -> Option<(NonNull<c_void>, NonZeroUsize)> {
    let mut fields = mapping.split_ascii_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    if fields.next()? != "r-xp" {
        return None;
    }
    let address = |digits| usize::from_str_radix(digits, 16).ok();
    let (start, end) = (address(start)?, address(end)?);
    let bytes = NonZeroUsize::new(end.checked_sub(start)?)?;
    Some((NonNull::new(std::ptr::with_exposed_provenance_mut(start))?, bytes))
}

#[cfg(test)]
mod tests;
