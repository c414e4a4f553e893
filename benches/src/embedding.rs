//! Workloads of embedding: the bundled static model on one core; the bundled transformer and a BERT
//! in fp32, each interleaved with ONNX Runtime on the same texts, batches and threads, the BERT
//! also with candle-transformers.
//!
//! Measurements are end to end: from texts to vectors of length 1, including tokenisation.

mod candle;
mod onnx;
mod text;

use std::{hint::black_box, path::PathBuf, time::Instant};

use aios_embedding::{Bert, BertOptions, Embedder, StaticModel};
use serde::Deserialize;

use self::{candle::Candle, onnx::OnnxRuntime, text::texts};
use crate::{
    Size,
    report::{Bound, Report, Row},
};

/// Environment variable with the sentence-transformers directory of the BERT. An argument overrides
/// it.
pub const MODEL: &str = "AIOS_BENCH_MODEL";
/// Number of texts per batch, for all contenders.
const BATCH: usize = 32;
const QUERY: &str = "one query of 9 tokens";
const SHORT: &str = "texts of 6 to 12 words, one thread";

/// Options of a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Size of the workloads.
    pub size: Size,
    /// A sentence-transformers directory. Without it, only the bundled models are measured.
    pub model: Option<PathBuf>,
}

/// Runs all workloads.
///
/// # Panics
/// If the model cannot be opened, or the rival's vectors differ from ours.
#[must_use]
pub fn run(options: &Options) -> Report {
    let mut report = Report::default();
    bundled(options.size, &mut report);
    let mut start = |bits: &str| {
        let started = OnnxRuntime::start(options.model.as_deref()?, bits);
        started.map_err(|why| report.note(&format!("onnxruntime: skipped, {why}"))).ok()
    };
    let (mut int8, mut fp32) = (start("int8"), start("fp32"));
    for threads in [1, 2] {
        let model = aios_minilm::load().expect("the model is in the program");
        let ours = Ours { name: "bundled transformer", model: &model.with_threads(threads) };
        let mut rivals: Vec<&mut dyn Rival> = Vec::new();
        rivals.extend(int8.as_mut().map(|rival| rival as &mut dyn Rival));
        measure(options.size, threads, ours, &mut rivals, &mut report);
    }
    let Some(dir) = &options.model else {
        report.note(&format!("BERT: skipped, {MODEL} is not set to a model directory"));
        return report;
    };
    let mut candle = Candle::open(dir);
    for threads in [1, 2] {
        let bert_options = BertOptions::default().with_batch_max(BATCH).with_threads(threads);
        let bert = Bert::open(dir, bert_options).expect("the model can be opened");
        let mut rivals: Vec<&mut dyn Rival> = vec![&mut candle];
        rivals.extend(fp32.as_mut().map(|rival| rival as &mut dyn Rival));
        if threads == 1 {
            rivals.iter_mut().for_each(|rival| agree(&bert, *rival));
        }
        let ours = Ours { name: "BERT", model: &bert };
        measure(options.size, threads, ours, &mut rivals, &mut report);
    }
    report
}

/// Another implementation of the same model.
trait Rival {
    fn name(&self) -> &str;

    /// Returns the vectors of `texts` in batches of `batch`, with `threads` threads within each
    /// operation.
    fn embed(&mut self, threads: usize, batch: usize, texts: &[&str]) -> Answer;
}

/// The vectors of some texts.
#[derive(Deserialize)]
struct Answer {
    /// Duration of embedding alone, in seconds.
    seconds: f64,
    vectors: Vec<Vec<f32>>,
}

/// One of our models.
#[derive(Clone, Copy)]
struct Ours<'a> {
    name: &'static str,
    model: &'a dyn Embedder,
}

fn measure(
    size: Size,
    threads: usize,
    ours: Ours<'_>,
    rivals: &mut [&mut dyn Rival],
    report: &mut Report,
) {
    documents(size, threads, ours, rivals, report);
    if threads == 1 {
        query(size, ours, rivals, report);
    }
}

fn bundled(size: Size, report: &mut Report) {
    let model = StaticModel::bundled().expect("the model is in the program");
    let texts = texts(size.pick(100, 50_000), 6, 12);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let rounds: Vec<f64> = (0..size.pick(1, 7))
        .map(|_| {
            let began = Instant::now();
            black_box(model.embed_documents(&texts).expect("they are texts"));
            texts.len() as f64 / began.elapsed().as_secs_f64()
        })
        .collect();
    report.rows.push(Row::new(SHORT, "bundled model", "texts/s", &rounds));
    let reached = report.median(SHORT, "bundled model");
    report.target_in("bundled model", reached, "texts/s", Bound::AtLeast(300_000.0));
}

/// Measures texts of 10 to 60 words: 38 tokens on average, including the two special ones.
fn documents(
    size: Size,
    threads: usize,
    Ours { name, model }: Ours<'_>,
    rivals: &mut [&mut dyn Rival],
    report: &mut Report,
) {
    let texts = texts(size.pick(40, 960), 10, 60);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (mut ours, mut theirs) = (Vec::new(), vec![Vec::new(); rivals.len()]);
    for _ in 0..size.pick(1, 7) {
        let began = Instant::now();
        black_box(model.embed_documents(&texts).expect("they are texts"));
        ours.push(texts.len() as f64 / began.elapsed().as_secs_f64());
        for (rival, theirs) in rivals.iter_mut().zip(&mut theirs) {
            let answer = rival.embed(threads, BATCH, &texts);
            theirs.push(texts.len() as f64 / answer.seconds);
        }
    }
    let workload = format!("texts of 10 to 60 words, {threads} threads");
    report.rows.push(Row::new(&workload, name, "texts/s", &ours));
    for (rival, theirs) in rivals.iter().zip(&theirs) {
        report.rows.push(Row::new(&workload, rival.name(), "texts/s", theirs));
        let ratio = report.median(&workload, name) / report.median(&workload, rival.name());
        let compared = format!("{workload}, {name} to {}", rival.name());
        report.target(&compared, ratio, Bound::AtLeast(1.0));
    }
}

fn query(
    size: Size,
    Ours { name, model }: Ours<'_>,
    rivals: &mut [&mut dyn Rival],
    report: &mut Report,
) {
    const TEXT: &str = "which server went down today?";
    let (mut ours, mut theirs) = (Vec::new(), vec![Vec::new(); rivals.len()]);
    for _ in 0..size.pick(2, 200) {
        let began = Instant::now();
        black_box(model.embed_query(TEXT).expect("it is text"));
        ours.push(began.elapsed().as_nanos() as u64);
        for (rival, theirs) in rivals.iter_mut().zip(&mut theirs) {
            theirs.push((rival.embed(1, 1, &[TEXT]).seconds * 1e9) as u64);
        }
    }
    report.add_tail(QUERY, name, ours);
    for (rival, theirs) in rivals.iter().zip(theirs) {
        report.add_tail(QUERY, rival.name(), theirs);
        let ratio = report.median(QUERY, name) / report.median(QUERY, rival.name());
        report.target(&format!("{QUERY}, {name} to {}", rival.name()), ratio, Bound::AtMost(1.0));
    }
}

/// Checks that both models compute the same vectors in fp32.
fn agree(bert: &Bert, rival: &mut dyn Rival) {
    let texts = texts(BATCH, 10, 60);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let ours = bert.embed_documents(&texts).expect("they are texts");
    let theirs = rival.embed(1, BATCH, &texts).vectors;
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().zip(&theirs) {
        // Here, a text without known tokens has the zero vector.
        let is_known = ours.iter().any(|x| *x != 0.0);
        let is_near = |(x, y): (&f32, &f32)| (x - y).abs() < 1e-4;
        let agree = !is_known || ours.iter().zip(theirs).all(is_near);
        assert!(agree, "{ours:?} here, {theirs:?} there");
    }
}
