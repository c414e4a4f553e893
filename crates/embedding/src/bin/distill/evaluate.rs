//! The quality of vectors: dense retrieval on conversations and abstracts, and agreement with human
//! judgements of sentence similarity.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    error::Error,
    fs,
    path::Path,
};

use aios_embedding::Embedder;
use serde::Deserialize;
use serde_json::Value;

/// A function from texts to vectors, by a model or a variant of it.
pub(crate) type Embed<'a> = &'a dyn Fn(&[&str]) -> Result<Vec<Vec<f32>>, aios_embedding::Error>;

/// Number of results evaluated.
const DEPTH: usize = 10;
/// LoCoMo's category of questions without an answer.
const UNANSWERABLE: u64 = 5;

/// The data sets of the evaluation.
pub(crate) struct Collections {
    conversations: Vec<Judged>,
    abstracts: Judged,
    pairs: Vec<Pair>,
    reference: Vec<Reference>,
}

/// Documents, and for each query the grade of each relevant document.
#[derive(Default)]
struct Judged {
    documents: Vec<String>,
    queries: Vec<(String, BTreeMap<usize, f64>)>,
}

struct Pair {
    score: f64,
    sentences: [String; 2],
}

#[derive(Deserialize)]
struct Reference {
    text: String,
    vector: Vec<f32>,
}

/// Results of an evaluation. Larger is better, 1 is perfect.
pub(crate) struct Quality {
    /// Mean share of a question's evidence turns among the first ten of its conversation.
    pub(crate) turn_recall_at_10: f64,
    /// Mean nDCG@10 of the queries, with the judges' grades as gains.
    pub(crate) abstract_ndcg_at_10: f64,
    /// Spearman's rank correlation of cosine and the judges' scores.
    pub(crate) pair_spearman: f64,
}

impl Collections {
    pub(crate) fn read(dir: &Path) -> Result<Collections, Box<dyn Error>> {
        let mut conversations = Vec::new();
        let mut paths: Vec<_> = fs::read_dir(dir.join("locomo"))?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        paths.sort();
        for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "json")) {
            let samples: Value = serde_json::from_slice(&fs::read(path)?)?;
            match samples {
                Value::Array(samples) => conversations.extend(samples.iter().map(conversation)),
                sample => conversations.push(conversation(&sample)),
            }
        }
        let reference: Value =
            serde_json::from_slice(&fs::read(dir.join("minilm-reference.json"))?)?;
        Ok(Collections {
            conversations,
            abstracts: abstracts(&dir.join("cranfield"))?,
            pairs: pairs(&fs::read_to_string(dir.join("stsb/sts-dev.csv"))?)?,
            reference: serde_json::from_value(reference["items"].clone())?,
        })
    }

    /// Returns the largest difference of any component from the reference vectors; a NaN counts as
    /// the largest.
    pub(crate) fn deviation(&self, model: &dyn Embedder) -> Result<f32, Box<dyn Error>> {
        let texts: Vec<&str> = self.reference.iter().map(|item| &*item.text).collect();
        let vectors = model.embed_documents(&texts)?;
        let differences =
            self.reference.iter().zip(&vectors).flat_map(|(item, vector)| {
                item.vector.iter().zip(vector).map(|(a, b)| (a - b).abs())
            });
        Ok(differences.max_by(f32::total_cmp).unwrap_or(0.0))
    }

    /// Returns the mean and the least cosine of the vectors of two models for the same sentences.
    pub(crate) fn agreement(
        &self,
        model: &dyn Embedder,
        other: &dyn Embedder,
    ) -> Result<(f64, f64), Box<dyn Error>> {
        let sentences = self.pairs.iter().flat_map(|pair| &pair.sentences);
        let texts: Vec<&str> = sentences.map(String::as_str).collect();
        let (left, right) = (model.embed_documents(&texts)?, other.embed_documents(&texts)?);
        let cosines: Vec<f64> =
            left.iter().zip(&right).map(|(a, b)| f64::from(dot(a, b))).collect();
        Ok((mean(&cosines), cosines.iter().copied().fold(1.0, f64::min)))
    }

    pub(crate) fn quality(&self, embed: Embed<'_>) -> Result<Quality, Box<dyn Error>> {
        let mut recalls = Vec::new();
        for conversation in &self.conversations {
            recalls.extend(conversation.measure(embed, recall)?);
        }
        Ok(Quality {
            turn_recall_at_10: mean(&recalls),
            abstract_ndcg_at_10: mean(&self.abstracts.measure(embed, ndcg)?),
            pair_spearman: self.pair_spearman(embed)?,
        })
    }

    fn pair_spearman(&self, embed: Embed<'_>) -> Result<f64, Box<dyn Error>> {
        let side = |index: usize| -> Result<_, aios_embedding::Error> {
            let texts: Vec<&str> = self.pairs.iter().map(|pair| &*pair.sentences[index]).collect();
            embed(&texts)
        };
        let (left, right) = (side(0)?, side(1)?);
        let cosines: Vec<f64> =
            left.iter().zip(&right).map(|(a, b)| f64::from(dot(a, b))).collect();
        let scores: Vec<f64> = self.pairs.iter().map(|pair| pair.score).collect();
        Ok(correlation(&ranks(&cosines), &ranks(&scores)))
    }
}

impl Judged {
    /// Applies `measure` to the ten best documents of each query.
    fn measure(
        &self,
        embed: Embed<'_>,
        measure: fn(&[usize], &BTreeMap<usize, f64>) -> f64,
    ) -> Result<Vec<f64>, Box<dyn Error>> {
        let documents: Vec<&str> = self.documents.iter().map(String::as_str).collect();
        let queries: Vec<&str> = self.queries.iter().map(|(query, _)| &**query).collect();
        let (documents, queries) = (embed(&documents)?, embed(&queries)?);
        let measured = queries.iter().zip(&self.queries).map(|(query, (_, relevant))| {
            let scores: Vec<f32> = documents.iter().map(|document| dot(query, document)).collect();
            let mut order: Vec<usize> = (0..scores.len()).collect();
            order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
            order.truncate(DEPTH);
            measure(&order, relevant)
        });
        Ok(measured.collect())
    }
}

fn recall(found: &[usize], relevant: &BTreeMap<usize, f64>) -> f64 {
    let hits = found.iter().filter(|document| relevant.contains_key(document)).count();
    hits as f64 / relevant.len() as f64
}

fn ndcg(found: &[usize], relevant: &BTreeMap<usize, f64>) -> f64 {
    let discounted = |gains: &mut dyn Iterator<Item = f64>| -> f64 {
        gains.enumerate().map(|(rank, gain)| gain / (rank as f64 + 2.0).log2()).sum()
    };
    let mut ideal: Vec<f64> = relevant.values().copied().collect();
    ideal.sort_by(|a, b| b.total_cmp(a));
    let mut gains = found.iter().map(|document| relevant.get(document).copied().unwrap_or(0.0));
    discounted(&mut gains) / discounted(&mut ideal.into_iter().take(DEPTH))
}

/// Reads a LoCoMo sample: its turns, and the questions whose evidence is among them.
fn conversation(sample: &Value) -> Judged {
    let mut judged = Judged::default();
    let mut turns: HashMap<&str, usize> = HashMap::new();
    let sessions = sample["conversation"].as_object().into_iter().flatten();
    for turn in sessions.filter_map(|(_, session)| session.as_array()).flatten() {
        let mut text = turn["text"].as_str().unwrap_or_default().to_owned();
        if let Some(caption) = turn["blip_caption"].as_str() {
            text = format!("{text} {caption}");
        }
        turns.insert(turn["dia_id"].as_str().unwrap_or_default(), judged.documents.len());
        judged.documents.push(text);
    }
    for question in sample["qa"].as_array().into_iter().flatten() {
        if question["category"].as_u64() == Some(UNANSWERABLE) {
            continue;
        }
        let evidence = question["evidence"].as_array().into_iter().flatten();
        let ids: BTreeSet<&str> =
            evidence.filter_map(Value::as_str).flat_map(|ids| ids.split([';', ' ', ','])).collect();
        let relevant: BTreeMap<usize, f64> =
            ids.iter().filter_map(|id| turns.get(id)).map(|&turn| (turn, 1.0)).collect();
        if !relevant.is_empty() {
            let text = question["question"].as_str().unwrap_or_default();
            judged.queries.push((text.to_owned(), relevant));
        }
    }
    judged
}

/// Reads Cranfield: title and abstract of each document; grades above 0, others are ignored.
fn abstracts(dir: &Path) -> Result<Judged, Box<dyn Error>> {
    let records = |name: &str| -> Result<Vec<String>, Box<dyn Error>> {
        let text = fs::read_to_string(dir.join(name))?.replace('\r', "");
        Ok(format!("\n{text}").split("\n.I ").skip(1).map(body).collect())
    };
    let mut judged = Judged {
        documents: records("cran.all.1400")?,
        queries: records("cran.qry")?.into_iter().map(|query| (query, BTreeMap::new())).collect(),
    };
    for line in fs::read_to_string(dir.join("cranqrel"))?.lines() {
        let numbers: Vec<i64> =
            line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [query, document, grade] = *numbers else {
            return Err(format!("cranqrel: expected three numbers, not `{line}`").into());
        };
        if 0 < grade {
            let (_, relevant) = &mut judged.queries[usize::try_from(query)? - 1];
            relevant.insert(usize::try_from(document)? - 1, grade as f64);
        }
    }
    Ok(judged)
}

/// Returns a record's text (`.W`), which begins with the title if there is one.
fn body(record: &str) -> String {
    let text = record.split_once("\n.W\n").map_or("", |(_, text)| text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn pairs(table: &str) -> Result<Vec<Pair>, Box<dyn Error>> {
    let pair = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [_, _, _, _, score, left, right, ..] = *fields else {
            return Err(format!("expected 7 fields, not {}", fields.len()).into());
        };
        Ok(Pair { score: score.parse()?, sentences: [left.to_owned(), right.to_owned()] })
    };
    table.lines().map(pair).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Returns the ranks from 0; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut next = 0;
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = next as f64 + (equal.len() - 1) as f64 / 2.0;
        equal.iter().for_each(|&index| ranks[index] = rank);
        next += equal.len();
    }
    ranks
}

/// Returns Pearson's correlation.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = |x: &[f64], mean_x: f64, y: &[f64], mean_y: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum()
    };
    product(a, mean_a, b, mean_b)
        / (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt()
}
