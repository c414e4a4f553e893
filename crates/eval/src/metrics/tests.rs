//! Measures against values computed by hand.

use super::*;

fn measure(ranked: &str, evidence: &str) -> Measures {
    let ranked: Vec<char> = ranked.chars().collect();
    Measures::of(&ranked, &evidence.chars().map(|item| (item, 1)).collect())
}

fn close(left: f64, right: f64) {
    assert!((left - right).abs() < 1e-12, "{left} is not {right}");
}

#[test]
fn recall_counts_the_evidence_among_the_first() {
    // Depths 1, 3, 5, 10, 20; evidence at ranks 2 and 4, one record never found.
    let found = measure("xaxbxxxxxxxx", "abc");
    let third = 1.0 / 3.0;
    let expect = [0.0, third, 2.0 * third, 2.0 * third, 2.0 * third];
    found.recall.into_iter().zip(expect).for_each(|(found, expect)| close(found, expect));
    assert_eq!(found.recall_any, [0.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(found.recall_all, [0.0; 5]);
    assert_eq!(measure("xaxb", "ab").recall_all, [0.0, 0.0, 1.0, 1.0, 1.0]);
    assert_eq!(measure("", "a").recall, [0.0; 5]);
}

#[test]
fn the_reciprocal_rank_is_that_of_the_first_evidence() {
    close(measure("axb", "ab").reciprocal_rank, 1.0);
    close(measure("xxxb", "ab").reciprocal_rank, 0.25);
    close(measure("xxx", "ab").reciprocal_rank, 0.0);
}

#[test]
fn gain_is_discounted_by_the_logarithm_of_the_rank() {
    close(measure("ab", "ab").ndcg_at_10, 1.0);
    // 1 / log2(4) over 1 / log2(2).
    close(measure("xxa", "a").ndcg_at_10, 0.5);
    // (1/log2(2) + 1/log2(5)) over (1/log2(2) + 1/log2(3)).
    close(measure("axxb", "ab").ndcg_at_10, 1.430_676_558_073_393 / 1.630_929_753_571_457_4);
    // The eleventh does not count.
    close(measure("xxxxxxxxxxa", "a").ndcg_at_10, 0.0);
}

#[test]
fn a_higher_grade_gains_more() {
    let grades = BTreeMap::from([('a', 1), ('b', 3)]);
    let ideal = 3.0 + 1.0 / 3_f64.log2();
    close(Measures::of(&['b', 'a'], &grades).ndcg_at_10, 1.0);
    close(Measures::of(&['a', 'b'], &grades).ndcg_at_10, (1.0 + 3.0 / 3_f64.log2()) / ideal);
    close(Measures::of(&['a'], &grades).recall[3], 0.5);
}

#[test]
fn summaries_are_means_by_group_and_over_all() {
    let all = [(1, measure("a", "a")), (1, measure("x", "a")), (4, measure("xa", "a"))];
    let (whole, groups) = by_group(&all);
    assert_eq!(whole.queries, 3);
    close(whole.mrr, 0.5);
    close(whole.recall.at(1).unwrap(), 1.0 / 3.0);
    close(whole.recall_any.at(10).unwrap(), 2.0 / 3.0);
    assert_eq!(whole.recall.at(2), None);
    assert_eq!(groups.keys().copied().collect::<Vec<_>>(), [1, 4]);
    close(groups[&1].mrr, 0.5);
    close(groups[&4].mrr, 0.5);
    assert_eq!(by_group::<u8>(&[]).0, Summary::default());
    let json = serde_json::to_value(&whole).unwrap();
    close(json["recall_any"]["10"].as_f64().unwrap(), 2.0 / 3.0);
    assert!(json["ndcg@10"].is_f64());
}

#[test]
fn percentiles_are_values_that_occurred() {
    let sorted: Vec<f64> = (1..=20).map(f64::from).collect();
    close(percentile(&sorted, 50), 10.0);
    close(percentile(&sorted, 95), 19.0);
    close(percentile(&sorted, 100), 20.0);
    close(percentile(&[3.0], 50), 3.0);
    close(percentile(&[], 50), 0.0);
}
