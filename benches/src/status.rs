//! Values that the kernel reports about a process or thread in its `status` file in `/proc`.

use std::fs;

/// Returns the number in the line `field` of this process. 0 if the system does not report it.
pub(crate) fn of_process(field: &str) -> u64 {
    number("/proc/self/status", field)
}

/// Returns the number in the line `field` of this thread. 0 if the system does not report it.
pub(crate) fn of_thread(field: &str) -> u64 {
    number("/proc/thread-self/status", field)
}

/// Reads a field. Sizes have a unit after the number, which is always kB.
fn number(path: &str, field: &str) -> u64 {
    let status = fs::read_to_string(path).unwrap_or_default();
    let values = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let number = values.and_then(|values| values.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}
