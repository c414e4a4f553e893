//! `distill`: creates the bundled static model from a sentence-transformers directory, and
//! evaluates the result.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod evaluate;

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use aios_embedding::{
    Bert, BertOptions, Embedder, Int8Bert, StaticModel, StaticTable,
    distill::{Centring, PieceVectors, encode_int8, related_table},
};
use evaluate::{Collections, Embed};

const USAGE: &str = "\
usage: distill --from DIR [--out DIR] [--int8 DIR] [--evaluate DIR]

  --from DIR      a sentence-transformers model of the BERT family
  --out DIR       writes static-model.bin and related-terms.txt to DIR; without another option the default is this crate's assets
  --int8 DIR      writes int8-bert.bin, the model itself with int8 weights, to DIR
  --evaluate DIR  measures the source and each variant on the collections in DIR:
                  locomo/*.json, cranfield/, stsb/sts-dev.csv, minilm-reference.json";

const NAME: &str = "all-MiniLM-L6-v2-static";
const INT8_NAME: &str = "all-MiniLM-L6-v2-int8";
const DIMENSION: usize = 256;

struct Arguments {
    from: PathBuf,
    out: Option<PathBuf>,
    int8: Option<PathBuf>,
    evaluate: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = match Arguments::parse(env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    if let Err(error) = run(&arguments) {
        eprintln!("error: {error}");
        let mut source = error.source();
        while let Some(error) = source {
            eprintln!("  caused by: {error}");
            source = error.source();
        }
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
        let (mut from, mut out, mut int8, mut evaluate) = (None, None, None, None);
        while let Some(word) = words.next() {
            let slot = match &*word {
                "--from" => &mut from,
                "--out" => &mut out,
                "--int8" => &mut int8,
                "--evaluate" => &mut evaluate,
                _ => return Err(format!("unknown argument `{word}`")),
            };
            let value = words.next().ok_or_else(|| format!("`{word}` requires a directory"))?;
            *slot = Some(PathBuf::from(value));
        }
        let from = from.ok_or("missing argument `--from`")?;
        if out.is_none() && int8.is_none() && evaluate.is_none() {
            out = Some(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/assets")));
        }
        Ok(Arguments { from, out, int8, evaluate })
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if let Some(out) = &arguments.int8 {
        let bytes = encode_int8(&arguments.from, INT8_NAME)?;
        let path = out.join("int8-bert.bin");
        fs::create_dir_all(out)?;
        fs::write(&path, &bytes)?;
        println!("{}: {} bytes", path.display(), bytes.len());
    }
    if arguments.out.is_none() && arguments.evaluate.is_none() {
        return Ok(());
    }
    let source = Bert::open(&arguments.from, BertOptions::default())?;
    eprintln!("computing the vectors of all word pieces");
    let vectors = PieceVectors::compute(&source)?;
    eprintln!("{} word pieces", vectors.len());
    let table = vectors.table(NAME, DIMENSION, Centring::Without)?;
    if let Some(out) = &arguments.out {
        let bytes = table.encode()?;
        let path = out.join("static-model.bin");
        fs::create_dir_all(out)?;
        fs::write(&path, &bytes)?;
        println!("{}: {} bytes", path.display(), bytes.len());
        let related = related_table(&StaticModel::from_bytes(bytes)?)?;
        let path = out.join("related-terms.txt");
        fs::write(&path, &related)?;
        println!("{}: {} bytes", path.display(), related.len());
    }
    if let Some(data) = &arguments.evaluate {
        let centred = vectors.table(NAME, DIMENSION, Centring::Mean)?;
        let int8 = arguments.int8.as_deref();
        compare(&Collections::read(data)?, &source, int8, &table, &centred)?;
    }
    Ok(())
}

fn compare(
    collections: &Collections,
    source: &Bert,
    int8: Option<&Path>,
    table: &StaticTable,
    centred: &StaticTable,
) -> Result<(), Box<dyn Error>> {
    println!(
        "largest difference from the reference vectors: {:.1e}",
        collections.deviation(source)?
    );
    println!("{:<28} {:>10} {:>10} {:>10}", "", "locomo", "cranfield", "sts-b");
    let row = |name: &str, embed: Embed<'_>| -> Result<(), Box<dyn Error>> {
        let quality = collections.quality(embed)?;
        let (turns, abstracts, pairs) =
            (quality.turn_recall_at_10, quality.abstract_ndcg_at_10, quality.pair_spearman);
        println!("{name:<28} {turns:>10.4} {abstracts:>10.4} {pairs:>10.4}");
        Ok(())
    };
    for (name, table) in [("centred", centred), ("not centred", table)] {
        let model = StaticModel::from_bytes(table.encode()?)?;
        let exact = |texts: &[&str]| Ok(texts.iter().map(|t| mean_row(table, &model, t)).collect());
        row(&format!("{name}, f32"), &exact)?;
        row(&format!("{name}, int8"), &|texts| model.embed_documents(texts))?;
    }
    let bundled = StaticModel::bundled()?;
    row("bundled", &|texts| bundled.embed_documents(texts))?;
    if let Some(dir) = int8 {
        let model = Int8Bert::open(dir)?;
        row("int8", &|texts| model.embed_documents(texts))?;
        let (mean, worst) = collections.agreement(source, &model)?;
        println!("cosine of int8 with the source over sentences: mean {mean:.4}, worst {worst:.4}");
    }
    row("source", &|texts| source.embed_documents(texts))
}

/// Returns the vector of `model` for `text`, computed from the rows before quantisation.
fn mean_row(table: &StaticTable, model: &StaticModel, text: &str) -> Vec<f32> {
    let mut sum = vec![0.0; table.dimension];
    for id in model.tokenize(text).into_iter().flatten() {
        let start = id as usize * table.dimension;
        let row = &table.rows[start..start + table.dimension];
        sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    if 0.0 < length {
        sum.iter_mut().for_each(|x| *x /= length);
    }
    sum
}
