//! Rivals of long-term memory: other stores for agents, in Python. All use our vectors, so that
//! only the stores are compared. Each script defines which completion it waits for.

use std::{
    fs,
    io::{BufWriter, Write},
    path::Path,
};

use aios_embedding::{Embedder, StaticModel};
use serde::Deserialize;
use serde_json::json;

use super::{SEARCH, STORE, add, at, corpus, numbers};
use crate::{Size, python, report::Report};

const NAMES: [&str; 3] = ["chromadb", "lancedb", "mem0"];

#[derive(Deserialize)]
struct Outcome {
    version: String,
    records: u64,
    /// True if a record is on disk when the call returns.
    synced: bool,
    /// Median duration of a store, in milliseconds.
    store_ms: f64,
    search_ms: Quantiles,
}

#[derive(Deserialize)]
struct Quantiles {
    p50: f64,
    p95: f64,
}

/// Adds rows for each installed rival, with our duration in this run as a ratio to the rival's.
/// Adds a note with the reason for each missing rival.
pub(super) fn run(size: Size, steps: &[u64], dir: &Path, report: &mut Report) {
    let input = dir.join("rivals.jsonl");
    write_input(&input, size.pick(200, 10_000), size.pick(3, 100));
    for name in NAMES {
        let place = dir.join(name);
        fs::create_dir_all(&place).expect("a directory");
        let mut script = python::script("longterm.py");
        script.arg(name).arg(&input).arg(&place);
        match python::answer::<Outcome>(script) {
            Ok(outcome) => compare(name, &outcome, steps, report),
            Err(why) => report.note(&format!("{name}: skipped, {why}")),
        }
    }
}

/// Compares with our results at the same number of records, or at the next smaller measured one.
fn compare(name: &str, outcome: &Outcome, steps: &[u64], report: &mut Report) {
    let workload = format!("{name} {}, {} records", outcome.version, outcome.records);
    let store = if outcome.synced { "store: p50" } else { "store, not on disk: p50" };
    add(report, &workload, store, "ms", outcome.store_ms);
    add(report, &workload, "search: p50", "ms", outcome.search_ms.p50);
    add(report, &workload, "search: p95", "ms", outcome.search_ms.p95);
    let Some(&records) = steps.iter().rfind(|&&step| step <= outcome.records) else { return };
    for (what, ours, theirs_ms) in
        [("store", STORE, outcome.store_ms), ("search", SEARCH, outcome.search_ms.p50)]
    {
        let ratio = report.median(&at(ours, records), "p50") / theirs_ms;
        add(report, &workload, &format!("{what}: p50 here, {records}, to it"), "x", ratio);
    }
}

fn write_input(path: &Path, records: u64, questions: u64) {
    let model = StaticModel::bundled().expect("the model is in the program");
    let mut file = BufWriter::new(fs::File::create(path).expect("a file"));
    let mut line = |value: serde_json::Value| writeln!(file, "{value}").expect("the disk has room");
    for number in 0..records {
        let record = corpus::record(number);
        let vector = model.embed_documents(&[&record.text]).expect("it is text").remove(0);
        let user = corpus::user(number);
        line(json!({"id": record.key(), "text": record.text, "user": user, "vector": vector}));
    }
    for number in numbers(records, questions) {
        let question = corpus::question(number);
        let vector = model.embed_query(&question).expect("it is text");
        line(json!({"question": question, "user": corpus::user(number), "vector": vector}));
    }
}
