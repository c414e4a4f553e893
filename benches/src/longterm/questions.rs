//! Natural questions about all stored records: without a filter, with the bundled transformer, and
//! each asked only once, so that no cache answers.

use std::{path::Path, time::Instant};

use aios_embedding::Embedder;
use aios_longterm::{Config, Longterm, SearchOptions};
use aios_record::{Id, Kind, Record, Scope, Timestamp};

use super::{
    BATCH, HITS, Model, add, at, english, median, millis, numbers, open_with, quantiles, visit,
};
use crate::{
    Size,
    report::{Bound, Report},
};

/// Number of turns per session.
const TURNS_OF_SESSION: u64 = 30;
const START_SECONDS: i64 = 1_704_067_200;

/// Numbers of turns, each with the limit for the median search in milliseconds.
const TURNS: [(u64, f64); 3] = [(600, 2.0), (10_000, 3.0), (100_000, 5.0)];
/// Number of abstracts, with the limit for the median search in milliseconds.
const ABSTRACTS: (u64, f64) = (5_183, 4.0);

/// Runs all questions, with stores below `dir`.
pub(super) async fn run(size: Size, dir: &Path, report: &mut Report) {
    let turns = size.pick(vec![(60, 2.0)], TURNS.to_vec());
    let store = dir.join("turns");
    let mut filled = 0;
    for (count, bound) in turns {
        fill(&store, filled..count, turn).await;
        filled = count;
        searches(&store, &at("questions, no filter", count), (count, bound), size, report).await;
        visit(&store, (count, Model::Transformer), size, report).await;
    }
    let (count, bound) = size.pick((20, 4.0), ABSTRACTS);
    let store = dir.join("abstracts");
    fill(&store, 0..count, document).await;
    let what = at("questions, no filter, abstracts", count);
    searches(&store, &what, (count, bound), size, report).await;
}

fn turn(number: u64) -> Record {
    let session = Scope::default().with_session(format!("s{}", number / TURNS_OF_SESSION));
    let mut record = record(Kind::Message, number, english::turn(number), session);
    record.position = Some((number % TURNS_OF_SESSION) as i64);
    record.speaker = Some(english::speaker(number).to_owned());
    let seconds = START_SECONDS + (number * 60) as i64;
    record.occurred_at = Some(Timestamp::from_second(seconds).expect("within some years"));
    record
}

fn document(number: u64) -> Record {
    record(Kind::Knowledge, number, english::abstract_of(number), Scope::default())
}

fn record(kind: Kind, number: u64, text: String, scope: Scope) -> Record {
    Record::new(kind, Id::new(format!("r{number}")).expect("letters and digits"), text, scope)
}

async fn open(store: &Path) -> Longterm {
    open_with(store, Config::default(), Model::Transformer).await
}

/// Asks the question about turn `number`.
pub(super) async fn ask(longterm: &Longterm, number: u64) {
    let options = SearchOptions::default().with_limit(HITS);
    longterm.search(&english::question(number), &options).await.expect("the search works");
}

async fn fill(store: &Path, range: std::ops::Range<u64>, record: fn(u64) -> Record) {
    let longterm = open(store).await;
    let numbers: Vec<u64> = range.collect();
    for numbers in numbers.chunks(BATCH as usize) {
        let records = numbers.iter().copied().map(record).collect();
        longterm.store(records).await.expect("the batch is stored");
    }
    longterm.upkeep().drain().await.expect("the library takes them");
    longterm.close().await.expect("the store closes");
}

async fn searches(
    store: &Path,
    workload: &str,
    (count, bound): (u64, f64),
    size: Size,
    report: &mut Report,
) {
    let longterm = open(store).await;
    longterm.upkeep().warm().await.expect("the store is read");
    let model = aios_minilm::model().expect("the model is in the program");
    let options = SearchOptions::default().with_limit(HITS);
    let (mut all, mut embeddings) = (Vec::new(), Vec::new());
    // The first searches only warm up the processor.
    let (unmeasured, asked) = size.pick((1, 5), (20, 320));
    for (place, number) in numbers(count, asked).enumerate() {
        let question = english::question(number);
        let started = Instant::now();
        let hits = longterm.search(&question, &options).await.expect("the search works").hits;
        let searched = millis(started);
        assert!(!hits.is_empty(), "nothing was found for `{question}`");
        let started = Instant::now();
        model.embed_query(&question).expect("it is text");
        if unmeasured <= place {
            all.push(searched);
            embeddings.push(millis(started));
        }
    }
    longterm.close().await.expect("the store closes");
    let (p50, _) = quantiles(report, workload, &mut all);
    add(report, workload, "the query's embedding alone, p50", "ms", median(&mut embeddings));
    report.target_in(&format!("{workload}: p50"), p50, "ms", Bound::AtMost(bound));
}
