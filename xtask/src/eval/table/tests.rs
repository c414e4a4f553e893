//! Tests of tables from answers of the binary.

#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;

fn cells<'t>(table: &'t Table, name: &str) -> &'t Row {
    table.rows.iter().find(|row| row.name == name).unwrap()
}

fn summary(queries: u32, mrr: f64) -> Value {
    json!({ "queries": queries, "mrr": mrr, "recall": { "5": 0.25 }, "recall_any": { "1": mrr } })
}

#[test]
fn each_conversation_has_a_row_and_all_together_one() {
    let mut json = summary(10, 0.5);
    json["by_path"] = json!({ "x/a.json": summary(4, 0.25), "x/b.json": summary(6, 0.75) });
    json["abstention"] = json!({
        "answerable": 0.9, "foreign": 0.2, "area_under_curve": 0.8, "calibration_error": 0.1,
        "unanswerable": 0.7, "unanswerable_area_under_curve": 0.6,
    });
    json["query_ms"] = json!({ "p50": 1.25 });
    let mut table = Table::default();
    table.conversations(&json).unwrap();
    let names: Vec<&str> = table.rows.iter().map(|row| row.name.as_str()).collect();
    let together = "2 conversations";
    let foreign = format!("{together}: questions of another");
    let unanswerable = format!("{together}: unanswerable questions");
    assert_eq!(names, ["a.json", "b.json", together, &foreign, &unanswerable]);
    assert_eq!(cells(&table, "b.json").at("MRR"), Some(0.75));
    assert_eq!(cells(&table, together).at(PASSING), Some(0.9));
    assert_eq!(cells(&table, together).at("p50 ms"), Some(1.25));
    assert_eq!(cells(&table, together).at(AREA), None);
    assert_eq!(cells(&table, &foreign).at(AREA), Some(0.8));
    assert_eq!(cells(&table, &foreign).at(ERROR), Some(0.1));
    assert_eq!(cells(&table, &unanswerable).at(PASSING), Some(0.7));
    assert_eq!(cells(&table, &unanswerable).at(AREA), Some(0.6));
    let mut alone = Table::default();
    json["by_path"] = json!({ "x/a.json": summary(10, 0.5) });
    json["abstention"] = json!({ "answerable": 0.9, "foreign": null });
    alone.conversations(&json).unwrap();
    assert_eq!(alone.rows.len(), 1);
    assert_eq!(alone.rows[0].name, "a.json");
}

#[test]
fn documents_are_compared_with_baselines() {
    let mut json = summary(10, 0.5);
    json["ndcg@10"] = json!(0.4);
    json["baselines"] = json!({
        "bm25": { "ndcg@10": 0.1 }, "vector": { "ndcg@10": 0.2 },
        "reciprocal_rank_fusion": { "ndcg@10": 0.3 }, "z_score_fusion": { "ndcg@10": 0.35 },
    });
    let mut table = Table::default();
    table.documents("cisi", &json).unwrap();
    let row = cells(&table, "cisi");
    let values = ["nDCG@10", "BM25", "vector", "RRF", "z-score"].map(|heading| row.at(heading));
    assert_eq!(values, [0.4, 0.1, 0.2, 0.3, 0.35].map(Some));
    assert!(table.documents("x", &json!({ "error": {} })).is_err());
}

#[test]
fn notes_have_a_row_for_each_type_of_question() {
    let mut json = summary(3, 0.5);
    json["others"] = json!(7);
    json["by_category"] = json!({ "hard": summary(3, 0.5) });
    json["relevance"] = json!({
        "hard": { "queries": 3, "passing": 0.4, "median": 0.3, "area_under_curve": 0.6 },
        "never-stored": { "queries": 2, "passing": 0.1, "median": 0.2 },
    });
    json["baselines"] = json!({ "bm25": { "by_category": { "hard": { "ndcg@10": 0.15 } } } });
    json["best_hit_calibration_error"] = json!(0.05);
    let mut table = Table::default();
    table.notes("n.jsonl", &json).unwrap();
    let hard = cells(&table, "n.jsonl among 7 others: hard");
    let values = [QUESTIONS, "first", "MRR", PASSING, "median", AREA, "BM25", "vector"];
    let expect = [Some(3.0), Some(0.5), Some(0.5), Some(0.4), Some(0.3), Some(0.6), Some(0.15)];
    assert_eq!(values.map(|heading| hard.at(heading))[..7], expect);
    assert_eq!(hard.at("vector"), None);
    let never = cells(&table, "n.jsonl among 7 others: never-stored");
    assert_eq!((never.at(QUESTIONS), never.at("MRR"), never.at(AREA)), (Some(2.0), None, None));
    let all = cells(&table, "n.jsonl among 7 others: all answerable");
    assert_eq!((all.at("MRR"), all.at("best hits")), (Some(0.5), Some(0.05)));
    json["others"] = json!(0);
    let mut alone = Table::default();
    alone.notes("n.jsonl", &json).unwrap();
    assert_eq!(alone.rows[0].name, "n.jsonl: hard");
}

#[test]
fn tables_are_markdown_with_only_the_columns_in_use() {
    let mut json = summary(1234, 0.5);
    json["embedder"] = json!("model-7");
    let (mut fitted, mut held_out) = (Table::default(), Table::default());
    fitted.documents("cisi", &json).unwrap();
    held_out.documents("a-longer-name", &summary(7, 1.0)).unwrap();
    let text = text(&[("Fitted", fitted), ("Held out", held_out)]);
    let expect = "\
Model: model-7

Fitted:

| set           | questions | first | recall@5 |   MRR |
|---------------|----------:|------:|---------:|------:|
| cisi          |      1234 | 0.500 |    0.250 | 0.500 |

Held out:

| set           | questions | first | recall@5 |   MRR |
|---------------|----------:|------:|---------:|------:|
| a-longer-name |         7 | 1.000 |    0.250 | 1.000 |

`first`";
    assert!(text.starts_with(expect), "{text}");
    assert!(text.is_ascii() && text.lines().all(|line| line.chars().count() <= 100), "{text}");
}
