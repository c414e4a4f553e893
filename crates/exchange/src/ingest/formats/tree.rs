//! The current branch of a conversation with edited or regenerated messages.

use std::collections::HashSet;

/// Returns the path from the root to `leaf`. It starts after a cycle, or at a node whose parent is
/// missing.
pub(super) fn path<'a>(leaf: &'a str, parent: impl Fn(&'a str) -> Option<&'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    let mut path = Vec::new();
    let mut next = Some(leaf);
    while let Some(node) = next.filter(|node| seen.insert(*node)) {
        path.push(node);
        next = parent(node);
    }
    path.reverse();
    path
}
