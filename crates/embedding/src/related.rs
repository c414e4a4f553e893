//! English words of nearly the same meaning: `puppi` and `canin` for `dog`.
//!
//! They are looked up in a table that was computed once from the bundled model (see
//! `assets/README.md`), so a lookup needs no arithmetic and no embedder.

/// Lines sorted by their first words: a term, then its related terms, nearest first, each with its
/// cosine in hundredths.
static TABLE: &str = include_str!("../assets/related-terms.txt");

/// Returns the terms related to `term`, nearest first, each with its cosine, which is above 0.
/// Terms are lower-case words without their English endings, as removed by Snowball; an unknown
/// term has no related terms.
pub fn related_terms(term: &str) -> impl Iterator<Item = (&'static str, f32)> + use<> {
    let related = line(term).unwrap_or_default().split_ascii_whitespace();
    related.filter_map(|entry| {
        let (term, hundredths) = entry.split_once(':')?;
        Some((term, f32::from(hundredths.parse::<u8>().ok()?) / 100.0))
    })
}

/// Returns the line of `term` without the term, found by binary search.
fn line(term: &str) -> Option<&'static str> {
    let mut rest = TABLE;
    while !rest.is_empty() {
        let start = rest[..rest.len() / 2].rfind('\n').map_or(0, |before| before + 1);
        let end = rest[start..].find('\n').map_or(rest.len(), |length| start + length + 1);
        let (found, related) = rest[start..end].split_once(' ')?;
        match term.cmp(found) {
            std::cmp::Ordering::Equal => return Some(related),
            std::cmp::Ordering::Less => rest = &rest[..start],
            std::cmp::Ordering::Greater => rest = &rest[end..],
        }
    }
    None
}

#[cfg(test)]
mod tests;
