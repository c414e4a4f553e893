//! Folding of near-duplicates.
//!
//! Two texts are near-duplicates if the Jaccard similarity of their word triples is high and they
//! agree on every number and negation: "at 3 pm" and "at 4 pm" stay separate. For a long text, only
//! the triples with the smallest hashes are kept (A. Broder, *On the resemblance and containment of
//! documents*, 1997), which estimates the same similarity at a bounded cost.

use std::collections::HashMap;

use unicode_segmentation::UnicodeSegmentation;

use crate::{Candidate, Section};

/// Maximum number of hashes per text. Texts with fewer triples are compared exactly.
const SKETCH_HASHES_MAX: usize = 256;

/// Maximum number of texts sharing a triple that are considered as originals of another one.
const SHARERS_MAX: usize = 64;

/// A candidate that represents itself and its near-duplicates.
pub(crate) struct Item {
    pub(crate) candidate: Candidate,
    /// Its id first, then the ids of the folded candidates.
    pub(crate) ids: Vec<String>,
    pub(crate) sketch: Sketch,
}

/// Folds `candidates`, which are in order of precedence, and keeps that order. Candidates with
/// equal ids fold in every section. Only retrieved ones fold by their text, into any earlier item.
pub(crate) fn fold(candidates: Vec<Candidate>, similarity_min: f64) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::with_capacity(candidates.len());
    let mut by_id: HashMap<String, usize> = HashMap::new();
    let mut sharers: HashMap<u64, Vec<usize>> = HashMap::new();
    for candidate in candidates {
        if by_id.contains_key(&candidate.id) {
            continue;
        }
        let sketch = Sketch::of(&candidate.text);
        let original = match candidate.section {
            Section::Retrieved => original(&items, &sharers, &candidate, &sketch, similarity_min),
            _ => None,
        };
        by_id.insert(candidate.id.clone(), original.unwrap_or(items.len()));
        if let Some(original) = original {
            items[original].ids.push(candidate.id);
            continue;
        }
        for &hash in &sketch.hashes {
            let sharing = sharers.entry(hash).or_default();
            if sharing.len() < SHARERS_MAX {
                sharing.push(items.len());
            }
        }
        items.push(Item { ids: vec![candidate.id.clone()], candidate, sketch });
    }
    items
}

/// Returns the first item that `candidate` nearly duplicates.
fn original(
    items: &[Item],
    sharers: &HashMap<u64, Vec<usize>>,
    candidate: &Candidate,
    sketch: &Sketch,
    similarity_min: f64,
) -> Option<usize> {
    let mut shared: HashMap<usize, usize> = HashMap::new();
    for hash in &sketch.hashes {
        for &item in sharers.get(hash).into_iter().flatten() {
            *shared.entry(item).or_default() += 1;
        }
    }
    let enough = similarity_min * sketch.hashes.len() as f64 / 2.0;
    let likely = shared.into_iter().filter(|&(_, count)| enough <= count as f64);
    let same = |&item: &usize| {
        let other = &items[item];
        other.candidate.speaker == candidate.speaker
            && other.sketch.claims == sketch.claims
            && similarity_min <= other.sketch.similarity(sketch)
    };
    likely.map(|(item, _)| item).filter(same).min()
}

/// The content of a text, in hashes.
pub(crate) struct Sketch {
    /// The smallest hashes of its word triples, ascending. A text of one or two words has a single
    /// hash.
    pub(crate) hashes: Vec<u64>,
    /// A hash of the multiset of its numbers and negations.
    claims: u64,
    /// True if triples were dropped.
    partial: bool,
}

impl Sketch {
    fn of(text: &str) -> Sketch {
        let mut claims = 0u64;
        let words: Vec<u64> = text
            .unicode_words()
            .map(|word| {
                let word = word.to_lowercase();
                let hash = fnv1a(word.bytes());
                if is_claim(&word) {
                    claims = claims.wrapping_add(hash);
                }
                hash
            })
            .collect();
        let triple = |words: &[u64]| fnv1a(words.iter().flat_map(|word| word.to_le_bytes()));
        let mut hashes: Vec<u64> = match words.as_slice() {
            // A text without words (emoji, punctuation) is hashed as a whole.
            [] => vec![fnv1a(text.trim().bytes())],
            [_] | [_, _] => vec![triple(&words)],
            many => many.windows(3).map(triple).collect(),
        };
        hashes.sort_unstable();
        hashes.dedup();
        let partial = SKETCH_HASHES_MAX < hashes.len();
        hashes.truncate(SKETCH_HASHES_MAX);
        Sketch { hashes, claims, partial }
    }

    /// Returns the Jaccard similarity of the two sets of triples, estimated if either is partial.
    fn similarity(&self, other: &Sketch) -> f64 {
        let (a, b) = (&self.hashes, &other.hashes);
        let seen = if self.partial || other.partial { SKETCH_HASHES_MAX } else { usize::MAX };
        let (mut i, mut j, mut union, mut both) = (0, 0, 0usize, 0usize);
        while (i < a.len() || j < b.len()) && union < seen {
            union += 1;
            match (a.get(i), b.get(j)) {
                (Some(x), Some(y)) if x == y => {
                    both += 1;
                    i += 1;
                    j += 1;
                }
                (Some(x), Some(y)) if y < x => j += 1,
                (Some(_), _) => i += 1,
                (None, _) => j += 1,
            }
        }
        both as f64 / union.max(1) as f64
    }
}

/// Returns `true` if changing the word changes the claim.
fn is_claim(word: &str) -> bool {
    word.chars().any(char::is_numeric)
        || matches!(word, "not" | "no" | "never" | "none" | "nothing" | "without" | "cannot")
        || word.ends_with("n't")
        || word.ends_with("n\u{2019}t")
}

/// Computes the Fowler-Noll-Vo hash with a final mix, so that small differences spread. It must
/// never change, which the standard library's hash does not guarantee.
fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 29)
}
