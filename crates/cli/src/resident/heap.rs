//! The heap of a service. Imports and learning run on some twenty threads, and the allocator keeps
//! the memory that each of them has freed: after 100,000 messages it held twice of what was in use.

// Trimming the heap is a call of the C library.
#![allow(unsafe_code)]

use std::{fs, time::Duration};

use tokio::{task, time};

/// Interval between two checks.
const INTERVAL: Duration = Duration::from_secs(20);

/// Growth of the heap since the last trim from which it is trimmed again.
const GROWTH_BYTES: u64 = 64 << 20;

/// Trims the heap whenever it has grown. Never ends.
pub(crate) async fn trim_while_grows() {
    let mut trimmed_bytes = 0;
    loop {
        time::sleep(INTERVAL).await;
        if heap_bytes().is_some_and(|bytes| trimmed_bytes + GROWTH_BYTES <= bytes) {
            // It may take some tens of milliseconds.
            if task::spawn_blocking(trim).await.is_err() {
                return;
            }
            trimmed_bytes = heap_bytes().unwrap_or(0);
        }
    }
}

/// Returns the resident memory of the process without that of files. `None` if the system does not
/// state it.
fn heap_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let bytes = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kilobytes: u64 = bytes.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}

/// Gives unused memory of the heap back to the system. Does nothing if the C library is not glibc.
fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: The function has no precondition, and may be called beside any other use of the heap.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(test)]
mod tests;
