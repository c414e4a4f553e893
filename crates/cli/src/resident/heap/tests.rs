//! Freed memory is returned to the system.

use super::*;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn freed_memory_is_given_back() {
    // Blocks too small for separate mappings. Every second one is freed.
    let mut blocks: Vec<Option<Vec<u8>>> = (0..8_192).map(|_| Some(vec![1; 16 << 10])).collect();
    let full = heap_bytes().unwrap();
    blocks.iter_mut().step_by(2).for_each(|block| *block = None);
    trim();
    let trimmed = heap_bytes().unwrap();
    assert!(trimmed + (32 << 20) < full, "{trimmed} of {full} bytes stay");
    assert_eq!(blocks.iter().flatten().count(), 4_096);
}
