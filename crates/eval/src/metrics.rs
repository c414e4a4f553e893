//! Measures of a ranked list against the records known to answer a question.
//!
//! Definitions as in Manning, Raghavan and Schuetze, "Introduction to Information Retrieval"
//! (2008), chapter 8. Only the gain uses grades, unscaled. Not here: the origin of the lists.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer, ser::SerializeMap};

/// Depths k at which recall is measured.
pub const DEPTHS: [usize; 5] = [1, 3, 5, 10, 20];

/// Depth of the discounted cumulative gain.
const NDCG_DEPTH: usize = 10;

/// Measures of one question.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measures {
    /// Share of the evidence among the first k, for each of [`DEPTHS`].
    pub recall: [f64; DEPTHS.len()],
    /// 1 if any of the evidence is among the first k, else 0.
    pub recall_any: [f64; DEPTHS.len()],
    /// 1 if all of the evidence is among the first k, else 0.
    pub recall_all: [f64; DEPTHS.len()],
    /// 1 / rank of the first evidence; 0 if none is found.
    pub reciprocal_rank: f64,
    /// Normalised discounted cumulative gain of the first 10.
    pub ndcg_at_10: f64,
}

impl Measures {
    /// Measures `ranked`, best first and without repetitions, against `evidence` with its grades,
    /// which are above 0.
    ///
    /// # Panics
    /// If `evidence` is empty.
    #[must_use]
    pub fn of<T: Ord>(ranked: &[T], evidence: &BTreeMap<T, u32>) -> Measures {
        assert!(!evidence.is_empty(), "a question without evidence has no measures");
        let grades: Vec<u32> =
            ranked.iter().map(|item| evidence.get(item).copied().unwrap_or(0)).collect();
        let found_at = |depth: usize| grades.iter().take(depth).filter(|grade| 0 < **grade).count();
        let mut measures = Measures::default();
        for (at, depth) in DEPTHS.into_iter().enumerate() {
            let found = found_at(depth);
            measures.recall[at] = ratio(found, evidence.len());
            measures.recall_any[at] = f64::from(u8::from(0 < found));
            measures.recall_all[at] = f64::from(u8::from(found == evidence.len()));
        }
        let first = grades.iter().position(|grade| 0 < *grade);
        measures.reciprocal_rank = first.map_or(0.0, |index| ratio(1, index + 1));
        let mut best: Vec<u32> = evidence.values().copied().collect();
        best.sort_unstable_by(|a, b| b.cmp(a));
        measures.ndcg_at_10 = gain(&grades) / gain(&best);
        measures
    }
}

/// Returns the discounted cumulative gain of the first [`NDCG_DEPTH`] grades.
fn gain(grades: &[u32]) -> f64 {
    let gains = grades.iter().take(NDCG_DEPTH).enumerate();
    gains.map(|(index, grade)| f64::from(*grade) * discount(index)).sum()
}

/// Returns the weight of a hit at `index`.
fn discount(index: usize) -> f64 {
    (ratio(index, 1) + 2.0).log2().recip()
}

#[expect(clippy::cast_precision_loss, reason = "counts of questions and ranks are small")]
pub(crate) fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// Means of [`Measures`] over questions; all zero without questions.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Number of questions.
    pub queries: usize,
    /// By k, the share of questions with any of the evidence among the first k.
    pub recall_any: ByDepth,
    /// By k, the share of questions with all of the evidence among the first k.
    pub recall_all: ByDepth,
    /// By k, the mean share of the evidence among the first k.
    pub recall: ByDepth,
    /// Mean reciprocal rank.
    pub mrr: f64,
    /// Mean normalised discounted cumulative gain of the first 10.
    #[serde(rename = "ndcg@10")]
    pub ndcg_at_10: f64,
}

impl Summary {
    /// Returns the means over `all`.
    #[must_use]
    pub fn of(all: &[Measures]) -> Summary {
        let mean = |value: &dyn Fn(&Measures) -> f64| match all.len() {
            0 => 0.0,
            count => all.iter().map(value).sum::<f64>() / ratio(count, 1),
        };
        let by_depth = |values: &dyn Fn(&Measures) -> [f64; DEPTHS.len()]| {
            ByDepth(std::array::from_fn(|at| mean(&|measures| values(measures)[at])))
        };
        Summary {
            queries: all.len(),
            recall_any: by_depth(&|measures| measures.recall_any),
            recall_all: by_depth(&|measures| measures.recall_all),
            recall: by_depth(&|measures| measures.recall),
            mrr: mean(&|measures| measures.reciprocal_rank),
            ndcg_at_10: mean(&|measures| measures.ndcg_at_10),
        }
    }
}

/// One value for each of [`DEPTHS`]; serialized as an object from depth to value.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ByDepth(pub [f64; DEPTHS.len()]);

impl ByDepth {
    /// Returns the value at a depth; `None` for a depth that is not measured.
    #[must_use]
    pub fn at(&self, depth: usize) -> Option<f64> {
        let index = DEPTHS.iter().position(|known| *known == depth);
        index.map(|index| self.0[index])
    }
}

impl Serialize for ByDepth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(DEPTHS.len()))?;
        for (depth, value) in DEPTHS.iter().zip(self.0) {
            map.serialize_entry(&depth.to_string(), &value)?;
        }
        map.end()
    }
}

/// Returns the summary over all measures, and one per group.
#[must_use]
pub fn by_group<K: Ord + Clone>(all: &[(K, Measures)]) -> (Summary, BTreeMap<K, Summary>) {
    let mut groups: BTreeMap<K, Vec<Measures>> = BTreeMap::new();
    for (group, measures) in all {
        groups.entry(group.clone()).or_default().push(*measures);
    }
    let whole: Vec<_> = all.iter().map(|(_, measures)| *measures).collect();
    let parts = groups.into_iter().map(|(group, of)| (group, Summary::of(&of))).collect();
    (Summary::of(&whole), parts)
}

/// Returns a percentile of `sorted`, which is in ascending order, by the nearest-rank method; 0 if
/// `sorted` is empty.
#[must_use]
pub fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
