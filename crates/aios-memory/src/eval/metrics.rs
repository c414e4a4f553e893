//! The measures of a ranked list against the records that are known to answer.
//!
//! Definitions as in Manning, Raghavan and Schuetze, "Introduction to Information Retrieval"
//! (2008), chapter 8. Only the gain knows of grades, and takes them as they are. Not here: where
//! the lists come from.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer, ser::SerializeMap};

/// The depths at which recall is measured.
pub const DEPTHS: [usize; 5] = [1, 3, 5, 10, 20];

/// The depth of the discounted cumulative gain.
const NDCG_DEPTH: usize = 10;

/// The measures of one question.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measures {
    /// Share of the evidence among the first k, for each of [`DEPTHS`].
    pub recall: [f64; DEPTHS.len()],
    /// 1 if any of the evidence is among the first k.
    pub recall_any: [f64; DEPTHS.len()],
    /// 1 if all of the evidence is among the first k.
    pub recall_all: [f64; DEPTHS.len()],
    /// 1 / rank of the first evidence; 0 without any.
    pub reciprocal_rank: f64,
    /// Normalised discounted cumulative gain of the first 10.
    pub ndcg_at_10: f64,
}

impl Measures {
    /// Measures `ranked`, best first and without repetitions, against `evidence` with its grades,
    /// which are above 0. There is some evidence.
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

/// The discounted gain of the first of `grades`.
fn gain(grades: &[u32]) -> f64 {
    let gains = grades.iter().take(NDCG_DEPTH).enumerate();
    gains.map(|(index, grade)| f64::from(*grade) * discount(index)).sum()
}

/// What a hit at `index` counts for.
fn discount(index: usize) -> f64 {
    (ratio(index, 1) + 2.0).log2().recip()
}

#[expect(clippy::cast_precision_loss, reason = "counts of questions and ranks are small")]
pub(super) fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// The means of [`Measures`] over questions; all zero for none.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// How many questions.
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
    /// The means over `all`.
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

/// A value for each of [`DEPTHS`]; in JSON an object from depth to value.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ByDepth(pub [f64; DEPTHS.len()]);

impl ByDepth {
    /// The value at a depth; none for a depth that is not measured.
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

/// The summaries of each group, and of all together.
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

/// The value that `percent` of `sorted` are not above, by the nearest-rank method; 0 for none.
#[must_use]
pub fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
