//! What stands beside the long-term memory: other stores for agents, from Python, each given our
//! vectors, so that only the stores are compared. None of them waits for the disk.

use std::{
    env, fs,
    io::{BufWriter, Write},
    path::Path,
    process::{Command, Stdio},
};

use aios_embedding::{Embedder, StaticModel};
use serde::Deserialize;
use serde_json::json;

use super::{add, corpus, numbers};
use crate::{Size, report::Report};

/// The interpreter, for an environment that has the packages of
/// `rivals/longterm-requirements.txt`.
const PYTHON: &str = "AIOS_BENCH_PYTHON";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rivals/longterm.py");
const NAMES: [&str; 3] = ["chromadb", "lancedb", "mem0"];

#[derive(Deserialize)]
struct Outcome {
    version: String,
    records: u64,
    store_ms: f64,
    search_ms: Quantiles,
}

#[derive(Deserialize)]
struct Quantiles {
    p50: f64,
    p95: f64,
}

/// Adds a row for each rival that is installed, and the word of one that is not.
pub(super) fn run(size: Size, dir: &Path, report: &mut Report) {
    let records = size.pick(200, 10_000);
    let input = dir.join("rivals.jsonl");
    write_input(&input, records, size.pick(3, 100));
    let python = env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned());
    for name in NAMES {
        let place = dir.join(name);
        fs::create_dir_all(&place).expect("a directory");
        let mut command = Command::new(&python);
        command.arg(SCRIPT).arg(name).arg(&input).arg(&place).stderr(Stdio::null());
        let output = command.output().map(|output| output.stdout).unwrap_or_default();
        let last = output.split(|byte| *byte == b'\n').rfind(|line| !line.is_empty());
        let Some(outcome) = last.and_then(|line| serde_json::from_slice::<Outcome>(line).ok())
        else {
            let skipped = format!("{name}: skipped, it did not run in `{python}`");
            report.rows.push(crate::report::Row::new(&skipped, "", "", &[f64::NAN]));
            continue;
        };
        let workload = format!("{name} {}, {} records", outcome.version, outcome.records);
        add(report, &workload, "store, not on disk: p50", "ms", outcome.store_ms);
        add(report, &workload, "search: p50", "ms", outcome.search_ms.p50);
        add(report, &workload, "search: p95", "ms", outcome.search_ms.p95);
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
