//! Returns unused heap of a service to the system. Imports and learning run on about twenty
//! threads, and the allocator retains the memory freed by each of them: after 100,000 messages, the
//! heap was twice as large as the memory in use.

// Trimming the heap is a call to the C library.
#![allow(unsafe_code)]

use std::{fs, time::Duration};

use tokio::{task, time};

/// Interval between two checks.
const INTERVAL: Duration = Duration::from_secs(20);

/// Minimum growth of the heap since the last trim, in bytes, for another trim.
const GROWTH_BYTES: u64 = 64 << 20;

/// Trims the heap whenever it has grown. Never returns unless a trim panics.
pub(crate) async fn trim_while_grows() {
    let mut trimmed_bytes = 0;
    loop {
        time::sleep(INTERVAL).await;
        if heap_bytes().is_some_and(|bytes| trimmed_bytes + GROWTH_BYTES <= bytes) {
            // Trimming may take tens of milliseconds.
            if task::spawn_blocking(trim).await.is_err() {
                return;
            }
            trimmed_bytes = heap_bytes().unwrap_or(0);
        }
    }
}

/// Returns the resident memory of the process, excluding pages of files. `None` if the system does
/// not report it.
fn heap_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let bytes = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kilobytes: u64 = bytes.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}

/// Returns unused heap memory to the system. Does nothing if the C library is not glibc.
fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: The function has no preconditions, and may run concurrently with other uses of the
    // heap.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(test)]
mod tests;
