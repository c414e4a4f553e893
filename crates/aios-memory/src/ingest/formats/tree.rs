//! The branch of a conversation that counts, where messages were edited or asked for again.

use std::collections::HashSet;

/// The path from the root to `leaf`. A circle ends it, and so does a parent that is missing.
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
