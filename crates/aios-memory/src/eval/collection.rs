//! Document collections as retrieval research gives them out: documents, queries, judgements.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

use serde::Deserialize;

use super::read;
use crate::Error;

/// Documents, and the queries of which it is known what answers them.
#[derive(Debug, PartialEq)]
pub(super) struct Collection {
    pub(super) documents: Vec<Document>,
    pub(super) queries: Vec<Query>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Document {
    pub(super) id: String,
    pub(super) title: Option<String>,
    pub(super) text: String,
}

#[derive(Debug, PartialEq)]
pub(super) struct Query {
    pub(super) text: String,
    /// The document that is the query, which is no answer to it.
    pub(super) itself: Option<String>,
    /// How relevant documents are, above 0; there is one at least.
    judged: BTreeMap<String, u32>,
}

impl Query {
    pub(super) fn grades(&self) -> BTreeMap<&str, u32> {
        self.judged.iter().map(|(id, grade)| (id.as_str(), *grade)).collect()
    }
}

/// By the query's id, the grades above 0 of its documents.
type Judgements = HashMap<String, BTreeMap<String, u32>>;

/// Reads `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv` in `dir`.
pub(super) fn beir(dir: &Path) -> Result<Collection, Error> {
    #[derive(Deserialize)]
    struct Entry {
        #[serde(rename = "_id")]
        id: String,
        #[serde(default)]
        title: String,
        text: String,
    }
    let entries = |name: &str| {
        let path = dir.join(name);
        let content = read(&path)?;
        let lines = (1..).zip(content.lines()).filter(|(_, line)| !line.trim().is_empty());
        let entries = lines.map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| Error::Input {
                path: path.clone(),
                problem: format!("line {number} is no `_id` and `text`: {error}"),
            })
        });
        entries.collect::<Result<Vec<Entry>, Error>>()
    };
    let documents: Vec<Document> = entries("corpus.jsonl")?
        .into_iter()
        .map(|Entry { id, title, text }| {
            let title = Some(title).filter(|title| !title.trim().is_empty());
            Document { id, title, text }
        })
        .collect();
    // A heading stands above them.
    let mut judged = judgements(&dir.join("qrels/test.tsv"), 1, |grade| grade)?;
    let known: HashSet<&str> = documents.iter().map(|document| document.id.as_str()).collect();
    let queries = entries("queries.jsonl")?.into_iter().filter_map(|query| {
        let judged = judged.remove(&query.id)?;
        let itself = known.contains(query.id.as_str()).then_some(query.id);
        Some(Query { text: query.text, itself, judged })
    });
    let queries = queries.collect();
    checked(dir, Collection { documents, queries })
}

/// Reads `cran.all.1400`, `cran.qry` and `cranqrel` in `dir`. The text of a document begins with
/// its title.
pub(super) fn cranfield(dir: &Path) -> Result<Collection, Error> {
    let documents = read(&dir.join("cran.all.1400"))?;
    let documents = smart(&documents).map(|fields| Document {
        id: fields.id.to_owned(),
        title: None,
        text: fields.under("W"),
    });
    let mut judged = judgements(&dir.join("cranqrel"), 0, |grade| grade.min(1))?;
    let queries = read(&dir.join("cran.qry"))?;
    let queries = smart(&queries).zip(1..).filter_map(|(fields, number)| {
        let judged = judged.remove(&number.to_string())?;
        Some(Query { text: fields.under("W"), itself: None, judged })
    });
    let collection = Collection { documents: documents.collect(), queries: queries.collect() };
    checked(dir, collection)
}

fn checked(dir: &Path, collection: Collection) -> Result<Collection, Error> {
    match collection.queries.is_empty() {
        true => {
            let problem = "it holds no queries with judgements".to_owned();
            Err(Error::Input { path: dir.to_owned(), problem })
        }
        false => Ok(collection),
    }
}

/// Lines of a query's id, a document's id and a number, which `grade` turns into a grade.
fn judgements(path: &Path, skip: usize, grade: fn(u32) -> u32) -> Result<Judgements, Error> {
    let mut judged = Judgements::new();
    for (number, line) in (1..).zip(read(path)?.lines()).skip(skip) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let read = match fields[..] {
            [] => continue,
            [query, document, given] => {
                given.parse::<i64>().ok().map(|given| (query, document, given))
            }
            _ => None,
        };
        let (query, document, given) = read.ok_or_else(|| Error::Input {
            path: path.to_owned(),
            problem: format!("line {number} is no query, document and grade"),
        })?;
        let given = u32::try_from(given.max(0)).unwrap_or(u32::MAX);
        if 0 < given {
            let of_query = judged.entry(query.to_owned()).or_default();
            of_query.insert(document.to_owned(), grade(given));
        }
    }
    Ok(judged)
}

/// An entry of a file of the SMART system: `.I` and an id, then fields, each under a line such as
/// `.W`.
struct Fields<'a> {
    id: &'a str,
    lines: Vec<&'a str>,
}

fn smart(content: &str) -> impl Iterator<Item = Fields<'_>> {
    let entries = content.strip_prefix(".I ").unwrap_or(content).split("\n.I ");
    entries.filter(|entry| !entry.trim().is_empty()).map(|entry| {
        let mut lines = entry.lines();
        Fields { id: lines.next().unwrap_or_default().trim(), lines: lines.collect() }
    })
}

impl Fields<'_> {
    /// The lines of a field, joined.
    fn under(&self, field: &str) -> String {
        let is_heading = |line: &str| line.len() == 2 && line.starts_with('.');
        let wanted = |line: &str| is_heading(line) && line.ends_with(field);
        let below = self.lines.iter().skip_while(|line| !wanted(line)).skip(1);
        let lines: Vec<&str> = below.take_while(|line| !is_heading(line)).copied().collect();
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests;
