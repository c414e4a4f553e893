//! What the kernel says of a process or a thread, in its `status` below `/proc`.

use std::fs;

/// The number in the line `field` of this process; 0 where the system does not tell.
pub(crate) fn of_process(field: &str) -> u64 {
    number("/proc/self/status", field)
}

/// The same, of this thread.
pub(crate) fn of_thread(field: &str) -> u64 {
    number("/proc/thread-self/status", field)
}

/// Sizes have a unit behind the number, which is always kB.
fn number(path: &str, field: &str) -> u64 {
    let status = fs::read_to_string(path).unwrap_or_default();
    let values = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let number = values.and_then(|values| values.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}
