//! Search in a script without spaces, with our own messages and questions.

use std::path::Path;

use aios_eval::{Dataset, evaluate};
use aios_memory::Config;

/// Questions that share a word or two with their message. Questions without a common word need a
/// model of the language, which the bundled one is not.
const WITH_WORDS: &str = "one-word";

#[tokio::test(flavor = "multi_thread")]
async fn chinese_questions_find_as_much_as_by_bm25_over_pairs_of_characters() {
    let messages = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/chinese.jsonl");
    let dir = tempfile::tempdir().unwrap();
    let config = Config::at(dir.path().join("memory"));
    let dataset = Dataset::Notes { among: Vec::new() };
    let report = Box::pin(evaluate(&[messages], dataset, &config, |_| ())).await.unwrap();
    let (ours, bm25) = (&report.by_category[WITH_WORDS], &report.baselines["bm25"]);
    let bm25 = &bm25.by_category[WITH_WORDS];
    assert_eq!(ours.queries, 96);
    assert!(bm25.mrr - 0.01 < ours.mrr, "{} against {}", ours.mrr, bm25.mrr);
    assert!(0.97 < ours.recall.at(5).unwrap(), "{ours:?}");
    let relevance = &report.relevance[WITH_WORDS];
    // Only words count, and a question shares only some of them.
    assert!(0.08 < relevance.median, "{relevance:?}");
}
